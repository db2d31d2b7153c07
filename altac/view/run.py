"""Run a program and look at it."""

from __future__ import annotations

from altac.api import Input, Program
from altac.diagnostics.problem import AltacError
from altac.trace import collect
from altac.units import Units, units
from altac.view.data import MOST_CELLS, View, view_data


def view(program: Program, given: Input, *, level: int = 2, max_layers: int | None = None) -> View:
    """A run of ``program`` on one input with the hidden units of ``level``, for `altac.view.page`.

    A run that fails is shown up to where it fails; units that cannot be made are left out, with a note.
    Raises `AltacError` for an input that cannot be read, or if the program can never stop.
    """
    trace = collect(program.ir, program.encode(given), max_layers, MOST_CELLS)
    found: Units | AltacError
    try:
        found = units(program.ir, level)
    except AltacError as error:
        found = error
    return view_data(trace, program.source, found)
