"""What the PyTorch module offers beside its answers: values by hooks, interventions, gradients, devices' formats."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import altac

torch = pytest.importorskip("torch")

PARITY = Path(__file__).parents[3] / "examples" / "parity" / "sequential_relative.alta"


@pytest.fixture(scope="module")
def model() -> Any:
    from altac.backends import backend

    return backend("torch").model(altac.load(PARITY).compile().built)


def slots(name: str) -> list[int]:
    """The dimensions of the residual stream that hold a variable or head."""
    labels = altac.load(PARITY).compile().built.labels
    return [i for i, dimension in enumerate(labels.residual) if dimension.slot == name]


def test_hooks_see_every_half_layer(model: Any) -> None:
    seen: dict[str, list[Any]] = {
        name: [] for name in ("resid_pre", "resid_mid", "resid_post", "attention.pattern", "mlp.hidden")
    }
    hooks = [
        model.transformer.get_submodule(name).register_forward_hook(
            lambda _, __, value, into=into: into.append(value.clone())
        )
        for name, into in seen.items()
    ]
    tokens = torch.tensor([model.encode(["START", 1, 0, 1])])
    found = model.transformer(tokens)
    for hook in hooks:
        hook.remove()
    layers = int(found.layers[0])
    assert {name: len(values) for name, values in seen.items()} == dict.fromkeys(seen, layers)
    for before, after in zip(seen["resid_post"][:-1], seen["resid_pre"][1:], strict=True):
        assert torch.equal(before, after)
    assert torch.equal(seen["resid_post"][-1] @ model.transformer.unembedding, found.logits)
    parity = slots("parity")
    trace = altac.load(PARITY).trace(["START", 1, 0, 1])
    for state, snapshot in zip(seen["resid_post"], trace.snapshots[2::2], strict=True):
        assert state[0][:, parity].argmax(dim=-1).tolist() == list(snapshot.values["parity"])
    for pattern in seen["attention.pattern"]:
        assert torch.equal(pattern.sum(dim=-1), torch.ones_like(pattern.sum(dim=-1)))


def test_a_patched_variable_flips_the_answer(model: Any) -> None:
    parity = slots("parity")

    def flip(_: Any, __: Any, value: Any) -> Any:
        value = value.clone()
        value[0, 0, parity] = value[0, 0, parity].flip(0)
        return value

    tokens = torch.tensor([model.encode(["START", 1, 0, 1])])
    plain = model.transformer(tokens).logits.argmax(-1)
    hook = model.transformer.resid_pre.register_forward_hook(flip)
    patched = model.transformer.unrolled(tokens, 1).logits.argmax(-1)
    hook.remove()
    assert plain.tolist() == [[0, 1, 1, 0]]
    assert patched[0, 1] != model.transformer.unrolled(tokens, 1).logits.argmax(-1)[0, 1]


def test_a_pattern_that_a_hook_changes_is_used(model: Any) -> None:
    tokens = torch.tensor([model.encode(["START", 1, 0, 1])])
    hook = model.transformer.attention.pattern.register_forward_hook(lambda _, __, value: torch.zeros_like(value))
    mixed: list[Any] = []
    second = model.transformer.attention.mixed.register_forward_hook(lambda _, __, value: mixed.append(value))
    model.transformer.unrolled(tokens, 1)
    hook.remove()
    second.remove()
    assert float(mixed[0].abs().max()) < 1e-6


def test_gradients_flow_and_weights_stay_fixed_until_released(model: Any) -> None:
    transformer = model.transformer
    assert not any(weight.requires_grad for weight in transformer.parameters())
    try:
        transformer.token.requires_grad_()
        tokens = torch.tensor([model.encode(["START", 1, 1])])
        transformer.unrolled(tokens, 0).logits.sum().backward()
        assert transformer.token.grad is not None and float(transformer.token.grad.abs().sum()) > 0
        assert model.run([model.encode(["START", 1, 1])])[0].output == [0, 1, 0]
    finally:
        transformer.token.requires_grad_(False)
        transformer.token.grad = None


def test_arrays_of_any_kind(model: Any) -> None:
    rows = [model.encode(["START", 1, 0]), model.encode(["START", 1, 1])]
    expected = model.transformer(torch.tensor(rows))
    for given in (rows, np.array(rows), torch.tensor(rows, dtype=torch.int16)):
        found = model.transformer(given)
        assert all(torch.equal(a, b) for a, b in zip(found, expected, strict=True))
    with pytest.raises(TypeError, match="tokens are float32, not integers"):
        model.transformer(torch.tensor(rows, dtype=torch.float32))
    with pytest.raises(TypeError, match="not boolean"):
        model.transformer(rows, torch.ones(2, 3))
    assert len(model.transformer(torch.zeros((0, 3), dtype=torch.int64)).layers) == 0


def test_it_shows_its_parts(model: Any) -> None:
    shown = repr(model.transformer)
    for part in (
        "vocabulary=3, width=8, outputs=2",
        "(attention): Attention(",
        "heads=",
        "(resid_mid): Point()",
        "hidden=7",
    ):
        assert part in shown
    named = {name for name, _ in model.transformer.named_modules()}
    assert {"attention.queries", "attention.keys", "attention.values", "attention.scores", "mlp.read"} <= named
