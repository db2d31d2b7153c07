"""What can stop the expansion of MLP code to transition rules."""

from __future__ import annotations

from altac.diagnostics.problem import Problem, diagnostic


@diagnostic
class TooManyRules(Problem):
    """The enumeration of an update takes more branches than the budget."""

    target: str
    support: str
    count: int
    budget: int
    code = "too-many-rules"
    title = "the updates of `{target}` take more than {budget:,} combinations to enumerate"
    label = "reads {support}: some {count:,} combinations"
    help = (
        "read fewer variables on one path: compute an intermediate value into a small variable in one layer"
        " and use it in the next, or test the narrowest condition first; only level 0 and `altac rules` enumerate sums and"
        " comparisons of many values too"
    )


@diagnostic
class RulesTooLarge(Problem):
    """The rules, written out one by one, take more than the budget of memory."""

    target: str
    count: int
    budget: int
    code = "rules-too-large"
    title = "the rules take more memory than {budget:,} tests do"
    label = "here, at an update of `{target}`, there are {count:,} rules, overlapping ones cut apart"
    help = (
        "let the updates read fewer or smaller variables; in a `rules` block, test the old value, and let rules with the"
        " same new value exclude one another"
    )


@diagnostic
class LayerTooLarge(Problem):
    """The hidden layer takes more memory, in the model and in its proof, than the budget."""

    target: str
    most: int
    units: int
    features: int
    size: int
    budget: int
    code = "layer-too-large"
    title = "the hidden layer takes some {size:,} MB, more than the {budget:,} MB that a build may use"
    label = "{most:,} of {units:,} units are for `{target}`, each with a weight for {features:,} values of variables and heads"
    help = (
        "read fewer or smaller variables on one path: compute an intermediate value into a small variable in one"
        " layer and use it in the next; only level 0 has a unit for every rule"
    )
