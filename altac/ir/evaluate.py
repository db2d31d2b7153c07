"""What an expression is worth at one position, and why it may be worth nothing."""

from __future__ import annotations

from collections.abc import Callable

from altac.ir.expressions import (
    And,
    Arithmetic,
    Compare,
    Const,
    Expr,
    IfExpr,
    LetRead,
    Lookup,
    Member,
    Not,
    Or,
    Read,
)
from altac.ir.operators import OPERATORS
from altac.ir.program import Program
from altac.ir.traversal import slots_read


class Undefined(Exception):
    """An expression has no value: an operator is undefined for its operands, a table has no entry.

    ``expr`` is the part that has none, ``operands`` the values of its parts (of a table: its indices). Both are empty
    where something else than an expression fails.
    """

    def __init__(self, expr: Expr | None = None, operands: tuple[int, ...] = ()) -> None:
        super().__init__()
        self.expr = expr
        self.operands = operands


def no_lets(read: LetRead) -> int:
    """For expressions whose lets have been put in place."""
    raise AssertionError(f"{read.name} is a let")


def evaluate(expr: Expr, read: Callable[[Read], int], let: Callable[[LetRead], int] = no_lets) -> int:
    """The value of an expression, from left to right and no more than it needs; ``read`` and ``let`` are called for each
    slot and each let as it is read, and may raise what they like.

    Raises:
        Undefined: it has none.
    """
    match expr:
        case Const(value=value):
            return value
        case Read():
            return read(expr)
        case LetRead():
            return let(expr)
        case Not(operand=operand):
            return 1 - evaluate(operand, read, let)
        case And(left=left, right=right):
            return evaluate(right, read, let) if evaluate(left, read, let) else 0
        case Or(left=left, right=right):
            return 1 if evaluate(left, read, let) else evaluate(right, read, let)
        case IfExpr(condition=condition, then=then, orelse=orelse):
            return evaluate(then if evaluate(condition, read, let) else orelse, read, let)
        case Member(operand=operand, values=values):
            return int(evaluate(operand, read, let) in values)
        case Arithmetic(op=op, left=left, right=right) | Compare(op=op, left=left, right=right):
            a, b = evaluate(left, read, let), evaluate(right, read, let)
            row = OPERATORS[op]
            if b in row.undefined:
                raise Undefined(expr, (a, b))
            return row.apply(a, b)
        case Lookup():
            indices = tuple([evaluate(i, read, let) for i in expr.indices])
            entry = look_up(expr, indices)
            if entry is None:
                raise Undefined(expr, indices)
            return entry


def look_up(expr: Lookup, indices: tuple[int, ...]) -> int | None:
    """The entry of a table at ``indices``, None if there is none."""
    offset = 0
    for value, low, size in zip(indices, expr.lows, expr.shape, strict=True):
        if not low <= value < low + size:
            return None
        offset = offset * size + value - low
    return expr.table[offset]


def halting(program: Program) -> tuple[str, dict[int, bool | None]] | None:
    """The variable of the halting condition and what the condition says of each of its codes (None: it has no value); None
    without a condition. A constant condition says the same of every code of the output."""
    condition = program.halt
    if condition is None:
        return None
    name = min(slots_read(condition), default=program.output)
    domain = program.domain(name)
    found: dict[int, bool | None] = {}
    for code in range(domain.low, domain.low + domain.size):
        try:
            found[code] = bool(evaluate(condition, lambda _, code=code: code))  # type: ignore[misc]
        except Undefined:
            found[code] = None
    return name, found
