"""The `test` lines of every example, and how many transition rules each takes."""

from __future__ import annotations

import pytest

from altac.interpreter import run
from altac.interpreter.codec import output_json, output_text, read_input
from altac.rules import expand
from tests.examples.programs import EXAMPLES, PROGRAMS, load

#: Transition rules with resets of heads. The first three are counts of the paper's programs; the public
#: implementation takes 16,466 for addition, 43,127 for SUBLEQ and 70,792 for SCAN.
RULES = {
    "parity/sequential_absolute.alta": 7,
    "parity/sequential_relative.alta": 7,
    "parity/sum_modulo.alta": 51,
    "parity/sum_modulo_count.alta": 101,
    "addition.alta": 576,
    "subleq.alta": 15_844,
    "sort_unique.alta": 547,
    "scan/parser.alta": 3_507,
    "scan/scan.alta": 4_978,
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_lines_hold(name: str) -> None:
    program = load(name)
    assert program.tests
    for test in program.tests:
        given = test.input if isinstance(test.input, str) else list(test.input)
        (result,) = run(program, [read_input(program, given)])
        assert result.error is None, result.error.render_title()
        if isinstance(test.expected, str):
            assert output_text(program, result.output) == test.expected
        else:
            assert output_json(program, result.output) == list(test.expected)


@pytest.mark.parametrize("name", PROGRAMS)
def test_rules_are_few(name: str) -> None:
    assert len(expand(load(name))) <= RULES[name]


@pytest.mark.parametrize("path", sorted(EXAMPLES.rglob("*.alta")), ids=lambda path: str(path.relative_to(EXAMPLES)))
def test_every_file_says_what_it_is(path: object) -> None:
    text = path.read_text()  # type: ignore[attr-defined]
    assert text.startswith("// ")
    assert text.splitlines()[1] == "//", "a line on the algorithm, then more"
