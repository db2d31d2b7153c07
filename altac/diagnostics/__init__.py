"""What can be wrong, and how it is shown."""

from altac.diagnostics.problem import REGISTRY, AltacError, Label, Problem, did_you_mean

__all__ = ["REGISTRY", "AltacError", "Label", "Problem", "did_you_mean"]
