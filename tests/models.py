"""A model of given hidden units, proved or not, for tests of what comes after the proof; and where it can be run."""

from __future__ import annotations

from importlib.util import find_spec

from altac.backends import TARGETS, backend
from altac.ir import Program
from altac.transformer import BuiltModel
from altac.transformer.building import assemble, lay_out
from altac.transformer.certificate import certify
from altac.units import Units

#: The targets whose libraries are installed.
INSTALLED = tuple(target for target in TARGETS if all(map(find_spec, backend(target).requires)))


def build(program: Program, units: Units, *, dtype: str = "float32", max_length: int | None = None) -> BuiltModel:
    """The Transformer of ``program`` with the MLP ``units``; see `altac.compile.compile_program`."""
    layout = lay_out(program, units)
    return assemble(layout, units, certify(program, layout, dtype, max_length))
