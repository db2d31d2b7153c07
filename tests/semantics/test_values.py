"""Every kind of value and type has its words."""

from __future__ import annotations

from fractions import Fraction
from typing import get_args, get_origin

import pytest

from altac import ir
from altac.semantics.failures import OperandError
from altac.semantics.operators import items_of
from altac.semantics.types import OpenReal, OpenSet, StaticType, Type, describe, type_name
from altac.semantics.values import (
    POISON,
    AmbiguousV,
    BuiltinV,
    ComponentV,
    Dim,
    FnV,
    Hole,
    ListV,
    MapV,
    Namespace,
    RangeV,
    RecordV,
    Rt,
    ScopeV,
    SymbolV,
    Tab,
    TypeV,
    Value,
    value_of,
    values_of,
)
from altac.semantics.wording import kind, show
from altac.source import Source, Span
from altac.syntax import tree

SPAN = Span(Source("x", "f"), 0, 1)
NAME = tree.Name(SPAN, "f")
STATE = ir.EnumDomain("State", (ir.Symbol("Run", "Run"), ir.Symbol("Done", "Done")))
SPACE = Namespace("", None)
READ = Rt(ir.Read("v"), ir.IntDomain(0, 1))

#: A value of each type, what messages call it, how they show it, and how many items it has.
VALUES: list[tuple[Value, str, str, int | None]] = [
    (True, "bool", "true", None),
    (-3, "int", "-3", None),
    (Fraction(1, 2), "real", "1/2", None),
    ('a"\n', "string", '"a\\"\\n"', 3),
    ((1, True), "tuple", "(1, true)", 2),
    ((1,), "tuple", "(1,)", 1),
    (frozenset({3, 1, Fraction(1, 2)}), "set", "{1/2, 1, 3}", 3),
    (ListV((1, "a")), "list", '[1, "a"]', 2),
    (RecordV(("a", "b"), (1, 2)), "record", "(a: 1, b: 2)", None),
    (MapV({1: 2, 3: 4}), "map", "{1: 2, 3: 4}", 2),
    (RangeV(2, 4), "range", "2..4", 3),
    (RangeV(2, 0), "range", "2..0", 0),
    (SymbolV(STATE, 1), "State", "Done", None),
    (AmbiguousV("Done", (), SPAN), "name", "Done", None),
    (TypeV(ir.IntDomain(0, 3), "Word"), "type", "Word", 4),
    (TypeV(ir.RealDomain((Fraction(0),)), "Part"), "type", "Part", None),
    (BuiltinV("len"), "function", "len", None),
    (BuiltinV("int"), "type", "int", None),
    (FnV(tree.FnDecl(SPAN, NAME, (), tree.BoolLit(SPAN, True)), SPACE), "function", "f", None),
    (ComponentV(tree.ComponentDecl(SPAN, NAME, (), ()), SPACE), "component", "f", None),
    (ScopeV("module", "m", SPACE), "module", "m", None),
    (READ, "int", "a run-time value", None),
    (Tab((Dim(READ, 0, 2),), [1, Fraction(1, 2)]), "real", "a run-time value", None),
    (Tab((Dim(READ, 0, 2),), ["a", Hole("table-index")]), "string", "a run-time value", None),
    (POISON, "POISON", "a run-time value", None),
]

TYPES: list[tuple[Type, str, str]] = [
    (ir.BoolDomain(), "bool", "bool"),
    (ir.IntDomain(-1, 3), "int", "-1..3"),
    (STATE, "State", "State"),
    (ir.TokenDomain((ir.Symbol("A", "A"),)), "Token", "Token"),
    (ir.RealDomain((Fraction(0), Fraction(1, 2))), "real", "real in {0, 1/2}"),
    (ir.SetDomain(STATE, ()), "set", "set of State"),
    (OpenSet(ir.IntDomain(0, 2)), "set", "set of 0..2"),
    (OpenReal(), "real", "real"),
    (StaticType("string"), "string", "string"),
]


def test_the_tables_are_complete() -> None:
    assert {type(value) for value, *_ in VALUES} == {get_origin(t) or t for t in get_args(Value)}
    assert {type(type_) for type_, *_ in TYPES} == set(get_args(Type))


@pytest.mark.parametrize(("value", "name", "text", "size"), VALUES)
def test_values_in_words(value: Value, name: str, text: str, size: int | None) -> None:
    assert kind(value) == name
    assert show(value) == text
    if size is None:
        with pytest.raises(OperandError):
            items_of(value)
    else:
        assert len(items_of(value)) == size


@pytest.mark.parametrize(("type_", "name", "text"), TYPES)
def test_types_in_words(type_: Type, name: str, text: str) -> None:
    assert type_name(type_) == name
    assert describe(type_) == text


def test_long_values_are_cut() -> None:
    assert show(ListV(tuple(range(1000))), 12) == "[0, 1, 2,..."


def test_values_by_code() -> None:
    family = ir.SetDomain(STATE, (frozenset(), frozenset({0, 1})))
    assert values_of(ir.IntDomain(-1, 1)) == [-1, 0, 1]
    assert value_of(ir.RealDomain((Fraction(0), Fraction(1, 3))), 1) == Fraction(1, 3)
    assert values_of(family) == [frozenset(), frozenset({SymbolV(STATE, 0), SymbolV(STATE, 1)})]
