"""Run a program and look at it."""

from __future__ import annotations

from altac.api import Input, Program
from altac.compile import Record
from altac.diagnostics.problem import AltacError
from altac.trace import collect
from altac.units import Units
from altac.view.data import MOST_CELLS, View, view_data


def view(program: Program, given: Input, *, level: int = 2, max_layers: int | None = None) -> View:
    """A run of ``program`` on one input with the hidden units of ``level``, for `altac.view.page`.

    A run that fails is shown up to where it fails; units that cannot be made are left out, with a note.
    Raises `AltacError` for an input that cannot be read, or if the program can never stop.
    """
    trace = collect(program.ir, program.encode(given), max_layers, MOST_CELLS)
    return view_data(trace, program.source, _units(program, level))


def _units(program: Program, level: int) -> Units | AltacError:
    """The proved units, also of a program that cannot be certified as a whole; otherwise why there are none."""
    record = Record()
    try:
        return program.compile(level, allow_sampled=True, record=record).units
    except AltacError as error:
        found: Units | AltacError = record.results["units"] if "prove" in record.results else error
        return found
