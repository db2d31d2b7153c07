"""Runs that keep their states."""

from __future__ import annotations

from typing import Any

from altac.interpreter import State, When, run
from altac.ir import Head, Program
from altac.trace.html import trace_html
from altac.trace.states import Snapshot, States
from altac.trace.table import table


class Trace(States):
    """The states of a run, which show themselves."""

    def __str__(self) -> str:
        return "\n".join(table(self, self.snapshots)).rstrip()

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))

    def _repr_html_(self) -> str:
        return trace_html(self)


def collect(program: Program, tokens: tuple[int, ...], max_layers: int | None = None, most: int | None = None) -> Trace:
    """Run ``program`` on one sequence of token indices and keep the state at every moment; with ``most``, only
    the first layers, of that many values together.

    Raises `AltacError` if the program has neither a halting condition nor a limit.
    """
    found: list[Snapshot] = []
    kept = 0

    def see(layer: int, when: When, state: State) -> None:
        nonlocal kept
        if most is not None and when != "mlp":  # a layer is kept with what it reads and what it writes, or not at all
            kept += len(program.slots) * int(state.tokens.shape[1])
            if kept > most:
                raise _Full
        if when == "mlp" and not state.active[0]:
            return  # the MLP failed: what it would have written is no value of the program
        values: dict[str, tuple[int | None, ...]] = {}
        means: dict[str, tuple[float | None, ...]] = {}
        for slot in program.slots:
            if slot.name not in state.values:
                continue
            codes = state.values[slot.name][0].tolist()
            defined = state.defined[slot.name][0].tolist() if isinstance(slot, Head) else [True] * len(codes)
            values[slot.name] = tuple(c if d else None for c, d in zip(codes, defined, strict=True))
            if slot.name in state.reals:
                reals = state.reals[slot.name][0].tolist()
                means[slot.name] = tuple(r if d else None for r, d in zip(reals, defined, strict=True))
        found.append(Snapshot(layer, when, values, means, tuple(state.tokens[0].tolist())))

    try:
        (result,) = run(program, [tokens], max_layers, see)
    except _Full:
        (result,) = run(program, [tokens], max_layers)
        return Trace(program, tokens, tuple(found), result, whole=False)
    return Trace(program, tokens, tuple(found), result)


class _Full(Exception):
    """Ends a run of which no more is to be kept."""
