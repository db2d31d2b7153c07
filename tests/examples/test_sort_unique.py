"""Sorting against Python: all short sequences of different numbers, and random long ones."""

from __future__ import annotations

import random
from itertools import permutations

from tests.examples.programs import load, outputs


def _check(sequences: list[tuple[int, ...]]) -> None:
    inputs = [["START", *numbers] for numbers in sequences]
    expected = [["START", *sorted(numbers)] for numbers in sequences]
    assert outputs(load("sort_unique.alta"), inputs, [2] * len(inputs)) == expected


def test_all_of_up_to_four_numbers() -> None:
    _check([numbers for n in range(5) for numbers in permutations(range(0, 16, 2), n)])


def test_long_sequences() -> None:
    rng = random.Random(2)
    _check([tuple(rng.sample(range(16), rng.randint(5, 16))) for _ in range(500)])
