"""What can stop the expansion of MLP code to transition rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from altac.diagnostics.problem import Problem


@dataclass(frozen=True, kw_only=True)
class TooManyRules(Problem):
    """The enumeration of an update takes more branches than the budget."""

    target: str
    support: str
    count: int
    budget: int
    code: ClassVar[str] = "too-many-rules"
    title: ClassVar[str] = "the updates of `{target}` take more than {budget:,} combinations to enumerate"
    label: ClassVar[str] = "reads {support}: some {count:,} combinations"
    help: ClassVar[str] = (
        "read fewer variables on one path: compute an intermediate value into a small variable in one layer"
        " and use it in the next, or test the narrowest condition first; `altac build` at its default level does not"
        " need the rules of sums and comparisons"
    )


@dataclass(frozen=True, kw_only=True)
class RulesTooLarge(Problem):
    """The rules, written out one by one, take more than the budget of memory."""

    target: str
    count: int
    budget: int
    code: ClassVar[str] = "rules-too-large"
    title: ClassVar[str] = "the rules take more memory than {budget:,} tests do"
    label: ClassVar[str] = "here, at an update of `{target}`, there are {count:,} rules, overlapping ones cut apart"
    help: ClassVar[str] = (
        "let the updates read fewer or smaller variables; in a `rules` block, test the old value, and let rules with the"
        " same new value exclude one another"
    )


@dataclass(frozen=True, kw_only=True)
class LayerTooLarge(Problem):
    """The hidden layer takes more memory, in the model and in its proof, than the budget."""

    target: str
    most: int
    units: int
    features: int
    size: int
    budget: int
    code: ClassVar[str] = "layer-too-large"
    title: ClassVar[str] = "the hidden layer takes some {size:,} MB, more than the {budget:,} MB that a build may use"
    label: ClassVar[str] = (
        "{most:,} of {units:,} units are for `{target}`, each with a weight for {features:,} values of variables and heads"
    )
    help: ClassVar[str] = (
        "read fewer or smaller variables on one path: compute an intermediate value into a small variable in one"
        " layer and use it in the next; `altac build` at its default level does not need a unit for every rule"
    )
