"""Layout, certificate and hidden units to weights by name, each in the number format it is kept in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from altac.transformer.attention import Group, attention_weights
from altac.transformer.certificate import BFLOAT16, Certificate, number_format
from altac.transformer.layout import Array, Layout, halting_codes
from altac.transformer.mlp import mlp_weights
from altac.units.layers import Units


def make_weights(
    layout: Layout, groups: Sequence[Group], units: Units, certificate: Certificate
) -> Mapping[str, Array]:
    """All weights by name, read-only.

    Names and shapes are those of `embedding_weights`, `altac.transformer.attention.attention_weights`,
    `altac.transformer.mlp.mlp_weights` and `readout_weights`.

    Raises:
        AltacError: a hidden unit would not be exact.
    """
    weights = {
        **embedding_weights(layout),
        **attention_weights(layout, groups, certificate),
        **mlp_weights(layout, units, certificate),
        **readout_weights(layout),
    }
    return MappingProxyType({name: _stored(name, w, certificate.dtype) for name, w in weights.items()})


def embedding_weights(layout: Layout) -> dict[str, Array]:
    """``embedding.token`` (vocabulary, D), which carries the constants, and ``embedding.position`` (positions, D)."""
    program = layout.program
    tables = {"embedding.token": np.zeros((program.tokens.size, layout.width), np.float32)}
    if program.positions is not None:
        tables["embedding.position"] = np.zeros((program.positions, layout.width), np.float32)
    for variable in program.variables:
        initial = variable.initial
        table = tables["embedding.position" if initial.by == "position" else "embedding.token"]
        dims = layout.dims(variable.name, initial.values)
        table[np.arange(len(table)), np.broadcast_to(dims, len(table))] = 1
    return tables


def readout_weights(layout: Layout) -> dict[str, Array]:
    """``unembedding`` (D, values of the output variable), and ``halt`` (D,) if the program halts."""
    output = layout.dims(layout.program.output)
    unembedding = np.zeros((layout.width, len(output)), np.float32)
    unembedding[output, np.arange(len(output))] = 1
    found: dict[str, Array] = {"unembedding": unembedding}
    halting = halting_codes(layout.program)
    if halting is not None:
        found["halt"] = np.zeros(layout.width, np.float32)
        found["halt"][layout.dims(*halting)] = 1
    return found


def _stored(name: str, weights: Array, dtype: str) -> Array:
    """The weights in the number format they are kept in.

    Biases stay in float32, and so does a matrix with an entry that bfloat16 would change.
    """
    kept: Array = np.ascontiguousarray(weights, np.float32)
    if number_format(dtype) is BFLOAT16 and not name.endswith("_bias"):
        from ml_dtypes import bfloat16

        narrow = kept.astype(bfloat16)
        if np.array_equal(narrow.astype(np.float32), kept):
            kept = narrow
    kept.setflags(write=False)  # what runs the model in process may share their memory
    return kept
