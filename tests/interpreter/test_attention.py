"""Attention on longer sequences, where every way of computing it is used, against its definition."""

from __future__ import annotations

import random
from collections.abc import Iterator
from fractions import Fraction

import pytest

from altac.interpreter import State, attention, run
from altac.interpreter.attention import offset_ranges
from altac.ir import (
    BoolDomain,
    Causal,
    Domain,
    Head,
    IntDomain,
    MlpCode,
    Program,
    RealDomain,
    SetDomain,
    Variable,
)
from tests import programs, reference
from tests.programs import by_position, by_token, const

LENGTH = 40
LETTER = IntDomain(-2, 3)
FAMILY = SetDomain(LETTER, (frozenset({-2}), frozenset({-1, 3}), frozenset(), frozenset(range(-2, 4))))
BUCKETS = RealDomain(tuple(Fraction(n, 3) for n in range(-6, 10)))
OFFSETS = (None, (-1,), (0,), (3,), (-2, -1, 5), tuple(range(-15, 0)), tuple(range(-12, 13)),
           (*range(-30, -15), *range(5, 20)), (-39, 39), (50, -60))  # fmt: skip


def variables(rng: random.Random) -> tuple[Variable, ...]:
    def drawn(domain: Domain, count: int) -> list[int]:
        return [rng.randrange(domain.low, domain.low + domain.size) for _ in range(count)]

    place, wide = IntDomain(0, LENGTH - 1), IntDomain(-10, 5000)
    return (
        by_token(LETTER, "letter", drawn(LETTER, 12)),
        by_token(IntDomain(0, 9), "digit", drawn(IntDomain(0, 9), 12)),
        by_token(FAMILY, "family", drawn(FAMILY, 12)),
        by_token(wide, "wide", (*drawn(wide, 6), *drawn(LETTER, 6))),
        by_token(BUCKETS, "real", drawn(BUCKETS, 12)),
        by_position(place, "place", range(LENGTH)),
        by_position(place, "shuffled", rng.sample(range(LENGTH), LENGTH)),
        const(LETTER, "one_letter", 1),
        const(FAMILY, "one_family", 1),
        const(place, "one_place", 7),
        const(BoolDomain(), "out", 0),
    )


def heads(all_variables: tuple[Variable, ...]) -> Iterator[Head]:
    domain = {v.name: v.domain for v in all_variables}
    pairs = [
        (None, None), ("letter", "letter"), ("digit", "letter"), ("letter", "wide"), ("wide", "wide"), ("wide", "letter"),
        ("family", "letter"), ("shuffled", "place"), ("place", "shuffled"), ("one_letter", "letter"),
        ("one_family", "letter"), ("one_place", "place"), ("one_letter", "one_letter"), ("letter", "one_letter"),
        ("family", "one_letter"), ("digit", "place"), ("one_family", "one_letter"), ("family", "wide"),
    ]  # fmt: skip
    for query, key in pairs:
        for offsets in OFFSETS:
            if query is None and offsets is None:
                continue
            for value in ("place", "letter", "real", "one_place"):
                numerical = value in ("letter", "real")
                name = f"{query}_{key}_{value}_{len(offsets or ())}_{min(offsets or (99,))}"
                allowed = None if offsets is None else frozenset(offsets)
                if query == "family" and key == "wide":
                    continue  # the elements of a set and the key share their domain or are both integers
                yield Head(name, query, key, value, allowed, BUCKETS if numerical else domain[value])


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("tables", [8, 0])
def test_attention_is_its_definition(causal: bool, tables: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attention, "TABLE_FACTOR", tables)
    rng = random.Random(f"{causal} {tables}")
    all_variables = variables(rng)
    all_heads = tuple(heads(all_variables))
    program = Program(
        "heads", IntDomain(0, 11), all_variables, all_heads, MlpCode(()), "out", max_layers=1, positions=LENGTH,
        causal=Causal(None, 1000) if causal else None,
    )  # fmt: skip
    inputs = [
        tuple(rng.randrange(12) for _ in range(n)) for n in ([LENGTH - 1] * 3 if causal else (LENGTH - 1, LENGTH, 5, 1))
    ]
    states: list[State] = []

    def look(layer: int, when: str, state: State) -> None:
        if when == "attention":
            states.append(state)

    run(program, inputs, 1, look)
    seen = set()
    for state in states:
        for row, number in enumerate(state.rows.tolist()):
            tokens = tuple(state.tokens[row].tolist())
            assert tokens == inputs[number]
            seen.add(number)
            compare(program, tokens, state, row)
    assert seen == set(range(len(inputs)))


def compare(program: Program, tokens: tuple[int, ...], state: State, row: int) -> None:
    start = [reference._initial(program, token, i) for i, token in enumerate(tokens)]
    for i in range(len(tokens)):
        position = reference._Position(program, start, i)
        for head in program.heads:
            try:
                expected = position.head(head)
            except reference._Stop:
                assert not state.defined[head.name][row, i], (head.name, i)
            else:
                assert state.defined[head.name][row, i], (head.name, i)
                assert state.values[head.name][row, i] == expected, (head.name, i)


def test_ranges_of_offsets() -> None:
    assert offset_ranges(None, causal=False) is None
    assert offset_ranges(frozenset({-3, -2, 0, 1, 5}), causal=False) == [(-3, -2), (0, 1), (5, 5)]
    assert offset_ranges(frozenset({-3, -2, 0, 1, 5}), causal=True) == [(-3, -2), (0, 0)]
    assert offset_ranges(frozenset({2}), causal=True) == []
    ((low, high),) = offset_ranges(None, causal=True) or []
    assert low < -(10**9) and high == 0


def test_windows_program() -> None:
    program = programs.windows()
    rng = random.Random(1)
    inputs = [tuple(rng.choices(range(3), k=n)) for n in (40, 17, 4, 1)]
    for tokens, result in zip(inputs, run(program, inputs), strict=True):
        outcome = reference.run(program, tokens)
        assert result.error is None or outcome.fault is not None
        assert (result.output, result.layers) == (outcome.output, outcome.layers)


def test_long_sequences_take_memory_in_proportion() -> None:
    """A hundred thousand positions: anything quadratic would not end, or not fit."""
    tokens = IntDomain(0, 99_999)
    place = by_token(tokens, "place", range(100_000))
    near = Head("near", "place", "place", "place", frozenset(range(-5000, 5000)), place.domain)
    mean = Head("mean", None, None, "place", frozenset(range(-5000, 5000)), RealDomain((Fraction(0), Fraction(10**5))))
    seen: list[int] = []

    def look(layer: int, when: str, state: State) -> None:
        if when == "attention":
            seen.extend((int(state.defined["near"].sum()), int(state.values["mean"].sum())))

    program = Program("long", tokens, (place,), (near, mean), MlpCode(()), "place", max_layers=1)
    run(program, [range(100_000)], observer=look)
    assert seen[0] == 100_000
    assert seen[1] == 49_999  # the mean is half below the position, and has to reach 50,000
