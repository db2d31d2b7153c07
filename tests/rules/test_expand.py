"""The expansion to rules, and rules against the interpreter, one MLP step at a time."""

from __future__ import annotations

import random

import pytest

from altac.diagnostics import AltacError
from altac.ir import (
    Arithmetic,
    Assign,
    Compare,
    Const,
    If,
    IntDomain,
    MlpCode,
    Program,
    Read,
    Stmt,
)
from altac.limits import Limits
from altac.rules import apply_rules, expand
from altac.units import units
from tests import programs
from tests.random_programs import Options, random_inputs, random_program
from tests.units.stepping import steps


@pytest.mark.parametrize(
    ("program", "updates", "resets"),
    [
        (programs.parity_relative(), 3, 4),
        (programs.parity_rules(), 3, 4),
        (programs.parity_absolute(), 3, 4),
        (programs.parity_sum(50), 51, 0),
    ],
)
def test_rule_counts_of_the_paper(program: Program, updates: int, resets: int) -> None:
    ruleset = expand(program)
    assert (len(ruleset.rules), len(ruleset.resets)) == (updates, resets)


@pytest.mark.parametrize("seed", range(150))
def test_rules_step_like_the_interpreter(seed: int) -> None:
    rng = random.Random(seed)
    program = random_program(rng, Options(causal=False))
    ruleset = expand(program)
    for step in steps(program, random_inputs(rng, program), layers=3):
        for name, codes in apply_rules(program, ruleset, step.before).items():
            assert (codes == step.after[name]).all(), name


def test_every_rule_tests_the_old_value_of_its_target_and_changes_it() -> None:
    for rule in expand(programs.subleq()).rules:
        assert dict(rule.antecedent)[rule.target] != rule.value


def test_combinations_out_of_range_have_no_rule() -> None:
    count = programs.const(IntDomain(0, 3), "n", 0)
    body = (Assign("n", Arithmetic("+", Read("n"), Const(2))),)
    program = Program("p", programs.tokens("a"), (count,), (), MlpCode(body), "n", max_layers=1)
    assert [(r.antecedent, r.value) for r in expand(program).rules] == [((("n", 0),), 2), ((("n", 1),), 3)]


def test_an_update_that_is_overridden_is_not_read() -> None:
    big, small = programs.const(IntDomain(0, 9), "big", 0), programs.const(IntDomain(0, 1), "small", 0)
    body = (
        If(Compare("==", Read("big"), Const(3)), (Assign("small", Const(1)),)),
        Assign("small", Const(0)),
    )
    program = Program("p", programs.tokens("a"), (big, small), (), MlpCode(body), "small", max_layers=1)
    assert [(r.antecedent, r.value) for r in expand(program).rules] == [((("small", 1),), 0)]


def test_too_many_combinations_are_refused_with_the_update_named() -> None:
    names = [f"v{i}" for i in range(9)]
    variables = tuple(programs.const(IntDomain(0, 9), n, 0) for n in names)
    total: Read | Arithmetic = Read("v0")
    for name in names[1:]:
        total = Arithmetic("+", total, Read(name))
    body = (Assign("v0", Arithmetic("%", total, Const(10))),)
    program = Program("p", programs.tokens("a"), variables, (), MlpCode(body), "v0", max_layers=1)
    with pytest.raises(AltacError) as raised:
        expand(program, Limits(branches=100_000))
    problem = raised.value.problems[0]
    assert problem.code == "too-many-rules"
    assert "`v0`" in problem.render_title()
    assert "1,000,000,000" in problem.render_label()


def test_long_chains_of_conditions() -> None:
    count = 400
    x, y = programs.const(IntDomain(0, count - 1), "x", 0), programs.const(IntDomain(0, 1), "y", 0)
    body: tuple[Stmt, ...] = ()
    for code in range(count):
        body = (If(Compare("==", Read("x"), Const(code)), (Assign("y", Const(code % 2)),), body),)
    program = Program("p", programs.tokens("a"), (x, y), (), MlpCode(body), "y", max_layers=1)
    assert len(expand(program).rules) == count
    assert units(program, 1).width <= 2
    assert units(program, 2).width <= 2
