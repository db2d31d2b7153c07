"""Every piece of altac in the documentation means what the page says."""

from __future__ import annotations

import re

import pytest

from altac.interpreter import run
from altac.interpreter.codec import output_json, output_text, read_input
from altac.rules import expand
from altac.semantics import check
from altac.source import Source
from altac.syntax.keywords import KEYWORDS
from tests.docs.pages import DOCS, Fence, fences, whole
from tests.examples.programs import PROGRAMS, load

#: errors.md is made of the examples that tests/diagnostics/test_examples.py runs.
PAGES = sorted(page for page in DOCS.rglob("*.md") if page.name != "errors.md")
FENCES = [fence for page in PAGES for fence in fences(page, "alta")]


@pytest.mark.parametrize("fence", FENCES, ids=lambda fence: fence.place)
def test_examples(fence: Fence) -> None:
    checked = check(Source(fence.place, whole(fence.text)))
    codes = [problem.code for problem in checked.problems]
    if fence.note.startswith("error="):
        assert [fence.note.removeprefix("error=")] == codes
        return
    assert codes == [], [problem.render_title() for problem in checked.problems]
    assert checked.program is not None
    for test in checked.program.tests:
        given = test.input if isinstance(test.input, str) else list(test.input)
        (result,) = run(checked.program, [read_input(checked.program, given)])
        assert result.error is None
        if isinstance(test.expected, str):
            assert output_text(checked.program, result.output) == test.expected
        else:
            assert output_json(checked.program, result.output) == list(test.expected)


def test_the_rules_of_the_examples_are_those_listed() -> None:
    page = (DOCS / "index.md").read_text()
    listed = re.findall(r"examples/([\w/]+\.alta)\) \|.*\| ([\d,]+) \|", page)
    assert sorted(name for name, _ in listed) == PROGRAMS
    assert {name: int(count.replace(",", "")) for name, count in listed} == {n: len(expand(load(n))) for n in PROGRAMS}


def test_the_reserved_words_are_listed() -> None:
    page = (DOCS / "language.md").read_text()
    listed = page.split("Reserved are")[1].split("and nothing else")[0].split()
    free = {"text", "input", "to", "until", "limit"}
    assert sorted(listed) == sorted(set(KEYWORDS) - free)
