"""Addition against Python: every pair of short numbers, and random ones of up to 40 digits."""

from __future__ import annotations

import random

from altac.api import Program
from altac.interpreter import run
from altac.interpreter.codec import output_text, read_input
from altac.source import Source
from tests.examples.programs import load, texts


def _random_pairs(count: int, digits: int, seed: int) -> list[tuple[str, str]]:
    rng = random.Random(seed)

    def number() -> str:
        return "".join(rng.choices("0123456789", k=rng.randint(1, digits)))

    return [(number(), number()) for _ in range(count)]


def _check(pairs: list[tuple[str, str]]) -> None:
    found = texts(load("addition.alta"), [f"s{a}+{b}e" for a, b in pairs])
    assert [int(text) for text in found] == [int(a) + int(b) for a, b in pairs]


def test_all_pairs_of_up_to_two_digits() -> None:
    numbers = [str(n) for n in range(100)] + [f"{n:02}" for n in range(10)]
    _check([(a, b) for a in numbers for b in numbers])


def test_random_pairs_of_up_to_forty_digits() -> None:
    _check(_random_pairs(10_000, 40, seed=7))


def test_carries_through_all_digits() -> None:
    _check([("9" * n, "1") for n in range(1, 41)] + [("1", "9" * n) for n in range(1, 41)])


def test_a_layer_per_digit_and_two() -> None:
    program = load("addition.alta")
    pairs = _random_pairs(200, 20, seed=8)
    results = run(program, [read_input(program, f"s{a}+{b}e") for a, b in pairs])
    assert [r.layers for r in results] == [max(len(a), len(b)) + 2 for a, b in pairs]
    assert all(len(str(output_text(program, r.output))) == r.layers - 1 for r in results)


def test_the_built_model_adds_too() -> None:
    pairs = _random_pairs(500, 40, seed=9)
    runs = Program(Source("addition.alta", ""), load("addition.alta"), ()).run(
        [f"s{a}+{b}e" for a, b in pairs], engine="transformer"
    )
    assert [int(r.text or "") for r in runs] == [int(a) + int(b) for a, b in pairs]
