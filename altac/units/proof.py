"""Proves that hidden units do what the program says, one target at a time.

A *path* is what the program reads to decide about a target, with the values read. On every path each unit must
be surely on (``pre >= 1``) or surely off (``pre <= 0``) whatever the slots that are not read hold - any value, any
mixture of values - and the effects of those that are on must be the change of the target. Paths through values that
the units take for unreachable are left out; that no other path leads to such a value is checked with them, so that the proof
is one by induction over the layers.

Most units are off on most paths, by one value alone; which these are is looked up, bit by bit, before any sums are taken.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from altac.deep import deeply
from altac.diagnostics.problem import AltacError
from altac.ir import Program, RealDomain
from altac.ir.evaluate import Undefined
from altac.ir.slices import NextValue
from altac.limits import DEFAULT, Limits
from altac.rules.expand import states
from altac.units.layers import Units
from altac.units.reachable import everything

Array = NDArray[Any]
#: What was read on a path, by slot, and the value of the target after it.
Path = tuple[dict[str, int], int]

#: Units times paths that are looked up at once.
_CHUNK = 8_000_000


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
    """What the proof found: how much it went through for each target, and where the units are wrong."""

    targets: tuple[Checked, ...]
    mismatches: tuple[Mismatch, ...]

    @property
    def exhaustive(self) -> bool:
        return all(t.exhaustive for t in self.targets)

    @property
    def sampled(self) -> tuple[str, ...]:
        """The targets of which only some paths were tried."""
        return tuple(t.target for t in self.targets if not t.exhaustive)


def prove(program: Program, units: Units, limits: Limits = DEFAULT, *, seed: int = 0) -> Report:
    """Hold ``units`` against the program: on all paths where the limits allow it, on random ones otherwise."""
    return deeply(lambda: _prove(program, units, limits, seed))


def _prove(program: Program, units: Units, limits: Limits, seed: int) -> Report:
    if units.predicates is not None:
        raise ValueError("units with predicates are not supported")
    weights = _Weights(program, units)
    checked: list[Checked] = []
    mismatches: list[Mismatch] = []
    for variable in program.variables:
        prover = _Prover(weights, variable.name, limits)
        prover.lead_to({}, variable.initial.values)
        try:
            bound = 4 * limits.proof_paths
            every = ((dict(read), new) for read, new in islice(states(program, variable.name, bound), bound + 1))
            exhaustive = prover.check(every)
        except AltacError:
            exhaustive = False
        if not exhaustive:
            paths = random_states(program, variable.name, random.Random(seed))
            prover.restart()
            prover.check(islice(paths, limits.proof_samples))
        checked.append(Checked(variable.name, prover.paths, exhaustive))
        mismatches += prover.mismatches
    for head in program.heads:
        if not isinstance(head.domain, RealDomain) and not weights.resets(head.name):
            mismatches.append(Mismatch(head.name, (), head.domain.low))
    return Report(tuple(checked), tuple(mismatches))


def random_states(program: Program, target: str, rng: random.Random) -> Iterator[Path]:
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


class _Weights:
    """The units by number: for each slot that it reads, a weight for each code; and what it does to each slot."""

    def __init__(self, program: Program, units: Units) -> None:
        self.program = program
        self.units = units
        self.index = units.features
        self.names = [s.name for s in program.slots]
        self.reachable: Mapping[str, frozenset[int]] = units.reachable or everything(program)
        starts = np.array([self.index.offset[n] for n in self.names])
        owner = np.searchsorted(starts, units.layer.w1.cols, side="right") - 1
        self.reads: list[dict[str, Array]] = [{} for _ in units.layer.bias]
        for unit, col, slot, weight in zip(
            units.layer.w1.rows, units.layer.w1.cols, owner, units.layer.w1.weights, strict=True
        ):
            name = self.names[slot]
            table = self.reads[unit].setdefault(name, np.zeros(self.index.size[name]))
            table[col - self.index.offset[name]] = weight

    def effects(self, slot: str) -> tuple[Array, Array]:
        """The units with an effect on ``slot``, and these effects, of shape (units, codes)."""
        w2 = self.units.w2
        start, size = self.index.offset[slot], self.index.size[slot]
        own = (w2.rows >= start) & (w2.rows < start + size)
        touching = np.unique(w2.cols[own])
        result = np.zeros((len(touching), size))
        np.add.at(result, (np.searchsorted(touching, w2.cols[own]), w2.rows[own] - start), w2.weights[own])
        return touching, result

    def resets(self, head: str) -> bool:
        """Whether the units take a head's output away whole: one unit that equals each of its features, for any
        mixture, and no other effect."""
        touching, effects = self.effects(head)
        size = self.index.size[head]
        total = np.zeros((size, size))
        for unit, effect in zip(touching, effects, strict=True):
            reads = self.reads[unit]
            if set(reads) != {head} or self.units.layer.bias[unit] or reads[head].sum() != 1:
                return False
            if not np.isin(reads[head], (0, 1)).all():
                return False
            total += np.outer(effect, reads[head])
        return bool((total == -np.eye(size)).all())


class _Prover:
    """The proof for one target."""

    def __init__(self, weights: _Weights, target: str, limits: Limits) -> None:
        self.weights = weights
        self.target = target
        self.limits = limits
        self.touching, self.effects = weights.effects(target)
        holders, self.codes = np.nonzero(self.effects)
        self.amounts = self.effects[holders, self.codes]
        self.changes = np.bincount(holders, minlength=len(self.touching))  # by unit, and where they begin
        self.first = np.cumsum(self.changes) - self.changes
        self.low = weights.index.low[target]
        self.bias = weights.units.layer.bias[self.touching].astype(np.float64)
        self.mismatches: list[Mismatch] = []
        self.paths = 0
        self.work = 0
        self.complete = True
        self._tables()

    def _tables(self) -> None:
        """For every slot that a unit reads, by unit and code: the weight of the code; in a last column, for a slot that is
        not read, the least and the greatest weight of a reachable one. ``maybe``, by code: whether the unit can be on
        there, a bit per unit."""
        held = [self.weights.reads[unit] for unit in self.touching]
        self.least: dict[str, Array] = {}
        self.most: dict[str, Array] = {}
        for name in self.weights.names:
            if not any(name in reads for reads in held):
                continue
            low = self.weights.index.low[name]
            nothing = np.zeros(self.weights.index.size[name])
            table = np.array([reads.get(name, nothing) for reads in held])
            reachable = table[:, sorted(code - low for code in self.weights.reachable[name])]
            self.least[name] = np.concatenate([table, reachable.min(axis=1, keepdims=True)], axis=1)
            self.most[name] = np.concatenate([table, reachable.max(axis=1, keepdims=True)], axis=1)
        ceiling = self.bias + sum((most[:, -1] for most in self.most.values()), np.zeros(len(self.bias)))
        self.maybe = {
            name: np.packbits((ceiling[:, None] - most[:, -1:] + most).T > 0, axis=1)
            for name, most in self.most.items()
        }  # fmt: skip

    def lead_to(self, read: dict[str, int], codes: Iterable[int]) -> None:
        """Record the codes that are taken for unreachable."""
        held = self.weights.reachable[self.target]
        self.mismatches += [
            Mismatch(self.target, tuple(read.items()), code) for code in dict.fromkeys(codes) if code not in held
        ]

    def restart(self) -> None:
        """Begin anew, with other paths."""
        self.paths = self.work = 0

    def check(self, paths: Iterable[Path]) -> bool:
        """Go through ``paths``; whether that could be finished within the limits."""
        reachable = self.weights.reachable
        possible = (p for p in paths if all(code in reachable[name] for name, code in p[0].items()))
        step = max(1, min(1 << 14, _CHUNK // max(len(self.touching), 1)))
        while chunk := list(islice(possible, step)):
            self.paths += len(chunk)
            if self.paths > self.limits.proof_paths or self.work > self.limits.proof_work:
                return False
            self._chunk(chunk)
        return self.complete

    def _chunk(self, chunk: list[Path]) -> None:
        for read, new in chunk:
            self.lead_to(read, [new])
        rows, units, on, unsure = self._states([read for read, _ in chunk])
        after = self._after(chunk, rows[on], units[on])
        open_rows = np.unique(rows[unsure])
        wrong: Array = np.any(after, axis=1)
        wrong[open_rows] = False
        for at in np.flatnonzero(wrong):
            self.mismatches.append(Mismatch(self.target, tuple(chunk[at][0].items()), chunk[at][1]))
        for at in open_rows:
            self._closer(chunk[at], units[unsure & (rows == at)])

    def _states(self, reads: list[dict[str, int]]) -> tuple[Array, Array, Array, Array]:
        """The pairs of a path and a unit that may be on there, and whether it is on, or on in part, whatever is not read."""
        codes = {
            name: np.array([read[name] - self.weights.index.low[name] if name in read else -1 for read in reads])
            for name in self.least
        }  # fmt: skip
        bits = np.full((len(reads), -(-len(self.touching) // 8)), 255, np.uint8)
        for name, maybe in self.maybe.items():
            bits &= maybe[codes[name]]
        rows, units = np.nonzero(np.unpackbits(bits, axis=1, count=len(self.touching)))
        self.work += len(rows)
        least = self.bias[units]
        most = least.copy()
        for name in self.least:
            at = codes[name][rows]
            least += self.least[name][units, at]
            most += self.most[name][units, at]
        on = least >= 1
        return rows, units, on, ~on & (most > 0)

    def _after(self, chunk: list[Path], rows: Array, units: Array) -> Array:
        """The target's features after the step less those that it should have, of shape (paths, codes)."""
        count, size = self.changes[units], self.effects.shape[1]
        first = np.cumsum(count) - count
        entries = np.repeat(self.first[units] - first, count) + np.arange(count.sum())
        at = np.repeat(rows, count) * size + self.codes[entries]
        after = np.bincount(at, self.amounts[entries], len(chunk) * size).reshape(len(chunk), size)
        every = np.arange(len(chunk))
        after[every, [read[self.target] - self.low for read, _ in chunk]] += 1
        after[every, [new - self.low for _, new in chunk]] -= 1
        return after

    def _closer(self, path: Path, unsure: Array) -> None:
        """A path on which units depend on variables that are not read: these are one-hot at least, and the units may
        depend on them if their sum does not. Values are tried for one variable after the other, as long as it matters."""
        pending = [(path, unsure)]
        left = self.limits.proof_fillings
        while pending:
            (read, new), unsure = pending.pop()
            names = {name for unit in self.touching[unsure] for name in self.weights.reads[unit]}
            name = next(
                (v.name for v in self.weights.program.variables if v.name in names and v.name not in read), None
            )
            if name is None:
                self.mismatches.append(Mismatch(self.target, tuple(read.items()), new))
                return
            paths = [({**read, name: code}, new) for code in sorted(self.weights.reachable[name])]
            left -= len(paths)
            if left < 0:
                self.complete = False
                return
            rows, units, on, still = self._states([read for read, _ in paths])
            wrong: Array = np.any(self._after(paths, rows[on], units[on]), axis=1)
            wrong[rows[still]] = False
            for at in np.flatnonzero(wrong)[:1]:
                self.mismatches.append(Mismatch(self.target, tuple(paths[at][0].items()), new))
                return
            pending += [(paths[at], units[still & (rows == at)]) for at in np.unique(rows[still])]
