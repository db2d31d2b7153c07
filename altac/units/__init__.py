"""Program to hidden units of the MLP, and the proof that they do what it says."""

from altac.ir import Program
from altac.rules import BUDGET, expand
from altac.units.layers import (
    FeatureIndex,
    Layer,
    Matrix,
    Origin,
    Units,
    apply_units,
    rule_units,
)
from altac.units.optimise import optimised_units
from altac.units.prune import prune

__all__ = [
    "FeatureIndex", "Layer", "Matrix", "Origin", "Units", "apply_units", "prune", "rule_units", "units",
]  # fmt: skip


def units(program: Program, level: int = 0, budget: int = BUDGET) -> Units:
    """The hidden units of ``program`` at optimisation ``level``.

    Raises:
        AltacError: the rules of an update are too many to enumerate.
    """
    if level == 0:
        return rule_units(program, expand(program, budget))
    return optimised_units(program, 1 if level == 1 else 2, budget)
