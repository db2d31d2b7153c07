"""Programs and runs as HTML."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from altac.diagnostics.problem import Problem
from altac.diagnostics.render import render
from altac.display.html import cell, folded, heading, lines, page, table, text

if TYPE_CHECKING:
    from altac.api import Program, Run

#: Lines of source that are shown without being asked for.
_SHORT = 80


def program_html(program: Program) -> str:
    """The source in colours, below a line that says what is in it."""
    from pygments import highlight
    from pygments.formatters import HtmlFormatter

    from altac.highlight import AltacLexer

    source = program.source.text
    colours = highlight(source, AltacLexer(), HtmlFormatter(noclasses=True, nobackground=True))
    length = source.count("\n") + 1
    return page(text(summary(program)), folded(f"source, {length} lines", colours, opened=length <= _SHORT))


def summary(program: Program) -> str:
    """What a program has, in one line."""
    counts = (
        (len(program.ir.variables), "variable"), (len(program.ir.heads), "head"), (len(program.ir.tests), "test"),
    )  # fmt: skip
    return f"{program.name}: " + ", ".join(f"{n} {what}{'' if n == 1 else 's'}" for n, what in counts)


def runs_html(runs: Sequence[Run]) -> str:
    """What came out for each input."""
    rows = [[heading(name, "left") for name in ("input", "output", "layers", "")]]
    for run in runs:
        given = cell(_line(run.input), "left")
        if run.error is not None:
            rows.append(
                [given, cell(run.error.render_title(), "left failed"), cell(run.layers), cell("failed", "left")]
            )
            continue
        output = run.text if run.text is not None else _line(run.output)
        rows.append([given, cell(output, "left"), cell(run.layers), cell("" if run.halted else "not halted", "left")])
    return page(table(rows))


def run_html(run: Run) -> str:
    """One run, position by position where there is one output for each input token."""
    if run.error is not None:
        return page(text(_line(run.input)), problem_html(run.error))
    state = f"{run.layers} layer{'' if run.layers == 1 else 's'}, {'halted' if run.halted else 'not halted'}"
    if len(run.input) != len(run.output):
        return runs_html([run])
    rows = [
        [heading("", "left"), *(heading(i) for i in range(len(run.input)))],
        [heading("input", "left"), *(cell(item) for item in run.input)],
        [heading("output", "left"), *(cell(_item(item)) for item in run.output)],
    ]
    shown = "" if run.text is None else f"{run.text}   "
    return page(table(rows), text(f"{shown}({state})"))


def problem_html(problem: Problem) -> str:
    """A diagnostic with its place in the source."""
    return lines(render(problem), "failed")


def _item(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _line(values: Sequence[object]) -> str:
    return json.dumps(list(values), ensure_ascii=False)
