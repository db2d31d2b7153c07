"""Training end to end: recipes, the loop, and evaluation."""

from __future__ import annotations

import hashlib
import json
import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

from altac.analysis.baselines.model import PADDING, Architecture, Encoder, EncoderDecoder
from altac.analysis.checkpoint import Metrics, Store
from altac.diagnostics.analysis_errors import Diverged
from altac.diagnostics.problem import AltacError

Array = np.ndarray[Any, Any]
#: Steps that run on the device without coming back.
BLOCK = 50
#: Sequences that are evaluated together.
EVALUATED = 256
#: The token that starts every target sequence, and the one that ends it.
START, STOP = 1, 2


@dataclass(frozen=True)
class Recipe:
    """What is trained, and how. The rate rises over the first 5 % of the steps, and falls along a cosine with Adam."""

    architecture: Architecture
    optimizer: str
    learning_rate: float
    batch: int
    steps: int
    every: int

    def json(self) -> dict[str, Any]:
        return asdict(self)


#: Appendix D.1 (parity) and D.4 (SCAN); both need an accelerator.
PAPER = {
    "parity": Recipe(Architecture(8, True, "relative", 512, 6, 64, 2048), "adafactor", 5e-4, 256, 50_000, 5_000),
    "scan": Recipe(Architecture(6, True, "relative", 128, 8, 128, 512), "adafactor", 5e-4, 256, 100_000, 5_000),
}
#: About a minute on a CPU core each.
QUICK = {
    "parity": Recipe(Architecture(2, True, "relative", 32, 4, 8, 128), "adam", 2e-3, 128, 3_000, 500),
    "scan": Recipe(Architecture(2, True, "relative", 64, 4, 16, 256), "adam", 3e-3, 32, 1_500, 500),
}
PRESETS: Mapping[str, Mapping[str, Recipe]] = {"quick": QUICK, "paper": PAPER}


def with_architecture(recipe: Recipe, **changes: Any) -> Recipe:
    """``recipe`` with another number of layers, sharing or positions."""
    return replace(recipe, architecture=replace(recipe.architecture, **changes))


def padded(sequences: Sequence[Sequence[int]], length: int) -> Array:
    """Sequences as rows of an array, padded at the end."""
    found = np.full((len(sequences), length), PADDING, np.int32)
    for row, sequence in zip(found, sequences, strict=True):
        row[: len(sequence)] = sequence
    return found


@dataclass(frozen=True)
class Fitted:
    """A trained model and how its loss went."""

    model: Any
    metrics: tuple[Metrics, ...]


def fit_classifier(
    inputs: Array, classes: Array, vocabulary: int, recipe: Recipe, seed: int = 0,
    directory: str | os.PathLike[str] | None = None, progress: Callable[[int, int], None] | None = None,
) -> Fitted:  # fmt: skip
    """Train an encoder to map ``inputs`` (N, T) to ``classes`` (N,). For errors see `fit`."""
    model = Encoder(recipe.architecture, vocabulary, int(classes.max(initial=1)) + 1, seed)

    def loss(model: Any, tokens: jax.Array, wanted: jax.Array) -> tuple[jax.Array, jax.Array]:
        logits = model(tokens)
        each = optax.softmax_cross_entropy_with_integer_labels(logits, wanted)
        return each.mean(), (logits.argmax(axis=-1) == wanted).mean()

    return fit(model, loss, (inputs, classes), recipe, seed, directory, progress)


def fit_seq2seq(
    inputs: Array, targets: Array, vocabularies: tuple[int, int], recipe: Recipe, seed: int = 0,
    directory: str | os.PathLike[str] | None = None, progress: Callable[[int, int], None] | None = None,
) -> Fitted:  # fmt: skip
    """Train an encoder-decoder to map ``inputs`` (N, T) to ``targets`` (N, U), which start with `START` and end with
    `STOP`. For errors see `fit`."""
    model = EncoderDecoder(recipe.architecture, *vocabularies, seed)

    def loss(model: Any, tokens: jax.Array, wanted: jax.Array) -> tuple[jax.Array, jax.Array]:
        logits, after = model(tokens, wanted[:, :-1]), wanted[:, 1:]
        counted = after != PADDING
        each = optax.softmax_cross_entropy_with_integer_labels(logits, after)
        right = jnp.all((logits.argmax(axis=-1) == after) | ~counted, axis=1)
        return jnp.sum(each * counted) / jnp.sum(counted), right.mean()

    return fit(model, loss, (inputs, targets), recipe, seed, directory, progress)


