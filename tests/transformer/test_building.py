"""What is built: weights that nobody can change, and labels for each of their rows."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError

import pytest

from altac.transformer import BuiltModel
from altac.units import units
from tests import programs
from tests.models import build


@pytest.fixture(scope="module")
def built() -> BuiltModel:
    program = programs.set_query()
    return build(program, units(program, 2))


def test_a_model_does_not_change(built: BuiltModel) -> None:
    with pytest.raises(ValueError):
        built.weights["mlp.down"][0, 0] = 1
    with pytest.raises(TypeError):
        built.weights["mlp.down"] = built.weights["mlp.up"]  # type: ignore[index]
    with pytest.raises(FrozenInstanceError):
        built.weights = {}  # type: ignore[misc]


def test_every_row_has_a_label(built: BuiltModel) -> None:
    labels, weights = built.labels, built.weights
    assert weights["mlp.up"].shape[1] == len(labels.hidden_units) == built.configuration.sizes.hidden
    assert weights["mlp.down"].shape[1] == len(labels.residual) == built.configuration.sizes.residual
    assert weights["mlp.threshold"].shape == (len(labels.residual), len(labels.thresholds))
    assert weights["mlp.bucket"].shape == (len(labels.thresholds), len(labels.buckets))
    assert weights["attention.query"].shape[0] == len(labels.attention_heads) == built.configuration.sizes.heads
    assert built.configuration.sizes.features == len(labels.residual) + len(labels.buckets)
    assert built.parameters == sum(w.size for w in weights.values())


def test_labels_as_json_leave_out_what_they_do_not_have(built: BuiltModel) -> None:
    data = json.loads(built.labels.to_json())
    assert list(data) == ["residual", "attention_heads", "thresholds", "buckets", "hidden_units"]
    (head,) = data["attention_heads"]
    assert (head["query"], head["key"], head["offsets"]) == ("wanted", "kind", None)
    match, mean = head["outputs"]
    assert match == {"head": "match", "value": "mark", "source": "<built>:1:1", "line": 1}
    assert mean == {"head": "mean", "value": "mark", "mean": True, "scale": 1, "source": "<built>:1:1", "line": 1}
