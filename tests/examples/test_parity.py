"""Parity in four ways against Python, exhaustively on short sequences and at random on long ones."""

from __future__ import annotations

import random
from itertools import accumulate, product

import pytest

from tests.examples.programs import load, outputs

Bits = tuple[int, ...]


def _sequences() -> list[Bits]:
    rng = random.Random(1)
    short = [bits for n in range(9) for bits in product((0, 1), repeat=n)]
    return short + [tuple(rng.choices((0, 1), k=rng.randint(9, 50))) for _ in range(200)] + [(1,) * 50]


def _running(bits: Bits) -> list[bool]:
    return [bool(n % 2) for n in accumulate(bits)]


def test_sequential_absolute() -> None:
    sequences = [bits for bits in _sequences() if bits]
    layers = [len(bits) - 1 for bits in sequences]
    assert outputs(load("parity/sequential_absolute.alta"), sequences, layers) == [_running(b) for b in sequences]


def test_sequential_relative() -> None:
    sequences = _sequences()
    inputs = [["START", *bits] for bits in sequences]
    layers = [len(bits) for bits in sequences]
    assert outputs(load("parity/sequential_relative.alta"), inputs, layers) == [
        [False, *_running(b)] for b in sequences
    ]


@pytest.mark.parametrize(("name", "layers"), [("parity/sum_modulo.alta", 1), ("parity/sum_modulo_count.alta", 2)])
def test_sum_modulo(name: str, layers: int) -> None:
    sequences = _sequences()
    inputs = [["START", *bits] for bits in sequences]
    expected = [[sum(bits) % 2 == 1] * (len(bits) + 1) for bits in sequences]
    assert outputs(load(name), inputs, [layers] * len(inputs)) == expected


def test_sum_modulo_needs_no_order() -> None:
    program = load("parity/sum_modulo.alta", MAX="3")
    assert outputs(program, [[1, 1, "START", 1]]) == [[True] * 4]
