"""Transition rules over views: grouped by target and antecedent slots, one lookup per group."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np

from altac.interpreter.operations import Slot, Step
from altac.interpreter.store import Array, View, dtype_for
from altac.ir import MlpRules, Rule

#: Combinations up to which a group is a dense table; beyond, its antecedents are searched in a sorted list.
DENSE_LIMIT = 1 << 20


class _Keys:
    """A numbering of the combinations of codes of some slots."""

    def __init__(self, names: tuple[str, ...], slots: Mapping[str, Slot]) -> None:
        self.names = names
        self.sizes = [slots[n].codes for n in names]
        self.lows = [slots[n].low for n in names]
        self.size = prod(self.sizes)
        self.dtype: Any = np.int64 if self.size < 1 << 62 else object

    def of(self, codes: tuple[int, ...]) -> int | None:
        """The number of a combination; None if a code is outside its domain."""
        key = 0
        for code, low, size in zip(codes, self.lows, self.sizes, strict=True):
            if not 0 <= code - low < size:
                return None
            key = key * size + code - low
        return key

    def read(self, view: View) -> Array:
        """The combination at every position of a view."""
        key: Any = np.zeros((1,) * (1 if view.flat is not None else 2), self.dtype)
        for name, low, size in zip(self.names, self.lows, self.sizes, strict=True):
            key = key * size + (view.raw(name).astype(self.dtype) - low)
        return key  # type: ignore[no-any-return]


class _Map:
    """From combinations to small integers, ``default`` where nothing is given."""

    def __init__(self, keys: _Keys, entries: dict[int, int], default: int) -> None:
        self.keys = keys
        self.default = default
        low, high = min([default, *entries.values()]), max([default, *entries.values()])
        self.dtype = dtype_for(low, high)
        self.dense: Array | None = None
        if keys.size <= DENSE_LIMIT:
            self.dense = np.full(keys.size, default, self.dtype)
            self.dense[list(entries)] = list(entries.values())
        else:
            self.sorted = np.array(sorted(entries), keys.dtype)
            self.found = np.array([entries[k] for k in sorted(entries)], self.dtype)

    def read(self, view: View) -> Array:
        key = self.keys.read(view)
        if self.dense is not None:
            return self.dense[key]
        at = np.minimum(np.searchsorted(self.sorted, key), len(self.sorted) - 1)
        return np.where(self.sorted[at] == key, self.found[at], self.default)


def compile_rules(mlp: MlpRules, slots: Mapping[str, Slot]) -> Step:
    """One MLP step by transition rules, over a view of whole sequences."""
    groups: dict[str, dict[tuple[str, ...], list[Rule]]] = {}
    for rule in mlp.rules:
        names = tuple(name for name, _ in rule.antecedent)
        groups.setdefault(rule.target, {}).setdefault(names, []).append(rule)
    # A head is read by a rule when the conjuncts before it hold: the guards of its reads are prefixes of antecedents.
    guards: dict[str, dict[tuple[str, ...], set[tuple[int, ...]]]] = {}
    for rule in mlp.rules:
        for i, (name, _) in enumerate(rule.antecedent):
            if slots[name].is_head:
                prefix = rule.antecedent[:i]
                by_names = guards.setdefault(name, {})
                by_names.setdefault(tuple(n for n, _ in prefix), set()).add(tuple(c for _, c in prefix))
    reads: list[tuple[str, _Map | None]] = []
    for name, by_names in guards.items():
        for names, prefixes in by_names.items():
            keys = _Keys(names, slots)
            numbers = {k: 1 for k in map(keys.of, prefixes) if k is not None}
            if numbers:
                reads.append((name, _Map(keys, numbers, 0) if names else None))
    updates: list[tuple[str, list[_Map]]] = []
    for target, by_slots in groups.items():
        slot = slots[target]
        nothing, conflict = slot.low - 1, slot.low - 2
        maps = []
        for names, rules in by_slots.items():
            keys = _Keys(names, slots)
            entries: dict[int, int] = {}
            for rule in rules:
                key = keys.of(tuple(code for _, code in rule.antecedent))
                if key is None:
                    continue
                if not slot.low <= rule.value <= slot.high or entries.get(key, rule.value) != rule.value:
                    entries[key] = conflict  # an error when it applies: `explain` tells which
                else:
                    entries[key] = rule.value
            if entries:
                maps.append(_Map(keys, entries, nothing))
        updates.append((target, maps))

    def execute(view: View) -> None:
        for name, guard in reads:
            undefined = view.raw(name) == slots[name].high + 1
            if undefined.any():
                wrong = undefined if guard is None else undefined & (guard.read(view) == 1)
                if wrong.any():
                    view.store.flag(view, wrong)
        for target, maps in updates:
            slot = slots[target]
            nothing, conflict = slot.low - 1, slot.low - 2
            value: Array | None = None
            for table in maps:
                found = table.read(view)
                if value is None:
                    value = found
                else:
                    clash = (value != nothing) & (found != nothing) & (value != found)
                    if clash.any():
                        view.store.flag(view, clash)
                    value = np.where(found == nothing, value, found)
            if value is None:
                continue
            wrong = value == conflict
            if wrong.any():
                view.store.flag(view, wrong)
                value = np.where(wrong, nothing, value)
            part = view.where(value != nothing)
            if part is not None:
                chosen = part.inherit(value)
                assert not isinstance(chosen, int)
                view.store.write(part, target, chosen.astype(dtype_for(slot.low, slot.high), copy=False))

    return execute
