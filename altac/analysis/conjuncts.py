"""Conjuncts that make no difference on given states: the second condition of appendix B.3 of the ALTA paper.

A conjunct of a rule is needed if there is a state in which all others hold and it does not: without it the rule would apply
there too. It is needed as well if without it the rule would read a head that has no value: the program would fail. The test
of the target's old value always stays, as appendix B.1 demands of a rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from altac.analysis.states import Codes, States, undefined
from altac.ir import Program, Rule

Conjunct = tuple[str, int]
_Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Reduced:
    """A rule after the removal of conjuncts; see `altac.analysis.minimal.Kept`."""

    rule: Rule
    removed: tuple[Conjunct, ...] = ()
    guards: tuple[Conjunct, ...] = ()


class ConjunctTests:
    """Tells which conjuncts of rules are needed on some states."""

    def __init__(self, program: Program, states: States) -> None:
        self.states = states
        self.heads = {h.name: undefined(h.domain) for h in program.heads}
        self.rows: dict[frozenset[str], tuple[list[str], Codes]] = {}

    def of(self, rule: Rule) -> RuleTests:
        """The tests of one rule."""
        key = frozenset(n for n, _ in rule.antecedent)
        if key not in self.rows:
            names = sorted(key)
            self.rows[key] = names, self.states.project(names)[0]
        names, rows = self.rows[key]
        holds = {n: rows[:, names.index(n)] == code for n, code in rule.antecedent}
        missing = {n: rows[:, names.index(n)] == self.heads[n] for n in names if n in self.heads}
        return RuleTests(rule, holds, missing)


class RuleTests:
    """One rule over the distinct values of its slots: where each conjunct holds, and where each head has no value."""

    def __init__(self, rule: Rule, holds: dict[str, _Mask], missing: dict[str, _Mask]) -> None:
        self.rule = rule
        self.holds = holds
        self.missing = missing
        self.kept: list[Conjunct] = list(rule.antecedent)

    def unneeded(self) -> Iterator[Conjunct]:
        """The conjuncts that can be removed, each for itself; later tests first."""
        for conjunct in reversed(self.kept[:]):
            if self.idle(conjunct) and not self.guards(conjunct):
                yield conjunct

    def idle(self, conjunct: Conjunct) -> bool:
        """Whether the rule would apply to the same states without the conjunct."""
        if conjunct[0] == self.rule.target:
            return False
        others = [c for c in self.kept if c != conjunct]
        return not (self._all(others) & ~self.holds[conjunct[0]]).any()

    def guards(self, conjunct: Conjunct) -> bool:
        """Whether the rule would read a head without a value without the conjunct, variables tested first."""
        order = self.ordered([c for c in self.kept if c != conjunct])
        return any(
            name in self.missing and bool((self._all(order[:i]) & self.missing[name]).any())
            for i, (name, _) in enumerate(order)
        )

    def reduce(self, allowed: Callable[[list[Conjunct]], bool]) -> None:
        """Remove conjuncts, one after the other, as long as what is left is ``allowed``."""
        for conjunct in self.unneeded():  # sees what has been removed before
            others = [c for c in self.kept if c != conjunct]
            if allowed(others):
                self.kept = others

    def result(self) -> Reduced:
        """What is left."""
        removed = tuple(c for c in self.rule.antecedent if c not in self.kept)
        kept = tuple(self.ordered(self.kept)) if removed else self.rule.antecedent
        return Reduced(replace(self.rule, antecedent=kept), removed, tuple(c for c in kept if self.idle(c)))

    def ordered(self, conjuncts: Sequence[Conjunct]) -> list[Conjunct]:
        """Variables first, so that they guard the reads of heads."""
        return [*(c for c in conjuncts if c[0] not in self.missing), *(c for c in conjuncts if c[0] in self.missing)]

    def _all(self, conjuncts: Sequence[Conjunct]) -> _Mask:
        found: _Mask = np.ones(len(next(iter(self.holds.values()))), bool)
        for name, _ in conjuncts:
            found &= self.holds[name]
        return found


def reduce_rules(
    program: Program, states: States, rules: Sequence[Rule]
) -> tuple[list[Reduced], tuple[tuple[Rule, Rule], ...]]:
    """``rules``, each of which applies to some state, without the conjuncts that no state needs, and the pairs that
    other states may satisfy together.

    Conjuncts whose removal leaves the rules exclusive go first, later tests before earlier ones. In a rule that loses
    conjuncts heads are tested last.
    """
    tests = ConjunctTests(program, states)
    work = [tests.of(rule) for rule in rules]
    by_target: dict[str, list[RuleTests]] = {}
    for item in work:
        by_target.setdefault(item.rule.target, []).append(item)
    for group in by_target.values():
        for item in group:
            item.reduce(lambda left, item=item, group=group: _excludes(left, item, group))  # type: ignore[misc]
    for item in work:
        item.reduce(lambda _: True)
    reduced = [item.result() for item in work]
    return reduced, tuple(_overlaps([r.rule for r in reduced]))


def _excludes(conjuncts: list[Conjunct], item: RuleTests, group: Sequence[RuleTests]) -> bool:
    return not any(_compatible(conjuncts, other.kept) for other in group if other is not item)


def _compatible(left: Sequence[Conjunct], right: Sequence[Conjunct]) -> bool:
    """Whether a state may satisfy both."""
    tested = dict(right)
    return all(tested.get(name, code) == code for name, code in left)


def _overlaps(rules: Sequence[Rule]) -> Iterator[tuple[Rule, Rule]]:
    by_target: dict[str, list[Rule]] = {}
    for rule in rules:
        by_target.setdefault(rule.target, []).append(rule)
    for group in by_target.values():
        yield from ((a, b) for a, b in combinations(group, 2) if _compatible(a.antecedent, b.antecedent))
