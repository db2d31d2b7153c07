"""What people write who know Python, RASP or Rust: what works, on every engine, and what the help of the rest says."""

from __future__ import annotations

import pytest

import altac
from altac.source import Source

RANGES = """\
program ranges
tokens 0..4, -1, "a".."e", x..z, "+", START
frame -1, input
var symbol: Token = token
var kind: 0..4 = if token in 0..9 { 1 } else { if token in "a".."d" { 2 } else { 0 } }
mlp {
    if symbol in x..y { kind <- 3 }
    match symbol { "e".."e" => kind <- 4, 3..9 => kind <- 0, -1 => kind <- 4, _ => {} }
}
output kind
layers 1
test [0, 4, a, e, "x", "z", "+"] => [4, 1, 0, 2, 4, 3, 0, 0]
"""

TUPLES = """\
program tuples
tokens 0..2
enum Side { L, R }
const TABLE = {(L, 0): 5, (L, 1): 6, (R, 0): 7, (R, 1): 8, (R, 2): 9}
const PAIRS = [(0, L), (2, R)]
var n: 0..2 = token
var side: Side = if token == 2 { R } else { L }
var found: 0..9 = 0
var same: bool = false
var among: bool = false
var once: bool = false
var three: 0..3 = 0
var next: 0..2 = (token + 1) %% 3
mlp {
    if not (side == L and n == 2) { found <- TABLE[(side, n)] }
    same <- (n, side) == (2, R)
    among <- (n, side) in PAIRS and [n, 2] != [0, 2]
    once <- 1 in [n, next] and (next, n) not in {(1, 1), (2, 1)}
    three <- len({(n, 1), (next, 1), (0, 1)})
}
output %s
layers 1
test [0, 1, 2] => %s
"""

QUERIES = """\
program queries
tokens 0..3, START, END
var symbol: Token = token
var number: 0..4 = if token in 0..3 { int(token) } else { 4 }
var any:   real in {n/12 for n in 0..12} = 0
var marks: bool = token == START or token == END
var sum: 0..40 = 0
head ends: real in {n/12 for n in 0..12} = attend(query: {START, END}, key: symbol, value: marks)
head few:  real in {n/12 for n in 0..12} = attend(query: 1..2, key: number, value: marks)
head all:  real in {n/12 for n in 0..12} = attend(query: 0..99, key: number, value: marks)
head two   = attend(query: 2, key: symbol, value: number)
head word  = attend(query: "END", key: symbol, value: number)
mlp {
    any <- ends
    if all == 1/3 and few == 0 and two == 2 and word == 4 { sum <- 1 }
}
output sum
layers 1
test [START, 1, 2, 3, 0, END] => [1, 1, 1, 1, 1, 1]
"""

GENERAL = """\
program general
tokens 0..2
fn f(x) = match x { 0 => 1, 1 | 2 => 2, 5 => 4, _ => 3 }
fn raise(by) { match by { 0 => m <- 1, 1..2 => m <- 2, _ => m <- 3 } }
component Choice(x) {
    fn value() = match x { 0..2 => 1, 9 => 8, _ => 2 }
}
var n: 0..2 = token
var m: 0..9 = 5
use narrow = Choice(x: n)
mlp {
    if narrow.value() == 1 { raise(n) }
    m <- f(n) + f(m)
    for i in 0..1 { match n - i { -1 => m <- 9, 0..2 => {} } }
}
output m
layers 1
test [0, 1, 2] => [9, 6, 6]
"""

WORKING = {
    "ranges": RANGES,
    "tuple index": TUPLES % ("found", "[5, 6, 9]"),
    "tuple equality": TUPLES % ("same", "[false, false, true]"),
    "tuple membership": TUPLES % ("among", "[false, false, true]"),
    "run-time list": TUPLES % ("once", "[true, false, false]"),
    "set of tuples": TUPLES % ("three", "[2, 3, 2]"),
    "queries": QUERIES,
    "general functions": GENERAL,
}


def load(text: str) -> altac.Program:
    program, problems = altac.check_source(Source("everyday.alta", text))
    assert program is not None, [(p.render_title(), p.span) for p in problems]
    return program


