"""Hidden units as they are collected: equal units once, with all that each does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from math import gcd

import numpy as np
from numpy.typing import NDArray

from altac.source import Span
from altac.units.cover import Constant, Joined, OnSlot, OnSum, Threshold
from altac.units.diagram import TooLarge, Work
from altac.units.layers import FeatureIndex

#: Bytes of a unit and of one of its arrays, beside their numbers, which are held twice: as weights and in the key.
_UNIT, _ARRAY = 1000, 300
#: Numbers of an array that are gone through in the time of one step of Python.
_AT_ONCE = 32


@dataclass
class Entry:
    """A unit ``clip(weights . features + bias)``: weights by slot, a number per code; effects by feature."""

    weights: dict[str, NDArray[np.int64]]
    bias: int
    effects: dict[int, int] = field(default_factory=dict)
    labels: dict[str, None] = field(default_factory=dict)
    spans: dict[Span, None] = field(default_factory=dict)

    def key(self) -> object:
        return (self.bias, tuple(sorted((slot, w.tobytes()) for slot, w in self.weights.items())))


class Bag:
    """Hidden units with what each does, equal units once.

    They hold up to ``room`` bytes (None: any number); ``work`` counts what is gone through to make them. Beyond either:
    `TooLarge`.
    """

    def __init__(self, index: FeatureIndex, work: Work, room: int | None = None) -> None:
        self.index = index
        self.room = room
        self.work = work
        self.units: dict[object, Entry] = {}

    def add(self, unit: Entry, effects: Iterable[tuple[int, int]], text: str, spans: Iterable[Span] = ()) -> None:
        """Let ``unit`` also add the given numbers to the given features."""
        entry = self.units.setdefault(unit.key(), unit)
        if entry is unit and self.room is not None:
            self.room -= _UNIT + sum(_ARRAY + 2 * w.nbytes for w in unit.weights.values())
            if self.room < 0:
                raise TooLarge
        for feature, weight in effects:
            entry.effects[feature] = entry.effects.get(feature, 0) + weight
        entry.labels[text] = None
        entry.spans.update(dict.fromkeys(spans))

    def merge(self, other: Bag) -> None:
        """Add the units of ``other``."""
        for entry in other.live():
            unit = Entry(entry.weights, entry.bias)
            self.add(unit, entry.effects.items(), ", ".join(entry.labels), entry.spans)

    def live(self) -> Iterator[Entry]:
        """The units that do anything."""
        return (u for u in self.units.values() if any(u.effects.values()))

    def cost(self, beside: Bag) -> int:
        """How many units this adds to ``beside``."""
        return sum(1 for key, u in self.units.items() if key not in beside.units and any(u.effects.values()))

    def entry(self, threshold: Threshold) -> Entry:
        """The weights of a threshold in canonical form, so that equal units are found equal.

        The least weight of a slot is 0 (its features add up to 1, so the rest goes to the bias) and the weights have no
        common factor: on one-hots ``pre`` has steps of that factor, and its bounds are taken at one-hots, mixtures
        included, so what is on stays on and what is off stays off.
        """
        weights: dict[str, NDArray[np.int64]] = {}
        bias = self._collect(threshold, 1, weights)
        result: dict[str, NDArray[np.int64]] = {}
        factor = 0
        for slot, w in weights.items():
            least = int(w.min())
            if least:
                w -= least
                bias += least
            if w.any():
                result[slot] = w
                factor = gcd(factor, int(np.gcd.reduce(w)))
        if factor > 1:
            result = {slot: w // factor for slot, w in result.items()}
            bias = 1 + (bias - 1) // factor
        return Entry(result, bias)

    def _collect(self, threshold: Threshold, factor: int, weights: dict[str, NDArray[np.int64]]) -> int:
        """Adds ``factor`` times the threshold to ``weights``; returns its constant."""
        bias = 0
        while True:
            self.work.spend(1)
            match threshold:
                case Constant(low=value):
                    return bias + factor * value
                case OnSlot(slot=slot, open=codes, ones=ones, down=down, up=up, below=below):
                    array = self._array(slot, weights)
                    low = self.index.low[slot]
                    self.work.spend(len(codes) + len(ones) + len(array) // _AT_ONCE)
                    array -= factor * down
                    array[[c - low for c in codes]] += factor * down
                    if ones:
                        array[[c - low for c in ones]] += factor * (down + up)
                    threshold = below
                case OnSum(sum=total, factor=more, offset=offset, below=below):
                    step = factor * more
                    for slot, term in total.terms:
                        self.work.spend(len(term) + self.index.size[slot] // _AT_ONCE)
                        # Codes that cannot occur here weigh as little as the least of the others.
                        values = np.full(self.index.size[slot], min(step * v for v in term.values()), np.int64)
                        values[[c - self.index.low[slot] for c in term]] = [step * v for v in term.values()]
                        array = self._array(slot, weights)
                        array += values
                    bias += step * (total.constant + offset)
                    threshold = below
                case Joined(first=first, factor=more, second=second, bias=constant):
                    bias += factor * constant + self._collect(first, factor * more, weights)
                    threshold = second

    def _array(self, slot: str, weights: dict[str, NDArray[np.int64]]) -> NDArray[np.int64]:
        found = weights.get(slot)
        if found is None:
            found = weights[slot] = np.zeros(self.index.size[slot], np.int64)
        return found
