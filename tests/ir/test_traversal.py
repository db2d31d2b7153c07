"""Going through expressions: parts, rebuilding, reads."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest

from altac.ir import (
    And,
    Arithmetic,
    Assign,
    Compare,
    Const,
    Expr,
    If,
    IfExpr,
    Let,
    LetRead,
    Lookup,
    Member,
    MlpCode,
    Not,
    Or,
    Read,
)
from altac.ir.traversal import children, expressions, lets_read, nodes, rebuild, slots_read, substitute, updates
from tests import programs

A, B, L = Read("a"), Read("b"), LetRead("l")
ALL: tuple[Expr, ...] = (
    Const(1), A, L, Not(A), And(A, B), Or(A, L), Arithmetic("+", A, B), Compare("<", B, L),
    Member(A, frozenset({1})), IfExpr(A, B, L), Lookup((A, L), (0, 0), (1, 1), (0,)),
)  # fmt: skip


def test_every_kind_of_expression_is_tried() -> None:
    assert {type(e) for e in ALL} == set(get_args(Expr))


@pytest.mark.parametrize("expr", ALL, ids=lambda e: type(e).__name__)
def test_rebuilding(expr: Expr) -> None:
    parts = children(expr)
    assert rebuild(expr, parts) is expr
    other = tuple(Const(7 + i) for i in range(len(parts)))
    assert children(rebuild(expr, other)) == other
    assert type(rebuild(expr, other)) is type(expr)


@pytest.mark.parametrize("expr", ALL, ids=lambda e: type(e).__name__)
def test_reads(expr: Expr) -> None:
    names = {e.name for e in (expr, *children(expr)) if isinstance(e, Read)}
    lets = {e.name for e in (expr, *children(expr)) if isinstance(e, LetRead)}
    assert lets_read(expr) == lets
    assert slots_read(expr, {"l": frozenset("xy")}) == names | (set("xy") if lets else set())
    assert list(nodes(expr)) == [expr, *children(expr)]


def test_lets_are_put_in_place_and_what_has_none_is_shared() -> None:
    part = Arithmetic("*", A, B)
    expr = Compare("==", Arithmetic("-", L, A), part)
    found = substitute(expr, {"l": part})
    assert found == Compare("==", Arithmetic("-", part, A), part)
    assert isinstance(found, Compare) and found.right is part
    assert substitute(part, {}) is part


def test_nodes_of_a_long_chain_need_no_recursion() -> None:
    chain: Expr = A
    for _ in range(20_000):
        chain = Arithmetic("+", chain, Const(1))
    assert slots_read(chain) == {"a"}


def test_expressions_and_updates_of_a_block() -> None:
    inner = (Let("l", A), Assign("b", L))
    program = replace(programs.parity_relative(), mlp=MlpCode((If(B, inner, (Assign("a", Const(1)),)),)))
    assert isinstance(program.mlp, MlpCode)
    assert list(expressions(program.mlp.body)) == [B, A, L, Const(1)]
    assert updates(program) == [("b", frozenset("ab")), ("a", frozenset("b"))]