@pytest.mark.parametrize("name", WORKING)
def test_works_on_every_engine(name: str) -> None:
    program = load(WORKING[name])
    assert all(outcome.passed for outcome in program.test()), [o.got or o.error for o in program.test()]
    for level in (0, 1, 2):
        model = program.compile(level)
        for line in program.ir.tests:
            (run,) = model.run([line.input])
            assert run.output == list(line.expected), level


def said(body: str) -> list[tuple[str, str]]:
    """Code and help of the problems of a program with the lines ``body``."""
    start = "program p\ntokens 0..9, a, START\nvar bit: bool = true\nvar n: 0..9 = 0\nvar done: bool = false\n"
    text = f"{start}{body}\noutput bit\nlayers 1\n"
    _, problems = altac.check_source(Source("p.alta", text))
    return [(p.code, p.render_help()) for p in problems if p.severity == "error"]


@pytest.mark.parametrize(
    ("body", "code", "help"),
    [
        ("var t: 0..9 = int(token)", "failed-conversion", "match ... { a => ..., _ => int(token) }"),
        ("var t: bool = bool(token)", "failed-conversion", "{ 2 => ..., _ => bool(token) }"),
        ("const HALF = int(1 / 2)", "failed-conversion", "round("),
        ("head h = n at +1", "unexpected-text", "write `1`"),
        ("var t: 0..9 = 1 if token == a else 0", "unexpected-text", "`if c { a } else { b }`"),
        ("head h = bit at -1 else false", "unexpected-text", "where it is read"),
        ("mlp { let done = true }", "shadowed-name", "`done <- true`"),
        ("mlp { n += 1 }", "wrong-operator", "`n <- n + ...`"),
        ("mlp { n++ }", "wrong-operator", "`n <- n + 1`"),
        ("mlp { if bit { n <- 1 } otherwise { n <- 2 } }", "wrong-operator", "`else`"),
        ("head h = bit at n", "runtime-offset", "attend(query: POINTER"),
        ("var s: set of 0..9 = {}\nmlp { s <- {m for m in 0..8 if m > n} }", "not-static", "make a table"),
        ("var s: set of 0..9 = {}\nmlp { s <- {m for m in 0..n} }", "not-static", "make a table"),
        ('const T = {"up": 1}\nconst D = T["down"]', "index-out-of-range", 'the keys are "up"'),
    ],
)
def test_the_help_names_the_fix(body: str, code: str, help: str) -> None:
    ((found, text),) = said(body)
    assert found == code and help in text


def test_a_mended_operator_hides_no_other_error_of_its_line() -> None:
    codes = [code for code, _ in said("mlp { if n < 9 && tru { n <- nn + 1 } }")]
    assert codes == ["wrong-operator", "unknown-name", "unknown-name"]


def test_a_run_time_error_names_the_let() -> None:
    text = """\
program p
tokens 0..9
var n: 0..9 = token
mlp { let total = n + n; n <- total }
output n
layers 1
"""
    (run,) = load(text).run([[7]])
    assert run.error is not None and "total = 14" in run.error.render_help()


CUT = """\
program count
tokens 0..9, START
frame START, input
var x: Token = token
mlp { x <- match x { 0..8 => x, _ => Token(0) } }
output x
causal %s
layers 1
"""


@pytest.mark.parametrize(
    ("causal", "given", "output", "cut"),
    [
        ("limit 5", [3], [3, 3, 3], 5),
        ("until 4 limit 3", [3], [3], 3),
        ("until 3 limit 3", [3], [3], None),
        ("limit 2", [3, 3], [], 2),
        ("limit 5", [], [0, 0, 0, 0], 5),
    ],
)
def test_a_cut_run_says_so(causal: str, given: list[int], output: list[int], cut: int | None) -> None:
    program, _ = altac.check_source(Source("count.alta", CUT % causal))
    assert program is not None
    for (run,) in (program.run([given]), program.run([given], engine="transformer")):
        assert (run.output, run.cut, run.json().get("cut")) == (output, cut, cut)
    assert program.runner.model(given) == run.json()
    assert ("cut at the limit of" in run._repr_html_()) == (cut is not None)
    assert ("cut at the limit of" in program.trace(given)._repr_html_()) == (cut is not None)
