"""Program to transition rules: the form of the theory, optimisation level 0."""

from altac.rules.expand import count_rules, expand
from altac.rules.ruleset import Reset, RuleSet, apply_rules

__all__ = ["Reset", "RuleSet", "apply_rules", "count_rules", "expand"]