def fit(
    model: Any,
    loss: Callable[[Any, jax.Array, jax.Array], tuple[jax.Array, jax.Array]],
    data: tuple[Array, Array],
    recipe: Recipe,
    seed: int,
    directory: str | os.PathLike[str] | None = None,
    progress: Callable[[int, int], None] | None = None,
    stop_after: int | None = None,
) -> Fitted:
    """Train ``model`` on batches drawn from ``data``, all of it on the device.

    ``loss`` gives the loss of a batch and the fraction that is right. With a ``directory``, checkpoints and metrics are
    kept there, and an interrupted run goes on exactly where its last checkpoint was.

    Raises:
        AltacError: the loss is no number any more, the directory holds another run or cannot be written.
    """
    graph, parameters = nnx.split(model)
    optimizer = _optimizer(recipe)
    state = optimizer.init(parameters)
    store = None if directory is None else Store(Path(directory), _fingerprint(data, recipe, seed))
    metrics: list[Metrics] = []
    step, elapsed = 0, 0.0
    if store is not None and (found := store.load(parameters, state)) is not None:
        parameters, state, metrics = found
        step, elapsed = metrics[-1].step, metrics[-1].seconds
    inputs, targets = map(jnp.asarray, data)
    key = jax.random.key(seed + 1)

    def one(carry: tuple[Any, Any], number: jax.Array) -> tuple[tuple[Any, Any], tuple[jax.Array, jax.Array]]:
        parameters, state = carry
        rows = jax.random.randint(jax.random.fold_in(key, number), (recipe.batch,), 0, len(inputs))
        (value, right), gradient = jax.value_and_grad(
            lambda p: loss(nnx.merge(graph, p), inputs[rows], targets[rows]), has_aux=True
        )(parameters)
        updates, state = optimizer.update(gradient, state, parameters)
        return (optax.apply_updates(parameters, updates), state), (value, right)

    @jax.jit
    def some(parameters: Any, state: Any, numbers: jax.Array) -> tuple[Any, Any, jax.Array, jax.Array]:
        (parameters, state), (values, right) = jax.lax.scan(one, (parameters, state), numbers)
        return parameters, state, values.mean(), right.mean()

    begun = time.perf_counter() - elapsed
    while step < recipe.steps and (stop_after is None or step < stop_after):
        target = min(recipe.steps, (step // recipe.every + 1) * recipe.every)
        total, right, since = 0.0, 0.0, step
        while step < target:
            count = min(BLOCK, target - step)
            parameters, state, value, part = some(parameters, state, jnp.arange(step, step + count))
            total, right, step = total + float(value) * count, right + float(part) * count, step + count
            if progress is not None:
                progress(step, recipe.steps)
            if not math.isfinite(total):
                raise AltacError(Diverged(step=step, path=store.kept if store is not None else ""))
        seconds = round(time.perf_counter() - begun, 3)
        metrics.append(Metrics(step, total / (step - since), right / (step - since), seconds))
        if store is not None:
            store.save(parameters, state, metrics)
    return Fitted(nnx.merge(graph, parameters), tuple(metrics))


def _optimizer(recipe: Recipe) -> optax.GradientTransformation:
    warm = max(1, recipe.steps // 20)
    if recipe.optimizer == "adafactor":
        return optax.adafactor(optax.linear_schedule(0.0, recipe.learning_rate, warm))
    rate = optax.warmup_cosine_decay_schedule(0.0, recipe.learning_rate, warm, recipe.steps)
    return optax.adamw(rate, b2=0.98)


def _fingerprint(data: tuple[Array, Array], recipe: Recipe, seed: int) -> dict[str, str]:
    content = hashlib.sha256(b"".join(np.ascontiguousarray(a).tobytes() for a in data)).hexdigest()
    return {"hyperparameters": json.dumps(recipe.json()), "seed": str(seed), "data": content}


def classify(model: Any, inputs: Array) -> Array:
    """The likeliest class of every input, (N,)."""

    @nnx.jit
    def predicted(model: Any, tokens: jax.Array) -> jax.Array:
        found: jax.Array = model(tokens).argmax(axis=-1)
        return found

    parts = [np.asarray(predicted(model, jnp.asarray(batch))) for batch in _batches(inputs)]
    found: Array = np.concatenate(parts)[: len(inputs)]
    return found


def decode(model: Any, inputs: Array, longest: int) -> Array:
    """Greedy decoding: targets (N, longest) behind `START`, up to and including `STOP`, then padding."""

    @nnx.jit
    def decoded(model: Any, tokens: jax.Array) -> jax.Array:
        memory = model.encoder(tokens)
        seen = jnp.where(tokens == PADDING, -1e9, 0.0)[:, None, None, :]
        targets = jnp.full((len(tokens), longest + 1), PADDING).at[:, 0].set(START)

        def extend(at: jax.Array, targets: jax.Array) -> jax.Array:
            logits = model.output(model.decoder(targets, memory, seen))[:, at]
            ended = (targets == STOP).any(axis=1)
            return targets.at[:, at + 1].set(jnp.where(ended, PADDING, logits.argmax(axis=-1)))

        full: jax.Array = jax.lax.fori_loop(0, longest, extend, targets)
        return full[:, 1:]

    parts = [np.asarray(decoded(model, jnp.asarray(batch))) for batch in _batches(inputs)]
    found: Array = np.concatenate(parts)[: len(inputs)]
    return found


def _batches(inputs: Array) -> list[Array]:
    """Parts of one size, the last one filled up, so that everything compiles once."""
    missing = -len(inputs) % EVALUATED
    filled = np.concatenate([inputs, np.repeat(inputs[:1], missing, axis=0)]) if missing else inputs
    return list(filled.reshape(-1, EVALUATED, inputs.shape[1]))
