"""Verification: it finds what is wrong, in any library."""

from __future__ import annotations

from dataclasses import replace

import pytest

from altac.backends.runner import TransformerRunner
from altac.backends.verification import verify
from altac.ir import MlpCode
from altac.units import units
from tests import programs
from tests.endings import CASES
from tests.models import INSTALLED, build


@pytest.mark.parametrize("target", INSTALLED)
def test_bfloat16_models_are_exact_where_they_are_certified(target: str) -> None:
    program = programs.parity_relative()
    runner = TransformerRunner.of(build(program, units(program, 2), dtype="bfloat16"), target)
    report = verify(program, runner, exhaustive=100, samples=40)
    assert report.agrees
    assert report.margin == 1.0


@pytest.mark.parametrize("target", INSTALLED)
def test_a_wrong_weight_is_found(target: str) -> None:
    program = programs.parity_relative()
    built = build(program, units(program, 0))
    wrong = replace(built, weights={**built.weights, "mlp.down": -built.weights["mlp.down"]})
    for model, agrees in ((built, True), (wrong, False)):
        runner = TransformerRunner.of(model, target)
        assert verify(program, runner, exhaustive=200, samples=20, max_layers=20).agrees is agrees


@pytest.mark.parametrize("target", INSTALLED)
def test_runs_that_never_end_are_compared(target: str) -> None:
    program = next(c for c in CASES if c.name == "turning").program
    runner = TransformerRunner.of(build(program, units(program, 2)), target)
    report = verify(program, runner, exhaustive=50, samples=0)
    assert (report.agrees, report.failing) == (True, 0)
    assert report.unfinished == report.compared - 1  # the empty input halts
    clock = replace(program, variables=program.variables[:1] + program.variables[2:], mlp=MlpCode(()))
    stopped = TransformerRunner.of(build(clock, units(clock, 2)), target)
    assert len(verify(program, stopped, exhaustive=50, samples=0).differences) == report.unfinished
