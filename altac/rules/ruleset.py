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
    groups: dict[tuple[str, tuple[str, ...]], list[Rule]] = {}
    for rule in ruleset.rules:
        groups.setdefault((rule.target, tuple(name for name, _ in rule.antecedent)), []).append(rule)
    for (target, names), rules in groups.items():
        table = np.array([[code for _, code in r.antecedent] for r in rules], np.int64)
        rows = np.concatenate([table, np.stack([values[n] for n in names], axis=1)])
        ids = np.zeros(len(rows), np.int64)
        for column in rows.T:  # equal rows get equal numbers, small enough for any number of columns
            codes = column - column.min()
            ids = np.unique(ids * (int(codes.max()) + 1) + codes, return_inverse=True)[1].reshape(-1)
        rule_ids, state_ids = ids[: len(rules)], ids[len(rules) :]
        new = np.zeros(len(rows), np.int64)
        new[rule_ids] = [r.value for r in rules]
        result[target] = np.where(np.isin(state_ids, rule_ids), new[state_ids], result[target])
    return result
