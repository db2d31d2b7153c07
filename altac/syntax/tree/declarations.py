"""Nodes of declarations, and of a whole file."""

from __future__ import annotations

from dataclasses import dataclass

from altac.syntax.tree.expressions import Argument, Block, Expr, Name, Node, StringLit, TypeExpr


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


Decl = (
    ProgramDecl | ImportDecl | ParamDecl | ConstDecl | TypeDecl | EnumDecl | TokensDecl | TextDecl | PositionsDecl
    | FrameDecl | VarDecl | HeadDecl | FnDecl | ComponentDecl | UseDecl | MlpDecl | RulesDecl | OutputDecl | HaltDecl
    | LayersDecl | CausalDecl | TestDecl
)  # fmt: skip
