"""Conjuncts that make no difference on given states: the second condition of appendix B.3 of the ALTA paper.

A conjunct of a rule is needed if there is a state in which all others hold and it does not: without it the rule would apply
there too. It is needed as well if without it the rule would read a head that has no value: the program would fail. The test
of the target's old value always stays, as appendix B.1 demands of a rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

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
    by_target: dict[str, list[int]] = {}
    for number, rule in enumerate(rules):
        by_target.setdefault(rule.target, []).append(number)
    overlaps: list[tuple[int, int]] = []
    for members in by_target.values():
        table = _Table([rules[m] for m in members])
        for allowed in (table.exclusive, _anything):
            for row, member in enumerate(members):
                work[member].reduce(partial(allowed, row))
                table.set(row, work[member].kept)
        overlaps += [(members[a], members[b]) for a, b in table.overlaps()]
    reduced = [item.result() for item in work]
    return reduced, tuple((reduced[a].rule, reduced[b].rule) for a, b in sorted(overlaps))


def _anything(_row: int, _conjuncts: Sequence[Conjunct]) -> bool:
    return True


class _Table:
    """The conjuncts of rules with one target, a rule in each row and a slot in each column."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        names = {name: None for rule in rules for name, _ in rule.antecedent}
        self.columns = {name: i for i, name in enumerate(names)}
        self.codes = np.zeros((len(rules), len(names)), np.int64)
        self.tested = np.zeros((len(rules), len(names)), bool)
        for row, rule in enumerate(rules):
            self.set(row, rule.antecedent)

    def set(self, row: int, conjuncts: Sequence[Conjunct]) -> None:
        self.tested[row] = False
        for name, code in conjuncts:
            self.codes[row, self.columns[name]] = code
            self.tested[row, self.columns[name]] = True

    def exclusive(self, row: int, conjuncts: Sequence[Conjunct]) -> bool:
        """Whether no state satisfies ``conjuncts`` and another row than ``row``."""
        excluded = np.zeros(len(self.codes), bool)
        for name, code in conjuncts:
            column = self.columns[name]
            excluded |= self.tested[:, column] & (self.codes[:, column] != code)
        excluded[row] = True
        return bool(excluded.all())

    def overlaps(self) -> Iterator[tuple[int, int]]:
        """The pairs of rows that a state may satisfy together."""
        for row in range(len(self.codes)):
            tested = self.tested[row]
            later = slice(row + 1, None)
            clash = self.tested[later, tested] & (self.codes[later, tested] != self.codes[row, tested])
            yield from ((row, row + 1 + i) for i in np.flatnonzero(~clash.any(axis=1)).tolist())
