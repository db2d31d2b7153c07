"""The stages of a compilation as text, for ``altac build --emit`` and ``--time-passes``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from altac.api import Program
from altac.compile import Pass, Record


def _ir(program: Program, _level: int, _record: Record) -> Iterator[str]:
    from altac.ir.json import dump

    yield dump(program.ir).rstrip("\n")


def _rules(program: Program, _level: int, _record: Record) -> Iterator[str]:
    from altac.rules import expand
    from altac.rules.printing import rules_table

    yield from rules_table(program.ir, expand(program.ir))


def _diagrams(_program: Program, level: int, record: Record) -> Iterator[str]:
    from altac.units.optimise import diagrams
    from altac.units.printing import diagram_lines, reachable_lines

    small = record.results["prune"]
    possible = record.results["reachable"]
    yield from reachable_lines(small, possible)
    for target, root in diagrams(small, level, possible):
        if root is None:
            yield f"{target}: too large, a unit for each rule"
        else:
            yield from diagram_lines(small, target, root)


def _units(program: Program, _level: int, record: Record) -> Iterator[str]:
    from altac.units.printing import unit_lines

    yield from unit_lines(record.results.get("prune", program.ir), record.results["units"])


def _layout(_program: Program, _level: int, record: Record) -> Iterator[str]:
    from altac.transformer.printing import layout_lines

    yield from layout_lines(record.results["layout"])


#: What can be printed, with the pass of `altac.compile` that it needs (empty: none).
STAGES: Mapping[str, tuple[str, Callable[[Program, int, Record], Iterator[str]]]] = {
    "ir": ("", _ir),
    "rules": ("", _rules),
    "diagrams": ("reachable", _diagrams),
    "units": ("units", _units),
    "layout": ("layout", _layout),
}


def stage_lines(stage: str, program: Program, level: int, record: Record) -> Iterator[str]:
    """A stage as lines of text; nothing if a pass that it needs has failed."""
    needed, lines = STAGES[stage]
    if not needed or needed in record.results:
        yield from lines(program, level, record)


def pass_lines(passes: Iterable[Pass]) -> Iterator[str]:
    """A table of the passes: seconds, and by how much the peak of memory grew."""
    yield f"{'pass':<10} {'seconds':>8} {'memory':>10}"
    for done in passes:
        memory = "" if done.memory is None else f"{done.memory / 2**20:,.1f} MB"
        yield f"{done.name:<10} {done.seconds:>8.3f} {memory:>10}{'  failed' if done.failed else ''}"
