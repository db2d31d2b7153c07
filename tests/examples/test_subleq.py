"""SUBLEQ programs on the example and on a machine in Python."""

from __future__ import annotations

import random

import pytest

from altac.api import Program
from altac.interpreter import run
from altac.interpreter.codec import output_json, read_input
from altac.source import Source
from tests.examples.programs import load
from tests.examples.subleq_machine import execute

HALT = -1

#: Memories by what they do.
MEMORIES = {
    "one instruction": [3, 4, HALT, 5, 3],
    "negative values": [6, 7, 3, 7, 6, HALT, -9, -16],
    "a loop that counts down": [10, 9, 6, 11, 11, 0, 11, 11, HALT, 5, 1, 0],
    "addition by two subtractions": [12, 14, 3, 14, 13, 6, 14, 14, HALT, 0, 0, 0, 7, 8, 0],
    "a loop that multiplies 3 by 4": [12, 13, 3, 15, 14, HALT, 11, 11, 0, 0, 0, 0, -3, 0, 4, 1],
    "an instruction that rewrites the next": [8, 3, 3, 9, 11, 6, 11, 11, HALT, 5, 7, 2],
    "an instruction that rewrites its own operand": [4, 1, 3, 0, -1, HALT],
    "a negative a": [-5, 0, 0, 4],
    "a negative b": [0, -2, 0, 4],
    "an a beyond the memory": [16, 0, 0],
    "a b beyond the memory": [0, 16, 0],
    "a jump beyond the memory": [0, 0, 14, 3],
    "a run off the end": [15, 1, 0] * 5 + [0],
    "a clear of its own target": [0, 0, HALT],
}


@pytest.mark.parametrize("memory", MEMORIES.values(), ids=MEMORIES.keys())
def test_programs(memory: list[int]) -> None:
    program = load("subleq.alta")
    (result,) = run(program, [read_input(program, memory)])
    assert result.error is None, result.error.render_title()
    assert result.halted
    assert (output_json(program, result.output), result.layers) == execute(memory)


def test_random_memories() -> None:
    """Every random memory of full length whose run stays within the words does the same on both."""
    program = load("subleq.alta")
    rng = random.Random(3)
    memories: list[list[int]] = []
    expected: list[tuple[list[int], int]] = []
    while len(memories) < 300:
        memory = [rng.choice((rng.randint(0, 15), rng.randint(-16, 16))) for _ in range(16)]
        try:
            outcome = execute(memory, most=50)
        except TimeoutError:
            continue
        memories.append(memory)
        expected.append(outcome)
    compared = 0
    for result, outcome in zip(run(program, [read_input(program, m) for m in memories]), expected, strict=True):
        if result.error is None:
            compared += 1
            assert (output_json(program, result.output), result.layers) == outcome
        else:
            assert result.error.code == "update-out-of-range"
    assert compared > 200


def test_other_sizes() -> None:
    program = load("subleq.alta", LOW="-64", HIGH="64", SIZE="40")
    memory = [36, 37, 3, 39, 38, HALT, 35, 35, 0] + [0] * 27 + [-6, 0, 7, 1]
    (result,) = run(program, [read_input(program, memory)])
    assert result.output[37] == 6 * 7
    assert (output_json(program, result.output), result.layers) == execute(memory, 40)


def test_programs_on_the_built_model() -> None:
    program = load("subleq.alta")
    runs = Program(Source("subleq.alta", ""), program, ()).run(list(MEMORIES.values()), engine="transformer")
    for name, memory, outcome in zip(MEMORIES, MEMORIES.values(), runs, strict=True):
        expected, _ = execute(memory)
        assert outcome.output == expected, name
        assert outcome.halted, name
