"""A model of given hidden units, proved or not: for tests of what comes after the proof."""

from __future__ import annotations

from altac.ir import Program
from altac.transformer import BuiltModel
from altac.transformer.building import assemble, lay_out
from altac.transformer.certificate import certify
from altac.units import Units


def build(program: Program, units: Units, *, dtype: str = "float32", max_length: int | None = None) -> BuiltModel:
    """The Transformer of ``program`` with the MLP ``units``; see `altac.compile.compile_program`."""
    layout = lay_out(program, units)
    return assemble(layout, units, certify(program, layout, dtype, max_length))
