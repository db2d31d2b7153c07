"""Expressions of the IR: functions of one position's variables and head outputs, over integer codes.

Booleans are 0 and 1. Arithmetic is exact; ``//`` and ``%`` round towards minus infinity. ``And``,
``Or`` and ``IfExpr`` evaluate left to right and no more than they need. Everything real- or set-valued has
been tabulated: a real or a set is read as the index of its bucket or family set.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from altac.ir.operators import ArithmeticOp, CompareOp
from altac.source import Span

#: Why a table entry is missing; each is an error at the position that reaches it.
Missing = Literal["table-index", "division-by-zero", "conversion", "not-in-family"]


@dataclass(frozen=True)
class Const:
    value: int
    span: Span | None = None


@dataclass(frozen=True)
class Read:
    """The value of a variable or head, by name, as it is after attention and before any update.
    Reading a head that is undefined is an error."""

    name: str
    span: Span | None = None


@dataclass(frozen=True)
class LetRead:
    """The value of an enclosing `Let`."""

    name: str
    span: Span | None = None


@dataclass(frozen=True)
class Not:
    operand: Expr
    span: Span | None = None


@dataclass(frozen=True)
class And:
    left: Expr
    right: Expr
    span: Span | None = None


@dataclass(frozen=True)
class Or:
    left: Expr
    right: Expr
    span: Span | None = None


@dataclass(frozen=True)
class Arithmetic:
    """An operand for which the operator is undefined (`altac.ir.operators`) is an error when reached: division by zero."""

    op: ArithmeticOp
    left: Expr
    right: Expr
    span: Span | None = None


@dataclass(frozen=True)
class Compare:
    op: CompareOp
    left: Expr
    right: Expr
    span: Span | None = None


@dataclass(frozen=True)
class Member:
    """1 if the operand's value is one of ``values``."""

    operand: Expr
    values: frozenset[int]
    span: Span | None = None


@dataclass(frozen=True)
class IfExpr:
    condition: Expr
    then: Expr
    orelse: Expr
    span: Span | None = None


@dataclass(frozen=True)
class Lookup:
    """``table[i0 - low0, i1 - low1, ...]`` in row-major order.

    ``lows`` and ``shape`` give the range of each index. An index outside it, or an entry that is None,
    is an error when reached, for the reason ``missing``.
    """

    indices: tuple[Expr, ...]
    lows: tuple[int, ...]
    shape: tuple[int, ...]
    table: tuple[int | None, ...]
    missing: Missing = "table-index"
    span: Span | None = None


Expr = Const | Read | LetRead | Not | And | Or | Arithmetic | Compare | Member | IfExpr | Lookup
