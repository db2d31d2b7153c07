"""Runs that the tests of the page look at."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from altac.api import Program, check_source, load
from altac.source import Source
from altac.trace import Trace, collect
from altac.units import Units, units
from altac.view import View, view_data

ROOT = Path(__file__).parents[2]

EXAMPLES = {
    "parity": ("parity/sequential_relative.alta", "START 1 0 1"),
    "mean": ("parity/sum_modulo.alta", "START 1 0 1"),
    "addition": ("addition.alta", "s0123+0456e"),
    "subleq": ("subleq.alta", "[10, 9, 6, 11, 11, 0, 11, 11, -1, 3, 1, 0]"),
    "sort": ("sort_unique.alta", "START 9 0 15 4 14"),
}

COUNTING = """
program counting
tokens 0..9, stop
var symbol: Token = token
var next:   Token = token
head before = symbol at -1
mlp {
    next <- if symbol in {3, stop} { stop } else { Token(int(symbol) + 1) }
}
output next
causal until stop limit 12
layers 2
"""

FAILING = """
program failing
tokens 0..3, "</script>", "<!--", " "
var n:    0..3 = if token in {0, 1, 2, 3} { int(token) } else { 0 }
var sum:  0..5 = 0
head left = n at -1
head same = attend(query: n, key: n, value: n)
mlp {
    sum <- sum + n
    if sum > 4 { sum <- left + same }
}
output sum
halt when sum == 5
"""

RULES = """
program stepping
tokens 0..3
var n: 0..3 = int(token)
rules {
    n = 0 => n <- 1
    n = 1 => n <- 2
}
output n
halt when n in {2, 3}
"""

SOURCES = {
    "counting": (COUNTING, "0"),
    "failing": (FAILING, '[3, 2, "</script>", "<!--", " ", 1]'),
    "rules": (RULES, "013"),
}

ALL = (*EXAMPLES, *SOURCES)


def program(text: str) -> Program:
    """The program with the source ``text``."""
    found, problems = check_source(Source("program.alta", text))
    assert found is not None, problems
    return found


def traced(name: str) -> tuple[Program, Trace]:
    """A program of this file, run."""
    if name in EXAMPLES:
        path, given = EXAMPLES[name]
        found = load(ROOT / "examples" / path)
    else:
        text, given = SOURCES[name]
        found = program(text)
    return found, collect(found.ir, found.encode(given))


@cache
def shown(name: str, level: int = 2) -> tuple[Program, Trace, Units, View]:
    """A program of this file, run and made ready for its page."""
    found, trace = traced(name)
    hidden = units(found.ir, level)
    return found, trace, hidden, view_data(trace, found.source, hidden)
