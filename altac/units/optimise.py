"""Levels 1 and 2: hidden units from decision diagrams instead of one per rule.

For each target, the units that clear its old value and those that write its new one are covers of regions of
its diagram. Clearing apart from writing costs a sum where one unit per pair of old and new value costs a
product; where old and new go together (a flag set, a state left) the pair is one unit. Several ways are
tried and the one that adds fewest units is taken; a unit that another target has already is shared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import Literal

import numpy as np

from altac.deep import deeply
from altac.diagnostics.problem import AltacError
from altac.ir import Program, RealDomain, label
from altac.limits import DEFAULT, Limits
from altac.rules.expand import expand_target
from altac.rules.meter import Meter
from altac.units.bag import Bag, Entry
from altac.units.cover import Covers
from altac.units.diagram import (
    FREE,
    KEEP,
    Diagrams,
    Leaf,
    Node,
    SlotNode,
    SumNode,
    TooLarge,
    Work,
)
from altac.units.layers import FeatureIndex, Origin, Units, UnitsBuilder, refuse_too_large
from altac.units.reachable import Reachable
from altac.units.symbolic import Symbolic


def optimised_units(program: Program, level: Literal[1, 2], possible: Reachable, limits: Limits = DEFAULT) -> Units:
    """The hidden units of ``program``: exact covers at level 1, threshold units as well at level 2.

    They do what the rules do on every state that a run without errors meets; where the rules drop a combination as
    an error, and at values that are not ``possible``, they may do anything. A target whose diagram grows too large gets
    a unit per rule.

    Raises:
        AltacError: and its rules are too many to enumerate, or the units take too much memory.
    """
    return deeply(lambda: _optimised(program, level, possible, limits))


def _optimised(program: Program, level: int, possible: Reachable, limits: Limits) -> Units:
    index = FeatureIndex.of(program)
    maker = _Maker(program, index, possible, limits)
    bag = Bag(index, maker.work)
    for head in program.heads:
        if not isinstance(head.domain, RealDomain):
            for i in range(head.domain.size):
                feature = index.offset[head.name] + i
                bag.add(_one_hot(head.name, head.domain.size, i), [(feature, -1)], f"reset {head.name}")
    counts: Counter[str] = Counter()
    for variable in program.variables:
        before = len(bag.units)
        bag.merge(maker.of_target(variable.name, level, bag))
        counts[variable.name] += len(bag.units) - before
        refuse_too_large(program, counts, limits)
    builder = UnitsBuilder(index)
    for entry in bag.live():
        inputs = {
            index.offset[slot] + int(i): int(w[i]) for slot, w in entry.weights.items() for i in np.flatnonzero(w)
        }
        builder.add(inputs, entry.bias, entry.effects, Origin("; ".join(entry.labels), tuple(entry.spans)))
    return builder.units(level, reachable=possible)


def diagrams(
    program: Program, level: int, possible: Reachable, limits: Limits = DEFAULT
) -> Iterator[tuple[str, Node | None]]:
    """The decision diagram from which the units of each variable are made; None where it grows too large."""
    work = Work(limits.work)
    for variable in program.variables:
        made = Diagrams(limits.nodes, limits.elements, work)
        symbolic = Symbolic(program, made, possible, limits.sum_values if level > 1 else 0)
        try:
            root: Node | None = deeply(lambda symbolic=symbolic, name=variable.name: symbolic.diagram(name))  # type: ignore[misc]
        except TooLarge:
            root = None
        yield variable.name, root


class _Maker:
    """Makes the units of one target after the other; the limits are for all of them together."""

    def __init__(self, program: Program, index: FeatureIndex, possible: Reachable, limits: Limits) -> None:
        self.program = program
        self.index = index
        self.possible = possible
        self.limits = limits
        self.work = Work(limits.work)
        self.meter = Meter(limits)

    def of_target(self, name: str, level: int, beside: Bag) -> Bag:
        """The best units found for one target. Where sums do not pay, tests of single slots may."""
        limits = self.limits
        found: list[Bag] = []
        for sums in (True, False) if level > 1 else (False,):
            diagrams = Diagrams(limits.few_nodes if found else limits.nodes, limits.elements, self.work)
            parts = limits.few_parts + 20 * found[0].cost(beside) if found else limits.parts
            with suppress(TooLarge), self.work.within(limits.few_work if found else limits.work):
                symbolic = Symbolic(self.program, diagrams, self.possible, limits.sum_values if sums else 0)
                diagram = symbolic.diagram(name)
                if diagram is diagrams.keep or diagram is diagrams.free:
                    return self.bag()
                covers = Covers(self.program, diagrams, level > 1, parts, limits.steps)
                found.append(_Ways(self, name, diagrams, diagram, symbolic, covers).best(beside))
        if found:
            return min(found, key=lambda bag: bag.cost(beside))
        try:
            return self._rule_by_rule(name)
        except AltacError:
            if level > 1:
                return self.of_target(name, 1, beside)
            raise

    def bag(self) -> Bag:
        """Room for the units of a target."""
        return Bag(self.index, self.work, self.limits.unit_bytes)

    def _rule_by_rule(self, name: str) -> Bag:
        bag = Bag(self.index, self.work)
        sizes = {s.name: s.domain.size for s in self.program.slots}
        rules = expand_target(self.program, name, self.meter)
        refuse_too_large(self.program, Counter({name: len(rules)}), self.limits)
        for rule in rules:
            weights = {}
            for slot, code in rule.antecedent:
                weights[slot] = np.zeros(sizes[slot], np.int64)
                weights[slot][code - self.index.low[slot]] = 1
            old = dict(rule.antecedent)[name]
            unit = Entry(weights, 1 - len(weights))
            effects = [(self.index(name, old), -1), (self.index(name, rule.value), 1)]
            bag.add(unit, effects, f"{name} <- {rule.value}", (rule.span,) if rule.span else ())
        return bag


def _one_hot(slot: str, size: int, i: int) -> Entry:
    weights = np.zeros(size, np.int64)
    weights[i] = 1
    return Entry({slot: weights}, 0)


class _Ways:
    """Ways to write the units of one target."""

    def __init__(
        self, maker: _Maker, name: str, diagrams: Diagrams, diagram: Node, symbolic: Symbolic, covers: Covers
    ) -> None:
        self.maker = maker
        self.name = name
        self.index = maker.index
        self.domain = maker.program.domain(name)
        self.diagrams = diagrams
        self.diagram = diagram
        self.covers = covers
        self.limits = maker.limits
        self.spans = symbolic.spans
        self.all_spans = [s for (target, _), spans in symbolic.spans.items() if target == name for s in spans]
        self.masks: dict[int, int] = {}
        self.codes = range(self.domain.low, self.domain.low + self.domain.size)
        self.new = [c for c in self.codes if self._mask(diagram) >> (c - self.domain.low) & 1]
        self._fixed: dict[int, Node] = {}

    def best(self, beside: Bag) -> Bag:
        """The way that adds fewest units to ``beside``, as far as the limits let ways be tried."""
        best = self.units(frozenset(), False)
        if len(best.units) > self.limits.units:  # then trying further ways takes too long
            return best
        with suppress(TooLarge), self.maker.work.within(self.limits.few_work):
            for bag in self._others(beside, best.cost(beside)):
                best = bag
        return best

    def _others(self, beside: Bag, cost: int) -> Iterator[Bag]:
        """Ways of less than ``cost``, each better than the one before."""
        few = len(self.codes) * len(self.new) <= self.limits.pairs
        pairs: frozenset[int] = frozenset()
        below = False
        for start in (pairs, frozenset(self.new)) if few else (pairs,):
            for under in (False, True):
                if (start, under) != (frozenset(), False):
                    bag = self.units(start, under)
                    found = bag.cost(beside)
                    if found < cost:
                        cost, pairs, below = found, start, under
                        yield bag
        if few and len(self.new) <= self.limits.trials:
            improved = True
            while improved:
                improved = False
                for code in self.new:
                    bag = self.units(pairs ^ {code}, below)
                    found = bag.cost(beside)
                    if found < cost:
                        cost, pairs, improved = found, pairs ^ {code}, True
                        yield bag

    def units(self, pairs: frozenset[int], below: bool) -> Bag:
        """Units that write the new values ``pairs`` together with clearing the old one, the others apart.

        ``below`` puts the test of the old value under the program's tests rather than above them.
        """
        bag = self.maker.bag()
        low = self.domain.low
        apart = sum(1 << (c - low) for c in self.new if c not in pairs)
        if apart:
            changed = self._region(self.diagram, apart)
            own = _tests(changed, self.name)
            for old in self.codes:
                region = self.diagrams.fix(changed, self.name, old) if own else changed
                self._add(bag, region, old, below, [(self.index(self.name, old), -1)], "clear")
            for code in self.new:
                if code not in pairs:
                    region = self._region(self.diagram, 1 << (code - low))
                    self._add(bag, region, None, below, [(self.index(self.name, code), 1)], "write", code)
        for old in self.codes if pairs else ():
            node = self._fix(old)
            for code in pairs:
                if code != old:
                    effects = [(self.index(self.name, old), -1), (self.index(self.name, code), 1)]
                    region = self._region(node, 1 << (code - low))
                    self._add(bag, region, old, below, effects, "change", code)
        return bag

    def _add(
        self, bag: Bag, region: Node, old: int | None, below: bool, effects: list[tuple[int, int]],
        what: str, code: int | None = None,
    ) -> None:  # fmt: skip
        """The units of ``region``, for the old value ``old`` if given."""
        if region is self.diagrams.leaf(0) or region is self.diagrams.free:
            return
        if code is None:
            text, spans = f"clear {self.name}", self.all_spans
        else:
            text = f"{self.name} <- {label(self.domain, code)}"
            spans = list(self.spans.get((self.name, code), ()))
        if old is not None:
            if below:
                region = self._graft(region, old)
            else:
                codes = frozenset(self.codes) - {old}
                region = self.diagrams.slot(self.name, [(frozenset({old}), region), (codes, self.diagrams.leaf(0))])
        for sign, unit in self.covers.cover(region):
            bag.add(bag.entry(unit), [(feature, sign * weight) for feature, weight in effects], text, spans)

    def _graft(self, region: Node, old: int) -> Node:
        """``region`` with a test for the old value in place of each leaf 1."""
        rest = frozenset(self.codes) - {old}
        test = self.diagrams.slot(self.name, [(frozenset({old}), self.diagrams.leaf(1)), (rest, self.diagrams.leaf(0))])
        return self.diagrams.replace(region, 1, test)

    def _fix(self, old: int) -> Node:
        found = self._fixed.get(old)
        if found is None:
            found = self._fixed[old] = self.diagrams.fix(self.diagram, self.name, old)
        return found

    def _region(self, node: Node, wanted: int) -> Node:
        """The region of the leaves whose bits are set in ``wanted``."""
        known: dict[int, Node] = {}
        zero, one = self.diagrams.leaf(0), self.diagrams.leaf(1)

        def visit(node: Node) -> Node:
            mask = self._mask(node)
            if not mask & wanted:
                return zero if mask else self.diagrams.free
            if not mask & ~wanted:
                return one
            found = known.get(id(node))
            if found is None:
                match node:
                    case SlotNode(slot=slot, parts=parts):
                        found = self.diagrams.slot(slot, [(codes, visit(child)) for codes, child in parts])
                    case SumNode(low=low, children=children):
                        found = self.diagrams.sum(node.sum, {low + i: visit(c) for i, c in enumerate(children)})
                    case Leaf():
                        raise AssertionError("a leaf has one bit")
                known[id(node)] = found
            return found

        return visit(node)

    def _mask(self, node: Node) -> int:
        """The values of the leaves of ``node``: a bit per code, one more for KEEP, none for FREE."""
        found = self.masks.get(id(node))
        if found is None:
            match node:
                case Leaf(value=value):
                    if value == FREE:
                        found = 0
                    elif value == KEEP:
                        found = 1 << self.domain.size
                    else:
                        found = 1 << (int(value) - self.domain.low)
                case SlotNode(parts=parts):
                    found = 0
                    for _, child in parts:
                        found |= self._mask(child)
                case SumNode(children=children):
                    found = 0
                    for child in dict.fromkeys(children):
                        found |= self._mask(child)
            self.masks[id(node)] = found
        return found


def _tests(node: Node, slot: str) -> bool:
    """Whether a diagram tests ``slot``."""
    seen: set[int] = set()
    pending = [node]
    while pending:
        node = pending.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        match node:
            case SlotNode(slot=name, parts=parts):
                if name == slot:
                    return True
                pending += [child for _, child in parts]
            case SumNode(sum=total, children=children):
                if any(name == slot for name, _ in total.terms):
                    return True
                pending += children
            case Leaf():
                pass
    return False
