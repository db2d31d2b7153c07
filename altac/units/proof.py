"""Checks that hidden units do what the program says, one target at a time.

A *path* is what the program reads to decide about a target, with the values read. On every path each unit must
be surely on (``pre >= 1``) or surely off (``pre <= 0``) whatever the slots that are not read hold - any value, any
mixture of values - and the effects of those that are on must be the change of the target. Paths through values that
the units take for unreachable are left out; that no other path leads to such a value is checked with them, so that the proof
is one by induction over the layers.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice, product
from math import prod

import numpy as np
from numpy.typing import NDArray

from altac.diagnostics.problem import AltacError
from altac.ir import Program, RealDomain
from altac.ir.deep import deeply
from altac.ir.evaluate import Undefined
from altac.ir.slices import NextValue
from altac.rules.expand import states
from altac.units.layers import Units
from altac.units.reachable import everything

#: Paths of a target, and paths times units, up to which all paths are checked.
MOST_PATHS = 1_000_000
MOST_WORK = 30_000_000

_CHUNK = 4_000_000
_MOST_FILLINGS = 256


@dataclass(frozen=True)
class Mismatch:
    """A path on which the units are wrong: ``read`` has the values read, ``expected`` the new value."""

    target: str
    read: tuple[tuple[str, int], ...]
    expected: int


@dataclass(frozen=True)
class Checked:
    """How much was checked for one target."""

    target: str
    paths: int
    exhaustive: bool


@dataclass(frozen=True)
class Report:
    targets: tuple[Checked, ...]
    mismatches: tuple[Mismatch, ...]

    @property
    def exhaustive(self) -> bool:
        return all(t.exhaustive for t in self.targets)


def check_units(program: Program, units: Units, *, samples: int = 20_000, seed: int = 0) -> Report:
    """Compare ``units`` with the program: on all paths where that is feasible, on ``samples`` random ones otherwise."""
    return deeply(lambda: _check(program, units, samples, seed))


def _check(program: Program, units: Units, samples: int, seed: int) -> Report:
    if units.predicates is not None:
        raise ValueError("units with predicates are not supported")
    checker = _Checker(program, units)
    checked: list[Checked] = []
    mismatches: list[Mismatch] = []
    for variable in program.variables:
        target = variable.name
        bound = min(MOST_PATHS, MOST_WORK // max(checker.touching(target).size, 1))
        try:
            every = islice(states(program, target, 4 * bound), 4 * bound + 1)
            found = list(islice(((dict(read), new) for read, new in every if checker.possible(read)), bound + 1))
            exhaustive = len(found) <= bound
        except AltacError:
            exhaustive = False
        if not exhaustive:
            paths = random_states(program, target, random.Random(seed))
            found = [(read, new) for read, new in islice(paths, min(samples, bound)) if checker.possible(read)]
        checked.append(Checked(target, len(found), exhaustive))
        mismatches += checker.mismatches(target, found)
        mismatches += checker.leaving(target, [({}, code) for code in variable.initial.values])
        mismatches += checker.leaving(target, found)
    for head in program.heads:
        if not isinstance(head.domain, RealDomain) and not checker.resets(head.name):
            mismatches.append(Mismatch(head.name, (), head.domain.low))
    return Report(tuple(checked), tuple(mismatches))


def random_states(program: Program, target: str, rng: random.Random) -> Iterator[tuple[dict[str, int], int]]:
    """Random paths without errors, for ever (none if ten thousand in a row fail). Values near others on the path
    are likelier than the rest, so that comparisons come out both ways."""
    evaluate = NextValue(program, target)
    domains = {s.name: s.domain for s in program.slots}
    path: dict[str, int] = {}

    def read(name: str) -> int:
        if name not in path:
            domain = domains[name]
            code = rng.randrange(domain.low, domain.low + domain.size)
            if path and rng.random() < 0.5:
                near = rng.choice(list(path.values())) + rng.choice((-1, 0, 0, 0, 1))
                if domain.low <= near < domain.low + domain.size:
                    code = near
            path[name] = code
        return path[name]

    failed = 0
    while failed < 10_000:
        path.clear()
        failed += 1
        with suppress(Undefined):
            new = evaluate(read)
            old = read(target)
            failed = 0
            yield dict(path), old if new is None else new


class _Checker:
    def __init__(self, program: Program, units: Units) -> None:
        self.program = program
        self.units = units
        index = units.features
        self.names = [s.name for s in program.slots]
        self.reachable = units.reachable or everything(program)
        starts = np.array([index.offset[n] for n in self.names])
        owner = np.searchsorted(starts, units.layer.w1.cols, side="right") - 1
        #: By unit: slot -> weights of its codes.
        self.weights: list[dict[str, NDArray[np.int64]]] = [{} for _ in units.layer.bias]
        for unit, col, slot, weight in zip(
            units.layer.w1.rows, units.layer.w1.cols, owner, units.layer.w1.weights, strict=True
        ):
            name = self.names[slot]
            table = self.weights[unit].setdefault(name, np.zeros(index.size[name], np.int64))
            table[col - index.offset[name]] = weight

    def possible(self, read: Mapping[str, int]) -> bool:
        """Whether all values read are reachable."""
        return all(code in self.reachable[name] for name, code in read.items())

    def leaving(self, target: str, found: Iterable[tuple[dict[str, int], int]]) -> Iterator[Mismatch]:
        """Paths, or starts without any, that lead to a value taken for unreachable."""
        held = self.reachable[target]
        yield from (Mismatch(target, tuple(read.items()), new) for read, new in found if new not in held)

    def touching(self, slot: str) -> NDArray[np.int64]:
        """The units with an effect on ``slot``."""
        index = self.units.features
        start = index.offset[slot]
        rows = self.units.w2.rows
        return np.unique(self.units.w2.cols[(rows >= start) & (rows < start + index.size[slot])])

    def effects(self, slot: str, touching: NDArray[np.int64]) -> NDArray[np.int64]:
        """The effects on ``slot``, shape (units, codes)."""
        index, w2 = self.units.features, self.units.w2
        start, size = index.offset[slot], index.size[slot]
        own = (w2.rows >= start) & (w2.rows < start + size)
        result = np.zeros((len(touching), size), np.int64)
        np.add.at(result, (np.searchsorted(touching, w2.cols[own]), w2.rows[own] - start), w2.weights[own])
        return result

    def mismatches(self, target: str, found: list[tuple[dict[str, int], int]]) -> Iterator[Mismatch]:
        touching = self.touching(target)
        effects = self.effects(target, touching)
        index = self.units.features
        low = index.low[target]
        step = max(1, _CHUNK // max(len(touching), 1))
        for start in range(0, len(found), step):
            chunk = found[start : start + step]
            least, most = self._bounds(touching, [read for read, _ in chunk])
            on = least >= 1
            unsure = (~on & (most > 0)).any(axis=1)
            after = on.astype(np.float32) @ effects.astype(np.float32)
            rows = np.arange(len(chunk))
            after[rows, [read[target] - low for read, _ in chunk]] += 1
            after[rows, [new - low for _, new in chunk]] -= 1
            for at in np.flatnonzero(after.any(axis=1) & ~unsure):
                yield Mismatch(target, tuple(chunk[at][0].items()), chunk[at][1])
            for at in np.flatnonzero(unsure):
                yield from self._closer(target, touching, effects, *chunk[at])

    def _closer(
        self, target: str, touching: NDArray[np.int64], effects: NDArray[np.int64], read: dict[str, int], new: int
    ) -> Iterator[Mismatch]:
        """A path on which units depend on variables that are not read: these are one-hot at least, and the units may
        depend on them if their sum does not."""
        index = self.units.features
        least, most = self._bounds(touching, [read])
        names = {n for i in np.flatnonzero((least < 1) & (most > 0)) for n in self.weights[touching[i]]}
        open_names = [v.name for v in self.program.variables if v.name in names and v.name not in read]
        ranges = [sorted(self.reachable[n]) for n in open_names]
        if prod(map(len, ranges)) <= _MOST_FILLINGS:
            fillings = list(product(*ranges))
        else:
            rng = random.Random(0)
            fillings = [tuple(map(rng.choice, ranges)) for _ in range(_MOST_FILLINGS)]
        paths = [{**read, **dict(zip(open_names, filling, strict=True))} for filling in fillings]
        least, most = self._bounds(touching, paths)
        on = least >= 1
        after = on.astype(np.int64) @ effects
        after[:, read[target] - index.low[target]] += 1
        after[:, new - index.low[target]] -= 1
        for at in np.flatnonzero(after.any(axis=1) | (~on & (most > 0)).any(axis=1))[:1]:
            yield Mismatch(target, tuple(paths[at].items()), new)

    def _bounds(
        self, touching: NDArray[np.int64], paths: list[dict[str, int]]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The least and the largest pre-activation on each path, each of shape (paths, units)."""
        shape = (len(paths), len(touching))
        least = np.broadcast_to(self.units.layer.bias[touching], shape).copy()
        most = least.copy()
        index = self.units.features
        for name in self.names:
            holders = [i for i, unit in enumerate(touching) if name in self.weights[unit]]
            if not holders:
                continue
            size, low = index.size[name], index.low[name]
            # The last column stands for "not read".
            tables = np.array([self.weights[touching[i]][name] for i in holders])
            held = tables[:, sorted(code - low for code in self.reachable[name])]
            small = np.concatenate([tables, held.min(axis=1, keepdims=True)], axis=1)
            large = np.concatenate([tables, held.max(axis=1, keepdims=True)], axis=1)
            codes = np.array([read[name] - low if name in read else size for read in paths])
            least[:, holders] += small.T[codes]
            most[:, holders] += large.T[codes]
        return least, most

    def resets(self, head: str) -> bool:
        """Whether the units take a head's output away whole: one unit that equals each of its features, for any
        mixture, and no other effect."""
        touching = self.touching(head)
        index = self.units.features
        offset, size = index.offset[head], index.size[head]
        effects = self.effects(head, touching)
        total = np.zeros((size, size), np.int64)
        for unit, effect in zip(touching, effects, strict=True):
            weights = self.weights[unit]
            if set(weights) != {head} or self.units.layer.bias[unit] or weights[head].sum() != 1:
                return False
            if not np.isin(weights[head], (0, 1)).all():
                return False
            total += np.outer(effect, weights[head])
        return bool(offset >= 0 and (total == -np.eye(size, dtype=np.int64)).all())
