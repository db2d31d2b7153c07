"""Threshold units that add up to the indicator of a region of a decision diagram.

A unit computes ``clip(pre, 0, 1)`` where ``pre`` is an integer-weighted sum over the one-hot features. It is
*on* where ``pre >= 1`` and *off* where ``pre <= 0``; it is never in between on a state that a run without
errors meets. That holds for undefined heads too, whose features are some mixture of one-hots and
so add to ``pre`` a number between the least and the largest of their weights: units are built from the leaves of
the diagram to its root, and at each test the part below is overruled, *over its whole range* (``low .. high``, the
hull of all mixtures), by the values for which the test settles the matter. What stands below a test that
goes another way is what the program does not read there; above it everything is read and so one-hot.
"""

from __future__ import annotations

from dataclasses import dataclass

from altac.ir import Program
from altac.units.diagram import (
    FREE,
    Diagrams,
    Leaf,
    Node,
    SlotNode,
    Sum,
    SumNode,
    TooLarge,
)

#: Pre-activations stay below this, so that they are exact in single precision.
_WIDEST = 1 << 21


@dataclass(frozen=True, eq=False, slots=True)
class Constant:
    """``pre`` is a number."""

    low: int

    @property
    def high(self) -> int:
        return self.low


@dataclass(frozen=True, eq=False, slots=True)
class OnSlot:
    """``below``, less ``down`` for all codes but ``open`` and ``ones``, plus ``up`` for ``ones``."""

    slot: str
    open: frozenset[int]
    ones: frozenset[int]
    down: int
    up: int
    below: Threshold
    low: int
    high: int


@dataclass(frozen=True, eq=False, slots=True)
class OnSum:
    """``factor * (sum + offset) + below``."""

    sum: Sum
    factor: int
    offset: int
    below: Threshold
    low: int
    high: int


@dataclass(frozen=True, eq=False, slots=True)
class Joined:
    """``factor * first + second + bias``."""

    first: Threshold
    factor: int
    second: Threshold
    bias: int
    low: int
    high: int


#: What a unit adds up; ``low`` and ``high`` bound ``pre`` over all states, mixtures included.
Threshold = Constant | OnSlot | OnSum | Joined

#: Signed units whose sum is 1 in the region and 0 outside.
Cover = tuple[tuple[int, Threshold], ...]

#: On everywhere.
ALWAYS = Constant(1)

_NOTHING = Constant(0)

#: Units beyond which a test of a sum is also tried slot by slot.
_MANY_UNITS = 16


@dataclass(frozen=True)
class _Run:
    """Neighbouring values of a sum, ascending, with the same child."""

    child: Node
    values: list[int]


