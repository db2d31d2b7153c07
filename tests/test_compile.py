"""The pipeline: its stages, what it refuses, and that the proof tells wrong units and wrong weights from right ones."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

import altac
from altac.compile import Compiled, Record, check_well_formed, compile_program, prove_units, weights_report
from altac.ir import Program, RealDomain
from altac.ir.evaluate import Undefined
from altac.ir.slices import NextValue
from altac.limits import Limits
from altac.source import Source
from altac.transformer.building import assemble
from altac.transformer.layout import is_numerical
from altac.units import Units
from altac.units.proof import prove
from altac.units.reachable import everything
from tests import programs

EXAMPLES = Path(__file__).parents[1] / "examples"
PASSES = ["validate", "prune", "reachable", "units", "prove", "layout", "certify", "assemble", "read back"]

COUNTING = """
program counting
tokens 0..3
var n: 0..3 = token
var up: bool = false
var one: real in {0, 1} = int(token == 1)
var all: bool = true
var share: 0..4 = 0
head left = n at -1
head mean: real in {k / 4 for k in 0..4} = attend(query: all, key: all, value: one)
mlp {
    if n != 0 { n <- (n + 1) % 4; up <- n == 3 }
    share <- int(4 * mean)
    if share == 4 { n <- 0 }
}
output n
halt when n == 0
"""


def example(name: str) -> Program:
    return altac.load(EXAMPLES / f"{name}.alta").ir


def counting() -> Program:
    program, problems = altac.check_source(Source("counting.alta", COUNTING))
    assert program is not None, problems
    return program.ir


# --- stages -------------------------------------------------------------------------------------


def test_the_passes_in_order() -> None:
    record = Record()
    found = compile_program(example("addition"), record=record)
    assert [p.name for p in found.passes] == PASSES
    assert all(p.seconds >= 0 and not p.failed for p in found.passes)
    assert record.results["units"] is found.units and record.results["layout"] is found.layout
    assert found.proof.exhaustive and not found.proof.sampled
    assert [p.name for p in compile_program(example("addition"), 0).passes] == [
        name for name in PASSES if name not in ("prune", "reachable")
    ]


@pytest.mark.parametrize("level", [0, 1, 2])
@pytest.mark.parametrize(
    "name", ["parity/sequential_relative", "parity/sum_modulo", "addition", "sort_unique", "subleq"]
)
def test_every_example_is_proved_on_all_paths(name: str, level: int) -> None:
    found = compile_program(example(name), level)
    assert found.proof.exhaustive
    again = weights_report(found.model, found.units.reachable)
    assert again.exhaustive and not again.mismatches


def test_stages_before_a_failing_pass_are_kept() -> None:
    record = Record()
    with pytest.raises(altac.AltacError) as caught:
        compile_program(example("addition"), dtype="bfloat16", record=record)
    assert caught.value.problems[0].code == "unit-not-exact"
    assert [p.name for p in record.passes] == PASSES[:8] and record.passes[-1].failed
    assert "units" in record.results and "layout" in record.results and "assemble" not in record.results


def test_a_program_that_is_not_well_formed_is_refused() -> None:
    broken = replace(programs.parity_relative(), output="nothing")
    for attempt in (compile_program, check_well_formed):
        with pytest.raises(altac.AltacError) as caught:
            attempt(broken)
        assert caught.value.problems[0].code == "not-well-formed"
        assert "nothing" in caught.value.problems[0].render_title()


def test_a_budget_that_does_not_suffice_is_said() -> None:
    program = example("addition")
    few = Limits(proof_paths=10, proof_samples=50)
    with pytest.raises(altac.AltacError) as caught:
        compile_program(program, limits=few)
    assert caught.value.problems[0].code == "proof-incomplete"
    found = compile_program(program, limits=few, allow_sampled=True)
    assert {"carry", "sum"} <= set(found.proof.sampled)
    assert found.model.configuration.certificate.proof == "sampled"
    assert found.model.configuration.certificate.sampled == found.proof.sampled
    assert "carry" in found.certificate.statement()


def test_units_that_are_wrong_are_refused_with_a_state() -> None:
    program = counting()
    found = compile_program(program)
    weights = found.units.w2.weights.copy()
    weights[0] = 0
    wrong = replace(found.units, w2=replace(found.units.w2, weights=weights))
    with pytest.raises(altac.AltacError) as caught:
        prove_units(found.program, wrong)
    problem = caught.value.problems[0]
    assert problem.code == "units-refuted" and " = " in problem.render_label()


# --- mutants ------------------------------------------------------------------------------------


def states(program: Program, reachable: Any) -> Iterator[dict[str, int]]:
    """Every state of one position with values that can occur, heads included."""
    names = [s.name for s in program.slots]
    for codes in product(*(sorted(reachable[n]) for n in names)):
        yield dict(zip(names, codes, strict=True))


def step(found: Compiled, weights: Any, state: dict[str, int]) -> np.ndarray[Any, Any]:
    """The residual stream after the MLP with these weights, in plain numpy; means are at the centre of their bucket."""
    layout = found.layout
    x = np.zeros(layout.width)
    for slot in found.program.slots:
        if is_numerical(slot):
            assert isinstance(slot.domain, RealDomain)
            mean = next(m for m in found.certificate.means if m.head.name == slot.name)
            x[layout.offsets[slot.name]] = float(slot.domain.buckets[state[slot.name]] * mean.scale)
        else:
            x[layout.dims(slot.name, (state[slot.name],))] = 1
    features = x
    if found.certificate.means:
        reached = np.clip(x @ weights["mlp.threshold"] + weights["mlp.threshold_bias"], 0, 1)
        features = np.concatenate([x, reached @ weights["mlp.bucket"] + weights["mlp.bucket_bias"]])
    hidden = np.clip(features @ weights["mlp.up"] + weights["mlp.up_bias"], 0, 1)
    after: np.ndarray[Any, Any] = x + hidden @ weights["mlp.down"]
    return after


def wanted(found: Compiled, state: dict[str, int]) -> np.ndarray[Any, Any] | None:
    """The residual stream that the program asks for; None where it fails."""
    layout = found.layout
    x = np.zeros(layout.width)
    for variable in found.program.variables:
        try:
            new = NextValue(found.program, variable.name)(state.__getitem__)
        except Undefined:
            return None
        x[layout.dims(variable.name, (state[variable.name] if new is None else new,))] = 1
    return x


def harmless(found: Compiled, weights: Any) -> bool:
    """Whether these weights take every state that can occur where the program takes it."""
    for state in states(found.program, found.reachable):
        expected = wanted(found, state)
        if expected is not None and not np.array_equal(step(found, weights, state), expected):
            return False
    return True


def weight_mutants(weights: Any, rng: random.Random, count: int) -> Iterator[tuple[str, Any]]:
    """The weights with one entry of a matrix of the MLP changed."""
    names = [name for name in weights if name.startswith("mlp.")]
    for _ in range(count):
        name = rng.choice(names)
        array = weights[name].astype(np.float64)
        filled = np.flatnonzero(array) if rng.random() < 0.8 else np.arange(array.size)
        at = rng.choice(filled.tolist())
        array.flat[at] += rng.choice((-2, -1, -0.5, 0.5, 1, 2)) * (abs(array.flat[at]) if rng.random() < 0.5 else 1)
        yield name, MappingProxyType({**weights, name: array})


@pytest.mark.parametrize("level", [0, 1, 2])
@pytest.mark.parametrize("make", [counting, programs.parity_relative], ids=lambda make: make.__name__)
def test_the_proof_rejects_weights_that_change_a_step(make: Any, level: int) -> None:
    found = compile_program(make(), level)
    rng = random.Random(level)
    assert harmless(found, found.model.weights)
    rejected = survivors = 0
    for name, mutant in weight_mutants(found.model.weights, rng, 60):
        report = weights_report(replace(found.model, weights=mutant), found.reachable)
        if report.mismatches:
            rejected += 1
        else:
            survivors += 1
            assert harmless(found, mutant), name
    assert rejected >= 30


def unit_mutants(units: Units, rng: random.Random, count: int) -> Iterator[Units]:
    """The units with one weight, bias or effect changed."""
    for _ in range(count):
        match rng.randrange(3):
            case 0:
                weights = units.layer.w1.weights.copy()
                weights[rng.randrange(len(weights))] += rng.choice((-2, -1, 1, 2))
                layer = replace(units.layer, w1=replace(units.layer.w1, weights=weights))
                yield replace(units, layer=layer)
            case 1:
                bias = units.layer.bias.copy()
                bias[rng.randrange(len(bias))] += rng.choice((-2, -1, 1, 2))
                yield replace(units, layer=replace(units.layer, bias=bias))
            case _:
                weights = units.w2.weights.copy()
                weights[rng.randrange(len(weights))] += rng.choice((-1, 1))
                yield replace(units, w2=replace(units.w2, weights=weights))


@pytest.mark.parametrize("level", [0, 1, 2])
def test_the_proof_rejects_units_that_change_a_step(level: int) -> None:
    program = counting()
    found = compile_program(program, level)
    rejected = 0
    for mutant in unit_mutants(found.units, random.Random(level), 60):
        if prove(found.program, mutant).mismatches:
            rejected += 1
        else:
            weights = assemble(found.layout, mutant, found.certificate).weights
            assert harmless(found, weights)
    assert rejected >= 30


def test_a_value_taken_for_unreachable_must_be() -> None:
    program = programs.countdown()
    found = compile_program(program)
    name = program.variables[0].name
    less = {**everything(found.program), name: frozenset(sorted(found.reachable[name])[:1])}
    assert prove(found.program, replace(found.units, reachable=less)).mismatches
