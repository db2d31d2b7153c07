"""Every check of `altac.ir.validate`: silent on valid programs, and each fault found."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import pytest

from altac.ir import (
    Arithmetic,
    Assign,
    Causal,
    Compare,
    Const,
    Domain,
    EnumDomain,
    Frame,
    Head,
    If,
    Initial,
    IntDomain,
    Let,
    LetRead,
    Lookup,
    Member,
    MlpCode,
    MlpRules,
    Not,
    Program,
    Read,
    RealDomain,
    Rule,
    SetDomain,
    Symbol,
    Variable,
)
from altac.ir.validate import CHECKS, validate
from tests import programs
from tests.random_programs import random_program

BASE = programs.subleq()


def code(*body: object) -> Program:
    return replace(BASE, mlp=MlpCode(body))  # type: ignore[arg-type]


def with_domain(domain: Domain) -> Program:
    extra = Variable("extra", domain, Initial("constant", (domain.low,)))
    return replace(BASE, variables=(*BASE.variables, extra))


def with_head(**changes: object) -> Program:
    head = replace(BASE.heads[0], **changes)  # type: ignore[arg-type]
    return replace(BASE, heads=(head, *BASE.heads[1:]))


def with_rule(antecedent: tuple[tuple[str, int], ...], target: str, value: int) -> Program:
    return replace(BASE, mlp=MlpRules((Rule(antecedent, target, value),)))


def lookup(shape: tuple[int, ...], size: int, missing: str = "table-index") -> Program:
    value = Lookup((Read("pc"),) * len(shape), (0,) * len(shape), shape, (0,) * size, missing)  # type: ignore[arg-type]
    return code(Assign("pc", value))


FAULTS: list[tuple[Program, str]] = [
    (replace(BASE, variables=(*BASE.variables, BASE.variables[0])), "are called 'cell'"),
    (replace(BASE, variables=(*BASE.variables, replace(BASE.variables[0], name="a"))), "are called 'a'"),
    (replace(BASE, variables=(*BASE.variables, replace(BASE.variables[0], name="a\0b"))), "not printable"),
    (with_domain(IntDomain(2, 1)), "2..1 is empty"),
    (with_domain(EnumDomain("E", ())), "no members"),
    (with_domain(EnumDomain("E", (Symbol("x", "1"), Symbol("x", "2")))), "same name"),
    (with_domain(RealDomain(())), "no buckets"),
    (with_domain(RealDomain((Fraction(1), Fraction(1)))), "do not ascend"),
    (with_domain(RealDomain((0.5,))), "not a Fraction"),  # type: ignore[arg-type]
    (with_domain(SetDomain(IntDomain(0, 2), ())), "empty family"),
    (with_domain(SetDomain(IntDomain(0, 2), (frozenset({1}), frozenset({1})))), "twice"),
    (with_domain(SetDomain(IntDomain(0, 2), (frozenset({3}),))), "outside the element type"),
    (with_domain(SetDomain(RealDomain((Fraction(0),)), (frozenset(),))), "not categorical"),
    (replace(BASE, positions=None), "no `positions`"),
    (replace(BASE, positions=4), "16 initial values by position, but 4"),
    (replace(BASE, variables=(*BASE.variables, Variable("x", IntDomain(0, 1), Initial("constant", (2,))))), "initial code"),
    (replace(BASE, variables=(*BASE.variables, Variable("x", IntDomain(0, 1), Initial("layer", (1,))))),  # type: ignore[arg-type]
     "initial value by 'layer'"),
    (with_head(query=None), "go together"),
    (with_head(query=None, key=None), "neither a query nor offsets"),
    (with_head(offsets=frozenset()), "offsets is empty"),
    (with_head(query="b"), "b is not a variable"),
    (with_head(query="state"), "cannot be compared"),
    (with_head(domain=IntDomain(0, 1)), "not the type of cell"),
    (with_head(value="state", domain=RealDomain((Fraction(0),))), "is no number"),
    (code(Assign("a", Const(0))), "update of a,"),
    (code(Assign("pc", Read("nowhere"))), "a read of nowhere"),
    (code(If(Const(1), (Let("x", Const(1)),)), Assign("pc", LetRead("x"))), "no enclosing let"),
    (code(Assign("pc", Arithmetic("/", Read("pc"), Const(2)))), "arithmetic operator '/'"),  # type: ignore[arg-type]
    (code(If(Compare("=", Read("pc"), Const(2)), ())), "comparison operator '='"),  # type: ignore[arg-type]
    (code(If(Not(Member(Const(True), frozenset())), ())), "True is not an int"),
    (lookup((2, 3), 5), "shape (2, 3) with 5 entries"),
    (lookup((2,), 2, "why"), "reason 'why'"),
    (code(Assign("pc", Lookup((), (0,), (1,), (0,)))), "0 indices, 1 lows"),
    (with_rule((("pc", 0), ("pc", 1)), "pc", 1), "twice"),
    (with_rule((("pc", 0), ("none", 1)), "pc", 1), "reads none"),
    (with_rule((("pc", 99),), "pc", 1), "for 99, outside"),
    (with_rule((("pc", 0),), "a", 1), "updates a,"),
    (with_rule((("pc", 0),), "pc", 99), "the code 99"),
    (with_rule((("pc", 0),), "cell", 1), "old value"),
    (replace(BASE, output="a"), "output a is not a variable"),
    (replace(programs.parity_sum(), output="start"), "output start is not categorical"),
    (replace(BASE, halt=Compare("==", Read("state"), Read("jump"))), "several variables"),
    (replace(BASE, halt=Compare("==", Read("a"), Const(0))), "halt: a read of a"),
    (replace(programs.parity_sum(), halt=Compare("==", Read("start"), Const(0))), "start is not categorical"),
    (replace(BASE, max_layers=-1), "-1 layers"),
    (replace(programs.parity_relative(), positions=0), "0 positions"),
    (replace(BASE, text="lines"), "text as 'lines'"),  # type: ignore[arg-type]
    (replace(BASE, frame=Frame((99,))), "frame is outside the vocabulary"),
    (replace(BASE, frame=Frame((1, 2), (3,), 0, 2)), "3 tokens around the input, but a length of 2"),
    (replace(BASE, frame=Frame((), (), 0, 17)), "a length of 17, but there are 16"),
    (replace(BASE, causal=Causal(None, None)), "neither a stop token nor a limit"),
    (replace(BASE, causal=Causal(99, None)), "stop token is outside"),
    (replace(BASE, causal=Causal(None, -1)), "a limit of -1"),
    (replace(BASE, causal=Causal(None, 3), output="jump"), "jump is not a token"),
]  # fmt: skip


@pytest.mark.parametrize("build", programs.ALL)
def test_built_programs_are_valid(build: Callable[[], Program]) -> None:
    assert validate(build()) == []


def test_random_programs_are_valid() -> None:
    rng = random.Random(3)
    for _ in range(300):
        program = random_program(rng)
        assert validate(program) == [], program


@pytest.mark.parametrize("program, fault", FAULTS, ids=[fault for _, fault in FAULTS])
def test_faults(program: Program, fault: str) -> None:
    assert any(fault in found for found in validate(program)), validate(program)


def test_every_check_finds_something() -> None:
    silent = {name for name, check in CHECKS.items() if not any(list(check(program)) for program, _ in FAULTS)}
    assert silent == set()


def test_a_head_that_reads_a_head_is_not_valid() -> None:
    head = Head("again", "pc", "here", "a", None, IntDomain(-16, 16))
    assert "again: a is not a variable" in validate(replace(BASE, heads=(*BASE.heads, head)))
