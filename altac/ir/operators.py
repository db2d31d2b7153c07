"""The binary operators on integers: what each means, in one table.

Whatever evaluates, bounds, prints or compiles an operator looks here. `altac.interpreter.operations` has a second table, of
numpy functions, for arrays; a test shows that it is complete. This file needs nothing else, since it is written beside models.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

ArithmeticOp = Literal["+", "-", "*", "//", "%", "min", "max"]
CompareOp = Literal["==", "!=", "<", "<=", ">", ">="]
BinaryOp = ArithmeticOp | CompareOp

#: The least and the largest value, both included.
Interval = tuple[int, int]

#: How an operator acts on sums of functions of slots (`altac.units.symbolic`). It adds them (``sum``, ``difference``) or
#: multiplies them (``product``); is one of them, by the sign of their difference (``least``, ``greatest``); is a
#: function of their difference (``comparison``); or is worked out operand by operand (``pointwise``), which is right
#: for every operator.
Form = Literal["sum", "difference", "product", "least", "greatest", "comparison", "pointwise"]

#: How tightly operators bind: from `or` to what needs no parentheses.
OR, AND, NOT, COMPARE, ADD, MULTIPLY, ATOM = 1, 2, 3, 4, 5, 6, 8


@dataclass(frozen=True)
class Operator:
    """A row of the table.

    ``apply`` gives the value of ``left op right``; ``undefined`` are the right operands for which there is none.
    ``bounds`` gives the least and the largest value over all operands in two intervals for which there is a value,
    exactly or wider ((0, 0) if there is none). ``spelling`` is the operator in the language: between its operands if it has a
    ``level``, before them, as a function, if that is None.
    """

    apply: Callable[[int, int], int]
    bounds: Callable[[Interval, Interval], Interval]
    spelling: str
    level: int | None
    form: Form = "pointwise"
    undefined: frozenset[int] = frozenset()

    def fails(self, right: Interval) -> bool:
        """Whether a right operand in this interval may have no value."""
        return any(right[0] <= value <= right[1] for value in self.undefined)


def _corners(function: Callable[[int, int], int], left: Interval, rights: Iterable[Interval]) -> Interval:
    """Bounds of a function that is monotone in each operand while the right one stays in one of ``rights``."""
    values = [function(x, y) for right in rights for x in left for y in right]
    return (min(values), max(values)) if values else (0, 0)


def _divisors(right: Interval) -> Iterator[Interval]:
    """The positive and the negative part of an interval."""
    low, high = right
    if high > 0:
        yield max(low, 1), high
    if low < 0:
        yield low, min(high, -1)


def _remainder_bounds(left: Interval, right: Interval) -> Interval:
    found = []
    for low, high in _divisors(right):
        if low > 0:
            found.append(_positive_remainder(left, (low, high)))
        else:  # a % -d = -(-a % d)
            least, most = _positive_remainder((-left[1], -left[0]), (-high, -low))
            found.append((-most, -least))
    return (min(f[0] for f in found), max(f[1] for f in found)) if found else (0, 0)


def _positive_remainder(left: Interval, right: Interval) -> Interval:
    """Bounds of a remainder by positive divisors."""
    (low, high), (least, most) = left, right
    if least == most and low // least == high // least:
        return low % least, high % least
    if low < 0:
        return 0, most - 1
    return (low, high) if high < least else (0, min(high, most - 1))


def _compared(function: Callable[[int, int], bool], spelling: str) -> Operator:
    return Operator(lambda a, b: int(function(a, b)), lambda a, b: (0, 1), spelling, COMPARE, "comparison")


#: Every operator by its name in the IR. Division and remainder round towards minus infinity.
OPERATORS: Mapping[BinaryOp, Operator] = {
    "+": Operator(operator.add, lambda a, b: (a[0] + b[0], a[1] + b[1]), "+", ADD, "sum"),
    "-": Operator(operator.sub, lambda a, b: (a[0] - b[1], a[1] - b[0]), "-", ADD, "difference"),
    "*": Operator(operator.mul, lambda a, b: _corners(operator.mul, a, [b]), "*", MULTIPLY, "product"),
    "//": Operator(
        operator.floordiv, lambda a, b: _corners(operator.floordiv, a, _divisors(b)), "div", MULTIPLY,
        undefined=frozenset({0}),
    ),
    "%": Operator(operator.mod, _remainder_bounds, "%", MULTIPLY, undefined=frozenset({0})),
    "min": Operator(min, lambda a, b: (min(a[0], b[0]), min(a[1], b[1])), "min", None, "least"),
    "max": Operator(max, lambda a, b: (max(a[0], b[0]), max(a[1], b[1])), "max", None, "greatest"),
    "==": _compared(operator.eq, "=="),
    "!=": _compared(operator.ne, "!="),
    "<": _compared(operator.lt, "<"),
    "<=": _compared(operator.le, "<="),
    ">": _compared(operator.gt, ">"),
    ">=": _compared(operator.ge, ">="),
}  # fmt: skip
