"""Training end to end: it learns, resumes exactly, and stops when it diverges."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from flax import nnx

from altac.analysis.baselines.fit import (
    PRESETS,
    START,
    STOP,
    Recipe,
    classify,
    decode,
    fit,
    fit_classifier,
    fit_seq2seq,
    padded,
    with_architecture,
)
from altac.analysis.baselines.model import Architecture, Encoder
from altac.diagnostics import AltacError

TINY = Recipe(Architecture(1, True, "absolute", 16, 2, 8, 32, 8), "adam", 1e-2, 32, 150, 50)


def first_bits() -> tuple[Any, Any]:
    """Sequences with their first bit as the class."""
    rng = np.random.default_rng(0)
    bits = rng.integers(0, 2, (64, 5))
    return padded([(3, *(1 + b)) for b in bits], 6), bits[:, 0]


def leaves(model: Any) -> list[Any]:
    return [np.asarray(leaf) for leaf in jax.tree.leaves(nnx.state(model))]


def test_a_classifier_learns() -> None:
    inputs, classes = first_bits()
    fitted = fit_classifier(inputs, classes, 4, TINY)
    assert fitted.metrics[-1].exact > 0.95
    assert (classify(fitted.model, inputs) == classes).mean() > 0.95


def test_copying_sequences_is_learned_and_decoded() -> None:
    rng = np.random.default_rng(0)
    sequences = [rng.integers(1, 4, rng.integers(1, 3)).tolist() for _ in range(40)]
    inputs = padded(sequences, 2)
    targets = padded([(START, *(STOP + n for n in s), STOP) for s in sequences], 4)
    recipe = replace(TINY, steps=300, learning_rate=5e-3)
    fitted = fit_seq2seq(inputs, targets, (4, STOP + 4), recipe)
    assert (decode(fitted.model, inputs, 3) == targets[:, 1:]).all(axis=1).mean() > 0.9


@pytest.mark.parametrize("optimizer", ["adam", "adafactor"])
def test_an_interrupted_run_goes_on_exactly(optimizer: str, tmp_path: Path) -> None:
    data, recipe = first_bits(), replace(TINY, optimizer=optimizer)

    def loss(model: Any, x: Any, y: Any) -> Any:
        logits = model(x)
        return (jax.nn.logsumexp(logits, axis=1) - logits[jax.numpy.arange(len(y)), y]).mean(), (
            logits.argmax(1) == y
        ).mean()

    def start() -> Any:
        return Encoder(TINY.architecture, 4, 2, 0)

    whole = fit(start(), loss, data, recipe, 1)
    part = fit(start(), loss, data, recipe, 1, tmp_path, stop_after=50)
    assert [m.step for m in part.metrics] == [50]
    rest = fit(start(), loss, data, recipe, 1, tmp_path)
    assert all(np.array_equal(a, b) for a, b in zip(leaves(whole.model), leaves(rest.model), strict=True))
    with pytest.raises(AltacError) as raised:
        fit(start(), loss, data, recipe, 2, tmp_path)
    assert raised.value.problems[0].code == "other-run"


def test_divergence_is_an_error() -> None:
    with pytest.raises(AltacError) as raised:
        fit_classifier(*first_bits(), 4, replace(TINY, learning_rate=1e30))
    assert raised.value.problems[0].code == "diverged"


def test_presets_are_those_of_the_paper() -> None:
    parity, scan = PRESETS["paper"]["parity"], PRESETS["paper"]["scan"]
    assert (parity.architecture.width, parity.architecture.hidden, parity.steps) == (512, 2048, 50_000)
    assert (scan.architecture.width, scan.architecture.hidden, scan.steps) == (128, 512, 100_000)
    changed = with_architecture(parity, layers=40, positions="absolute")
    assert (changed.architecture.layers, changed.architecture.positions, changed.steps) == (40, "absolute", 50_000)
