"""The variable assignments before and after every MLP sub-layer of a run (appendix C.1 of the ALTA paper)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any, TypeVar

import numpy as np

from altac.analysis.packing import Array, Counted, Packing, distinct, join
from altac.diagnostics.problem import Problem
from altac.interpreter import Result, State, When, run
from altac.ir import Head, Program, label

#: Inputs that are run together.
CHUNK = 4096
#: Rows after which equal ones are merged.
BUFFER = 1 << 20

Item = TypeVar("Item")


@dataclass(frozen=True)
class Layout:
    """The columns of a trace of ``program``: before the MLP all variables, then all heads; after it the variables.

    A number is an index among the values of the slot, or the number of values for a head that is undefined. A
    numerical head has the bucket that the MLP reads.
    """

    program: Program

    @cached_property
    def packing(self) -> Packing:
        """Of a row: the columns before, then those after."""
        program = self.program
        before = [s.domain.size + isinstance(s, Head) for s in program.slots]
        return Packing((*before, *(v.domain.size for v in program.variables)))

    def json(self) -> dict[str, Any]:
        """Names, kinds and values of the columns."""
        columns = [
            {
                "name": slot.name,
                "kind": "head" if isinstance(slot, Head) else "variable",
                "values": [label(slot.domain, slot.domain.low + i) for i in range(slot.domain.size)],
            }
            for slot in self.program.slots
        ]
        return {"before": columns, "after": columns[: len(self.program.variables)]}


@dataclass(frozen=True)
class Pairs:
    """Assignments before (N, slots) and after (N, variables) an MLP sub-layer, as indices of values; -1 where a head is
    undefined. ``counts`` (N,) tells how often each pair occurred, ``witness`` (N, 3) one input, layer (from 1) and position
    where it did."""

    layout: Layout
    before: Array
    after: Array
    counts: Array
    witness: Array

    def __len__(self) -> int:
        return len(self.counts)


class Tracer:
    """Collects pairs from the states an interpreter run shows. ``first`` is the number of the first input."""

    def __init__(self, layout: Layout, first: int = 0, merge: bool = True) -> None:
        self.layout = layout
        self.first = first
        self.merge = merge
        self.found: list[Counted] = []
        self.size = 0
        self._before: State | None = None

    def __call__(self, layer: int, when: When, state: State) -> None:
        if when == "attention":
            self._before = state
        elif when == "mlp":
            assert self._before is not None
            self._add(layer, self._before, state)

    def _add(self, layer: int, before: State, after: State) -> None:
        rows = np.flatnonzero(after.active)
        if not len(rows):
            return
        program, length = self.layout.program, after.tokens.shape[1]
        columns = []
        for slot in program.slots:
            codes = before.values[slot.name][rows] - slot.domain.low
            if isinstance(slot, Head):
                codes = np.where(before.defined[slot.name][rows], codes, slot.domain.size)
            columns.append(codes.reshape(-1))
        columns += [(after.values[v.name][rows] - v.domain.low).reshape(-1) for v in program.variables]
        count = len(rows) * length
        witness = np.empty((count, 3), np.int64)
        witness[:, 0] = np.repeat(after.rows[rows] + self.first, length)
        witness[:, 1] = layer
        witness[:, 2] = np.tile(np.arange(length), len(rows))
        part = Counted(self.layout.packing.pack(columns, count), np.ones(count, np.int64), witness)
        if self.merge:
            part = distinct(part)
        self.found.append(part)
        self.size += len(part)
        if self.merge and self.size > BUFFER and len(self.found) > 1:
            self._shrink()

    def _shrink(self) -> None:
        self.found = [distinct(join(self.found))]
        self.size = len(self.found[0])

    def rows(self) -> Counted:
        """What has been collected; merged pairs are sorted by their hash, others by input, layer and position."""
        if not self.found:
            empty = np.zeros((0, self.layout.packing.words), np.uint64)
            return Counted(empty, np.zeros(0, np.int64), np.zeros((0, 3), np.int64))
        if self.merge:
            self._shrink()
            return self.found[0]
        rows = join(self.found)
        return rows.take(np.lexsort((rows.witness[:, 2], rows.witness[:, 1], rows.witness[:, 0])))


def extract(
    program: Program, inputs: Sequence[Sequence[int]], first: int = 0, max_layers: int | None = None, merge: bool = True
) -> tuple[Counted, dict[int, Problem]]:
    """The pairs of a run on ``inputs``, and the problems of inputs that fail, by their number from ``first`` on.

    Inputs that fail give no pairs. Raises `AltacError` if the program can never stop.
    """
    layout = Layout(program)
    tracer = Tracer(layout, first, merge)
    problems = _problems(run(program, inputs, max_layers, tracer))
    if problems:  # once more, without what failing inputs left
        numbers = [i for i in range(len(inputs)) if i not in problems]
        tracer = Tracer(layout, 0, merge)
        run(program, [inputs[i] for i in numbers], max_layers, tracer)
        rows = tracer.rows()
        if numbers:
            rows.witness[:, 0] = np.array(numbers)[rows.witness[:, 0]] + first
        return rows, {i + first: p for i, p in problems.items()}
    return tracer.rows(), {}


def _problems(results: Sequence[Result]) -> dict[int, Problem]:
    return {i: r.error for i, r in enumerate(results) if r.error is not None}


def unpacked(layout: Layout, rows: Counted) -> Pairs:
    """Packed rows as arrays of value indices."""
    slots = layout.program.slots
    codes = layout.packing.unpack(rows.words)
    before, after = codes[:, : len(slots)], codes[:, len(slots) :]
    for i, slot in enumerate(slots):
        if isinstance(slot, Head):
            before[before[:, i] == slot.domain.size, i] = -1
    return Pairs(layout, before, after, rows.counts, rows.witness)


def by_witness(rows: Counted) -> Counted:
    """Rows in the order in which they were first seen: by input, layer and position."""
    return rows.take(np.lexsort((rows.witness[:, 2], rows.witness[:, 1], rows.witness[:, 0])))


def collect_pairs(
    program: Program,
    inputs: Sequence[Sequence[int]],
    max_layers: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> tuple[Pairs, dict[int, Problem]]:
    """All distinct pairs of a run on ``inputs`` (token indices, frame included), in memory, and what failed.

    Raises `AltacError` if the program can never stop.
    """
    parts: list[Counted] = []
    problems: dict[int, Problem] = {}
    done = 0
    for chunk in chunks(inputs, CHUNK):
        rows, failed = extract(program, chunk, done, max_layers)
        parts.append(rows)
        problems |= failed
        done += len(chunk)
        if progress is not None:
            progress(done)
    layout = Layout(program)
    found = distinct(join(parts)) if parts else Tracer(layout).rows()
    return unpacked(layout, by_witness(found)), problems


def chunks(items: Sequence[Item], size: int) -> Iterator[list[Item]]:
    """Consecutive parts of ``items``."""
    rest = iter(items)
    while part := list(islice(rest, size)):
        yield part
