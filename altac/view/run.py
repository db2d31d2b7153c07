"""Run a program and look at it."""

from __future__ import annotations

from altac.compile import Record, compile_program
from altac.diagnostics.problem import AltacError
from altac.ir import Program
from altac.source import Source
from altac.trace import collect
from altac.units import Units
from altac.view.data import MOST_CELLS, View, view_data


def view(
    program: Program, source: Source, tokens: tuple[int, ...], *, level: int = 2, max_layers: int | None = None
) -> View:
    """A run of ``program`` on token indices with the hidden units of ``level``, for `altac.view.page`.

    A run that fails is shown up to where it fails; units that cannot be made are left out, with a note.
    Raises `AltacError` if the program can never stop.
    """
    trace = collect(program, tokens, max_layers, MOST_CELLS)
    return view_data(trace, source, _units(program, level))


def _units(program: Program, level: int) -> Units | AltacError:
    """The proved units, also of a program that cannot be certified as a whole; otherwise why there are none."""
    record = Record()
    try:
        return compile_program(program, level, allow_sampled=True, record=record).units
    except AltacError as error:
        found: Units | AltacError = record.results["units"] if "prove" in record.results else error
        return found
