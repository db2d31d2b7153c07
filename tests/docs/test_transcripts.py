"""What the pages show in their consoles and Python sessions is what comes out, and nothing on them is left untried."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.docs.pages import DOCS
from tests.docs.transcripts import EXAMPLES, PAGES, output, replay, steady

README = DOCS.parent / "README.md"

#: Fences that a test of this folder runs, or checks as a program.
RUN = {"alta", "console", "pycon", "python"}
#: Fences that configure other software; those who write them test them.
CONFIGURATION = {"editors.md": {"elisp", "json", "lua", "sh", "toml", "vim"}}


@pytest.mark.parametrize("name", PAGES)
def test_transcripts(name: str, tmp_path: Path) -> None:
    if name == "how-to/pytorch.md" and find_spec("torch") is None:
        pytest.skip("PyTorch is not installed")
    for match, transcript in replay(DOCS / name, tmp_path):
        assert steady(match[3]) == steady(transcript), "paste it anew: python -m tests.docs.transcripts"


@pytest.mark.parametrize("name", PAGES)
def test_every_fence_is_tried(name: str) -> None:
    fences = re.findall(r"^```([^\n]*)\n.*?^```$", (DOCS / name).read_text(), re.DOTALL | re.MULTILINE)
    for info in fences:
        language = info.split(" ")[0]
        assert language in RUN or " file=" in info or language in CONFIGURATION.get(name, ()), info


def test_the_commands_of_the_readme(tmp_path: Path) -> None:
    (tmp_path / "examples").symlink_to(EXAMPLES)
    for block in re.findall(r"^```console\n(.*?)^```$", README.read_text(), re.DOTALL | re.MULTILINE):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *shown = part.splitlines()
            if command.startswith("altac repl"):  # waits for a terminal
                continue
            said = output(command, tmp_path)
            assert not re.search(r"^(error|altac: )|Traceback|^usage", "\n".join(said), re.MULTILINE | re.IGNORECASE)
            assert not shown or shown == said
