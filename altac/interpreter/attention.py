"""Attention by key lookup: linear in the length for lookups by value, and for few offsets.

Every head reduces to sums over the selected positions: their number, and the sum of some integers at
them. For a categorical head the integer is the position, which is the selected one if there is just one;
for a numerical head it is the value (as limbs, see `altac.interpreter.numeric`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from altac.interpreter.numeric import Mean
from altac.interpreter.store import Array, Store, dtype_for
from altac.ir import Head, Program, RealDomain, SetDomain

#: Offsets up to which each is a shift of the sequence of its own.
FEW_OFFSETS = 8
#: Entries up to which a table by sequence and key is worth its memory, as a multiple of the positions.
TABLE_FACTOR = 8

Ranges = list[tuple[int, int]]


def offset_ranges(offsets: frozenset[int] | None, causal: bool) -> Ranges | None:
    """The allowed offsets as maximal ranges, both ends included; None if there is no restriction."""
    far = 1 << 40
    if offsets is None:
        return [(-far, 0)] if causal else None
    ranges: Ranges = []
    for offset in sorted(o for o in offsets if o <= 0 or not causal):
        if ranges and ranges[-1][1] == offset - 1:
            ranges[-1] = (ranges[-1][0], offset)
        else:
            ranges.append((offset, offset))
    return ranges


@dataclass(frozen=True)
class Selector:
    """Which positions select which others: shared by the heads with one query, key and offsets.

    ``member`` is the membership matrix (set of the query's family, key code) of a set-valued query.
    ``keys``: the lowest key code and their number. ``static_key``: the key never changes.
    """

    query: str | None
    key: str | None
    ranges: Ranges | None
    member: Array | None
    keys: tuple[int, int]
    static_key: bool

    @property
    def single_offset(self) -> int | None:
        """The offset of a head that selects by one offset alone."""
        if self.query is None and self.ranges is not None and len(self.ranges) == 1:
            low, high = self.ranges[0]
            return low if low == high else None
        return None

    def select(self, store: Store, rows: Array | None) -> Selection:
        """The one selected position of each position (of ``rows``), shared by all heads that select alike."""
        key = (id(self), None if rows is None else id(rows))
        found = store.selections.get(key)
        if found is None:
            found = self._select(store, rows)
            store.selections[key] = found
            store.selections[key, "rows"] = rows  # kept alive, so that its id stays its own
        assert isinstance(found, Selection)
        return found

    def _select(self, store: Store, rows: Array | None) -> Selection:
        count = store.rows if rows is None else len(rows)
        start = ((np.arange(count) if rows is None else rows) * store.length)[:, None]
        position = np.arange(store.length)[None, :]
        if self.ranges is None and self.query is not None and self.key is not None:
            query = _rows(store.values[self.query], rows)
            small = self.keys[1] <= TABLE_FACTOR * store.length + 256
            if small and self.member is None and (self.static_key or query.shape[1] > 1):
                return self._select_by_table(store, rows, query, start)
            if query.shape[1] == 1:
                match = self._matches(
                    query, np.broadcast_to(_rows(store.values[self.key], rows), (count, store.length))
                )
                return _only(match, start)
        total, place = self.sums(store, rows, [np.ones((1, 1), np.int64), position])
        missing = total != 1
        return Selection(np.where(missing, 0, place) + start, missing if missing.any() else None)

    def _select_by_table(self, store: Store, rows: Array | None, query: Array, start: Array) -> Selection:
        """The position of each key, by sequence; then the query is looked up."""
        low, size = self.keys
        assert self.key is not None
        name = ("position of", self.key)
        table = store.static.get(name)
        if table is not None:
            table = _rows(table, rows)
        elif self.static_key:
            table = store.static[name] = self._positions(store.values[self.key], store.length)
            table = _rows(table, rows)
        else:
            table = self._positions(_rows(store.values[self.key], rows), store.length)
        at = query.astype(np.intp)
        outside = (at < low) | (at >= low + size)
        if outside.any():
            at = np.where(outside, low, at)
        place = table.reshape(-1)[at + (np.arange(len(table))[:, None] * size - low)]
        missing = (place < 0) | outside
        place = place + start
        if not missing.any():
            return Selection(place, None)
        return Selection(np.where(missing, 0, place), missing)

    def _positions(self, key: Array, length: int) -> Array:
        """The position that holds each key (n, keys); -1 if none does, or several."""
        low, size = self.keys
        table = np.full(len(key) * size, -1, np.int32)
        at = np.broadcast_to(key, (len(key), length)) + (np.arange(len(key))[:, None] * size - low)
        position = np.broadcast_to(np.arange(length, dtype=np.int32), at.shape)
        table[at] = position
        several = table[at] != position  # another position with the same key was written later
        if several.any():
            table[at[several]] = -1
        return table.reshape(len(key), size)

    def sums(self, store: Store, rows: Array | None, channels: list[Array]) -> list[Array]:
        """The sum of each channel (n, length) over the selected positions: (n, 1) if uniform, else (n, length)."""
        count = store.rows if rows is None else len(rows)
        shape = (count, store.length)
        channels = [np.broadcast_to(c, shape) for c in channels]
        if self.query is None or self.key is None:
            if self.ranges is None:
                return [c.sum(axis=1, keepdims=True) for c in channels]
            return _window_sums(channels, self.ranges)
        query = _rows(store.values[self.query], rows)
        key = np.broadcast_to(_rows(store.values[self.key], rows), shape)
        if self.ranges is None:
            if query.shape[1] == 1:
                match = self._matches(query, key)
                return [np.where(match, c, 0).sum(axis=1, keepdims=True) for c in channels]
            if self.member is not None:
                return self._by_set(query, key, channels)
            if self.keys[1] <= TABLE_FACTOR * store.length + 256:
                return self._by_table(query, key, channels)
            return self._by_search(query, key, channels, [(-store.length, store.length)])
        query = np.broadcast_to(query, shape)
        clipped = [(max(lo, 1 - store.length), min(hi, store.length - 1)) for lo, hi in self.ranges]
        clipped = [(lo, hi) for lo, hi in clipped if lo <= hi]
        if sum(hi - lo + 1 for lo, hi in clipped) <= FEW_OFFSETS:
            return self._by_shifts(query, key, channels, clipped)
        if self.member is not None:
            return self._by_set_in_windows(query, key, channels, clipped)
        return self._by_search(query, key, channels, clipped)

    def _matches(self, query: Array, key: Array) -> Array:
        """Whether the key is selected by the query at the same place (arrays that broadcast)."""
        if self.member is None:
            match: Array = query == key
            return match
        return self.member[query.astype(np.intp), key.astype(np.intp) - self.keys[0]]

    def _by_table(self, query: Array, key: Array, channels: list[Array]) -> list[Array]:
        """Sum the channels per sequence and key, then look the query up."""
        low, size = self.keys
        base = np.arange(len(key))[:, None] * size - low
        at = (base + key).reshape(-1)
        local = query.astype(np.intp)
        outside = (local < low) | (local >= low + size)
        wanted = base + np.where(outside, low, local)
        found = []
        for channel in channels:
            table = np.bincount(at, channel.reshape(-1), len(key) * size)
            found.append(np.where(outside, 0, table[wanted]).astype(np.int64))
        return found

    def _by_search(self, query: Array, key: Array, channels: list[Array], ranges: Ranges) -> list[Array]:
        """Sort by sequence, key and position; the selected positions of a range are neighbours then."""
        low, size = self.keys
        count, length = key.shape
        position = np.arange(length)
        row = np.arange(count)[:, None]
        place = ((row * size + (key.astype(np.int64) - low)) * length + position).reshape(-1)
        order = np.argsort(place, kind="stable")
        place = place[order]
        local = query.astype(np.int64) - low
        outside = (local < 0) | (local >= size)
        start = (row * size + np.where(outside, 0, local)) * length
        found = [np.zeros(key.shape, np.int64) for _ in channels]
        sums = [np.concatenate([[0], np.cumsum(c.reshape(-1)[order].astype(np.int64))]) for c in channels]
        for lo, hi in ranges:
            first = np.searchsorted(place, start + np.maximum(position + lo, 0), side="left")
            last = np.searchsorted(place, start + np.minimum(position + hi, length - 1), side="right")
            empty = outside | (last <= first)
            for total, running in zip(found, sums, strict=True):
                total += np.where(empty, 0, running[last] - running[np.minimum(first, last)])
        return found

    def _by_shifts(self, query: Array, key: Array, channels: list[Array], ranges: Ranges) -> list[Array]:
        """One comparison of the whole batch per offset."""
        length = key.shape[1]
        found = [np.zeros(key.shape, np.int64) for _ in channels]
        for lo, hi in ranges:
            for offset in range(lo, hi + 1):
                here, there = _shifted(offset, length)
                match = self._matches(query[:, here], key[:, there])
                for total, channel in zip(found, channels, strict=True):
                    total[:, here] += np.where(match, channel[:, there], 0)
        return found

    def _by_set(self, query: Array, key: Array, channels: list[Array]) -> list[Array]:
        """Sum per sequence and key, then over the keys of each set of the family."""
        assert self.member is not None
        low, size = self.keys
        family = len(self.member)
        if family * size > 1 << 22 or len(key) * max(family, size) > TABLE_FACTOR * key.size + (1 << 16):
            return self._by_set_in_windows(query, key, channels, [(-key.shape[1], key.shape[1])])
        at = (np.arange(len(key))[:, None] * size + (key.astype(np.intp) - low)).reshape(-1)
        member = self.member.T.astype(np.float64)
        row = np.arange(len(key))[:, None]
        found = []
        for channel in channels:
            table = np.bincount(at, channel.reshape(-1), len(key) * size).reshape(len(key), size)
            found.append((table @ member)[row, query.astype(np.intp)].astype(np.int64))
        return found

    def _by_set_in_windows(self, query: Array, key: Array, channels: list[Array], ranges: Ranges) -> list[Array]:
        """For each set that occurs, window sums over the positions whose key is in it."""
        assert self.member is not None
        found = [np.zeros(key.shape, np.int64) for _ in channels]
        local = key.astype(np.intp) - self.keys[0]
        for code in np.unique(query).tolist():
            match = self.member[code][local]
            asked = query == code
            windows = _window_sums([np.where(match, c, 0) for c in channels], ranges)
            for total, window in zip(found, windows, strict=True):
                total[asked] = window[asked]
        return found


def _only(match: Array, start: Array) -> Selection:
    """The only match of each sequence (n, length); ``start`` (n, 1) is where it begins in the flattened store.

    One matrix product counts the matches and adds up their positions: integers, so exact in floats of enough bits.
    """
    length = match.shape[1]
    dtype = np.float32 if length <= 4096 else np.float64
    weights = np.stack([np.ones(length), np.arange(length)], axis=1).astype(dtype)
    tally: Array = np.matmul(match.astype(dtype), weights)
    missing = tally[:, :1] != 1
    place = tally[:, 1:].astype(np.intp)
    if not missing.any():
        return Selection(place + start, None)
    return Selection(np.where(missing, 0, place) + start, missing)


def _rows(array: Array, rows: Array | None) -> Array:
    return array if rows is None else array[rows]


def _shifted(offset: int, length: int) -> tuple[slice, slice]:
    """The positions that have one ``offset`` away, and those."""
    here = slice(max(0, -offset), max(0, min(length, length - offset)))
    return here, slice(here.start + offset, here.stop + offset) if here.start < here.stop else here


def _window_sums(channels: list[Array], ranges: Ranges) -> list[Array]:
    """Sums over the positions at the allowed offsets, by differences of running sums."""
    length = channels[0].shape[1]
    position = np.arange(length)
    found = []
    for channel in channels:
        running = np.zeros((len(channel), length + 1), np.int64)
        np.cumsum(channel, axis=1, dtype=np.int64, out=running[:, 1:])
        total = np.zeros(channel.shape, np.int64)
        for lo, hi in ranges:
            first = np.clip(position + lo, 0, length)
            last = np.clip(position + hi + 1, 0, length)
            total += running[:, last] - running[:, np.minimum(first, last)]
        found.append(total)
    return found


@dataclass(frozen=True)
class Selection:
    """Where to take a categorical head's value: ``place`` indexes the flattened positions of the whole store,
    ``missing`` tells where there is not exactly one (None: nowhere)."""

    place: Array
    missing: Array | None


class HeadPlan:
    """One head, ready to be computed."""

    def __init__(self, head: Head, selector: Selector, mean: Mean | None) -> None:
        self.head = head
        self.selector = selector
        self.mean = mean
        self.undefined = head.domain.low + head.domain.size
        self.dtype = dtype_for(head.domain.low, self.undefined)

    def codes(self, store: Store, rows: Array | None) -> Array:
        """Output codes, (n, 1) if the selection and so the output is uniform, else (n, length)."""
        if self.mean is not None:
            sums, count = self._totals(store, rows)
            return self.mean.bucket(sums, count)
        value = store.values[self.head.value]
        single = self.selector.single_offset
        if single is not None:
            value = _rows(value, rows)
            value = np.broadcast_to(value, (len(value), store.length))
            output: Array = np.full(value.shape, self.undefined, self.dtype)
            here, there = _shifted(single, store.length)
            output[:, here] = value[:, there]
            return output
        selection = self.selector.select(store, rows)
        if value.shape[1] == 1:
            output = np.broadcast_to(_rows(value, rows), selection.place.shape).astype(self.dtype)
        else:
            output = value.reshape(-1)[selection.place].astype(self.dtype, copy=False)
        if selection.missing is not None:
            output[selection.missing] = self.undefined
        return output

    def reals(self, store: Store) -> Array:
        """The exact mean of a numerical head as floats, for observers."""
        assert self.mean is not None
        return self.mean.real(*self._totals(store, None))

    def _totals(self, store: Store, rows: Array | None) -> tuple[list[Array], Array]:
        assert self.mean is not None
        value = _rows(store.values[self.head.value], rows)
        channels = self.mean.channels(value)
        *sums, count = self.selector.sums(store, rows, [*channels, np.ones((1, 1), np.int64)])
        return sums, count


def plan_heads(program: Program, assigned: frozenset[str]) -> dict[str, HeadPlan]:
    """A plan for every head; heads that select alike share their selector."""
    selectors: dict[Any, Selector] = {}
    plans: dict[str, HeadPlan] = {}
    for head in program.heads:
        identity = (head.query, head.key, head.offsets)
        if identity not in selectors:
            member, keys = None, (0, 0)
            if head.key is not None and head.query is not None:
                key, query = program.domain(head.key), program.domain(head.query)
                keys = (key.low, key.size)
                if isinstance(query, SetDomain):
                    member = np.zeros((query.size, key.size), bool)
                    for i, codes in enumerate(query.family):
                        member[i, [c - key.low for c in codes if key.low <= c < key.low + key.size]] = True
            selectors[identity] = Selector(
                head.query, head.key, offset_ranges(head.offsets, program.causal is not None), member, keys,
                head.key is not None and head.key not in assigned,
            )  # fmt: skip
        mean = Mean(program.domain(head.value), head.domain) if isinstance(head.domain, RealDomain) else None
        plans[head.name] = HeadPlan(head, selectors[identity], mean)
    return plans
