"""What the rules of a program may take: counts the branches of their enumeration, and what those hold that are kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from altac.diagnostics.problem import AltacError
from altac.diagnostics.rules_errors import RulesTooLarge
from altac.ir import Rule
from altac.limits import Limits

#: A rule by itself takes as much memory as three of its tests.
_RULE = 3


class Meter:
    """Counts over all targets of a program."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.left = limits.branches
        self.room = limits.tests
        self.rules = 0

    def held(self, rules: Iterable[Rule]) -> Iterator[Rule]:
        """``rules``, each counted as it comes, to be kept.

        Raises:
            AltacError: they take more than the budget.
        """
        for rule in rules:
            self.rules += 1
            self.room -= len(rule.antecedent) + _RULE
            if self.room < 0:
                raise AltacError(
                    RulesTooLarge(span=rule.span, target=rule.target, count=self.rules, budget=self.limits.tests)
                )
            yield rule
