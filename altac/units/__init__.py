"""Program to hidden units of the MLP, and the proof that they do what it says."""

from altac.ir import Program
from altac.limits import DEFAULT, Limits
from altac.rules import expand
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
from altac.units.reachable import Reachable, reachable

__all__ = [
    "FeatureIndex", "Layer", "Matrix", "Origin", "Reachable", "Units", "apply_units", "prune", "reachable", "rule_units", "units",
]  # fmt: skip


def units(program: Program, level: int = 0, limits: Limits = DEFAULT, possible: Reachable | None = None) -> Units:
    """The hidden units of ``program`` at optimisation ``level``; from level 1 on values that are not ``possible`` (default:
    `reachable`) are don't-cares.

    Raises:
        AltacError: the rules of an update are too many to enumerate, or the units take too much memory.
    """
    if level == 0:
        return rule_units(program, expand(program, limits), limits)
    if possible is None:
        possible = reachable(program, limits.reachable_paths)
    return optimised_units(program, 1 if level == 1 else 2, possible, limits)
