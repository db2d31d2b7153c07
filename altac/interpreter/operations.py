"""The operations that compiled expressions and updates are made of, as closures over views.

Where a part can fail, `connective` and `conditional` evaluate it over the part of the view that its guard lets
through. An error is only marked (`Store.flag`), and some value inside the expression's bounds stands in for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from math import prod
from typing import Any

import numpy as np

from altac.interpreter.store import Array, Value, View, dtype_for
from altac.ir import Lookup
from altac.ir.operators import OPERATORS, ArithmeticOp, BinaryOp, CompareOp, Interval

#: The functions of `altac.ir.operators.OPERATORS` on arrays, where no operand is undefined.
FUNCTIONS: dict[BinaryOp, Callable[[Any, Any], Any]] = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "min": np.minimum, "max": np.maximum,
    "//": np.floor_divide, "%": np.remainder,
    "==": np.equal, "!=": np.not_equal, "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal,
}  # fmt: skip

Run = Callable[[View], Value]
Step = Callable[[View], None]


@dataclass(frozen=True)
class Code:
    """A compiled expression: how to evaluate it, bounds of its value, and whether it can fail."""

    run: Run
    bounds: Interval
    fails: bool


@dataclass(frozen=True)
class Slot:
    """A variable or head as seen by the compiler."""

    low: int
    high: int
    is_head: bool

    @property
    def codes(self) -> int:
        """The number of codes in a table, with one more for an undefined head."""
        return self.high - self.low + 1 + self.is_head


def let_key(name: str) -> str:
    return f"\0{name}"  # no slot has a name like this


def bind_let(name: str, code: Code) -> Step:
    key = let_key(name)

    def execute(view: View) -> None:
        view.cache[key] = code.run(view)

    return execute


def read_let(name: str, bounds: Interval) -> Code:
    key = let_key(name)

    def evaluate(view: View) -> Value:
        found = view.inherited(key)
        assert found is not None, name
        return found

    return Code(evaluate, bounds, False)


def assign(target: str, slot: Slot, code: Code) -> Step:
    checked = code.bounds[0] < slot.low or code.bounds[1] > slot.high
    dtype = dtype_for(slot.low, slot.high)

    def execute(view: View) -> None:
        value = code.run(view)
        if checked:
            wrong = (np.asarray(value) < slot.low) | (np.asarray(value) > slot.high)
            if wrong.any():
                view.store.flag(view, wrong)
                value = np.where(wrong, slot.low, value)
        view.store.write(view, target, value if isinstance(value, int) else value.astype(dtype, copy=False))

    return execute


def read_slot(name: str, slot: Slot) -> Code:
    if not slot.is_head:
        return Code(lambda view: view.raw(name), (slot.low, slot.high), False)
    undefined = slot.high + 1

    def evaluate(view: View) -> Value:
        codes = view.raw(name)
        missing = codes == undefined
        if missing.any():
            view.store.flag(view, missing)
            return np.where(missing, codes.dtype.type(slot.low), codes)
        return codes

    return Code(evaluate, (slot.low, slot.high), True)


def truth_of(code: Code) -> Run:
    """The value of a boolean expression as a boolean array (or 0, 1)."""

    def evaluate(view: View) -> Value:
        value = code.run(view)
        return value if isinstance(value, int) or value.dtype == bool else value != 0

    return evaluate


def negate(value: Value) -> Value:
    return 1 - value if isinstance(value, int) else ~value


def _number(value: Value, dtype: np.dtype[Any]) -> Value:
    return value if isinstance(value, int) else value.astype(dtype, copy=False)


def connective(left: Code, right: Code, stop_at: bool) -> Code:
    """`and` (stops at false) or `or` (stops at true): the right operand is met only where the left one leaves it open."""
    first, second = truth_of(left), truth_of(right)
    combine: Any = np.logical_or if stop_at else np.logical_and

    def eager(view: View) -> Value:
        a = first(view)
        if isinstance(a, int):
            return a if bool(a) == stop_at else second(view)
        return combine(a, second(view))  # type: ignore[no-any-return]

    def guarded(view: View) -> Value:
        a = first(view)
        if isinstance(a, int):
            return a if bool(a) == stop_at else second(view)
        inside = view.where(~a if stop_at else a)
        if inside is None:
            return a
        b = second(inside)
        if not stop_at:
            return view.merge([(inside, b)], np.dtype(bool))
        rest = view.where(a)
        return view.merge([(inside, b)] if rest is None else [(inside, b), (rest, 1)], np.dtype(bool))

    return Code(guarded if right.fails else eager, (0, 1), left.fails or right.fails)


def arithmetic(op: ArithmeticOp, left: Code, right: Code) -> Code:
    row = OPERATORS[op]
    bounds = row.bounds(left.bounds, right.bounds)
    undefined = sorted(row.undefined)
    fails = row.fails(right.bounds)
    harmless = next(value for value in count(1) if value not in row.undefined)
    low = min(bounds[0], left.bounds[0], right.bounds[0], 0)
    high = max(bounds[1], left.bounds[1], right.bounds[1], harmless)
    dtype = dtype_for(low, high)
    function = FUNCTIONS[op]

    def evaluate(view: View) -> Value:
        a, b = _number(left.run(view), dtype), _number(right.run(view), dtype)
        wrong: Any = None
        if fails:
            wrong = np.isin(b, undefined)
            if wrong.any():
                view.store.flag(view, wrong)
                b = np.where(wrong, harmless, b).astype(dtype)
            else:
                wrong = None
        if isinstance(a, int) and isinstance(b, int):
            a = np.asarray(a, dtype).reshape((1,) * (1 if view.flat is not None else 2))
        result: Array = function(a, b)
        if wrong is not None:
            result = np.where(wrong, bounds[0], result)
        return result

    return Code(evaluate, bounds, left.fails or right.fails or fails)


def compare(op: CompareOp, left: Code, right: Code) -> Code:
    low, high = min(left.bounds[0], right.bounds[0]), max(left.bounds[1], right.bounds[1])
    dtype = dtype_for(low, high)
    function = FUNCTIONS[op]

    def evaluate(view: View) -> Value:
        a, b = _number(left.run(view), dtype), _number(right.run(view), dtype)
        result = function(a, b)
        return int(result) if np.ndim(result) == 0 else result

    return Code(evaluate, (0, 1), left.fails or right.fails)


def member(operand: Code, values: frozenset[int]) -> Code:
    low, high = operand.bounds
    inside = sorted(v for v in values if low <= v <= high)
    table = np.zeros(high - low + 1, bool) if high - low < 1 << 20 else None
    if table is not None:
        table[[v - low for v in inside]] = True

    def evaluate(view: View) -> Value:
        value = operand.run(view)
        if isinstance(value, int):
            return int(value in values)
        if table is not None:
            return table[value.astype(np.intp) - low]
        return np.isin(value, inside)

    return Code(evaluate, (0, 1), operand.fails)


def conditional(condition: Code, then: Code, orelse: Code) -> Code:
    truth = truth_of(condition)
    bounds = min(then.bounds[0], orelse.bounds[0]), max(then.bounds[1], orelse.bounds[1])
    dtype = dtype_for(*bounds)

    def evaluate(view: View) -> Value:
        held = truth(view)
        parts = []
        for mask, code in ((held, then), (negate(held), orelse)):
            part = view.where(mask)
            if part is not None:
                parts.append((part, code.run(part)))
        return view.merge(parts, dtype)

    return Code(evaluate, bounds, condition.fails or then.fails or orelse.fails)


def lookup(expr: Lookup, indices: list[Code]) -> Code:
    entries = [e for e in expr.table if e is not None]
    bounds = (min(entries), max(entries)) if entries else (0, 0)
    table = np.array([bounds[0] if e is None else e for e in expr.table] or [0], dtype_for(*bounds))
    absent = (
        np.array([e is None for e in expr.table] or [True]) if len(entries) < len(expr.table) or not entries else None
    )
    strides = [prod(expr.shape[i + 1 :]) for i in range(len(expr.shape))]
    checks = [
        code.bounds[0] < low or code.bounds[1] > low + size - 1
        for code, low, size in zip(indices, expr.lows, expr.shape, strict=True)
    ]

    wide = [
        np.dtype(object if max(map(abs, (*code.bounds, low))) >= 1 << 62 else np.intp)
        for code, low in zip(indices, expr.lows, strict=True)
    ]

    def evaluate(view: View) -> Value:
        index: Any = np.zeros((1,) * (1 if view.flat is not None else 2), np.intp)
        for code, low, size, stride, check, dtype in zip(
            indices, expr.lows, expr.shape, strides, checks, wide, strict=True
        ):
            local: Any = _number(code.run(view), dtype) - low
            if check:
                wrong = np.asarray((local < 0) | (local >= size))
                if wrong.any():
                    view.store.flag(view, wrong)
                    local = np.where(wrong, 0, local).astype(np.intp)
            index = index + local * stride
        if absent is not None:
            wrong = absent[index]
            if wrong.any():
                view.store.flag(view, wrong)
        return table[index]  # type: ignore[no-any-return]

    return Code(evaluate, bounds, absent is not None or any(checks) or any(c.fails for c in indices))
