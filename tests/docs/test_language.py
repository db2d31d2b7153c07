"""Every piece of altac in the documentation means what the page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from altac.interpreter import run
from altac.interpreter.codec import output_json, output_text, read_input
from altac.rules import expand
from altac.semantics import check
from altac.source import Source
from altac.syntax.keywords import words
from tests.docs.pages import DOCS, Fence, fences, whole
from tests.examples.programs import PROGRAMS, load

#: errors.md is made of the examples that tests/diagnostics/test_examples.py runs.
PAGES = [DOCS.parent / "README.md", *sorted(page for page in DOCS.rglob("*.md") if page.name != "errors.md")]
FENCES = [fence for page in PAGES for fence in fences(page, "alta")]


@pytest.mark.parametrize("fence", FENCES, ids=lambda fence: fence.place)
def test_examples(fence: Fence, tmp_path: Path) -> None:
    """A fence with `error=CODE` has that error, one with `file=NAME` may import the files of its page, and if it is marked
    with `fails`, some test in it does."""
    note = dict(word.partition("=")[::2] for word in fence.note.split())
    if "file" in note:
        page = fence.place.split(":")[0]
        for other in FENCES:
            file = next((w.removeprefix("file=") for w in other.note.split() if w.startswith("file=")), None)
            if other.place.startswith(f"{page}:") and file:
                (tmp_path / file).write_text(other.text)
        checked = check(Source(str(tmp_path / note["file"]), fence.text))
    else:
        checked = check(Source(fence.place, whole(fence.text)))
    codes = [problem.code for problem in checked.problems]
    if "error" in note:
        assert [note["error"]] == codes
        return
    assert codes == [], [problem.render_title() for problem in checked.problems]
    if checked.program is None:  # a module, which another program of the page imports
        assert "file" in note and "program " not in fence.text
        return
    passed = True
    for test in checked.program.tests:
        given = test.input if isinstance(test.input, str) else list(test.input)
        (result,) = run(checked.program, [read_input(checked.program, given)])
        assert result.error is None
        text = isinstance(test.expected, str)
        got = output_text(checked.program, result.output) if text else output_json(checked.program, result.output)
        passed = passed and got == (test.expected if text else list(test.expected))
    assert passed != ("fails" in note)


def test_the_rules_of_the_examples_are_those_listed() -> None:
    page = (DOCS / "index.md").read_text()
    listed = re.findall(r"examples/([\w/]+\.alta)\) \|.*\| ([\d,]+) \|", page)
    assert sorted(name for name, _ in listed) == PROGRAMS
    assert {name: int(count.replace(",", "")) for name, count in listed} == {n: len(expand(load(n))) for n in PROGRAMS}


def test_the_reserved_words_are_listed() -> None:
    page = (DOCS / "language.md").read_text()
    listed = page.split("Reserved are")[1].split("and nothing else")[0].split()
    free = {"text", "input", "to", "until", "limit"}
    assert sorted(listed) == sorted(set(words().keywords) - free)
