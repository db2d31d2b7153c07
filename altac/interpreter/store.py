"""The state of a batch of sequences as arrays, and views of parts of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
#: The value of an expression over a view: an array that broadcasts to the view's shape, or one int for all.
Value = Array | int


def dtype_for(low: int, high: int) -> np.dtype[Any]:
    """The smallest signed integer type that holds ``low..high``; objects (Python ints) beyond 64 bits."""
    for name in ("int8", "int16", "int32", "int64"):
        info = np.iinfo(name)
        if info.min <= low and high <= info.max:
            return np.dtype(name)
    return np.dtype(object)


class Store:
    """Values of all slots for ``rows`` sequences of ``length`` positions each.

    A variable is an array of codes of shape (rows, length), or (rows, 1) if it is uniform. A head's array is
    computed when it is first read in a layer; where the head is undefined it holds the code one above the largest of
    its domain. ``bad`` marks the positions at which an error was met in this layer.
    """

    def __init__(
        self,
        values: dict[str, Array],
        rows: int,
        length: int,
        compute_head: Callable[[Store, str, Array | None], Array],
    ) -> None:
        self.values = values
        self.rows = rows
        self.length = length
        self.compute_head = compute_head
        self.heads: dict[str, Array] = {}
        self.selections: dict[object, object] = {}  # what heads with one query and key share, per layer
        self.static: dict[object, Array] = {}  # what stays the same from layer to layer, by sequence in axis 0
        self.bad: Array | None = None
        self.pending: dict[str, list[tuple[View, Value]]] = {}
        self.snapshot: dict[str, Array] = {}

    def remember(self, names: Iterable[str]) -> None:
        """Keep a copy of some variables, smaller arrays first, for `repeats`."""
        ordered = sorted(names, key=lambda name: self.values[name].size)
        self.snapshot = {name: self.values[name].copy() for name in ordered}

    def repeats(self) -> Array:
        """The sequences (rows,) whose state is the remembered one."""
        same = np.ones(self.rows, bool)
        for name, before in self.snapshot.items():
            now = self.values[name]
            if same.all():
                same = (now == before).all(axis=1)
            else:
                left = np.flatnonzero(same)
                same[left] = (now[left] == before[left]).all(axis=1)
            if not same.any():
                break
        return same

    def flag(self, view: View, wrong: Array | bool) -> None:
        """Mark the positions of ``view`` at which ``wrong`` holds as failed."""
        if self.bad is None:
            self.bad = np.zeros((self.rows, self.length), bool)
        if view.flat is not None:
            marks = self.bad.reshape(-1)
            marks[view.flat] |= wrong
        elif view.rows is not None:
            self.bad[view.rows] |= wrong
        else:
            self.bad |= wrong

    def write(self, view: View, target: str, value: Value) -> None:
        """Remember an update. It lands when the whole MLP has read the old state."""
        if not isinstance(value, int) and (value.base is not None or any(value is a for a in self.values.values())):
            value = value.copy()  # it is the state itself, which an earlier update may change when landing
        self.pending.setdefault(target, []).append((view, value))

    def land(self) -> Array:
        """Carry out the updates in program order; whether each sequence's state is changed by them (rows,)."""
        changed = np.zeros(self.rows, bool)
        for target, writes in self.pending.items():
            array = self.values[target]
            if len(writes) == 1:
                view, value = writes[0]
                differs = view.take(array) != value
                if view.flat is not None:
                    changed[view.row_of[differs]] = True
                elif view.rows is not None:
                    changed[view.rows] |= _any_in_row(differs)
                else:
                    changed |= _any_in_row(differs)
                view.put(array, value)
            else:
                before = array.copy()
                for view, value in writes:
                    view.put(array, value)
                changed |= _any_in_row(array != before)
        self.pending.clear()
        self.heads.clear()
        self.selections.clear()
        return changed

    def keep(self, rows: Array) -> None:
        """Drop all sequences but ``rows`` (indices)."""
        self.values = {name: np.ascontiguousarray(array[rows]) for name, array in self.values.items()}
        self.static = {key: np.ascontiguousarray(array[rows]) for key, array in self.static.items()}
        self.snapshot = {name: array[rows] for name, array in self.snapshot.items()}
        self.rows = len(rows)
        self.heads.clear()
        self.selections.clear()
        self.bad = None


