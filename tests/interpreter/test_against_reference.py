"""The array interpreter against the plain one: the same outputs, layers, halting, and the same first error."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings

from altac.diagnostics.runtime_errors import NeverHalts
from altac.interpreter import Result, engine
from altac.interpreter.machine import Machine
from altac.ir import Program
from tests import programs, reference
from tests.endings import CASES, Case, ending
from tests.random_programs import Options, programs_and_inputs, random_inputs, random_program

SAFETY = 40


def fault_of(result: Result) -> tuple[object, ...] | None:
    error = result.error
    if error is None:
        return None
    values = error.values()
    detail = {
        "undefined-read": "{head}", "update-out-of-range": "{variable} {value}", "rule-conflict": "{variable}",
        "never-halts": "{first}", "generation-limit": "{length}",
    }.get(error.code, "")  # fmt: skip
    place = values.get("layer", result.layers), values.get("position", -1)
    return (error.code, *place, detail.format(**values))


def expect(outcome: reference.Outcome) -> tuple[object, ...]:
    fault = outcome.fault
    place = None if fault is None else (fault.code, fault.layer, fault.position, fault.detail)
    return outcome.output, outcome.layers, outcome.halted, place


def agree(program: Program, inputs: list[tuple[int, ...]], machine: Machine, max_layers: int | None = None) -> int:
    """Compare on every input; the number of inputs that ran without an error."""
    results = engine.run(program, inputs, max_layers, limit=SAFETY, chunk=20, machine=machine)
    for tokens, result in zip(inputs, results, strict=True):
        outcome = reference.run(program, tokens, max_layers, SAFETY)
        found = (result.output, result.layers, result.halted, fault_of(result))
        assert found == expect(outcome), (tokens, program)
        assert result.input == tokens
    return sum(r.error is None for r in results)


@pytest.mark.parametrize("table_limit, table_after", [(0, None), (1 << 16, 0), (200, 0), (1 << 16, None)])
@pytest.mark.parametrize("reckless", [0.0, 0.1, 0.5])
def test_random_programs(table_limit: int, table_after: int | None, reckless: float) -> None:
    rng = random.Random(f"{table_limit} {table_after} {reckless}")
    sound = 0
    for _ in range(120):
        program = random_program(rng, Options(reckless=reckless))
        machine = Machine(program, table_limit, table_after)
        inputs = random_inputs(rng, program, 16)
        sound += agree(program, inputs, machine)
        agree(program, inputs, machine, max_layers=rng.randint(0, 4))
    assert sound > 120  # the generator makes programs that run, not only errors


def test_random_programs_end_in_every_way() -> None:
    ends: Counter[str] = Counter()
    periods: set[int] = set()
    for seed in range(300):
        rng = random.Random(seed)
        program = random_program(rng, Options(reckless=0))
        unlimited = program.halt is not None and program.max_layers is None
        for result in engine.run(program, random_inputs(rng, program), limit=SAFETY):
            if isinstance(result.error, NeverHalts):
                periods.add(result.layers - result.error.first)
            if result.error is None and not result.halted:
                ends["fixed point" if unlimited else "limit"] += 1
            else:
                ends["halted" if result.error is None else result.error.code] += 1
    ways = ["halted", "limit", "fixed point", "never-halts", "layer-limit", "generation-limit"]
    assert min(ends[way] for way in ways) >= 10, ends
    assert len(periods) > 4


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(programs_and_inputs())
def test_random_programs_shrinking(case: tuple[Program, list[tuple[int, ...]]]) -> None:
    program, inputs = case
    agree(program, inputs, Machine(program, table_after=0))


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_endings(case: Case) -> None:
    program = case.program
    results = engine.run(program, case.inputs, case.max_layers, limit=SAFETY)
    assert tuple(map(ending, results)) == case.expected
    if case.max_layers is None or case.max_layers < SAFETY:
        agree(program, list(case.inputs), Machine(program), case.max_layers)


@pytest.mark.parametrize("build", programs.ALL)
def test_built_programs(build: object) -> None:
    program: Program = build()  # type: ignore[operator]
    rng = random.Random(7)
    longest = program.positions or 9
    inputs = [tuple(rng.randrange(program.tokens.size) for _ in range(rng.randint(0, longest))) for _ in range(60)]
    if program.name == "subleq":  # random memory mostly faults at once; small addresses run longer
        inputs += [tuple(rng.randint(16, 26) for _ in range(16)) for _ in range(60)]
    for table_after in (0, None):
        agree(program, inputs, Machine(program, table_after=table_after))
