"""Nodes of expressions, patterns, types and statements, which hold one another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from altac.source import Span


@dataclass(frozen=True)
class Node:
    """Base of every tree node. Spans take no part in equality of printed and reparsed trees:
    compare with `altac.syntax.printer.same_tree`."""

    span: Span


@dataclass(frozen=True)
class Name(Node):
    """An identifier where it is declared or referred to."""

    text: str


# --- expressions ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ref(Node):
    """A use of a name; also of the keywords ``token`` and ``position``."""

    name: str


@dataclass(frozen=True)
class BoolLit(Node):
    value: bool


@dataclass(frozen=True)
class IntLit(Node):
    value: int


@dataclass(frozen=True)
class RealLit(Node):
    value: Fraction


@dataclass(frozen=True)
class StringLit(Node):
    value: str


@dataclass(frozen=True)
class ListLit(Node):
    items: tuple[Expr, ...]


@dataclass(frozen=True)
class SetLit(Node):
    items: tuple[Expr, ...]


@dataclass(frozen=True)
class MapLit(Node):
    """``{key: value, ...}``; keys are expressions. The empty braces ``{}`` are the empty set."""

    items: tuple[tuple[Expr, Expr], ...]


@dataclass(frozen=True)
class TupleLit(Node):
    """``(a, b)``, ``(a,)`` or ``()``."""

    items: tuple[Expr, ...]


@dataclass(frozen=True)
class RecordLit(Node):
    """``(lhs: a, rhs: b)``: a tuple with named fields."""

    fields: tuple[tuple[Name, Expr], ...]


@dataclass(frozen=True)
class Clause(Node):
    """``for TARGETS in ITERABLE if CONDITION``; several names unpack a tuple."""

    names: tuple[Name, ...]
    iterable: Expr
    conditions: tuple[Expr, ...]


@dataclass(frozen=True)
class Comprehension(Node):
    """``[e for ...]`` or ``{e for ...}``; for ``kind == "map"`` the element is a `TupleLit` (key, value)."""

    kind: Literal["list", "set", "map"]
    element: Expr
    clauses: tuple[Clause, ...]


UnaryOp = Literal["-", "not"]


@dataclass(frozen=True)
class Unary(Node):
    op: UnaryOp
    operand: Expr


BinaryOp = Literal[
    "or", "xor", "and", "==", "!=", "<", "<=", ">", ">=", "in", "not in", "..", "+", "-", "*", "/", "//", "%"
]
#: Operators that are not called as they are written, by their text.
NAMED: Mapping[str, BinaryOp] = {"div": "//"}


@dataclass(frozen=True)
class Binary(Node):
    op: BinaryOp
    left: Expr
    right: Expr


@dataclass(frozen=True)
class ChainedComparison(Node):
    """``a <= b < c``: parsed so that the checker can explain how to write it."""

    operands: tuple[Expr, ...]
    ops: tuple[BinaryOp, ...]


@dataclass(frozen=True)
class Argument(Node):
    """One argument of a call, named or not."""

    name: Name | None
    value: Expr


@dataclass(frozen=True)
class Call(Node):
    function: Expr
    arguments: tuple[Argument, ...]


@dataclass(frozen=True)
class Index(Node):
    base: Expr
    index: Expr


@dataclass(frozen=True)
class FieldAccess(Node):
    """``base.field``: of a record, a component instance or an imported module."""

    base: Expr
    field: Name


@dataclass(frozen=True)
class If(Node):
    """A statement, or an expression when every branch is a block that ends in an expression."""

    condition: Expr
    then: Block
    orelse: Block | None  # ``else if`` is an ``else`` block that holds one `If`


@dataclass(frozen=True)
class Arm(Node):
    patterns: tuple[Pattern, ...]
    body: Block


@dataclass(frozen=True)
class Match(Node):
    """A statement or an expression, like `If`."""

    subject: Expr
    arms: tuple[Arm, ...]


@dataclass(frozen=True)
class SyntaxErrorExpr(Node):
    """Stands where an expression could not be read (after recovery); already reported."""


# --- patterns ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class WildcardPattern(Node):
    """``_``"""


@dataclass(frozen=True)
class ValuePattern(Node):
    """A constant expression: literal, name of a constant, token or enum member, or a range ``a..b``."""

    value: Expr


@dataclass(frozen=True)
class TuplePattern(Node):
    """``(p, q)``: each item a tuple of alternatives."""

    items: tuple[tuple[Pattern, ...], ...]


# --- types ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class NamedType(Node):
    """``bool``, ``Token``, ``real`` without buckets, a declared type, a parameter, or ``module.Name``."""

    path: tuple[Name, ...]


@dataclass(frozen=True)
class RangeType(Node):
    """``low..high``, both inclusive."""

    low: Expr
    high: Expr


@dataclass(frozen=True)
class RealType(Node):
    """``real in BUCKETS``"""

    buckets: Expr


@dataclass(frozen=True)
class SetType(Node):
    """``set of ELEMENT`` or ``set of ELEMENT in FAMILY``"""

    element: TypeExpr
    family: Expr | None


# --- statements -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Block(Node):
    statements: tuple[Stmt, ...]


@dataclass(frozen=True)
class Let(Node):
    """``let name = value`` or ``let (a, b) = value``"""

    names: tuple[Name, ...]
    type: TypeExpr | None
    value: Expr


@dataclass(frozen=True)
class Assign(Node):
    """``target <- value``"""

    target: Expr
    value: Expr


@dataclass(frozen=True)
class For(Node):
    """``for names in iterable { ... }``, unrolled."""

    names: tuple[Name, ...]
    iterable: Expr
    body: Block


@dataclass(frozen=True)
class ExprStmt(Node):
    """A procedure call, an `If` or `Match` used as a statement, or the value of a block."""

    value: Expr


Expr = (
    Ref | BoolLit | IntLit | RealLit | StringLit | ListLit | SetLit | MapLit | TupleLit | RecordLit | Comprehension
    | Unary | Binary | ChainedComparison | Call | Index | FieldAccess | If | Match | SyntaxErrorExpr
)  # fmt: skip
Pattern = WildcardPattern | ValuePattern | TuplePattern
TypeExpr = NamedType | RangeType | RealType | SetType
Stmt = Let | Assign | For | ExprStmt
