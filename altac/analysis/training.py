"""Training an MLP on traces: the loop, its checkpoints and its metrics (appendix C.1 of the ALTA paper)."""

from __future__ import annotations

import hashlib
import json
import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from altac.analysis.checkpoint import Metrics, Store
from altac.analysis.hyperparameters import Hyperparameters
from altac.analysis.memory import check_memory
from altac.analysis.packing import Array
from altac.analysis.vectors import Vectors
from altac.diagnostics.analysis_errors import Diverged
from altac.diagnostics.problem import AltacError

#: Steps that run on the device without coming back.
BLOCK = 100
#: Weights and biases, layer by layer.
Parameters = list[dict[str, jax.Array]]


@dataclass(frozen=True)
class Training:
    """A finished run: the layers' weights as arrays, and the metrics."""

    parameters: list[dict[str, Array]]
    metrics: tuple[Metrics, ...]


def initial_parameters(sizes: tuple[int, ...], seed: int) -> Parameters:
    """He-initialised layers of the given sizes, biases zero."""
    keys = jax.random.split(jax.random.key(seed), len(sizes) - 1)
    return [
        {"weight": jax.random.normal(key, (a, b)) * math.sqrt(2 / a), "bias": jnp.zeros(b)}
        for key, a, b in zip(keys, sizes[:-1], sizes[1:], strict=True)
    ]


def apply(parameters: Parameters, x: jax.Array) -> jax.Array:
    """The MLP with ReLU between its layers, (N, F) to (N, V)."""
    for layer in parameters[:-1]:
        x = jax.nn.relu(x @ layer["weight"] + layer["bias"])
    return x @ parameters[-1]["weight"] + parameters[-1]["bias"]


def train(
    data: Vectors,
    how: Hyperparameters,
    seed: int = 0,
    directory: str | os.PathLike[str] | None = None,
    progress: Callable[[int, int], None] | None = None,
    stop_after: int | None = None,
) -> Training:
    """Train an MLP to map ``data.inputs`` to ``data.targets`` under an L2 loss.

    Batches are drawn from the distinct pairs, all on the device. With a ``directory``, checkpoints and metrics are kept
    there, and a run that was interrupted goes on exactly where its last checkpoint was. ``stop_after`` ends the call
    after the first checkpoint at or after so many steps.

    Raises:
        AltacError: a hyperparameter asks for more memory than there is, the loss is no number any more, the directory holds
            another run or cannot be written.
    """
    check_memory(how, data.inputs.shape[1], data.targets.shape[1])
    sizes = (data.inputs.shape[1], *how.hidden, data.targets.shape[1])
    optimizer = _optimizer(how)
    parameters = initial_parameters(sizes, seed)
    state = optimizer.init(parameters)
    store = None if directory is None else Store(Path(directory), _fingerprint(data, how, seed))
    step, elapsed = 0, 0.0
    metrics: list[Metrics] = []
    if store is not None and (found := store.load(parameters, state)) is not None:
        parameters, state, metrics = found
        step, elapsed = metrics[-1].step, metrics[-1].seconds
    advance, exact = _compiled(data, how, optimizer, seed)
    begun = time.perf_counter() - elapsed
    while step < how.steps and (stop_after is None or step < stop_after):
        target = min(how.steps, (step // how.every + 1) * how.every)
        losses = []
        while step < target:
            count = min(BLOCK, target - step)
            parameters, state, loss = advance(parameters, state, step, count)
            losses.append(float(loss) * count)
            step += count
            if progress is not None:
                progress(step, how.steps)
            if not math.isfinite(losses[-1]):
                raise AltacError(Diverged(step=step, path=store.kept if store is not None else ""))
        since = metrics[-1].step if metrics else 0
        entry = Metrics(
            step, sum(losses) / (step - since), float(exact(parameters)), round(time.perf_counter() - begun, 3)
        )
        metrics.append(entry)
        if store is not None:
            store.save(parameters, state, metrics)
    return Training([{k: np.asarray(v) for k, v in layer.items()} for layer in parameters], tuple(metrics))


def _optimizer(how: Hyperparameters) -> optax.GradientTransformation:
    rate = optax.cosine_decay_schedule(how.learning_rate, how.steps) if how.decay else how.learning_rate
    return optax.adam(rate) if how.optimizer == "adam" else optax.adafactor(rate)


def _compiled(
    data: Vectors, how: Hyperparameters, optimizer: optax.GradientTransformation, seed: int
) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The jitted functions: some steps of training, and the fraction of pairs that come out right."""
    inputs, targets, free = jnp.asarray(data.inputs), jnp.asarray(data.targets), jnp.asarray(data.free)
    blocks = np.zeros((data.inputs.shape[1], len(data.blocks)), np.float32)
    for i, (start, stop) in enumerate(data.blocks):
        blocks[start:stop, i] = 1
    undefined = bool(data.free.any())
    key = jax.random.key(seed + 1)

    def batch(step: jax.Array) -> tuple[jax.Array, jax.Array]:
        draw, mix, noise = jax.random.split(jax.random.fold_in(key, step), 3)
        rows = jax.random.randint(draw, (how.batch,), 0, len(inputs))
        x = inputs[rows]
        if undefined:  # a random mixture of values, as a compiled head that selects nothing leaves
            weights = jax.random.exponential(mix, x.shape)
            weights = weights / ((weights @ blocks) @ blocks.T)
            x = x + free[rows] * weights
        return x + how.noise * jax.random.normal(noise, x.shape), targets[rows]

    def loss(parameters: Parameters, x: jax.Array, y: jax.Array) -> jax.Array:
        return jnp.mean(jnp.sum((apply(parameters, x) - y) ** 2, axis=1))

    def step(carry: tuple[Parameters, Any], number: jax.Array) -> tuple[tuple[Parameters, Any], jax.Array]:
        parameters, state = carry
        value, gradient = jax.value_and_grad(loss)(parameters, *batch(number))
        updates, state = optimizer.update(gradient, state, parameters)
        return (optax.apply_updates(parameters, updates), state), value

    def some(parameters: Parameters, state: Any, first: jax.Array, count: int) -> tuple[Parameters, Any, jax.Array]:
        (parameters, state), values = jax.lax.scan(step, (parameters, state), first + jnp.arange(count))
        return parameters, state, values.mean()

    def exact(parameters: Parameters) -> jax.Array:
        got = apply(parameters, inputs)
        right = [got[:, a:b].argmax(axis=1) == targets[:, a:b].argmax(axis=1) for a, b in data.outputs]
        return jnp.mean(jnp.all(jnp.stack(right), axis=0))

    return jax.jit(some, static_argnums=3), jax.jit(exact)


def _fingerprint(data: Vectors, how: Hyperparameters, seed: int) -> dict[str, str]:
    content = hashlib.sha256()
    for array in (data.inputs, data.free, data.targets):
        content.update(np.ascontiguousarray(array).tobytes())
    return {"hyperparameters": json.dumps(how.json()), "seed": str(seed), "data": content.hexdigest()}
