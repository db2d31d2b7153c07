"""Pairs of assignments as vectors for training (section 2.3 and appendix C.1 of the ALTA paper).

The trained MLP reads what the rules of a compiled one read: a one-hot vector per variable and categorical head, and
a one-hot over the buckets of a numerical head, which compiled layers compute. It writes the one-hot vectors of the
variables: all, or those that the program updates, while the others stay in the residual stream as they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from altac.analysis.hyperparameters import Outputs
from altac.analysis.packing import Array
from altac.analysis.traces import Pairs
from altac.interpreter.analysis import assigned_variables
from altac.ir import Head, Program


@dataclass(frozen=True)
class Vectors:
    """Training data: ``inputs`` (N, F), ``free`` (N, F), ``targets`` (N, V); the ``blocks`` of F that are one slot, and the
    blocks of V that are one variable (``outputs``).

    ``free`` marks the values of an undefined head. A compiled head that selects nothing leaves a mixture of values, so
    that in training they are a random mixture.
    """

    inputs: Array
    free: Array
    targets: Array
    blocks: tuple[tuple[int, int], ...]
    outputs: tuple[tuple[int, int], ...]


def written(program: Program, outputs: Outputs) -> frozenset[str]:
    """The variables that a trained MLP writes."""
    return frozenset(program.variable_names) if outputs == "all" else assigned_variables(program)


def vectors(pairs: Pairs, outputs: Outputs = "all") -> Vectors:
    """The pairs as vectors."""
    program = pairs.layout.program
    inputs, free, blocks = [], [], []
    at = 0
    for i, slot in enumerate(program.slots):
        size = slot.domain.size
        codes = pairs.before[:, i]
        inputs.append((codes[:, None] == np.arange(size)).astype(np.float32))
        undefined = (codes < 0) & isinstance(slot, Head)
        free.append(np.repeat(undefined[:, None], size, axis=1))
        blocks.append((at, at + size))
        at += size
    names = written(program, outputs)
    chosen = [(i, v) for i, v in enumerate(program.variables) if v.name in names]
    targets = [(pairs.after[:, [i]] == np.arange(v.domain.size)).astype(np.float32) for i, v in chosen]
    sizes = np.cumsum([0, *(v.domain.size for _, v in chosen)]).tolist()
    return Vectors(
        np.concatenate(inputs, axis=1), np.concatenate(free, axis=1), np.concatenate(targets, axis=1),
        tuple(blocks), tuple(zip(sizes[:-1], sizes[1:], strict=True)),
    )  # fmt: skip
