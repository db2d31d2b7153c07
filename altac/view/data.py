"""What the page shows, as JSON values. `page.js` reads them; the fields are described at `View`.

States are kept as differences from frame to frame. Which hidden units are on and which positions a head selects is
not stored: the page computes it from the state, as `altac.units.layers.hidden` and `altac.trace.attended` do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from altac.diagnostics.cli_errors import LeftOut
from altac.diagnostics.problem import AltacError, Problem
from altac.interpreter.codec import output_json, output_text
from altac.interpreter.failures import type_text
from altac.interpreter.result import cut
from altac.ir import Head, RealDomain, SetDomain, Variable, label
from altac.source import Source, Span
from altac.trace import Snapshot, Trace, layers
from altac.trace.fired import Fired, Update
from altac.units.layers import Layer, Matrix, Units
from altac.view.listing import listing

#: Values of the residual stream (layers x positions x variables and heads) up to which a run is kept in a page.
MOST_CELLS = 1_000_000
#: Weights up to which the hidden units are kept in a page.
MOST_WEIGHTS = 1_000_000
#: Places (layers x positions) up to which updates are evaluated.
MOST_PLACES = 200_000


@dataclass(frozen=True)
class View:
    """``data`` is for the page, ``notes`` say what was left out of it, ``trace`` is the run that it shows.

    ``slots``: variables, then heads, with the distinct ``cells`` (code, text) that occur; ``runs``: the tokens of each
    run of the layers, one run but in a causal program; ``frames``: one per run and layer, with ``d``, the changes
    since the frame before as ``[slot, [position, cell, ...]]`` or ``[slot, cell]`` for all positions (a cell is an
    index into ``cells``, -1 undefined), and ``u``, the updates as ``[position, event, ...]``; ``events``: lists of
    updates; ``spans``: places in ``sources``; ``units``: bias, input and output weights of each hidden
    unit, and where the features of each slot begin (-1: it is not compiled).
    """

    data: dict[str, Any]
    notes: tuple[Problem, ...]
    trace: Trace


def view_data(trace: Trace, source: Source, units: Units | AltacError) -> View:
    """The data of a page about ``trace``. ``units`` are the hidden units, or why there are none."""
    return _Builder(trace, source).view(units)


@dataclass
class _Builder:
    trace: Trace
    source: Source
    sources: dict[Source, int] = field(default_factory=dict)
    spans: dict[Span, int] = field(default_factory=dict)
    cells: list[dict[tuple[int, str], int]] = field(default_factory=list)
    events: dict[tuple[Update, ...], int] = field(default_factory=dict)
    notes: list[Problem] = field(default_factory=list)

    def view(self, units: Units | AltacError) -> View:
        trace, program = self.trace, self.trace.program
        self.sources[self.source] = 0
        self.number = {s.name: i for i, s in enumerate(program.slots)}
        self.cells = [{} for _ in program.slots]
        runs, frames = self._frames()
        result = trace.result
        output = None if result.error is not None else list(output_json(program, result.output))
        weights = self._units(units)
        data = {
            "program": program.name,
            "doc": program.doc,
            "params": [list(p) for p in program.params],
            "causal": program.causal is not None,
            "outputSlot": self.number[program.output],
            "result": {
                "output": output, "layers": result.layers, "halted": result.halted,
                "text": None if output is None else output_text(program, result.output), "cut": cut(program, result),
            },
            "error": self._error(result.error),
            "slots": [self._slot(i, slot, weights is not None) for i, slot in enumerate(program.slots)],
            "runs": runs,
            "frames": frames,
            "events": [[self._update(u) for u in event] for event in self.events],
            "units": weights,
        }  # fmt: skip
        data["spans"] = [self._place(span) for span in self.spans]
        data["sources"] = [{"name": s.name, "lines": listing(s.text)} for s in self.sources]
        data["notes"] = [n.render_title() for n in self.notes]
        return View(data, tuple(self.notes), self.trace)

    # frames

    def _frames(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        program = self.trace.program
        fired = Fired(program)
        runs: list[dict[str, Any]] = []
        frames: list[dict[str, Any]] = []
        places = 0
        state: list[list[int]] = []
        for step in layers(self.trace):
            layer, read, written = step.layer, step.read, step.written
            count = len(read.tokens)
            if layer == 0:
                runs.append({"tokens": [str(program.symbols[t].name) for t in read.tokens], "first": len(frames)})
                state = [[-1] * count for _ in program.slots]
            frame: dict[str, Any] = {"r": step.run, "l": layer, "d": []}
            if layer:
                places += count
                if places <= MOST_PLACES:
                    frame["u"] = self._fired(fired, read)
                else:
                    frame["late"] = 1
                if written is None:
                    frame["failed"] = 1
            for slot in program.slots:
                snapshot = read if isinstance(slot, Head) else written or read
                if slot.name in snapshot.values and not (isinstance(slot, Variable) and written is None and layer):
                    self._change(frame["d"], slot, snapshot, state)
            frames.append(frame)
        if not self.trace.whole:
            shown = sum(1 for f in frames if f["l"])
            self.notes.append(
                LeftOut(
                    what=f"what comes after the first {shown:,} layers", reason=f"a page holds {MOST_CELLS:,} values"
                )
            )
        if places > MOST_PLACES:
            last = sum(1 for f in frames if "u" in f)
            self.notes.append(
                LeftOut(
                    what=f"the updates after the first {last:,} layers",
                    reason=f"a page has them for {MOST_PLACES:,} positions of all layers together",
                )
            )
        return runs, frames

    def _change(self, changes: list[Any], slot: Variable | Head, snapshot: Snapshot, state: list[list[int]]) -> None:
        number = self.number[slot.name]
        known = self.cells[number]
        codes, means = snapshot.values[slot.name], snapshot.means.get(slot.name)
        new = []
        for i, code in enumerate(codes):
            if code is None:
                new.append(-1)
            else:
                text = label(slot.domain, code) if means is None else self.trace.text(snapshot, slot.name, i)
                new.append(known.setdefault((code, text), len(known)))
        old, state[number] = state[number], new
        if old == new:
            return
        if len(set(new)) == 1:
            changes.append([number, new[0]])
        else:
            changes.append([number, [x for i, c in enumerate(new) if c != old[i] for x in (i, c)]])

    def _fired(self, fired: Fired, read: Snapshot) -> list[int]:
        found = []
        for i in range(len(read.tokens)):
            updates = fired.at(lambda name, i=i: read.values[name][i])  # type: ignore[misc]
            if updates:
                found += [i, self.events.setdefault(updates, len(self.events))]
        return found

    def _update(self, update: Update) -> dict[str, Any]:
        program = self.trace.program
        return {
            "t": self.number[update.target],
            "v": label(program.domain(update.target), update.value),
            "s": self._span(update.span),
            "c": [[self._span(c.span), int(c.held)] for c in update.conditions],
            "r": [[self.number[name], label(program.domain(name), code)] for name, code in update.reads],
            "w": int(update.lands),
        }

    # what stays the same

    def _slot(self, number: int, slot: Variable | Head, features: bool) -> dict[str, Any]:
        domain = slot.domain
        found: dict[str, Any] = {
            "name": slot.name,
            "kind": "head" if isinstance(slot, Head) else "variable",
            "type": type_text(domain),
            "doc": slot.doc,
            "span": self._span(slot.span),
            "cells": [list(cell) for cell in self.cells[number]],
            "low": domain.low,
        }
        if features:
            found["labels"] = [label(domain, c) for c in range(domain.low, domain.low + domain.size)]
        if isinstance(slot, Head):
            found |= {
                "query": None if slot.query is None else self.number[slot.query],
                "key": None if slot.key is None else self.number[slot.key],
                "value": self.number[slot.value],
                "offsets": None if slot.offsets is None else sorted(slot.offsets),
                "mean": isinstance(domain, RealDomain),
            }
            query = self.trace.program.domain(slot.query) if slot.query is not None else None
            if isinstance(query, SetDomain):
                found["family"] = [sorted(members) for members in query.family]
        return found

    def _units(self, units: Units | AltacError) -> dict[str, Any] | None:
        if isinstance(units, AltacError):
            self.notes.append(LeftOut(what="the hidden units", reason=units.problems[0].render_title()))
            return None
        layers = [units.layer] + ([units.predicates] if units.predicates else [])
        weights = len(units.w2.rows) + sum(len(layer.w1.rows) for layer in layers)
        if weights > MOST_WEIGHTS:
            self.notes.append(
                LeftOut(
                    what="the hidden units", reason=f"they have {weights:,} weights, and a page holds {MOST_WEIGHTS:,}"
                )
            )
            return None
        outputs = _rows(Matrix(units.w2.cols, units.w2.rows, units.w2.weights, units.w2.shape[::-1]))
        return {
            "level": units.level,
            "count": units.features.count,
            "offsets": [units.features.offset.get(s.name, -1) for s in self.trace.program.slots],
            "units": [
                {**unit, "out": out} for unit, out in zip(self._hidden(units.layer), outputs, strict=True)
            ],
            "predicates": list(self._hidden(units.predicates)) if units.predicates else [],
        }  # fmt: skip

    def _hidden(self, layer: Layer) -> Iterator[dict[str, Any]]:
        for origin, bias, weights in zip(layer.origins, layer.bias.tolist(), _rows(layer.w1), strict=True):
            spans = sorted({self._span(s) for s in origin.spans})
            yield {"label": origin.label, "spans": spans, "bias": bias, "in": weights}

    def _error(self, error: Problem | None) -> dict[str, Any] | None:
        if error is None:
            return None
        return {
            "code": error.code, "title": error.render_title(), "label": error.render_label(), "help": error.render_help(),
            "span": self._span(error.span), "position": getattr(error, "position", None),
        }  # fmt: skip

    def _span(self, span: Span | None) -> int:
        """The number of a span; -1 for none."""
        if span is None:
            return -1
        self.sources.setdefault(span.source, len(self.sources))
        return self.spans.setdefault(span, len(self.spans))

    def _place(self, span: Span) -> list[int]:
        """Source, first line and column, last line and column (the one after the span); lines and columns from 1."""
        return [self.sources[span.source], *span.source.position(span.start), *span.source.position(span.end)]


def _rows(matrix: Matrix) -> list[list[int]]:
    """For each row its entries, as column and weight by turns."""
    found: list[list[int]] = [[] for _ in range(matrix.shape[0])]
    for row, column, weight in zip(matrix.rows.tolist(), matrix.cols.tolist(), matrix.weights.tolist(), strict=True):
        found[row] += [column, weight]
    return found
