"""Transition rules as data, and one MLP step computed from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from altac.ir import Program, Rule

Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Reset:
    """``head = value => head <- null``"""

    head: str
    value: int


@dataclass(frozen=True)
class RuleSet:
    """The updates of the variables, and the resets of the categorical heads. Its length counts both,
    as the paper does (section 2.3, appendix A.2)."""

    rules: tuple[Rule, ...]
    resets: tuple[Reset, ...]

    def __len__(self) -> int:
        return len(self.rules) + len(self.resets)


def apply_rules(program: Program, ruleset: RuleSet, values: dict[str, Codes]) -> dict[str, Codes]:
    """One MLP step by the rules.

    Args:
        values: the codes of every variable and head after attention, arrays of one shape (N,). An
            undefined head may hold any code: no rule reads it where the program does not.

    Returns:
        The codes of every variable after the step, each of shape (N,).
    """
    result = {v.name: values[v.name].copy() for v in program.variables}
    domains = {s.name: s.domain for s in program.slots}
    groups: dict[tuple[str, tuple[str, ...]], list[Rule]] = {}
    for rule in ruleset.rules:
        groups.setdefault((rule.target, tuple(name for name, _ in rule.antecedent)), []).append(rule)
    for (target, names), rules in groups.items():
        weights = np.cumprod([1, *(domains[n].size for n in names[:-1])]).astype(np.int64)
        table = np.array([[code for _, code in r.antecedent] for r in rules], np.int64) @ weights
        order = np.argsort(table)
        table, new = table[order], np.array([r.value for r in rules])[order]
        keys = sum((values[n].astype(np.int64) * int(w) for n, w in zip(names, weights, strict=True)), np.int64(0))
        at = np.minimum(np.searchsorted(table, keys), len(table) - 1)
        hit = table[at] == keys
        result[target] = np.where(hit, new[at], result[target])
    return result
