"""The text form of the IR."""

from __future__ import annotations

import random

from altac.ir import And, Arithmetic, Compare, Const, Expr, IfExpr, LetRead, Lookup, Member, Not, Or, Read
from altac.ir.printer import print_block, print_expr, print_program
from tests import programs
from tests.random_programs import random_program

PARITY = """\
program parity
tokens 0, 1, START
var parity: bool = [false, true, false][token]
var done: bool = [false, false, true][token]
head parity_left: bool = parity at -1
head done_left: bool = done at -1
mlp {
    if not done and done_left {
        parity <- parity != parity_left
        done <- true
    }
}
output parity
halt when done == true
"""

COUNTDOWN = """\
program countdown
tokens 0..9
var value: 0..9 = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9][token]
var one: bool = true
var mean: real in {0, 1/2, 1, 3/2, 2, 5/2, 3, 7/2, 4, 9/2, 5, 11/2, 6, 13/2, 7, 15/2, 8, 17/2, 9} = 0
head average: real in {0, 1/2, 1, 3/2, 2, 5/2, 3, 7/2, 4, 9/2, 5, 11/2, 6, 13/2, 7, 15/2, 8, 17/2, 9} = \
attend(query: one, key: one, value: value)
mlp {
    mean <- average
    if value > 0 {
        value <- value - 1
    }
}
output value
layers 1
causal until 0 limit 8
"""


def test_programs() -> None:
    assert print_program(programs.parity_relative()) == PARITY
    assert print_program(programs.countdown()) == COUNTDOWN


def test_rules() -> None:
    lines = print_program(programs.parity_rules()).splitlines()
    assert "    done = false, done_left = true, parity = true, parity_left = true => parity <- false" in lines


def test_else_if_chains_stay_flat() -> None:
    program = programs.subleq()
    text = print_program(program)
    assert "    } else if state == Execute {\n        let difference = cell_b - cell_a\n" in text
    assert "frame START, input, END, PAD_ to 8" in print_program(programs.framed())
    assert print_block((), program) == ""


def test_expressions() -> None:
    x, y = Read("x"), LetRead("y")
    cases: list[tuple[Expr, str]] = [
        (Arithmetic("-", x, Arithmetic("-", y, Const(1))), "x - (y - 1)"),
        (Arithmetic("-", Arithmetic("-", x, y), Const(-1)), "x - y - -1"),
        (Arithmetic("*", Arithmetic("+", x, y), Const(2)), "(x + y) * 2"),
        (Arithmetic("//", Arithmetic("%", x, y), Const(2)), "x % y div 2"),
        (Arithmetic("max", Arithmetic("+", x, y), Const(2)), "max(x + y, 2)"),
        (And(Or(x, y), Not(And(x, y))), "(x or y) and not (x and y)"),
        (Not(Compare("<", x, y)), "not x < y"),
        (Compare("==", Compare("<", x, y), Const(1)), "(x < y) == 1"),
        (Member(x, frozenset({3, -1})), "x in {-1, 3}"),
        (Arithmetic("+", IfExpr(x, y, Const(0)), Const(1)), "(if x { y } else { 0 }) + 1"),
        (Lookup((x,), (0,), (3,), (1, None, 0)), "[1, _, 0][x]"),
        (Lookup((x, y), (-1, 0), (2, 2), (1, 2, 3, 4)), "[2 x 2: 1, 2, 3, 4][x from -1, y]"),
    ]
    assert [print_expr(expr) for expr, _ in cases] == [text for _, text in cases]


def test_random_programs_print() -> None:
    rng = random.Random(4)
    for _ in range(100):
        program = random_program(rng)
        text = print_program(program)
        assert all(f"var {v.name}: " in text for v in program.variables)
        assert all(f"head {h.name}: " in text for h in program.heads)
