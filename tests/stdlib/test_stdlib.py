"""The components of the standard library, each in a small program, against Python."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

from altac.interpreter import run
from altac.interpreter.codec import output_json, read_input
from altac.ir import Program
from altac.semantics import check
from altac.source import Source

STDLIB = Path(__file__).parents[2] / "stdlib"

HISTOGRAM = """
program histogram
import std.counting

tokens 0..4, START
positions 12

var symbol: Token = token
var start:  bool  = token == START
var same:   set of Token = {START, token}
var number: 0..11 = 0

use count = counting.Count(query: same, key: symbol, start: start, most: 11)

mlp { number <- count.value() }
output number
layers 1
"""

# Reverse Polish, on digits: a digit is pushed; `-` takes one operand, `+` two, `^` (the largest) three.
CALCULATOR = """
program calculator
import std.marks
import std.stack as stacks

const SIZE = 24
type Digit = 0..9

tokens 0..9, "-", "+", "^", END, PAD = ""
positions SIZE
frame input, END, PAD to SIZE

var symbol: Token = token
var done:   bool  = false
var result: Digit = 0

use reader = marks.Mark(start: 0)
use stack  = stacks.Stack(T: Digit, bottom: 0, size: SIZE)
head next = attend(query: true, key: reader.here, value: symbol)

mlp {
    if next == END {
        result <- stack.first
        done <- true
    } else {
        reader.move()
        match next {
            "-" => stack.replace(1, (10 - stack.first) % 10)
            "+" => stack.replace(2, (stack.first + stack.second) % 10)
            "^" => stack.replace(3, max(stack.first, stack.second, stack.third))
            _   => stack.push(int(next))
        }
    }
}
output result
halt when done
"""


@cache
def program(text: str) -> Program:
    checked = check(Source("test.alta", text))
    assert checked.program is not None, [p.render_title() for p in checked.problems]
    return checked.program


def outputs(text: str, inputs: Sequence[Sequence[object]]) -> list[list[object]]:
    results = run(program(text), [read_input(program(text), list(item)) for item in inputs])
    assert all(r.error is None for r in results), [r.error.render_title() for r in results if r.error]
    return [list(output_json(program(text), r.output)) for r in results]


def calculate(symbols: Sequence[object]) -> int:
    stack = [0, 0, 0]
    for symbol in symbols:
        if symbol == "-":
            stack.append((10 - stack.pop()) % 10)
        elif symbol == "+":
            stack.append((stack.pop() + stack.pop()) % 10)
        elif symbol == "^":
            stack.append(max(stack.pop(), stack.pop(), stack.pop()))
        else:
            stack.append(int(str(symbol)))
    return stack[-1]


def expressions(count: int) -> list[list[object]]:
    """Random programs for the calculator that never take more operands than there are."""
    rng = random.Random(5)
    found = []
    for _ in range(count):
        depth, symbols = 0, list[object]()
        for _ in range(rng.randint(1, 20)):
            symbol = rng.choice(
                [*range(10)] + ["-"] * (depth > 0) * 4 + ["+"] * (depth > 1) * 6 + ["^"] * (depth > 2) * 6
            )
            depth += {"-": 0, "+": -1, "^": -2}.get(str(symbol), 1)
            symbols.append(symbol)
        found.append(symbols)
    return found


def test_count() -> None:
    rng = random.Random(4)
    inputs = [["START", *rng.choices(range(5), k=rng.randint(0, 11))] for _ in range(200)]
    expected = [[item.count(symbol) if symbol != "START" else 0 for symbol in item] for item in inputs]
    assert outputs(HISTOGRAM, inputs) == expected


def test_stack_and_mark() -> None:
    inputs = expressions(400)
    assert [found[0] for found in outputs(CALCULATOR, inputs)] == [calculate(symbols) for symbols in inputs]


@pytest.mark.parametrize("path", sorted(STDLIB.glob("*.alta")), ids=lambda path: str(path.stem))
def test_every_module_is_clean_and_tried_here(path: Path) -> None:
    checked = check(Source(str(path), path.read_text()))
    assert not checked.problems, [p.render_title() for p in checked.problems]
    assert f"import std.{path.stem}" in HISTOGRAM + CALCULATOR


def test_a_count_without_its_start_or_above_the_most_is_an_error() -> None:
    source = HISTOGRAM.replace("most: 11", "most: 2")
    assert outputs(source, [["START", 0, 0, 1]]) == [[0, 2, 2, 1]]
    for given in ([0, 1], ["START", 0, 0, 0], ["START", 0, 0, 0, 0, 0, 0, 0, 0]):
        (result,) = run(program(source), [read_input(program(source), given)])
        assert result.error is not None and result.error.code == "missing-table-entry"


@pytest.mark.parametrize("number", ["0", "4", "-1", "n"])
def test_a_stack_replaces_one_to_three_cells(number: str) -> None:
    source = CALCULATOR.replace("var done: ", "var n:      0..3 = 0\nvar done: ").replace(
        "mlp {", f"mlp {{ stack.replace({number}, 1)\n", 1
    )
    problems = check(Source("p", source)).problems
    assert {p.code for p in problems if p.severity == "error"} == {"match-not-exhaustive"}