class Covers:
    """Covers of regions: diagrams with the leaves 1, 0 and FREE.

    ``thresholds`` False leaves every unit a plain conjunction of memberships. Covers of more than ``budget``
    parts in all raise `TooLarge`. A test of a sum is scanned value by value if that takes at most ``steps`` units.
    """

    def __init__(self, program: Program, diagrams: Diagrams, thresholds: bool, budget: int, steps: int) -> None:
        self.left = budget
        self.steps = steps
        self.diagrams = diagrams
        self.thresholds = thresholds
        self.low = {s.name: s.domain.low for s in program.slots}
        self.size = {s.name: s.domain.size for s in program.slots}
        self.variables = frozenset(program.variable_names)
        self._known: dict[tuple[int, bool], Cover] = {}

    def cover(self, node: Node, negated: bool = False) -> Cover:
        """A small cover of the region ``node``, or of its complement."""
        key = (id(node), negated)
        found = self._known.get(key)
        if found is None:
            found = self._direct(node, negated)
            if self.thresholds and len(found) > 2 and not isinstance(node, Leaf):
                other = self._direct(node, not negated)
                if len(other) + 1 < len(found):
                    found = ((1, ALWAYS), *((-sign, unit) for sign, unit in other))
            self._known[key] = found
        return found

    def _spend(self) -> None:
        """Count one part."""
        self.left -= 1
        if self.left < 0:
            raise TooLarge
        self.diagrams.work.spend(1)

    def _direct(self, node: Node, negated: bool) -> Cover:
        match node:
            case Leaf(value=value):
                return ((1, ALWAYS),) if value != FREE and bool(value) != negated else ()
            case SlotNode():
                return self._of_slot(node, negated)
            case SumNode():
                return self._of_sum(node, negated)

    # --- a test of one slot -------------------------------------------------------------------

    def _of_slot(self, node: SlotNode, negated: bool) -> Cover:
        ones: set[int] = set()
        inner: list[tuple[frozenset[int], Cover]] = []
        for codes, child in node.parts:
            if isinstance(child, Leaf):
                if child.value != FREE and bool(child.value) != negated:
                    ones |= codes
            else:
                inner.append((codes, self.cover(child, negated)))
        result: list[tuple[int, Threshold]] = []
        every = frozenset(ones)
        for codes, cover in inner:
            for sign, unit in cover:
                # The values that decide for 1 ride along on one unit of the others.
                riding = every if ones and sign > 0 and self.thresholds else frozenset()
                result.append((sign, self._on_slot(node.slot, codes, riding, unit)))
                ones -= riding
        if ones:
            result.append((1, self._on_slot(node.slot, every, frozenset(), ALWAYS)))
        return tuple(result)

    def _on_slot(self, slot: str, open_codes: frozenset[int], high_codes: frozenset[int], unit: Threshold) -> Threshold:
        """``unit`` where the slot has one of ``open_codes``, on for ``high_codes``, off for all others."""
        self._spend()
        down, up = max(unit.high, 0), max(1 - unit.low, 0)
        low = unit.low - (down if len(open_codes) + len(high_codes) < self.size[slot] else 0)
        high = unit.high + (up if high_codes else 0)
        _check(low, high)
        return OnSlot(slot, open_codes, high_codes, down, up, unit, low, high)

    # --- a test of a sum ----------------------------------------------------------------------

    def _of_sum(self, node: SumNode, negated: bool) -> Cover:
        runs: list[_Run] = []
        self.diagrams.work.spend(len(node.children))
        for value, child in enumerate(node.children, node.low):
            if isinstance(child, Leaf) and child.value == FREE:
                continue
            if runs and runs[-1].child is child:
                runs[-1].values.append(value)
            else:
                runs.append(_Run(child, [value]))
        wide = any(len(run.values) > 1 and not isinstance(run.child, Leaf) for run in runs)
        if not wide:
            return self._scan(node, runs, negated)
        joined = self._joined(node, runs, negated)
        if joined is not None:
            return joined
        ways: list[Cover] = []
        pulled = self._pulled(node)
        if pulled is not None:
            ways.append(self.cover(pulled, negated))
        steps = sum(len(run.values) * len(self.cover(run.child)) for run in runs if not isinstance(run.child, Leaf))
        if steps <= self.steps:
            ways.append(self._scan(node, runs, negated))
        if not ways or min(map(len, ways)) > _MANY_UNITS:
            ways.append(self.cover(self.diagrams.split(node), negated))
        return min(ways, key=len)

    def _scan(self, node: SumNode, runs: list[_Run], negated: bool) -> Cover:
        """Units that switch on one after the other as the sum grows, or as it falls."""
        backward = self._is_one(runs[0], negated) and not self._is_one(runs[-1], negated)
        way = -1 if backward else 1
        result: list[tuple[int, Threshold]] = []
        level = 0  # what the units so far add up to here
        for number, run in enumerate(runs[::way]):
            inner = not isinstance(run.child, Leaf)
            for value in run.values[::way] if inner else run.values[::way][:1]:
                wanted = int(level > 0) if inner else int(self._is_one(run, negated))
                if level != wanted:
                    begins = not number and value == run.values[::way][0]
                    result.append((wanted - level, ALWAYS if begins else self._at_least(node, value, way)))
                    level = wanted
                if inner:  # from level 1 the complement is subtracted, from level 0 the region added
                    turn = -1 if level else 1
                    for sign, unit in self.cover(run.child, negated ^ (turn < 0)):
                        result.append((turn * sign, self._at(node, value, way, unit)))
                        level += turn * sign
        return tuple(result)

    def _is_one(self, run: _Run, negated: bool) -> bool:
        return isinstance(run.child, Leaf) and bool(run.child.value) != negated

    def _at_least(self, node: SumNode, value: int, way: int) -> Threshold:
        """``sum >= value``, or for ``way`` -1 ``sum <= value``."""
        return self._on_sum(node.sum, way, -value, ALWAYS)

    def _at(self, node: SumNode, value: int, way: int, unit: Threshold) -> Threshold:
        """``unit`` where the sum is ``value``; on above it, off below it (``way`` -1: the reverse)."""
        return self._on_sum(node.sum, way * max(unit.high, 1 - unit.low, 1), -value, unit)

    def _on_sum(self, total: Sum, factor: int, offset: int, unit: Threshold) -> Threshold:
        self._spend()
        ends = [factor * (end + offset) for end in total.range()]
        low, high = unit.low + min(ends), unit.high + max(ends)
        _check(low, high)
        return OnSum(total, factor, offset, unit, low, high)

    def _joined(self, node: SumNode, runs: list[_Run], negated: bool) -> Cover | None:
        """Two runs, one of them settled: a threshold of the sum and a conjunction in one unit, or its dual.

        Let a >= 1 where the sum is in the open run and a <= 0 elsewhere. If the settled value is 0 and the unit's
        pre u is at most 1, W (u - 1) + a with W >= max a is the conjunction: wherever a <= 0 it is at most 0
        for every u, so a mixture below does not matter. If the settled value is 1 and u is at least 0,
        W u + a', a' = 1 - a, with W >= 1 - min a' is on where either is, and for every u >= 0 where a' >= 1.
        """
        if len(runs) != 2 or isinstance(runs[0].child, Leaf) == isinstance(runs[1].child, Leaf):
            return None
        way = 1 if isinstance(runs[0].child, Leaf) else -1
        settled, opened = runs[::way]
        one = self._is_one(settled, negated)
        inside = self._at_least(node, opened.values[::way][0], way)
        outside = self._at_least(node, settled.values[::way][-1], -way)
        cover = self.cover(opened.child, negated)
        result: list[tuple[int, Threshold]] = []
        for sign, unit in cover:
            if one and sign > 0 and unit.low >= 0:
                result.append((1, _joined(unit, max(1 - outside.low, 1), outside, 0)))
                one = False
            elif unit.high <= 1:
                factor = max(inside.high, 1)
                result.append((sign, _joined(unit, factor, inside, -factor)))
            else:
                return None
        return None if one else tuple(result)

    def _pulled(self, node: SumNode) -> Node | None:
        """The same region with a test of a variable below the sum made above it. Not possible for heads: above
        the sum they may be undefined."""
        slots = {slot for slot, _ in node.sum.terms}
        for child in node.children:
            if isinstance(child, SlotNode) and child.slot not in slots and child.slot in self.variables:
                break
        else:
            return None
        slot = child.slot
        distinct = {id(c): c for c in node.children}
        groups: dict[tuple[int, ...], tuple[set[int], dict[int, Node]]] = {}
        for code in range(self.low[slot], self.low[slot] + self.size[slot]):
            self.diagrams.work.spend(len(distinct))
            fixed = {key: self.diagrams.fix(c, slot, code) for key, c in distinct.items()}
            groups.setdefault(tuple(map(id, fixed.values())), (set(), fixed))[0].add(code)
        return self.diagrams.slot(
            slot,
            [
                (
                    frozenset(codes),
                    self.diagrams.sum(node.sum, {node.low + i: fixed[id(c)] for i, c in enumerate(node.children)}),
                )
                for codes, fixed in groups.values()
            ],
        )


def _joined(first: Threshold, factor: int, second: Threshold, bias: int) -> Threshold:
    """``factor * first + second + bias`` as a unit."""
    low = factor * first.low + second.low + bias
    high = factor * first.high + second.high + bias
    _check(low, high)
    return Joined(first, factor, second, bias, low, high)


def _check(low: int, high: int) -> None:
    if max(high, -low) > _WIDEST:
        raise TooLarge
