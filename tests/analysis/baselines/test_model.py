"""The baselines' Transformers: shapes, masks, positions and sharing."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from altac.analysis.baselines.model import (
    PADDING,
    Architecture,
    Encoder,
    EncoderDecoder,
    Positions,
    distance_buckets,
)

SMALL = Architecture(2, False, "relative", 16, 2, 8, 32, 24)


def architecture(positions: Positions, shared: bool = False, layers: int = 2) -> Architecture:
    return Architecture(layers, shared, positions, 16, 2, 8, 32, 24)


def parameters(model: nnx.Module) -> int:
    return sum(leaf.size for leaf in jax.tree.leaves(nnx.state(model, nnx.Param)))


@pytest.mark.parametrize("positions", ["relative", "absolute"])
def test_padding_changes_nothing(positions: Positions) -> None:
    model = Encoder(architecture(positions), 5, 2, 0)
    short = jnp.array([[3, 1, 2]])
    long = jnp.array([[3, 1, 2, PADDING, PADDING]])
    assert np.allclose(model(short), model(long), atol=1e-5)
    assert not np.allclose(model(short), model(jnp.array([[3, 2, 1]])), atol=1e-3)


@pytest.mark.parametrize("positions", ["relative", "absolute"])
def test_a_decoder_does_not_look_ahead(positions: Positions) -> None:
    model = EncoderDecoder(architecture(positions), 6, 7, 0)
    tokens = jnp.array([[3, 4, 5]])
    one, other = jnp.array([[1, 3, 4, 5]]), jnp.array([[1, 3, 6, 6]])
    assert np.allclose(model(tokens, one)[:, :2], model(tokens, other)[:, :2], atol=1e-5)
    assert not np.allclose(model(tokens, one)[:, 2:], model(tokens, other)[:, 2:], atol=1e-3)
    assert not np.allclose(model(tokens, one), model(jnp.array([[5, 4, 3]]), one), atol=1e-3)


def test_shared_weights_do_not_grow_with_the_layers() -> None:
    sizes = {
        (shared, layers): parameters(Encoder(architecture("relative", shared, layers), 5, 2, 0))
        for shared in (False, True)
        for layers in (2, 5)
    }
    assert sizes[True, 2] == sizes[True, 5]
    assert sizes[False, 5] > sizes[False, 2] > sizes[True, 2]


def test_shared_layers_are_all_applied() -> None:
    tokens = jnp.array([[3, 1, 2, 2]])
    two, five = (Encoder(architecture("relative", True, n), 5, 2, 0)(tokens) for n in (2, 5))
    assert not np.allclose(two, five, atol=1e-4)


def test_distance_buckets_are_those_of_t5() -> None:
    both = distance_buckets(300, 300)
    assert both.min() == 0
    assert both.max() == 31
    assert both[5, 5] == 0
    assert [both[9, 9 - d] for d in range(8)] == list(range(8))  # small distances one by one
    assert both[0, 3] == 16 + 3  # the other side
    assert (np.diff(both[299, ::-1]) >= 0).all()
    assert both[200, 0] == both[299, 0] == 15  # far away all are alike
    causal = distance_buckets(300, 300, causal=True)
    assert [causal[20, 20 - d] for d in range(16)] == list(range(16))
    assert (causal[np.triu_indices(300)] == 0).all()
