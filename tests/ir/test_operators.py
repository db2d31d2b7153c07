"""The table of operators: meanings worked out by hand, bounds against enumeration, and that other tables are complete."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from altac.interpreter.operations import FUNCTIONS
from altac.ir.operators import OPERATORS, ArithmeticOp, BinaryOp, CompareOp, Form, Interval, Operator

NAMES = (*get_args(ArithmeticOp), *get_args(CompareOp))

#: ``(left, right): value`` for every operator; None where there is none.
BY_HAND: dict[str, dict[tuple[int, int], int | None]] = {
    "+": {(2, 3): 5, (-2, -3): -5},
    "-": {(2, 3): -1, (-2, -3): 1},
    "*": {(2, -3): -6, (0, 5): 0},
    "//": {(7, 2): 3, (-7, 2): -4, (7, -2): -4, (-7, -2): 3, (7, 0): None},
    "%": {(7, 3): 1, (-7, 3): 2, (7, -3): -2, (-7, -3): -1, (7, 0): None},
    "min": {(2, 3): 2, (3, 2): 2, (-1, -1): -1},
    "max": {(2, 3): 3, (3, 2): 3, (-1, -1): -1},
    "==": {(2, 2): 1, (2, 3): 0},
    "!=": {(2, 2): 0, (2, 3): 1},
    "<": {(2, 3): 1, (2, 2): 0, (3, 2): 0},
    "<=": {(2, 3): 1, (2, 2): 1, (3, 2): 0},
    ">": {(2, 3): 0, (2, 2): 0, (3, 2): 1},
    ">=": {(2, 3): 0, (2, 2): 1, (3, 2): 1},
}
SMALL = range(-5, 6)

small = st.integers(-9, 9)
intervals = st.tuples(small, small).map(lambda pair: (min(pair), max(pair)))


def test_the_table_has_a_row_for_each_name() -> None:
    assert set(OPERATORS) == set(NAMES) == set(BY_HAND)


def test_the_functions_on_arrays_are_complete() -> None:
    assert set(FUNCTIONS) == set(OPERATORS)


@pytest.mark.parametrize("op", NAMES)
def test_values_by_hand(op: BinaryOp) -> None:
    row = OPERATORS[op]
    found = {(a, b): None if b in row.undefined else row.apply(a, b) for a, b in BY_HAND[op]}
    assert found == BY_HAND[op]


@pytest.mark.parametrize("op", NAMES)
def test_functions_on_arrays_agree_with_the_table(op: BinaryOp) -> None:
    row = OPERATORS[op]
    pairs = [(a, b) for a in SMALL for b in SMALL if b not in row.undefined]
    left, right = np.array(pairs).T
    assert FUNCTIONS[op](left, right).astype(int).tolist() == [row.apply(a, b) for a, b in pairs]


@given(st.sampled_from(NAMES), intervals, intervals)
def test_bounds_hold_and_are_tight(op: BinaryOp, left: Interval, right: Interval) -> None:
    row = OPERATORS[op]
    values = [
        row.apply(a, b)
        for a, b in product(range(left[0], left[1] + 1), range(right[0], right[1] + 1))
        if b not in row.undefined
    ]
    low, high = row.bounds(left, right)
    assert row.fails(right) == (len(values) < (left[1] - left[0] + 1) * (right[1] - right[0] + 1))
    if not values:
        assert (low, high) == (0, 0)
    elif row.form == "comparison" or op == "%":
        assert low <= min(values) <= max(values) <= high
    else:
        assert (low, high) == (min(values), max(values))


@given(intervals, intervals)
def test_bounds_of_a_remainder_lie_between_zero_and_the_divisor(left: Interval, right: Interval) -> None:
    low, high = OPERATORS["%"].bounds(left, right)
    assert min(0, right[0] + 1) <= low <= high <= max(0, right[1] - 1)


@pytest.mark.parametrize("op", NAMES)
def test_forms_say_what_the_operators_do(op: BinaryOp) -> None:
    row = OPERATORS[op]
    for a, b in product(SMALL, SMALL):
        match row.form:
            case "sum":
                assert row.apply(a, b) == a + b
            case "difference":
                assert row.apply(a, b) == a - b
            case "product":
                assert row.apply(a, b) == a * b
            case "least":
                assert row.apply(a, b) == (a if a - b <= 0 else b)
            case "greatest":
                assert row.apply(a, b) == (a if a - b >= 0 else b)
            case "comparison":
                assert row.apply(a, b) == row.apply(a - b, 0) and row.apply(a, b) in (0, 1)
            case "pointwise":
                assert b in row.undefined or row.bounds((a, a), (b, b)) == (row.apply(a, b), row.apply(a, b))


def test_how_operators_are_written() -> None:
    assert {op: row.spelling for op, row in OPERATORS.items()} == {op: "div" if op == "//" else op for op in NAMES}
    levels = [["==", "!=", "<", "<=", ">", ">="], ["+", "-"], ["*", "//", "%"]]
    found = sorted({row.level for row in OPERATORS.values() if row.level is not None})
    assert [sorted(op for op, row in OPERATORS.items() if row.level == level) for level in found] == [
        sorted(ops) for ops in levels
    ]
    assert sorted(op for op, row in OPERATORS.items() if row.level is None) == ["max", "min"]


# --- mutants of the table -----------------------------------------------------------------------


def mutants(op: BinaryOp) -> Iterator[tuple[str, Operator]]:
    """The row of an operator with one thing changed."""
    row = OPERATORS[op]
    compares = row.form == "comparison"
    yield "another value", replace(row, apply=lambda a, b: 1 - row.apply(a, b) if compares else row.apply(a, b) + 1)
    if row.apply(1, 2) != row.apply(2, 1):
        yield "operands exchanged", replace(row, apply=lambda a, b: row.apply(b, a))
    yield "a bound too low", replace(row, bounds=lambda a, b: (row.bounds(a, b)[0], row.bounds(a, b)[1] - 1))
    yield "a bound too high", replace(row, bounds=lambda a, b: (row.bounds(a, b)[0] + 1, row.bounds(a, b)[1]))
    yield "undefined elsewhere", replace(row, undefined=frozenset({0}) ^ row.undefined)
    yield "another spelling", replace(row, spelling=row.spelling + "!")
    yield "another level", replace(row, level=7 if row.level != 7 else None)
    for form in get_args(Form):
        if form not in (row.form, "pointwise"):  # pointwise is right for every operator
            yield f"form {form}", replace(row, form=form)


def checks(op: BinaryOp) -> None:
    test_how_operators_are_written()
    test_values_by_hand(op)
    test_functions_on_arrays_agree_with_the_table(op)
    test_forms_say_what_the_operators_do(op)
    ends = [(low, high) for low in range(-3, 4) for high in range(low, 4)]
    for left, right in product(ends, ends):
        test_bounds_hold_and_are_tight.hypothesis.inner_test(op, left, right)  # type: ignore[attr-defined]


@pytest.mark.parametrize("op", NAMES)
def test_every_mutant_of_a_row_fails(op: BinaryOp, monkeypatch: pytest.MonkeyPatch) -> None:
    checks(op)
    for _, mutant in list(mutants(op)):
        with monkeypatch.context() as patch:
            patch.setitem(OPERATORS, op, mutant)
            with pytest.raises((AssertionError, ZeroDivisionError)):
                checks(op)
