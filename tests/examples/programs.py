"""The example programs, checked, and batches of inputs run on the interpreter."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from altac.interpreter import run
from altac.interpreter.codec import output_json, output_text, read_input
from altac.ir import Program
from altac.semantics import check
from altac.source import Source

EXAMPLES = Path(__file__).parents[2] / "examples"

#: Every program of the folder; the other files there are modules that programs import.
PROGRAMS = sorted(
    str(path.relative_to(EXAMPLES))
    for path in EXAMPLES.rglob("*.alta")
    if any(line.startswith("program ") for line in path.read_text().splitlines())
)


@cache
def load(name: str, **params: str) -> Program:
    """An example by its path below `examples`, without a single complaint from the checker."""
    path = EXAMPLES / name
    checked = check(Source(str(path), path.read_text()), params)
    assert not checked.problems, [p.render_title() for p in checked.problems]
    assert checked.program is not None
    return checked.program


def outputs(program: Program, inputs: Sequence[object], layers: Sequence[int] | None = None) -> list[list[object]]:
    """The output of every input as JSON values; with ``layers``, after exactly so many."""
    results = run(program, [read_input(program, item) for item in inputs])
    for result in results:
        assert result.error is None, result.error.render_title()
        assert result.halted or program.halt is None
    if layers is not None:
        assert [result.layers for result in results] == list(layers)
    return [list(output_json(program, result.output)) for result in results]


def texts(program: Program, inputs: Sequence[str]) -> list[str]:
    """The output of every input as text."""
    results = run(program, [read_input(program, item) for item in inputs])
    for result in results:
        assert result.error is None, result.error.render_title()
        assert result.halted
    return [str(output_text(program, result.output)) for result in results]
