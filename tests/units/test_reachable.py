"""Reachable values as don't-cares."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from altac.api import check_source
from altac.backends.runner import TransformerRunner
from altac.interpreter import run
from altac.ir import Program
from altac.source import Source
from altac.units import units
from altac.units.proof import prove
from altac.units.reachable import everything
from altac.units.reachable import reachable as values
from tests.models import build
from tests.random_programs import Options, random_inputs, random_program


def load(text: str) -> Program:
    program, problems = check_source(Source("text.alta", text))
    assert program is not None, [p.render_title() for p in problems]
    return program.ir


COUNTER = """\
program counter
tokens 0, 1
var bit:   bool  = token == 1
var count: 0..20 = 0
var shown: bool  = false
head left = count at -1
mlp {
    if bit {
        count <- (count + 2) % 6
        shown <- count > 3
    } else if count > 8 {
        shown <- true
        count <- count - 1
    }
}
output shown
layers 5
"""


def test_values_are_those_that_updates_lead_to() -> None:
    program = load(COUNTER)
    found = values(program)
    assert found["count"] == {0, 2, 4}
    assert found["left"] == {0, 2, 4}
    assert found["bit"] == {0, 1}


def test_unreachable_values_make_units_fewer() -> None:
    program = load(COUNTER)
    built = units(program, 2)
    assert built.reachable == values(program)
    assert not prove(program, built).mismatches
    wide = replace(built, reachable=None)
    assert prove(program, wide).mismatches  # at values that are not reached the units do as they like
    rng = random.Random(0)
    inputs = [tuple(rng.choices((0, 1), k=5)) for _ in range(20)]
    got = TransformerRunner.of(build(program, built)).run(inputs)
    assert [r.output for r in got] == [r.output for r in run(program, inputs)]


def test_every_value_of_a_run_is_reachable() -> None:
    for seed in range(60):
        rng = random.Random(seed)
        program = random_program(rng, Options(causal=False))
        found = values(program)

        def see(layer: int, when: str, state: object, found: object = found, program: Program = program) -> None:
            for name, array in state.values.items():  # type: ignore[attr-defined]
                if when != "attention" and name in program.variable_names:
                    alive = array[state.active]  # type: ignore[attr-defined]
                    assert set(alive.reshape(-1).tolist()) <= found[name]  # type: ignore[index]

        run(program, random_inputs(rng, program), 4, see)


def test_too_many_paths_mean_every_value() -> None:
    program = load(COUNTER)
    assert values(program, most_paths=1)["count"] == everything(program)["count"]


@pytest.mark.parametrize("lost", ["count", "bit", "shown"])
def test_sets_that_are_not_closed_are_found(lost: str) -> None:
    program = load(COUNTER)
    built = units(program, 2)
    assert built.reachable is not None
    for code in built.reachable[lost]:
        smaller = {**built.reachable, lost: built.reachable[lost] - {code}}
        assert prove(program, replace(built, reachable=smaller)).mismatches


def test_a_long_way_to_a_value_is_gone_once() -> None:
    """Every value of the counter makes the next one reachable; going through all updates each time took minutes."""
    text = """
program long
tokens 0..1
var n: 0..19999 = 0
mlp { n <- (n + 2) % 20000 }
output n
layers 1
"""
    program, problems = check_source(Source("long.alta", text))
    assert program is not None, problems
    assert values(program.ir)["n"] == frozenset(range(0, 20000, 2))
