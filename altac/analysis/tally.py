"""How often rules apply, and how often they nearly do, over the states of runs: one look-up for many rules."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from altac.analysis.states import Codes, States
from altac.ir import MlpCode, MlpRules, Program, Rule
from altac.rules import expand
from altac.rules.disjoint import disjoint_rules

#: Rules with one target and one order of tests: the numbers of the rules, and the tests.
Group = tuple[list[int], tuple[str, ...]]


def rules_of(program: Program) -> tuple[Rule, ...]:
    """The rules of a program at level 0, resets left out: with the old value among the conjuncts, and none that changes
    nothing. Those of a ``rules`` block stay as they are otherwise, even where two overlap.

    Raises:
        AltacError: they are too many.
    """
    match program.mlp:
        case MlpCode():
            return expand(program).rules
        case MlpRules(rules=given):
            return tuple(r for rule in given for r in disjoint_rules(program, (rule,)))


def slots_tested(rules: Sequence[Rule]) -> frozenset[str]:
    """The slots that ``rules`` read."""
    return frozenset(name for rule in rules for name, _ in rule.antecedent)


def groups(rules: Sequence[Rule]) -> Iterator[Group]:
    """The rules by target and tests."""
    found: dict[tuple[str, tuple[str, ...]], list[int]] = {}
    for number, rule in enumerate(rules):
        found.setdefault((rule.target, tuple(n for n, _ in rule.antecedent)), []).append(number)
    for (_, names), numbers in found.items():
        yield numbers, names


def matches(rows: Codes, table: Codes) -> Codes:
    """For each of ``rows`` (N, K) the number of an equal row of ``table`` (R, K), or -1; equal rows of the table share
    the number of the first."""
    if not len(table) or not rows.shape[1]:
        return np.full(len(rows), 0 if len(table) else -1, np.int64)
    low = np.minimum(rows.min(axis=0, initial=0), table.min(axis=0))
    size = np.maximum(rows.max(axis=0, initial=0), table.max(axis=0)) - low + 1
    if math.prod(size.tolist()) < 1 << 62:
        weights = np.cumprod([1, *size[:0:-1].tolist()])[::-1]
        wanted, first = np.unique((table - low) @ weights, return_index=True)
        keys = (rows - low) @ weights
        at = np.minimum(np.searchsorted(wanted, keys), len(wanted) - 1)
        return np.where(wanted[at] == keys, first[at], -1)
    numbers = {tuple(row): i for i, row in reversed(list(enumerate(table.tolist())))}
    return np.array([numbers.get(tuple(row), -1) for row in rows.tolist()], np.int64)


@dataclass(frozen=True)
class Tally:
    """How often rules apply and nearly apply, over all inputs, layers and positions.

    Attributes:
        fires: (R,), the number of states to which each rule applies.
        nearly: for each rule and each of its conjuncts, the number of states in which it alone fails.
    """

    fires: Codes
    nearly: tuple[tuple[int, ...], ...]


def tally(states: States, rules: Sequence[Rule]) -> Tally:
    """Counts the states that fit each rule, and those that fit it without one conjunct."""
    fires = np.zeros(len(rules), np.int64)
    nearly: list[tuple[int, ...]] = [()] * len(rules)
    for numbers, names in groups(rules):
        rows, counts = states.project(names)
        table = antecedents(rules, numbers)
        fires[numbers] = _count(rows, counts, table)
        without = [_count(np.delete(rows, k, 1), counts, np.delete(table, k, 1)) for k in range(len(names))]
        misses = np.stack(without, axis=1) - fires[numbers][:, None]
        for number, row in zip(numbers, misses.tolist(), strict=True):
            nearly[number] = tuple(row)
    return Tally(fires, tuple(nearly))


def firings(states: States, rules: Sequence[Rule]) -> Codes:
    """How often each rule applies, over all inputs, layers and positions."""
    found = np.zeros(len(rules), np.int64)
    for numbers, names in groups(rules):
        rows, counts = states.project(names)
        found[numbers] = _count(rows, counts, antecedents(rules, numbers))
    return found


def _count(rows: Codes, counts: Codes, table: Codes) -> Codes:
    """The sum of the counts of the rows that equal each row of a table."""
    at = matches(rows, table)
    sums = np.bincount(at[at >= 0], counts[at >= 0], len(table)).astype(np.int64)  # exact: far below 2 ** 53
    found: Codes = sums[matches(table, table)]
    return found


def antecedents(rules: Sequence[Rule], numbers: Sequence[int]) -> Codes:
    """The codes that the rules of a group test (R, K)."""
    width = len(rules[numbers[0]].antecedent)
    return np.array([[code for _, code in rules[n].antecedent] for n in numbers], np.int64).reshape(-1, width)


def clash(states: States, rules: Sequence[Rule]) -> bool:
    """Whether two rules with one target apply to one state."""
    applying: dict[str, NDArray[np.bool_]] = {}
    for numbers, names in groups(rules):
        table = antecedents(rules, numbers)
        if len(np.unique(table, axis=0)) < len(table):
            return True
        columns = states.columns(names)
        now = matches(columns, table) >= 0
        target = rules[numbers[0]].target
        before = applying.get(target)
        if before is not None and (before & now).any():
            return True
        applying[target] = now if before is None else before | now
    return False


def rules_on(program: Program, states: States, rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    """``rules`` of ``program``, see `rules_of`, cut apart if two of them apply to one of ``states``: a rule set in the sense of
    appendix B.1 of the ALTA paper, on these states."""
    return disjoint_rules(program, rules) if clash(states, rules) else rules
