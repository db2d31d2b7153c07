"""How many rules and hidden units a program takes, by variable and by update."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from altac.diagnostics.problem import AltacError
from altac.lsp.project import source_path
from altac.source import Span

if TYPE_CHECKING:
    from altac import ir


@dataclass(eq=False)
class Counts:
    """Rules of level 0 and units of level 2 by variable; ``units`` and ``width`` are None until they are known.

    ``spans`` are the rules by the update that they come from.
    """

    rules: Counter[str] = field(default_factory=Counter)
    spans: Counter[tuple[str, int, int]] = field(default_factory=Counter)
    total: int = 0
    units: Counter[str] | None = None
    width: int | None = None

    def update(self, target: Span) -> int | None:
        """The rules of the update whose target is at ``target``."""
        path = target.source.name
        found = [
            (end - start, count) for (file, start, end), count in self.spans.items()
            if file == path and start <= target.start and target.end <= end
            and "<-" not in target.source.text[start : target.start]
        ]  # fmt: skip
        return min(found)[1] if found else None


def count_rules(program: ir.Program) -> Counts | None:
    """The rules; None if they are too many to write out."""
    from altac.rules import expand

    try:
        found = expand(program)
    except AltacError:
        return None
    counts = Counts(total=len(found))
    for rule in found.rules:
        counts.rules[rule.target] += 1
        if rule.span is not None:
            counts.spans[source_path(rule.span.source.name), rule.span.start, rule.span.end] += 1
    return counts


def count_units(program: ir.Program, counts: Counts) -> None:
    """Enter the hidden units into ``counts``: a unit counts for every variable that it changes."""
    from altac.rules import units

    try:
        found = units(program, 2)
    except AltacError:
        return
    by_variable: Counter[str] = Counter()
    for variable in program.variables:
        first = found.features.offset[variable.name]
        rows = (found.w2.rows >= first) & (found.w2.rows < first + found.features.size[variable.name])
        by_variable[variable.name] = len(set(found.w2.cols[rows].tolist()))
    counts.width = found.width
    counts.units = by_variable
