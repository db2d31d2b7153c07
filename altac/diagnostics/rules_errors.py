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
