"""The limits of the hidden units: what is beyond them is done another way or refused, and what is within them is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

import altac
from altac.diagnostics.problem import AltacError
from altac.ir import Program
from altac.limits import DEFAULT, Limits
from altac.rules import expand
from altac.source import Source
from altac.units import units
from altac.units.diagram import Sum, TooLarge, Work
from altac.units.layers import layer_bytes

SUM = """
program total
tokens 0..SIZE - 1
param SIZE = 9
var a: 0..SIZE - 1 = token
var b: 0..SIZE - 1 = (token * 7) % SIZE
var c: 0..SIZE - 1 = (token * 5) % SIZE
mlp { a <- (a + b + c) % SIZE }
output a
layers 1
"""

OVERLAPPING = """
program overlapping
tokens 0..5
var hit: bool = false
var a: 0..5 = token
var b: 0..5 = token
var c: 0..5 = token
rules {
    hit = false, a = 0 => hit <- true
    hit = false, b = 0 => hit <- true
    hit = false, c = 0 => hit <- true
}
output hit
layers 1
"""


def load(text: str, **params: int) -> Program:
    program, problems = altac.check_source(Source("program.alta", text), params)
    assert program is not None, problems
    return program.ir


def refusal(program: Program, level: int, limits: Limits) -> str:
    with pytest.raises(AltacError) as caught:
        units(program, level, limits)
    (problem,) = caught.value.problems
    assert problem.span is not None
    return problem.code


@pytest.mark.parametrize("level", [0, 1, 2])
def test_a_hidden_layer_takes_as_many_bytes_as_the_limit_says(level: int) -> None:
    program = load(SUM)
    found = units(program, level)
    size = layer_bytes(len(found.layer.bias), found.features.count, len(program.slots))
    assert units(program, level, replace(DEFAULT, layer_bytes=size)).layer.w1.shape == found.layer.w1.shape
    assert refusal(program, level, replace(DEFAULT, layer_bytes=size - 1)) == "layer-too-large"


def test_the_refusal_names_the_variable_with_most_units() -> None:
    with pytest.raises(AltacError) as caught:
        units(load(SUM), 0, replace(DEFAULT, layer_bytes=1_000_000))
    (problem,) = caught.value.problems
    assert problem.span is not None and problem.span.text == "a"
    assert "648 of 648 units are for `a`, each with a weight for 27 values" in problem.render_label()


@pytest.mark.parametrize("limit", ["work", "elements", "unit_bytes", "nodes", "parts"])
def test_what_diagrams_may_take_is_limited(limit: str) -> None:
    """Beyond it there is a unit for every rule, and an error if these are too many as well."""
    program = load(SUM)
    best = len(units(program, 2).layer.bias)
    small = replace(DEFAULT, **{limit: 20})
    assert len(units(program, 2, small).layer.bias) == len(units(program, 0).layer.bias) > best
    assert refusal(program, 2, replace(small, branches=100)) == "too-many-rules"


def test_further_ways_do_not_cost_the_first_one() -> None:
    """A way that was found stays where the next one takes too much."""
    program = load(SUM, SIZE=12)
    best = len(units(program, 2).layer.bias)
    assert len(units(program, 2, replace(DEFAULT, few_work=0)).layer.bias) <= 2 * best
    assert len(units(program, 2, replace(DEFAULT, work=20_000)).layer.bias) <= 2 * best


def test_a_sum_of_three_large_variables_takes_a_few_units_for_each_value() -> None:
    found = units(load(SUM, SIZE=60), 2, replace(DEFAULT, few_work=100_000))
    assert len(found.layer.bias) < 5 * 60


def test_rules_are_held_up_to_a_limit() -> None:
    program = load(SUM)
    rules = expand(program).rules
    size = sum(len(rule.antecedent) + 3 for rule in rules)
    assert expand(program, replace(DEFAULT, tests=size)).rules == rules
    with pytest.raises(AltacError) as caught:
        expand(program, replace(DEFAULT, tests=size - 1))
    assert [p.code for p in caught.value.problems] == ["rules-too-large"]


def test_overlapping_rules_are_cut_apart_up_to_a_limit() -> None:
    program = load(OVERLAPPING)
    assert len(expand(program, replace(DEFAULT, tests=1_000)).rules) == 1 + 5 + 25
    with pytest.raises(AltacError) as caught:
        expand(program, replace(DEFAULT, tests=100))
    assert [p.code for p in caught.value.problems] == ["rules-too-large"]


def test_work_within_work() -> None:
    work = Work(10)
    with pytest.raises(TooLarge), work.within(4):
        work.spend(5)
    work.spend(5)
    with work.within(100), pytest.raises(TooLarge):
        work.spend(1)


def test_the_values_of_a_sum() -> None:
    total = Sum(-3, (("a", {0: -2, 1: 0, 2: 5}), ("b", {0: 1, 1: 10})))
    assert total.values() == sorted({-3 + a + b for a in (-2, 0, 5) for b in (1, 10)})
    assert Sum(7).values() == [7]
