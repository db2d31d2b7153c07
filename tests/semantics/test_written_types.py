"""A type that is written after a name holds in every run, wherever one may be written."""

from __future__ import annotations

import re

import pytest

from altac import check_source
from altac.source import Source

HEAD = (
    "program p\nenum A { X, Y }\ntokens 0, 1, START\nvar n: 0..9 = 0\nvar b: bool = token == 1\nvar s: set of A = {}\n"
)
TAIL = "\noutput n\nlayers 2\n"

#: A type, values that are of it in every run, and others with what is said of them.
TYPES = {
    "bool": ({"b", "n == 1", "true"}, {"n": "type-mismatch", "X": "type-mismatch", "1": "type-mismatch"}),
    "0..3": ({"n % 4", "min(n, 3)", "2"}, {"n": "leaves-type", "4": "out-of-range", "b": "type-mismatch", "n - 9": "leaves-type",
                                           "n / 3": "type-mismatch"}),
    "A": ({"X", "if b { X } else { Y }"}, {"0": "type-mismatch", "b": "type-mismatch"}),
    "Token": ({"1", "START"}, {"7": "type-mismatch", "b": "type-mismatch", "X": "type-mismatch"}),
    "set of A": ({"{X}", "s", "{}"}, {"{0}": "type-mismatch", "5": "type-mismatch", "X": "type-mismatch"}),
    "real in {0, 1}": ({"0", "2 - 1"}, {
        "n / 2": "type-mismatch", "1 / 3": "type-mismatch", "n": "type-mismatch", "b": "type-mismatch"}),
}  # fmt: skip
#: Where a type T is written after a name that has the value V.
PLACES = {
    "parameter of a function": "fn f(x: T) = 1\nmlp { n <- f(V) }",
    "named argument": "fn f(y, x: T) = 1\nmlp { n <- f(x: V, y: 2) }",
    "parameter of a procedure": "fn f(x: T) { n <- 1 }\nmlp { f(V) }",
    "default": "fn f(x: T = V) = 1\nmlp { n <- f() }",
    "let": "mlp { let x: T = V\n n <- 1 }",
    "let of a function": "fn f() { let x: T = V\n 1 }\nmlp { n <- f() }",
    "constant": "const x: T = V\nmlp { n <- 1 }",
    "parameter of a component": "component C(x: T) { mlp { n <- 1 } }\nuse c = C(V)",
}
BEFORE_RUNS = {"default", "constant", "parameter of a component"}
READS = {"n", "b", "s"}
CASES = [(place, kind, value, code) for place in PLACES for kind, (right, wrong) in TYPES.items()
         for value, code in [*((v, "") for v in sorted(right)), *sorted(wrong.items())]
         if place not in BEFORE_RUNS or not READS & set(re.findall("[a-z]+", value))]  # fmt: skip


@pytest.mark.parametrize(("place", "kind", "value", "code"), CASES)
def test_a_value_is_of_the_type_that_is_written(place: str, kind: str, value: str, code: str) -> None:
    text = PLACES[place].replace("T", kind).replace("V", value)
    _, problems = check_source(Source("p.alta", HEAD + text + TAIL))
    assert [p.code for p in problems if p.severity == "error"] == ([code] if code else [])


def test_a_typed_parameter_is_still_the_variable_it_is_bound_to() -> None:
    text = "fn up(x: 0..9) { x <- (x + 1) % 10 }\nmlp { up(n) }"
    program, problems = check_source(Source("p.alta", HEAD + text + TAIL))
    assert program is not None, problems
    assert program.run([[0, 1]])[0].output == [2, 2]


def test_a_type_may_name_the_parameters_before_it() -> None:
    text = "fn f(most, x: 0..most) = x\nmlp { n <- f(3, n % 4) + f(2, n % 4) }"
    _, problems = check_source(Source("p.alta", HEAD + text + TAIL))
    assert [(p.code, p.span and p.span.text) for p in problems if p.severity == "error"] == [("leaves-type", "n % 4")]
