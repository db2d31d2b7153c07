"""Decision diagrams over slots and integer sums of slots.

A diagram says what happens to one variable in one step. Inner nodes test, in the order in which the program
reads: a `SlotNode` the value of one slot, a `SumNode` a sum ``f1(v1) + f2(v2) + ...`` of functions of several.
Leaves are codes (the new value), `KEEP` (unchanged) or `FREE` (an error when reached, so anything will
do). Nodes are shared: equal diagrams made by one `Diagrams` are the same object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

Codes = frozenset[int]

#: The value of a leaf that leaves the variable as it is.
KEEP = "keep"
#: The value of a leaf that no run without an error reaches.
FREE = "free"


@dataclass(frozen=True, eq=False)
class Leaf:
    value: int | str


@dataclass(frozen=True, eq=False)
class SlotNode:
    """``parts`` are disjoint; codes in none of them are never met at this node."""

    slot: str
    parts: tuple[tuple[Codes, Node], ...]


@dataclass(frozen=True, eq=False)
class Sum:
    """``constant`` plus a value per slot by its code; codes that are left out cannot occur.

    Slots stand in the order in which they are read.
    """

    constant: int
    terms: tuple[tuple[str, Mapping[int, int]], ...] = ()

    def range(self) -> tuple[int, int]:
        """The smallest and the largest value."""
        low = self.constant + sum(min(t.values()) for _, t in self.terms)
        high = self.constant + sum(max(t.values()) for _, t in self.terms)
        return low, high

    def values(self) -> list[int]:
        """All values that occur, ascending."""
        low, found = self.constant, 1  # a bit for each value from ``low`` on
        for _, term in self.terms:
            steps = set(term.values())
            least = min(steps)
            low, before, found = low + least, found, 0
            for step in steps:
                found |= before << step - least
        return [low + i for i, bit in enumerate(reversed(f"{found:b}")) if bit == "1"]

    def key(self) -> object:
        return (self.constant, tuple((slot, tuple(sorted(term.items()))) for slot, term in self.terms))


@dataclass(frozen=True, eq=False)
class SumNode:
    """``children[s - low]`` for each value ``s`` of ``sum``; FREE where no value is."""

    sum: Sum
    low: int
    children: tuple[Node, ...]


Node = Leaf | SlotNode | SumNode


class TooLarge(Exception):
    """A diagram grows past its budget."""


class Work:
    """Counts what is gone through for the units of a program."""

    def __init__(self, budget: int) -> None:
        self.left = budget
        self._floor = 0

    def spend(self, steps: int) -> None:
        """Count ``steps`` codes, values or parts; `TooLarge` if nothing is left."""
        self.left -= steps
        if self.left < self._floor:
            raise TooLarge

    @contextmanager
    def within(self, steps: int) -> Iterator[None]:
        """At most ``steps`` for what is done inside."""
        before = self._floor
        self._floor = max(before, self.left - steps)
        try:
            yield
        finally:
            self._floor = before


class Diagrams:
    """Makes nodes, each once: up to ``budget`` of them, which hold up to ``elements`` codes, parts and children."""

    def __init__(self, budget: int, elements: int, work: Work) -> None:
        self._known: dict[object, Node] = {}
        self._sums: dict[object, Sum] = {}
        self.left = budget
        self.room = elements
        self.work = work
        self.free = self.leaf(FREE)
        self.keep = self.leaf(KEEP)

    def spend(self, work: int) -> None:
        """Count work against the budget; `TooLarge` beyond it."""
        self.left -= work
        if self.left < 0:
            raise TooLarge

    def leaf(self, value: int | str) -> Node:
        return self._node(("leaf", value), 1, lambda: Leaf(value))

    def slot(self, slot: str, parts: Iterable[tuple[Codes, Node]]) -> Node:
        """A test of ``slot``, or less if its outcome does not matter."""
        groups: dict[int, tuple[set[int], Node]] = {}
        tested = 0
        for codes, child in parts:
            inner = child.parts if isinstance(child, SlotNode) and child.slot == slot else ((codes, child),)
            for more, node in inner:
                met = codes & more
                tested += 1 + len(met)
                if met:
                    groups.setdefault(id(node), (set(), node))[0].update(met)
        self.work.spend(tested)
        wanted = [node for _, node in groups.values() if node is not self.free]
        if len(wanted) < 2:
            return wanted[0] if wanted else self.free
        listed = tuple((frozenset(codes), node) for codes, node in groups.values())
        key = ("slot", slot, tuple(sorted((min(c), tuple(sorted(c)), id(n)) for c, n in listed)))
        return self._node(key, sum(len(c) + 3 for c, _ in listed), lambda: SlotNode(slot, listed))

    def sum(self, total: Sum, children: Mapping[int, Node]) -> Node:
        """A test of ``total``, with a child for each of its values."""
        self.spend(len(children))
        self.work.spend(len(children))
        live = [s for s, node in children.items() if node is not self.free]
        if len({id(children[s]) for s in live}) < 2:
            return children[live[0]] if live else self.free
        low, high = min(live), max(live)
        self.work.spend(high - low)
        listed = tuple(children.get(s, self.free) for s in range(low, high + 1))
        total = self._sums.setdefault(total.key(), total)
        key = ("sum", id(total), low, tuple(map(id, listed)))
        return self._node(key, len(listed), lambda: SumNode(total, low, listed))

    def _node(self, key: object, elements: int, make: Callable[[], Node]) -> Node:
        node = self._known.get(key)
        if node is None:
            self.spend(1)
            self.room -= elements
            if self.room < 0:
                raise TooLarge
            node = self._known[key] = make()
        return node

    def replace(self, node: Node, value: int | str, by: Node) -> Node:
        """The diagram with ``by`` in place of the leaves of ``value``."""
        known: dict[int, Node] = {id(self.leaf(value)): by}

        def visit(node: Node) -> Node:
            found = known.get(id(node))
            if found is None:
                match node:
                    case Leaf():
                        found = node
                    case SlotNode(slot=slot, parts=parts):
                        found = self.slot(slot, [(codes, visit(child)) for codes, child in parts])
                    case SumNode():
                        found = self._visit_sum(node, visit)
                known[id(node)] = found
            return found

        return visit(node)

    def fix(self, node: Node, slot: str, code: int) -> Node:
        """The diagram where ``slot`` is known to have ``code``."""
        known: dict[int, Node] = {}

        def visit(node: Node) -> Node:
            found = known.get(id(node))
            if found is None:
                match node:
                    case Leaf():
                        found = node
                    case SlotNode(slot=name, parts=parts) if name == slot:
                        found = next((visit(child) for codes, child in parts if code in codes), self.free)
                    case SlotNode(slot=name, parts=parts):
                        found = self.slot(name, [(codes, visit(child)) for codes, child in parts])
                    case SumNode(sum=total) if any(name == slot for name, _ in total.terms):
                        found = self._fix_sum(node, slot, code, visit)
                    case SumNode():
                        found = self._visit_sum(node, visit)
                known[id(node)] = found
            return found

        return visit(node)

    def split(self, node: SumNode) -> Node:
        """The test of a sum as a test of its first slot, then of a shorter sum."""
        slot, term = node.sum.terms[0]
        by_value: dict[int, set[int]] = {}
        for code, value in term.items():
            by_value.setdefault(value, set()).add(code)
        rest = node.sum.terms[1:]
        parts = [
            (frozenset(codes), self.of_sum(Sum(node.sum.constant + value, rest), lambda s: self._child(node, s)))
            for value, codes in by_value.items()
        ]
        return self.slot(slot, parts)

    def of_sum(self, total: Sum, child: Callable[[int], Node]) -> Node:
        """A test of ``total`` of any length, with the child for each value."""
        if not total.terms:
            return child(total.constant)
        if len(total.terms) == 1:
            slot, term = total.terms[0]
            by_value: dict[int, set[int]] = {}
            for code, value in term.items():
                by_value.setdefault(value, set()).add(code)
            self.spend(len(by_value))
            self.work.spend(len(term))
            return self.slot(slot, [(frozenset(c), child(total.constant + v)) for v, c in by_value.items()])
        return self.sum(total, {s: child(s) for s in total.values()})

    def _child(self, node: SumNode, value: int) -> Node:
        at = value - node.low
        return node.children[at] if 0 <= at < len(node.children) else self.free

    def _fix_sum(self, node: SumNode, slot: str, code: int, visit: Callable[[Node], Node]) -> Node:
        term = next(t for name, t in node.sum.terms if name == slot)
        self.work.spend(len(node.children))
        if code not in term:
            return self.free
        rest = tuple((name, t) for name, t in node.sum.terms if name != slot)
        return self.of_sum(Sum(node.sum.constant + term[code], rest), lambda s: visit(self._child(node, s)))

    def _visit_sum(self, node: SumNode, visit: Callable[[Node], Node]) -> Node:
        return self.sum(node.sum, {node.low + i: visit(child) for i, child in enumerate(node.children)})
