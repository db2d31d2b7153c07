"""The states of one run, as plain data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from altac.interpreter import Result, When
from altac.ir import Head, Program, RealDomain, SetDomain, label


@dataclass(frozen=True)
class Snapshot:
    """The residual stream at one moment. ``values`` has the code of every variable at every position, and
    after attention of every head: None where it is undefined. ``means`` has the mean of each numerical head.
    ``tokens`` are those that were run: a causal program has one run, from the start, per token it appends."""

    layer: int
    when: When
    values: dict[str, tuple[int | None, ...]]
    means: dict[str, tuple[float | None, ...]]
    tokens: tuple[int, ...]


@dataclass(frozen=True)
class States:
    """The snapshots of a run up to its end, or up to what a failing layer read, and its result.
    ``whole`` is false if later ones were not kept."""

    program: Program
    tokens: tuple[int, ...]
    snapshots: tuple[Snapshot, ...]
    result: Result
    whole: bool = True

    def text(self, snapshot: Snapshot, name: str, position: int) -> str:
        """A value as it is written in the language; ``-`` where undefined."""
        code = snapshot.values[name][position]
        if code is None:
            return "-"
        mean = snapshot.means.get(name)
        if mean is not None and mean[position] is not None:
            return f"{mean[position]:.4g}"
        return label(self.program.domain(name), code)

    def json(self, snapshot: Snapshot) -> dict[str, Any]:
        """A snapshot as JSON values; null where a head is undefined."""
        from altac.interpreter.codec import value_json

        values: dict[str, list[Any]] = {}
        for name, codes in snapshot.values.items():
            domain = self.program.domain(name)
            plain = isinstance(domain, RealDomain | SetDomain)
            values[name] = [None if c is None else label(domain, c) if plain else value_json(domain, c) for c in codes]
        return {"layer": snapshot.layer, "when": snapshot.when, "values": values}


@dataclass(frozen=True)
class Step:
    """A layer: what its MLP reads, and the state that it leaves, None if it failed. ``layer`` 0 is the start, where
    both are the initial state. ``run`` counts the tokens that a causal program appends, from 0."""

    run: int
    layer: int
    read: Snapshot
    written: Snapshot | None


def layers(states: States) -> Iterator[Step]:
    """The layers of a trace in order, with the start of each run."""
    run = -1
    for i, snapshot in enumerate(states.snapshots):
        if snapshot.when == "start":
            run += 1
            yield Step(run, 0, snapshot, snapshot)
        elif snapshot.when == "attention":
            after = states.snapshots[i + 1] if i + 1 < len(states.snapshots) else None
            yield Step(run, snapshot.layer, snapshot, after if after is not None and after.when == "mlp" else None)


def attended(states: States, before: Snapshot, head: Head) -> list[list[int]]:
    """For every position the positions that ``head`` selects in the state ``before`` the layer."""
    program = states.program
    length = len(before.tokens)
    found = []
    for i in range(length):
        offsets = range(-i, length - i) if head.offsets is None else sorted(head.offsets)
        near = [i + d for d in offsets if 0 <= i + d < length and (program.causal is None or d <= 0)]
        if head.query is not None and head.key is not None:
            domain = program.domain(head.query)
            query, keys = before.values[head.query][i], before.values[head.key]
            wanted = domain.family[query or 0] if isinstance(domain, SetDomain) else {query}
            near = [j for j in near if keys[j] in wanted]
        found.append(near)
    return found
