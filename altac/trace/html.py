"""Traces as HTML: a table per layer, a row per variable or head, a column per position."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from altac.display.html import cell, heading, page, problem_html, table, text
from altac.display.runs import ending
from altac.interpreter.result import cut
from altac.ir import plain_name
from altac.trace.states import Snapshot, States, Step, layers

#: Values in a display; what is beyond is left to `altac view`.
MOST_CELLS = 20_000


def trace_html(trace: States) -> str:
    """Every layer: what the heads hold, and the variables after the MLP, those that changed marked."""
    return page(*_parts(trace))


def _parts(trace: States) -> Iterator[str]:
    shown = 0
    before: Mapping[str, tuple[int | None, ...]] = {}
    for step in layers(trace):
        cells = len(trace.program.slots) * len(step.read.tokens)
        if shown and shown + cells > MOST_CELLS:
            yield text(f"The layers from {step.layer} on are left out; altac view makes a page of all.", "note")
            break
        shown += cells
        yield table(_rows(trace, step, before), _title(trace, step))
        before = (step.written or step.read).values
    if trace.result.error is not None:
        yield problem_html(trace.result.error)
    else:
        result = trace.result
        words = ending(result.layers, result.halted, cut(trace.program, result))
        yield text(f"{words}; marked is what changed", "note")


def _title(trace: States, step: Step) -> str:
    name = f"layer {step.layer}" if step.layer else "at the start"
    return f"token {step.run + 1}, {name}" if trace.program.causal is not None else name


def _rows(trace: States, step: Step, before: Mapping[str, tuple[int | None, ...]]) -> Iterator[Sequence[str]]:
    program, count = trace.program, len(step.read.tokens)
    yield [heading("position", "left"), *(heading(i) for i in range(count))]
    yield [heading("token", "left"), *(heading(plain_name(program.symbols[t].name)) for t in step.read.tokens)]
    if step.layer:
        for head in program.heads:
            yield [
                heading(head.name, "left head"),
                *(cell(trace.text(step.read, head.name, i), "head") for i in range(count)),
            ]
    if step.written is not None:
        for variable in program.variables:
            values = _values(trace, step.written, variable.name, before if step.layer else {})
            yield [heading(variable.name, "left"), *values]


def _values(trace: States, now: Snapshot, name: str, before: Mapping[str, tuple[int | None, ...]]) -> Iterator[str]:
    old = before.get(name)
    for i, code in enumerate(now.values[name]):
        changed = old is not None and old[i] != code
        yield cell(trace.text(now, name, i), "changed" if changed else "")
