"""Slots that are updated, and slots that are the same at all positions."""

from __future__ import annotations

import sys
from dataclasses import replace

from altac.interpreter.analysis import (
    assigned_variables,
    deep_recursion,
    uniform_slots,
)
from altac.ir import (
    Assign,
    Causal,
    Const,
    If,
    IntDomain,
    Let,
    LetRead,
    MlpCode,
    Program,
    Stmt,
)
from tests import programs
from tests.programs import at, attend, by_position, by_token, const, read


def test_the_control_state_of_a_machine_is_uniform() -> None:
    program = programs.subleq()
    expected = {v.name for v in program.variables} - {"cell", "here"} | {h.name for h in program.heads}
    assert uniform_slots(program) == expected
    assert uniform_slots(replace(program, causal=Causal(0, 16))) == frozenset()


def small_program(*body: Stmt) -> Program:
    digit = IntDomain(0, 9)
    variables = (
        by_token(digit, "x", range(10)), by_position(digit, "here", range(10)), const(digit, "a", 1), const(digit, "b", 2),
        const(digit, "c", 3), by_token(digit, "same", [4] * 10),
    )  # fmt: skip
    heads = (
        attend("at_a", "a", "here", variables[0]),
        attend("at_x", "x", "here", variables[0]),
        at("left", variables[2], -1),
    )
    return Program("small", digit, variables, heads, MlpCode(body), "x", max_layers=1, positions=10)


def test_uniform_variables_depend_on_uniform_slots_only() -> None:
    untouched = {"a", "b", "c", "same", "at_a"}
    assert uniform_slots(small_program()) == untouched
    assert uniform_slots(small_program(Assign("a", read("at_a")))) == untouched
    assert uniform_slots(small_program(Assign("b", read("left")))) == untouched - {"b"}
    assert uniform_slots(small_program(Assign("a", read("at_x")))) == untouched - {"a", "at_a"}
    guarded = If(read("x"), (Assign("b", Const(1)),), (Assign("c", Const(1)),))
    assert uniform_slots(small_program(guarded)) == untouched - {"b", "c"}
    let = (Let("l", read("x")), Assign("b", LetRead("l")), Assign("a", read("b")))
    assert uniform_slots(small_program(*let)) == {"c", "same"}


def test_assigned_variables() -> None:
    assert assigned_variables(programs.subleq()) == set(programs.subleq().variable_names) - {"here"}
    assert assigned_variables(programs.parity_rules()) == {"parity", "done"}


def test_the_recursion_limit_is_put_back() -> None:
    before = sys.getrecursionlimit()
    with deep_recursion():
        assert sys.getrecursionlimit() >= 50_000
    assert sys.getrecursionlimit() == before
