"""The expansion to rules, and rules and units against the interpreter, one MLP step at a time."""

from __future__ import annotations

import random
from collections.abc import Iterator

import numpy as np
import pytest

from altac.diagnostics import AltacError
from altac.interpreter import State, When, run
from altac.interpreter.result import Array
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
)
from altac.rules import apply_rules, apply_units, expand, rule_units
from tests import programs
from tests.random_programs import random_inputs, random_program

Step = tuple[dict[str, Array], dict[str, Array]]


def steps(program: Program, inputs: list[tuple[int, ...]], layers: int) -> Iterator[Step]:
    """The codes after attention and after the MLP, shape (N,), of the inputs on which the program succeeds."""
    sound = [r.input for r in run(program, inputs, layers) if r.error is None and r.input]
    before: dict[str, Array] = {}
    found: list[Step] = []

    def observe(_layer: int, when: When, state: State) -> None:
        nonlocal before
        if when == "attention":
            before = {n: v.reshape(-1).astype(np.int64) for n, v in state.values.items()}
            for head in program.heads:  # an undefined head may hold anything
                undefined = ~state.defined[head.name].reshape(-1)
                low, size = head.domain.low, head.domain.size
                before[head.name][undefined] = np.random.default_rng(0).integers(low, low + size, undefined.sum())
        elif when == "mlp":
            found.append((before, {v.name: state.values[v.name].reshape(-1) for v in program.variables}))

    run(program, sound, layers, observe)
    return iter(found)


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
def test_rules_and_units_step_like_the_interpreter(seed: int) -> None:
    rng = random.Random(seed)
    program = random_program(rng)
    if program.causal is not None:
        return
    ruleset = expand(program)
    units = rule_units(program, ruleset)
    for before, after in steps(program, random_inputs(rng, program), layers=3):
        for name, codes in apply_rules(program, ruleset, before).items():
            assert (codes == after[name]).all(), name
        for name, codes in apply_units(program, units, before).items():
            assert (codes == after[name]).all(), name


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
        expand(program, budget=100_000)
    problem = raised.value.problems[0]
    assert problem.code == "too-many-rules"
    assert "`v0`" in problem.render_title()
    assert "1,000,000,000" in problem.render_label()
