"""From the syntax tree to a checked program."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from altac import ir
from altac.deep import deeply
from altac.diagnostics.name_errors import TooComplex
from altac.diagnostics.problem import Problem
from altac.semantics.assembly import assemble
from altac.semantics.context import Context, Reader
from altac.semantics.declarations import define
from altac.semantics.findings import undefined_reads
from altac.semantics.limits import GiveUp
from altac.semantics.type_expressions import typed
from altac.source import Source, Span
from altac.syntax import tree
from altac.syntax.parser import parse

__all__ = ["Checked", "check"]


@dataclass(frozen=True)
class Checked:
    """The outcome: a program unless there are errors, and all problems in source order."""

    program: ir.Program | None
    problems: tuple[Problem, ...]


def check(
    source: Source,
    params: Mapping[str, Any] | None = None,
    read: Reader | None = None,
    inspect: Callable[[Context], None] | None = None,
) -> Checked:
    """Check a main file and everything it imports.

    ``params`` replaces the values of parameters: Python values, or strings in the language. ``read`` gives the
    text of an imported file by its path (the file system if left out). ``inspect`` is shown what the check knows when it is
    done, for tools that want what can be known of a program with errors too. Never raises for what a file holds: every fault
    is among the problems, and the program is None if one of them is an error.
    """
    parsed = parse(source)
    context = Context(source, params or {}, read, define, typed)
    for problem in parsed.problems:
        context.report(problem)
    program = None
    try:
        program = deeply(lambda: _assembled(context, parsed.tree))
    except GiveUp as stop:
        context.stop(stop.problem)
    except RecursionError:
        context.stop(TooComplex(span=Span(source, 0, min(1, len(source.text)))))
    if inspect is not None:
        inspect(context)
    found = _without_consequences(parsed.problems, list(context.problems.values()))
    problems = tuple(sorted(found, key=lambda p: _order(p, source)))
    return Checked(None if context.has_errors else program, problems)


def _without_consequences(syntax: tuple[Problem, ...], found: list[Problem]) -> list[Problem]:
    """All that was ``found`` but what stands on a line that could not be read: of what is left of it, little means what was
    written."""
    faults = (p.span for p in syntax if p.severity == "error" and p.span is not None and not p.mended)
    unread = {(span.source, span.line) for span in faults}
    return [p for p in found if p in syntax or p.span is None or (p.span.source, p.span.line) not in unread]


def _assembled(context: Context, file: tree.File) -> ir.Program | None:
    """The program of a file that was read, as far as it is one."""
    program = assemble(context, file)
    if program is not None:
        for problem in undefined_reads(program):
            context.report(problem)
    return program


def _order(problem: Problem, source: Source) -> tuple[bool, str, int]:
    span = problem.span
    if span is None:
        return (True, "", 0)
    return (span.source != source, span.source.name, span.start)
