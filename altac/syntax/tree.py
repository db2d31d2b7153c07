"""The syntax tree: frozen dataclasses, each with the span it was read from.

Nothing here is resolved or checked. The unions at the end (`Expr`, `Stmt`, `Decl`, `Pattern`,
`TypeExpr`) are what later phases `match` over.
"""

from __future__ import annotations

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


@dataclass(frozen=True)
class Unary(Node):
    op: Literal["-", "not"]
    operand: Expr


BinaryOp = Literal[
    "or", "xor", "and", "==", "!=", "<", "<=", ">", ">=", "in", "not in", "..", "+", "-", "*", "/", "//", "%"
]


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


# --- declarations -----------------------------------------------------------------------------


@dataclass(frozen=True)
class ProgramDecl(Node):
    name: Name


@dataclass(frozen=True)
class ImportDecl(Node):
    """``import std.stack``, ``import std.stack as s``, ``import "lib/x.alta" as x``"""

    path: tuple[Name, ...] | StringLit
    alias: Name | None


@dataclass(frozen=True)
class ParamDecl(Node):
    name: Name
    type: TypeExpr | None
    value: Expr


@dataclass(frozen=True)
class ConstDecl(Node):
    name: Name
    type: TypeExpr | None
    value: Expr


@dataclass(frozen=True)
class TypeDecl(Node):
    name: Name
    type: TypeExpr


@dataclass(frozen=True)
class EnumMember(Node):
    """``WALK`` or ``WALK = "I_WALK"``: the spelling in text; empty means left out of text."""

    name: Name
    spelling: StringLit | None


@dataclass(frozen=True)
class EnumDecl(Node):
    name: Name
    members: tuple[EnumMember, ...]


@dataclass(frozen=True)
class TokenItem(Node):
    """One entry of ``tokens``: an integer or range, a string, a name (its own spelling unless
    ``= "..."`` is given), or a type name that stands for all its values."""

    value: Expr
    spelling: StringLit | None


@dataclass(frozen=True)
class TokensDecl(Node):
    items: tuple[TokenItem, ...]


@dataclass(frozen=True)
class TextDecl(Node):
    """``text characters`` or ``text words``"""

    mode: Name


@dataclass(frozen=True)
class PositionsDecl(Node):
    count: Expr


@dataclass(frozen=True)
class FrameItem(Node):
    """``input`` (value None), a token, ``TOKEN * count`` or ``TOKEN to length``."""

    value: Expr | None
    repeat: Expr | None
    until: Expr | None


@dataclass(frozen=True)
class FrameDecl(Node):
    items: tuple[FrameItem, ...]


@dataclass(frozen=True)
class VarDecl(Node):
    name: Name
    type: TypeExpr | None
    value: Expr | None


@dataclass(frozen=True)
class HeadDecl(Node):
    """``head h = value at offsets`` (query and key None) or ``head h = attend(query:, key:, value:, at:)``."""

    name: Name
    type: TypeExpr | None
    query: Expr | None
    key: Expr | None
    value: Expr | None
    offsets: Expr | None


@dataclass(frozen=True)
class Parameter(Node):
    name: Name
    type: TypeExpr | None
    default: Expr | None


@dataclass(frozen=True)
class FnDecl(Node):
    """``fn f(x) = expr`` (body an `Expr`) or ``fn f(x) { ... }`` (body a `Block`)."""

    name: Name
    parameters: tuple[Parameter, ...]
    body: Expr | Block


@dataclass(frozen=True)
class ComponentDecl(Node):
    name: Name
    parameters: tuple[Parameter, ...]
    body: tuple[Decl, ...]


@dataclass(frozen=True)
class UseDecl(Node):
    """``use name = Component(arguments)``"""

    name: Name
    component: Expr
    arguments: tuple[Argument, ...]


@dataclass(frozen=True)
class MlpDecl(Node):
    body: Block


@dataclass(frozen=True)
class RuleDecl(Node):
    """``a = 1, b = 2 => v <- c``"""

    antecedent: tuple[tuple[Expr, Expr], ...]
    target: Expr
    value: Expr


@dataclass(frozen=True)
class RulesDecl(Node):
    rules: tuple[RuleDecl, ...]


@dataclass(frozen=True)
class OutputDecl(Node):
    value: Expr


@dataclass(frozen=True)
class HaltDecl(Node):
    """``halt when condition``"""

    condition: Expr


@dataclass(frozen=True)
class LayersDecl(Node):
    """``layers count``: run exactly this many layers unless all positions halt before."""

    count: Expr


@dataclass(frozen=True)
class CausalDecl(Node):
    """``causal [until TOKEN] [limit N]``"""

    until: Expr | None
    limit: Expr | None


@dataclass(frozen=True)
class TestDecl(Node):
    """``test input => expected``: lists or strings."""

    input: Expr
    expected: Expr


@dataclass(frozen=True)
class File(Node):
    """A whole file. ``doc`` is the comment at its head."""

    declarations: tuple[Decl, ...]
    doc: str


Expr = (
    Ref
    | BoolLit
    | IntLit
    | RealLit
    | StringLit
    | ListLit
    | SetLit
    | MapLit
    | TupleLit
    | RecordLit
    | Comprehension
    | Unary
    | Binary
    | ChainedComparison
    | Call
    | Index
    | FieldAccess
    | If
    | Match
    | SyntaxErrorExpr
)
Pattern = WildcardPattern | ValuePattern | TuplePattern
TypeExpr = NamedType | RangeType | RealType | SetType
Stmt = Let | Assign | For | ExprStmt
Decl = (
    ProgramDecl
    | ImportDecl
    | ParamDecl
    | ConstDecl
    | TypeDecl
    | EnumDecl
    | TokensDecl
    | TextDecl
    | PositionsDecl
    | FrameDecl
    | VarDecl
    | HeadDecl
    | FnDecl
    | ComponentDecl
    | UseDecl
    | MlpDecl
    | RulesDecl
    | OutputDecl
    | HaltDecl
    | LayersDecl
    | CausalDecl
    | TestDecl
)
