"""Makes rules that a program gives itself fit for hidden units: each applying rule must fire alone.

Rules in a program may leave out the target's old value or overlap with the same new value. Units add up,
so these are completed and cut apart. Rules that disagree where they overlap are an error when reached and stay as
they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from altac.ir import Domain, Program, Rule
from altac.limits import DEFAULT, Limits
from altac.rules.meter import Meter

_Slots = frozenset[str]
_Key = tuple[int, ...]


def disjoint_rules(program: Program, rules: tuple[Rule, ...], limits: Limits = DEFAULT) -> tuple[Rule, ...]:
    """``rules`` with the target's old value in each antecedent, none that changes nothing, and no two
    that apply together with the same value.

    Raises:
        AltacError: these are too many.
    """
    completed, cut = Meter(limits), Meter(limits)
    domains = {s.name: s.domain for s in program.slots}
    result: list[Rule] = []
    by_target: dict[str, list[Rule]] = {}
    for rule in rules:
        by_target.setdefault(rule.target, []).extend(completed.held(_complete(rule, domains[rule.target])))
    for group in by_target.values():
        index = _Overlaps(group)
        for number, rule in enumerate(group):
            pieces = [rule]
            for earlier in index.before(number):
                if group[earlier].value == rule.value:
                    pieces = [p for piece in pieces for p in cut.held(_subtract(piece, group[earlier], domains))]
            result.extend(pieces)
    return tuple(result)


def _complete(rule: Rule, domain: Domain) -> Iterator[Rule]:
    tested = dict(rule.antecedent)
    codes = [tested[rule.target]] if rule.target in tested else range(domain.low, domain.low + domain.size)
    for old in codes:
        if old != rule.value:
            antecedent = rule.antecedent if rule.target in tested else (*rule.antecedent, (rule.target, old))
            yield replace(rule, antecedent=antecedent)


def _subtract(rule: Rule, other: Rule, domains: Mapping[str, Domain]) -> Iterator[Rule]:
    """The states of ``rule`` that are not states of ``other``, as rules that exclude one another. A further
    conjunct is read only where ``other`` reads it too, so that its guards still guard."""
    antecedent = rule.antecedent
    tested = dict(antecedent)
    for name, code in other.antecedent:
        if name in tested:
            if tested[name] != code:
                yield replace(rule, antecedent=antecedent)
                return
            continue
        domain = domains[name]
        for value in range(domain.low, domain.low + domain.size):
            if value != code:
                yield replace(rule, antecedent=(*antecedent, (name, value)))
        antecedent = (*antecedent, (name, code))


class _Overlaps:
    """Finds the rules that some state satisfies together with a given one."""

    def __init__(self, rules: list[Rule]) -> None:
        self.rules = rules
        self.groups: dict[_Slots, list[int]] = {}
        for number, rule in enumerate(rules):
            self.groups.setdefault(frozenset(n for n, _ in rule.antecedent), []).append(number)
        self.joins: dict[tuple[_Slots, _Slots], dict[_Key, list[int]]] = {}

    def before(self, number: int) -> Iterator[int]:
        """The numbers of the rules before ``number`` that overlap with it."""
        tested = dict(self.rules[number].antecedent)
        for slots, members in self.groups.items():
            common = slots.intersection(tested)
            join = self.joins.get((slots, common))
            if join is None:
                join = self.joins[slots, common] = {}
                for member in members:
                    join.setdefault(_key(dict(self.rules[member].antecedent), common), []).append(member)
            for other in join.get(_key(tested, common), ()):
                if other >= number:
                    break
                yield other


def _key(tested: Mapping[str, int], slots: _Slots) -> _Key:
    return tuple(tested[n] for n in sorted(slots))