class View:
    """A subset of the positions of a store: whole sequences (``rows``; None: all of them), or single positions (``flat``).

    Arrays over a view have shape (n, length) or, if the same at all positions, (n, 1) for whole sequences, and
    (n,) for single positions. What has been read is cached; lets are kept in the same cache.
    """

    __slots__ = ("_row_of", "cache", "flat", "parent", "pick", "rows", "store")

    def __init__(
        self,
        store: Store,
        rows: Array | None = None,
        flat: Array | None = None,
        parent: View | None = None,
        pick: Array | None = None,
    ) -> None:
        self.store = store
        self.rows = rows
        self.flat = flat
        self.parent = parent
        self.pick = pick  # where this view's elements are among the parent's (None: the same elements)
        self.cache: dict[str, Value] = {}
        self._row_of: Array | None = None

    @property
    def row_of(self) -> Array:
        """The sequence of each single position."""
        if self._row_of is None:
            assert self.flat is not None
            self._row_of = self.flat // self.store.length
        return self._row_of

    @property
    def count(self) -> int:
        """The number of sequences, or of single positions."""
        if self.flat is not None:
            return len(self.flat)
        return self.store.rows if self.rows is None else len(self.rows)

    def take(self, array: Array) -> Array:
        """The part of a store's array (rows, length or 1) that this view covers."""
        if self.flat is not None:
            return array[self.row_of, 0] if array.shape[1] != self.store.length else array.reshape(-1)[self.flat]
        return array if self.rows is None else array[self.rows]

    def put(self, array: Array, value: Value) -> None:
        """Write ``value`` over this view's part of a store's array."""
        if self.flat is not None:
            array.reshape(-1)[self.flat] = value
        elif self.rows is not None:
            array[self.rows] = value
        else:
            array[...] = value

    def inherit(self, value: Value) -> Value:
        """The part of a parent's value that this view covers."""
        if isinstance(value, int) or self.pick is None:
            return value
        if value.size == 1:
            return value.reshape((1,) * (1 if self.flat is not None else 2))
        if value.ndim == 2 and self.flat is not None:  # the parent covers whole sequences, this view positions
            return value[self.pick // self.store.length, 0] if value.shape[1] == 1 else value.reshape(-1)[self.pick]
        return value[self.pick]

    def raw(self, slot: str) -> Array:
        """Codes of a variable or head; a head without a value holds one above its largest code."""
        found = self.cache.get(slot)
        if found is None:
            found = self.cache[slot] = self._fetch(slot)
        return found  # type: ignore[return-value]

    def _fetch(self, slot: str) -> Value:
        if self.parent is not None and self.pick is None:
            return self.parent.raw(slot)
        store = self.store
        array = store.values.get(slot)
        if array is None:
            array = store.heads.get(slot)
        if array is None:
            known = self.inherited(slot)
            if known is not None:
                return known
            if self.flat is None and self.rows is not None:
                return store.compute_head(store, slot, self.rows)
            array = store.heads[slot] = store.compute_head(store, slot, None)
        return self.take(array)

    def inherited(self, name: str) -> Value | None:
        """What an enclosing view has cached under ``name``, cut down to this view."""
        if name in self.cache:
            return self.cache[name]
        if self.parent is None:
            return None
        value = self.parent.inherited(name)
        return None if value is None else self.inherit(value)

    def where(self, mask: Value) -> View | None:
        """The part at which ``mask`` (boolean, over this view) holds; None if that is nowhere."""
        if isinstance(mask, int):
            return View(self.store, self.rows, self.flat, self) if mask else None
        held = int(np.count_nonzero(mask))
        if held == 0:
            return None
        if held == mask.size:
            return View(self.store, self.rows, self.flat, self)
        if self.flat is not None:
            pick = np.flatnonzero(mask)
            return View(self.store, None, self.flat[pick], self, pick)
        if mask.shape[1] == 1 and self.store.length != 1:
            pick = np.flatnonzero(mask)
            return View(self.store, pick if self.rows is None else self.rows[pick], None, self, pick)
        pick = np.flatnonzero(mask)
        flat = pick
        if self.rows is not None:
            shift = (self.rows - np.arange(len(self.rows))) * self.store.length
            flat = pick + shift[pick // self.store.length]
        return View(self.store, None, flat, self, pick)

    def merge(self, parts: list[tuple[View, Value]], dtype: np.dtype[Any]) -> Value:
        """One value over this view from values over parts made by `where`; 0 where no part covers."""
        if len(parts) == 1 and parts[0][0].pick is None:
            return parts[0][1]
        shape: tuple[int, ...] = (self.count,)
        if self.flat is None:
            wide = any(part.flat is not None or (not isinstance(v, int) and v.shape[1] > 1) for part, v in parts)
            shape = (self.count, self.store.length if wide else 1)
        merged = np.zeros(shape, dtype)
        for part, value in parts:
            if part.pick is None:
                merged[...] = value
            elif part.flat is not None:
                merged.reshape(-1)[part.pick] = value
            else:
                merged[part.pick] = value
        return merged


def _any_in_row(mask: Array) -> Array:
    """``mask.any(axis=1)``, which numpy does slowly for short rows."""
    if mask.shape[1] == 1:
        return mask[:, 0]
    if not mask.any():
        return np.zeros(len(mask), bool)
    found: Array = mask.astype(np.float32) @ np.ones(mask.shape[1], np.float32) > 0
    return found
