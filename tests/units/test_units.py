"""Hidden units at every level: their number, and that they do what the program says."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from altac.ir import Program
from altac.semantics import check
from altac.source import Source
from altac.units import Units, apply_units, units
from altac.units.proof import prove
from altac.units.reachable import everything
from tests import programs
from tests.random_programs import Options, random_inputs, random_program
from tests.units.stepping import agrees, steps

LEVELS = (0, 1, 2)
FOLDER = Path(__file__).parents[2] / "examples"


def example(name: str, **params: object) -> Program:
    path = FOLDER / f"{name}.alta"
    program = check(Source(str(path), path.read_text()), params).program
    assert program is not None
    return program


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("seed", range(120))
def test_units_are_exact_on_every_path_of_random_programs(seed: int, level: int) -> None:
    program = random_program(random.Random(seed))
    report = prove(program, units(program, level))
    assert report.exhaustive
    assert not report.mismatches


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("seed", range(60))
def test_units_step_like_the_interpreter_whatever_undefined_heads_hold(seed: int, level: int) -> None:
    rng = random.Random(seed)
    program = random_program(rng, Options(causal=False))
    built = units(program, level)
    for step in steps(program, random_inputs(rng, program), layers=3):
        assert agrees(program, built, step, seed)
        for name, codes in apply_units(program, built, step.before).items():
            assert (codes == step.after[name]).all()


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("make", [m for m in programs.ALL if m != programs.subleq], ids=lambda make: make.__name__)
def test_units_of_built_programs(make: object, level: int) -> None:
    assert callable(make)
    report = prove(make(), units(make(), level))
    assert report.exhaustive
    assert not report.mismatches


#: Example, parameters, the most units at level 1 and at level 2.
WIDTHS: list[tuple[str, dict[str, object], int, int]] = [
    ("parity/sequential_relative", {}, 7, 7),
    ("parity/sequential_absolute", {}, 7, 7),
    ("parity/sum_modulo", {}, 51, 51),
    ("addition", {}, 330, 105),
    ("scan/scan", {}, 750, 700),
    ("subleq", {}, 16_000, 420),
]


@pytest.mark.parametrize(("name", "params", "covers", "thresholds"), WIDTHS, ids=[w[0] for w in WIDTHS])
def test_widths_of_the_examples(name: str, params: dict[str, object], covers: int, thresholds: int) -> None:
    program = example(name, **params)
    for level, most in ((1, covers), (2, thresholds)):
        built = units(program, level)
        assert built.width <= most
        if built.width < 5_000:
            assert not prove(program, built).mismatches


def test_subleq_grows_linearly() -> None:
    widths = [units(example("subleq", LOW=-n, HIGH=n), 2).width for n in (16, 32, 64)]
    assert widths[1] <= 650
    assert widths[2] - widths[1] <= 2 * (widths[1] - widths[0]) + 8


def mutants(built: Units, rng: random.Random, count: int) -> list[Units]:
    """Units with one effect left out, or one bias off by the least that shows."""
    found = []
    for _ in range(count):
        if rng.random() < 0.5:
            weights = built.w2.weights.copy()
            weights[rng.randrange(len(weights))] = 0
            found.append(replace(built, w2=replace(built.w2, weights=weights)))
        else:
            bias = built.layer.bias.copy()
            bias[rng.randrange(len(bias))] += rng.choice((-1, 1))
            found.append(replace(built, layer=replace(built.layer, bias=bias)))
    return found


@pytest.mark.parametrize("level", LEVELS)
def test_the_proof_finds_a_wrong_number(level: int) -> None:
    program = programs.subleq(-3, 3, 4)
    built = units(program, level, possible=everything(program))  # at a value that never occurs, a wrong number is none
    assert not prove(program, built).mismatches
    missed = sum(not prove(program, mutant).mismatches for mutant in mutants(built, random.Random(level), 40))
    assert missed == 0


def test_origins_name_the_update_and_its_place() -> None:
    built = units(programs.subleq(-3, 3, 4), 2)
    assert len(built.layer.origins) == built.width
    origin = next(o for o in built.layer.origins if "cell <- 2" in o.label)
    assert any(s.text == "cell <- cell - cell_a" for s in origin.spans)


def test_weights_are_whole_numbers_that_single_precision_holds() -> None:
    layer = units(programs.subleq(), 2).layer
    totals = np.zeros(len(layer.bias), np.int64)
    np.add.at(totals, layer.w1.rows, np.abs(layer.w1.weights))
    assert (totals + np.abs(layer.bias)).max() < 2**24
