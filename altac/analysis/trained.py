"""A trained MLP among compiled parameters: the whole Transformer, run and compared with the interpreter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from altac.analysis.hyperparameters import Outputs
from altac.analysis.packing import Array
from altac.analysis.training import apply
from altac.analysis.vectors import written
from altac.backends.flax.model import Fixed, Model, affine, clipped
from altac.backends.runner import TransformerRunner
from altac.compile import compile_program
from altac.interpreter import run
from altac.ir import Program

#: What counts as the answer to an input: the outputs at all positions, or at the last one.
Answer = Literal["all", "last"]


class TrainedMLP(nnx.Module):
    """Takes the place of a compiled MLP: compiled buckets of means, then trained layers.

    The ``written`` dimensions become what the trained layers say, the ``kept`` ones stay, those of heads are cleared.
    """

    def __init__(
        self, compiled: Any, layers: list[dict[str, Array]], columns: Array, written: Array, kept: Array
    ) -> None:
        self.means = compiled.means
        if self.means:
            self.threshold = Fixed(compiled.threshold[...])
            self.threshold_bias = Fixed(compiled.threshold_bias[...])
            self.bucket = Fixed(compiled.bucket[...])
            self.bucket_bias = Fixed(compiled.bucket_bias[...])
        self.columns = Fixed(jnp.asarray(columns))
        self.written = Fixed(jnp.asarray(written))
        self.kept = Fixed(jnp.asarray(kept))
        self.weights = nnx.List([nnx.Param(jnp.asarray(layer["weight"])) for layer in layers])
        self.biases = nnx.List([nnx.Param(jnp.asarray(layer["bias"])) for layer in layers])

    def __call__(self, x: jax.Array) -> jax.Array:
        """The update of the residual stream ``x`` (B, T, D)."""
        features = x
        if self.means:
            reached = clipped(affine(x, self.threshold[...], self.threshold_bias[...]))
            buckets = affine(reached, self.bucket[...], self.bucket_bias[...])
            features = jnp.concatenate([features, buckets], axis=-1)
        parameters = [{"weight": w[...], "bias": b[...]} for w, b in zip(self.weights, self.biases, strict=True)]
        new = apply(parameters, features[..., self.columns[...]])
        update = jnp.zeros_like(x).at[..., self.written[...]].set(new)
        return update - x.at[..., self.kept[...]].set(0)


def trained_runner(program: Program, layers: list[dict[str, Array]], outputs: Outputs = "all") -> TransformerRunner:
    """The Transformer of ``program`` with trained layers in place of its rules.

    Raises `AltacError` if the program cannot be compiled.
    """
    built = compile_program(program, 0, allow_sampled=True).model
    layout = built.layout
    names = written(program, outputs)
    dims: dict[bool, list[int]] = {True: [], False: []}
    for variable in program.variables:
        dims[variable.name in names] += layout.dims(variable.name).tolist()
    model = Model(built.configuration, built.weights)
    hidden = max(len(layer["bias"]) for layer in layers)  # of which batches are no larger than memory allows
    model.configuration = replace(built.configuration, sizes=replace(built.configuration.sizes, hidden=hidden))
    transformer: Any = model.transformer
    transformer.mlp = TrainedMLP(
        transformer.mlp, layers, layout.feature_of_code, np.array(dims[True], int), np.array(dims[False], int)
    )
    return TransformerRunner(program, model)


@dataclass(frozen=True)
class Comparison:
    """Answers of a model beside the interpreter's, per input: whether they are equal, and the number of tokens."""

    right: tuple[bool, ...]
    lengths: tuple[int, ...]

    @property
    def accuracy(self) -> float:
        return sum(self.right) / len(self.right) if self.right else float("nan")


def compare(
    runner: TransformerRunner,
    program: Program,
    inputs: Sequence[Sequence[int]],
    answer: Answer = "all",
    max_layers: int | None = None,
) -> Comparison:
    """Run ``runner`` for at most as many layers as the interpreter needs, and compare the answers.

    Inputs on which the program fails are left out.
    """
    expected = [r for r in run(program, inputs, max_layers) if r.error is None]
    layers = max((r.layers for r in expected), default=0)
    got = runner.run([r.input for r in expected], layers)
    start = 0 if answer == "all" else -1
    right = tuple(a.error is None and a.output[start:] == b.output[start:] for a, b in zip(got, expected, strict=True))
    return Comparison(right, tuple(len(r.input) for r in expected))
