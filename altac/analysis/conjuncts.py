"""Removing conjuncts that make no difference on given states: the second condition of appendix B.3 of the ALTA paper.

A conjunct of a rule that applies is needed if there is a state in which all others hold and it does not: without it the rule
would apply there too. The test of the target's old value always stays, as appendix B.1 demands of a rule.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from altac.analysis.states import States, undefined
from altac.ir import Program, Rule

Conjunct = tuple[str, int]


@dataclass(frozen=True)
class Reduced:
    """A rule after the removal of conjuncts; see `altac.analysis.minimal.Kept`."""

    rule: Rule
    removed: tuple[Conjunct, ...] = ()
    guards: tuple[Conjunct, ...] = ()


def reduce_rules(
    program: Program, states: States, rules: Sequence[Rule]
) -> tuple[list[Reduced], tuple[tuple[Rule, Rule], ...]]:
    """``rules``, each of which applies to some state, without the conjuncts that no state needs, and the pairs that
    other states may satisfy together.

    Conjuncts whose removal leaves the rules exclusive go first, later tests before earlier ones. Heads are tested
    last in the rules that lose conjuncts.
    """
    work = [_Work(program, states, rule) for rule in rules]
    for item in work:
        others = [w for w in work if w is not item and w.rule.target == item.rule.target]
        item.reduce(lambda antecedent, others=others: not any(_compatible(antecedent, o.kept) for o in others))  # type: ignore[misc]
    for item in work:
        item.reduce(lambda _: True)
    reduced = [item.result() for item in work]
    return reduced, tuple(_overlaps([r.rule for r in reduced]))


class _Work:
    """One rule, and the distinct values of its slots in the states."""

    def __init__(self, program: Program, states: States, rule: Rule) -> None:
        self.rule = rule
        self.kept = list(rule.antecedent)
        self.guards: list[Conjunct] = []
        names = [n for n, _ in rule.antecedent]
        rows, _ = states.project(names)
        self.holds = {n: rows[:, i] == code for i, (n, code) in enumerate(rule.antecedent)}
        heads = {h.name: undefined(h.domain) for h in program.heads}
        self.missing = {n: rows[:, i] == heads[n] for i, n in enumerate(names) if n in heads}

    def reduce(self, allowed: object) -> None:
        assert callable(allowed)
        for conjunct in reversed(self.kept[:]):
            if conjunct[0] == self.rule.target:
                continue
            others = [c for c in self.kept if c != conjunct]
            if (self._all(others) & ~self.holds[conjunct[0]]).any():
                continue
            if self._reads_undefined(self._ordered(others)):
                if conjunct not in self.guards:
                    self.guards.append(conjunct)
            elif allowed(others):
                self.kept = others
                if conjunct in self.guards:
                    self.guards.remove(conjunct)

    def _all(self, conjuncts: Sequence[Conjunct]) -> NDArray[np.bool_]:
        found: NDArray[np.bool_] = np.ones(len(next(iter(self.holds.values()))), bool)
        for name, _ in conjuncts:
            found &= self.holds[name]
        return found

    def _ordered(self, conjuncts: Sequence[Conjunct]) -> list[Conjunct]:
        """Variables first, so that they guard the reads of heads."""
        return [*(c for c in conjuncts if c[0] not in self.missing), *(c for c in conjuncts if c[0] in self.missing)]

    def _reads_undefined(self, conjuncts: Sequence[Conjunct]) -> bool:
        return any(
            name in self.missing and bool((self._all(conjuncts[:i]) & self.missing[name]).any())
            for i, (name, _) in enumerate(conjuncts)
        )

    def result(self) -> Reduced:
        removed = tuple(c for c in self.rule.antecedent if c not in self.kept)
        kept = tuple(self._ordered(self.kept)) if removed else self.rule.antecedent
        guards = tuple(c for c in kept if c in self.guards)
        return Reduced(replace(self.rule, antecedent=kept), removed, guards)


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
