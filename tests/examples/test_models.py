"""Every example as a Transformer: the model of each target against the interpreter, on all short inputs and on random long
ones.

Compared are all inputs on which the interpreter succeeds; of the others only programs know that they are wrong.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

import pytest

from altac.backends.runner import TransformerRunner
from altac.interpreter import run
from altac.interpreter.codec import apply_frame, read_input
from altac.ir import Program
from altac.units import units
from tests.examples.programs import PROGRAMS, load
from tests.examples.scan_language import commands
from tests.models import INSTALLED, build

Inputs = list[tuple[int, ...]]


@dataclass(frozen=True)
class Case:
    """All sequences of up to ``exhaustive`` tokens, and ``count`` random ones; at least ``compared`` must succeed."""

    exhaustive: int
    count: int
    random: Callable[[random.Random], object]
    compared: int


def _bits(rng: random.Random) -> list[object]:
    return rng.choices((0, 1), k=rng.randint(8, 50))


def _started_bits(rng: random.Random) -> list[object]:
    return ["START", *_bits(rng)]


def _sum(rng: random.Random) -> str:
    a, b = ("".join(rng.choices("0123456789", k=rng.randint(1, 40))) for _ in "ab")
    return f"s{a}+{b}e"


def _memory(rng: random.Random) -> list[int]:
    return [rng.randint(0, 15) if rng.random() < 0.7 else rng.randint(-16, 16) for _ in range(16)]


def _numbers(rng: random.Random) -> list[object]:
    return ["START", *rng.sample(range(16), rng.randint(3, 16))]


_COMMANDS = [command for command, _ in commands()]


def _command(rng: random.Random) -> str:
    return rng.choice(_COMMANDS)


CASES = {
    "parity/sequential_absolute.alta": Case(9, 200, _bits, 1_200),
    "parity/sequential_relative.alta": Case(7, 200, _started_bits, 1_200),
    "parity/sum_modulo.alta": Case(7, 200, _started_bits, 3_000),
    "parity/sum_modulo_count.alta": Case(7, 200, _started_bits, 3_000),
    "addition.alta": Case(3, 300, _sum, 300),
    "subleq.alta": Case(2, 100, _memory, 400),
    "sort_unique.alta": Case(3, 200, _numbers, 250),
    "scan/parser.alta": Case(2, 150, _command, 390),
    "scan/scan.alta": Case(1, 20, _command, 36),
}


def _inputs(program: Program, case: Case) -> Iterator[tuple[int, ...]]:
    for length in range(case.exhaustive + 1):
        for tokens in product(range(program.tokens.size), repeat=length):
            yield apply_frame(program, tokens)
    rng = random.Random(11)
    for _ in range(case.count):
        yield read_input(program, case.random(rng))


def _agree(program: Program, level: int, inputs: Inputs, at_least: int) -> None:
    expected = [result for result in run(program, inputs, max_layers=400) if result.error is None]
    assert len(expected) >= at_least
    built = build(program, units(program, level))
    for target in INSTALLED:
        measured = TransformerRunner.of(built, target).measure([r.input for r in expected], 400)
        for (found, margin), wanted in zip(measured, expected, strict=True):
            assert (found.output, found.layers, found.halted) == (wanted.output, wanted.layers, wanted.halted), (
                wanted.input
            )
            assert margin == 1


@pytest.mark.parametrize("name", PROGRAMS)
def test_model_equals_interpreter(name: str) -> None:
    program, case = load(name), CASES[name]
    _agree(program, 2, list(_inputs(program, case)), case.compared)


@pytest.mark.parametrize("level", [0, 1])
@pytest.mark.parametrize("name", [name for name in PROGRAMS if name.startswith("parity/") or name == "addition.alta"])
def test_lower_levels_too(name: str, level: int) -> None:
    program, case = load(name), CASES[name]
    _agree(program, level, list(_inputs(program, case))[-400:], 100)


@pytest.mark.slow
def test_scan_on_many_commands() -> None:
    program = load("scan/scan.alta")
    _agree(program, 2, list(_inputs(program, Case(2, 500, _command, 0))), 740)
