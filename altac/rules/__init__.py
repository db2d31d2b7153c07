"""Program to transition rules, and transition rules to hidden units."""

from altac.ir import Program
from altac.rules.expand import BUDGET, expand
from altac.rules.optimise import optimised_units
from altac.rules.prune import prune
from altac.rules.ruleset import Reset, RuleSet, apply_rules
from altac.rules.units import (
    FeatureIndex,
    Layer,
    Matrix,
    Origin,
    Units,
    apply_units,
    rule_units,
)

__all__ = [
    "BUDGET", "FeatureIndex", "Layer", "Matrix", "Origin", "Reset", "RuleSet", "Units", "apply_rules", "apply_units",
    "expand", "prune", "rule_units", "units",
]  # fmt: skip


def units(program: Program, level: int = 0, budget: int = BUDGET) -> Units:
    """The hidden units of ``program`` at optimisation ``level``.

    Raises:
        AltacError: the rules of an update are too many to enumerate.
    """
    if level == 0:
        return rule_units(program, expand(program, budget))
    return optimised_units(program, 1 if level == 1 else 2, budget)
