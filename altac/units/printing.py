"""Diagrams, reachable values and hidden units as text, to be read and compared.

A unit is printed as the condition under which it is on, worked out from its weights alone, and what it then does:
``x in {1, 2} and a + b >= 3: clear x``. On one-hots the two are equivalent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from math import gcd

import numpy as np

from altac.ir import BoolDomain, Domain, EnumDomain, IntDomain, Program, RealDomain, SetDomain, TokenDomain, label
from altac.units.diagram import KEEP, Leaf, Node, SlotNode, SumNode
from altac.units.layers import Layer, Units
from altac.units.reachable import Reachable

#: By slot: a weight for each code.
Terms = Mapping[str, Mapping[int, int]]


def values_text(domain: Domain, codes: Iterable[int], of: Iterable[int] | None = None) -> str:
    """A test for ``codes``, to stand after the name of a slot: ``== 3``, ``in {a, b}``, ``in 2..5``, ``not in {a}``.

    ``of`` are the codes that can occur (default: all).
    """
    wanted = sorted(codes)
    every = sorted(range(domain.low, domain.low + domain.size) if of is None else of)
    if len(wanted) == 1:
        return f"== {label(domain, wanted[0])}"
    if isinstance(domain, IntDomain) and len(wanted) > 2 and wanted[-1] - wanted[0] == len(wanted) - 1:
        return f"in {wanted[0]}..{wanted[-1]}"
    others = [c for c in every if c not in set(wanted)]
    if len(others) == 1 and len(wanted) > 1:
        return f"!= {label(domain, others[0])}"
    if isinstance(domain, IntDomain) and len(others) > 2 and others[-1] - others[0] == len(others) - 1:
        return f"not in {others[0]}..{others[-1]}"
    if len(others) < len(wanted):
        return f"not in {{{', '.join(label(domain, c) for c in others)}}}"
    return f"in {{{', '.join(label(domain, c) for c in wanted)}}}"


def _test(domain: Domain, slot: str, codes: Iterable[int], of: Iterable[int] | None = None) -> str:
    wanted = sorted(codes)
    if isinstance(domain, BoolDomain) and len(wanted) == 1:
        return slot if wanted[0] else f"not {slot}"
    return f"{slot} {values_text(domain, wanted, of)}"


def reachable_lines(program: Program, possible: Reachable) -> Iterator[str]:
    """A line for every variable and head that cannot hold all values of its type."""
    for slot in program.slots:
        codes = possible[slot.name]
        if len(codes) < slot.domain.size:
            yield f"{slot.name} {values_text(slot.domain, codes)} ({len(codes)} of {slot.domain.size} values)"


# --- diagrams -----------------------------------------------------------------------------------


def diagram_lines(program: Program, target: str, root: Node) -> Iterator[str]:
    """The diagram of ``target``, a line for each inner node, the root first; shared nodes have numbers."""
    domains = {s.name: s.domain for s in program.slots}
    numbers: dict[int, int] = {}
    order: list[Node] = []
    pending = [root]
    while pending:
        node = pending.pop()
        if isinstance(node, Leaf) or id(node) in numbers:
            continue
        numbers[id(node)] = len(order)
        order.append(node)
        pending += reversed(_children(node))

    def name(node: Node) -> str:
        match node:
            case Leaf(value=int(code)):
                return f"{target} <- {label(domains[target], code)}"
            case Leaf(value=value):
                return "keep" if value == KEEP else "free"
            case SlotNode() | SumNode():
                return f"#{numbers[id(node)]}"

    yield f"{target}: {name(root)}"
    for node in order:
        match node:
            case SlotNode(slot=slot, parts=parts):
                of = frozenset().union(*(codes for codes, _ in parts))
                tests = [(_test(domains[slot], slot, codes, of), child) for codes, child in parts]
            case SumNode(sum=total, low=low, children=children):
                text, constant = _sum(domains, dict(total.terms))
                tests = []
                for _, run in groupby(
                    enumerate(children, low - total.constant - constant), key=lambda pair: id(pair[1])
                ):
                    listed = list(run)
                    first, last = listed[0][0], listed[-1][0]
                    tests.append((f"{text} {f'== {first}' if first == last else f'in {first}..{last}'}", listed[0][1]))
            case Leaf():
                continue
        yield f"  {name(node)}: " + "; ".join(f"{test}: {name(child)}" for test, child in tests)


def _children(node: Node) -> list[Node]:
    match node:
        case Leaf():
            return []
        case SlotNode(parts=parts):
            return [child for _, child in parts]
        case SumNode(children=children):
            return list(dict.fromkeys(children))


# --- units --------------------------------------------------------------------------------------


def unit_lines(program: Program, units: Units) -> Iterator[str]:
    """The hidden units, a line each: when it is on, and what it does. Resets of a head share one line."""
    reader = _Reader(program, units)
    if units.predicates is not None:
        yield "predicates:"
        yield from (f"  p{i}: {text}" for i, text in enumerate(reader.conditions(units.predicates)))
    conditions = reader.conditions(units.layer)
    effects = reader.effects()
    resets: dict[str, int] = {}
    for unit, condition in enumerate(conditions):
        head = reader.resets(unit, effects[unit])
        if head is not None:
            resets[head] = resets.get(head, 0) + 1
        else:
            yield f"{condition}: {reader.effect_text(effects[unit], condition)}"
    for head, count in resets.items():
        yield f"reset {head}: {count} units"


@dataclass
class _Reader:
    program: Program
    units: Units

    def __post_init__(self) -> None:
        self.domains = {s.name: s.domain for s in self.program.slots}
        self.heads = frozenset(h.name for h in self.program.heads)
        self.names = [s.name for s in self.program.slots]
        self.starts = np.array([self.units.features.offset[n] for n in self.names])

    def place(self, feature: int) -> tuple[str, int]:
        """The slot and the code of a feature."""
        name = self.names[int(np.searchsorted(self.starts, feature, side="right")) - 1]
        return name, feature - self.units.features.offset[name] + self.units.features.low[name]

    def conditions(self, layer: Layer) -> list[str]:
        """When each unit of a layer is on."""
        terms: list[dict[str, dict[int, int]]] = [{} for _ in layer.bias]
        count = self.units.features.count
        for unit, feature, weight in zip(layer.w1.rows, layer.w1.cols, layer.w1.weights, strict=True):
            if feature >= count:  # a predicate
                terms[unit][f"p{feature - count}"] = {0: 0, 1: int(weight)}
                continue
            slot, code = self.place(int(feature))
            domain = self.domains[slot]
            codes = range(domain.low, domain.low + domain.size)
            terms[unit].setdefault(slot, dict.fromkeys(codes, 0))[code] = int(weight)
        return [self.condition(t, int(bias)) for t, bias in zip(terms, layer.bias, strict=True)]

    def condition(self, terms: Terms, bias: int) -> str:
        """When ``sum of terms + bias >= 1``, given one code per slot."""
        found = self._parts(terms, bias)
        return " and ".join(f"({part})" if op == "or" and len(found) > 1 else part for op, part in found)

    def _parts(self, terms: Terms, bias: int) -> list[tuple[str, str]]:
        """The condition as conjuncts, each with what joins its own parts."""
        conjuncts: list[tuple[str, str]] = []
        terms = dict(terms)
        while True:
            floor = bias + sum(min(t.values()) for t in terms.values())
            ceiling = bias + sum(max(t.values()) for t in terms.values())
            if ceiling <= 0:
                return [("", "never")]
            if floor >= 1:
                return conjuncts or [("", "always")]
            for slot, term in terms.items():
                most, least = max(term.values()), min(term.values())
                # Of a number that is added up, single values that settle the matter are not singled out.
                added = len(set(term.values())) > 2 and bool(_line(self.domain(slot), term))
                single = {c for c in term if not added or _number(self.domain(slot), c) is None}
                maybe = {c: w for c, w in term.items() if c not in single or ceiling - most + w > 0}
                if len(maybe) < len(term):
                    conjuncts.append(("", self.test(slot, maybe, term)))
                    terms[slot] = maybe
                    break
                surely = {c for c, w in term.items() if c in single and floor - least + w >= 1}
                if surely:
                    rest = {c: w for c, w in term.items() if c not in surely}
                    inner = self.condition({**terms, slot: rest}, bias)
                    if " and " in inner and " or " in inner:
                        inner = f"({inner})"
                    return [*conjuncts, ("or", f"{self.test(slot, surely, term)} or {inner}")]
            else:
                return [*conjuncts, ("", self.threshold(terms, bias))]

    def test(self, slot: str, codes: Iterable[int], of: Iterable[int]) -> str:
        return _test(self.domain(slot), slot, codes, of)

    def domain(self, slot: str) -> Domain:
        """The domain of a slot, or of a predicate."""
        return self.domains.get(slot, BoolDomain())

    def threshold(self, terms: Terms, bias: int) -> str:
        """An inequality that no single slot decides."""
        lowered = {slot: {c: w - min(term.values()) for c, w in term.items()} for slot, term in terms.items()}
        needed = 1 - bias - sum(min(term.values()) for term in terms.values())
        varying = {slot: term for slot, term in lowered.items() if any(term.values())}
        factor = gcd(*(w for term in varying.values() for w in term.values()))
        shared = {slot: {c: w // factor for c, w in term.items()} for slot, term in varying.items()}
        needed = -(-needed // factor)
        domains = {slot: self.domain(slot) for slot in shared}
        text, constant = _sum(domains, shared)
        if text.startswith("-"):  # nothing is added
            text, constant = _sum(domains, {slot: {c: -w for c, w in term.items()} for slot, term in shared.items()})
            return f"{text} <= {-needed - constant}"
        return f"{text} >= {needed - constant}"

    def effects(self) -> list[dict[str, dict[int, int]]]:
        """By unit and slot: what is added to each code."""
        w2 = self.units.w2
        found: list[dict[str, dict[int, int]]] = [{} for _ in range(w2.shape[1])]
        for feature, unit, weight in zip(w2.rows, w2.cols, w2.weights, strict=True):
            slot, code = self.place(int(feature))
            found[unit].setdefault(slot, {})[code] = int(weight)
        return found

    def resets(self, unit: int, effects: Mapping[str, Mapping[int, int]]) -> str | None:
        """The head of which a unit clears one value and does nothing else."""
        if len(effects) == 1 and self.units.layer.bias[unit] == 0:
            ((slot, codes),) = effects.items()
            if slot in self.heads and list(codes.values()) == [-1]:
                return slot
        return None

    def effect_text(self, effects: Mapping[str, Mapping[int, int]], condition: str) -> str:
        parts: list[str] = []
        for slot, codes in effects.items():
            domain = self.domains[slot]
            old = [c for c, w in codes.items() if w == -1]
            new = [c for c, w in codes.items() if w == 1]
            tested = len(old) == 1 and self.test(slot, old, range(domain.low, domain.low + domain.size)) in condition
            match old, new:
                case [was], [now] if len(codes) == 2:
                    was_text, now_text = label(domain, was), label(domain, now)
                    parts.append(f"{slot} <- {now_text}" if tested else f"{slot}: {was_text} -> {now_text}")
                case [], [now] if len(codes) == 1:
                    parts.append(f"write {slot} = {label(domain, now)}")
                case [was], [] if len(codes) == 1:
                    parts.append(f"clear {slot}" if tested else f"{slot}: - {label(domain, was)}")
                case _:
                    signed = [f"{'-' if w < 0 else '+'} {_times(abs(w))}{label(domain, c)}" for c, w in codes.items()]
                    parts.append(f"{slot}: {' '.join(signed)}")
        return ", ".join(parts)


def _times(factor: int) -> str:
    return "" if factor == 1 else f"{factor} "


def _number(domain: Domain, code: int) -> int | None:
    """The integer that a value is, or is called."""
    match domain:
        case IntDomain() | BoolDomain():
            return code
        case EnumDomain(members=symbols) | TokenDomain(tokens=symbols):
            name = symbols[code].name
            return name if isinstance(name, int) else None
        case RealDomain() | SetDomain():
            return None


def _line(domain: Domain, term: Mapping[int, int]) -> tuple[int, int] | None:
    """Slope and constant of a term that is linear in its integers; None if it is not, or has no two integers."""
    points = sorted((n, w) for c, w in term.items() if (n := _number(domain, c)) is not None)
    if len(points) < 2:
        return None
    (first, low), (last, high) = points[0], points[-1]
    slope = (high - low) // (last - first)
    return (slope, low - slope * first) if all(w == low + slope * (n - first) for n, w in points) else None


def _sum(domains: Mapping[str, Domain], terms: Terms) -> tuple[str, int]:
    """A sum as text, ``a - 2 b + 3 [x in {1, 2}]``, and what is to be added to it."""
    parts: list[tuple[int, str]] = []
    constant = 0
    for slot, term in terms.items():
        domain = domains[slot]
        slope, start = _line(domain, term) or (0, 0)
        if slope:
            parts.append((slope, slot))
        constant += start
        rest: dict[int, list[int]] = {}
        for code, weight in term.items():
            over = weight - slope * (_number(domain, code) or 0) - start
            if over:
                rest.setdefault(over, []).append(code)
        parts += [(weight, f"[{_test(domain, slot, codes)}]") for weight, codes in sorted(rest.items())]
    text = ""
    for factor, name in sorted(parts, key=lambda part: part[0] < 0):
        sign = "-" if factor < 0 else "+"
        text += f"{f' {sign} ' if text else '-' if factor < 0 else ''}{_times(abs(factor))}{name}"
    return text, constant
