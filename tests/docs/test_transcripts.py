"""What the pages show in their consoles is what comes out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.pages import DOCS
from tests.docs.transcripts import PAGES, replay, steady


@pytest.mark.parametrize("name", PAGES)
def test_transcripts(name: str, tmp_path: Path) -> None:
    for match, transcript in replay(DOCS / name, tmp_path):
        assert steady(match[3]) == steady(transcript), "paste it anew: python -m tests.docs.transcripts"
