"""docs/errors.md lists every diagnostic there is, as it is."""

from __future__ import annotations

from tests.docs.error_list import SECTIONS, page, registry
from tests.docs.pages import DOCS


def test_the_page_is_up_to_date() -> None:
    assert (DOCS / "errors.md").read_text() == page(), "write it anew: python -m tests.docs.error_list"


def test_every_diagnostic_is_in_a_section() -> None:
    modules = {name for names in SECTIONS.values() for name in names}
    assert {problem.__module__.rsplit(".", 1)[1] for problem in registry()} <= modules
