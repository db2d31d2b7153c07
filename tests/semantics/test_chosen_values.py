"""`if` and `match` over reals and sets: what one branch reads or cannot compute is no error where another one counts."""

from __future__ import annotations

import pytest

from altac.interpreter import run
from altac.ir import Program
from altac.semantics import check
from altac.source import Source

HEAD = """\
program chosen
tokens 0..3
positions 4
var x:     Token   = token
var here:  0..3    = position
var share: real in {0, 1/3, 1/2, 1} = 0
var seen:  set of 0..3 = {}
var ok:    bool    = false
const PARTS = [1/2, 1/3]
head left  = x at -1
head mean: real in {0, 1, 2, 3} = x at -1
"""


def load(value: str, question: str) -> Program:
    """A program that asks ``question`` in the second layer, about what ``value`` was assigned to in the first."""
    text = f"{HEAD}mlp {{\n    {value}\n    ok <- {question}\n}}\noutput ok\nlayers 2\n"
    checked = check(Source("chosen.alta", text))
    assert checked.program is not None, [p.render_title() for p in checked.problems]
    return checked.program


@pytest.mark.parametrize(
    ("value", "question", "expected"),
    [
        ("share <- if x != 0 { 1 / x } else { 0 }", "share == 1/3", (0, 0, 0, 1)),
        ("share <- if x == 0 { 0 } else { 1 / x }", "share == 1/2", (0, 0, 1, 0)),
        ("share <- match x { 0 => 1, 1..2 => { 1 / (x + 0) }, _ => 1 / x }", "share == 1", (1, 1, 0, 0)),
        ("share <- if x < 2 { PARTS[x] } else { 0 }", "share == 1/3", (0, 1, 0, 0)),
        ("share <- if here > 0 { mean } else { 1/2 }", "share == 1/2", (1, 0, 0, 0)),
        ("share <- if here == 0 { 1/2 } else { mean / 3 }", "share == 1/3", (0, 0, 1, 0)),
        ("seen <- if here > 0 { {left, 3} } else { {} }", "1 in seen", (0, 0, 1, 0)),
        ("seen <- match here { 0 => ({}), 1 | 2 => { {left} }, _ => { {x, left} } }", "2 in seen", (0, 0, 0, 1)),
        ("let y = if here > 0 { mean } else { 0.5 }; share <- if x > 0 { y } else { 1 }", "share == 1", (1, 0, 1, 1)),
    ],
)
def test_a_condition_protects_what_follows_it(value: str, question: str, expected: tuple[int, ...]) -> None:
    (result,) = run(load(value, question), [(0, 1, 2, 3)])
    assert result.error is None
    assert result.output == expected


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("share <- if x != 1 { 1 / x } else { 0 }", "division-by-zero"),
        ("share <- if x != 2 { PARTS[x] } else { 0 }", "missing-table-entry"),
        ("share <- if here >= 0 and x >= 0 { mean } else { 1/2 }", "undefined-read"),
    ],
)
def test_what_is_chosen_and_fails_is_an_error(value: str, code: str) -> None:
    (result,) = run(load(value, "ok"), [(0, 1, 2, 3)])
    assert result.error is not None
    assert result.error.code == code
