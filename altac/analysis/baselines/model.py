"""Transformer encoders and encoder-decoders, with or without shared weights, with relative or absolute positions.

Pre-norm blocks with GELU; relative positions are biases per head and bucketed distance (Raffel et al. 2020), absolute ones
learned vectors.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

Positions = Literal["relative", "absolute"]

#: Buckets of relative distances, and the distance from which on all are alike.
BUCKETS, FAR = 32, 128
#: Token index of padding, in inputs and targets.
PADDING = 0
_MASKED = -1e9


@dataclass(frozen=True)
class Architecture:
    """A Transformer: ``layers`` of encoder (and of decoder), of one set of weights if ``shared``.

    ``width`` of the residual stream, ``heads`` of ``head_width``, ``hidden`` units. ``longest`` input that absolute positions
    reach.
    """

    layers: int
    shared: bool
    positions: Positions
    width: int
    heads: int
    head_width: int
    hidden: int
    longest: int = 128


def distance_buckets(queries: int, keys: int, causal: bool = False) -> np.ndarray:
    """The bucket of ``j - i``, shape (queries, keys): exact for small distances, logarithmic for larger ones."""
    distance = np.arange(keys)[None, :] - np.arange(queries)[:, None]
    half = BUCKETS if causal else BUCKETS // 2
    side = np.zeros_like(distance) if causal else (distance > 0) * half
    size = np.maximum(-distance, 0) if causal else np.abs(distance)
    exact = half // 2
    large = exact + np.log(np.maximum(size, 1) / exact) / math.log(FAR / exact) * (half - exact)
    found: np.ndarray = side + np.where(size < exact, size, np.minimum(large, half - 1).astype(int))
    return found


class Attention(nnx.Module):
    """Attention of ``x`` (B, Q, D) to ``memory`` (B, K, D); ``bias`` broadcasts to (B, H, Q, K)."""

    def __init__(self, how: Architecture, rngs: nnx.Rngs) -> None:
        inner = how.heads * how.head_width
        self.query = nnx.Linear(how.width, inner, use_bias=False, rngs=rngs)
        self.key = nnx.Linear(how.width, inner, use_bias=False, rngs=rngs)
        self.value = nnx.Linear(how.width, inner, use_bias=False, rngs=rngs)
        self.output = nnx.Linear(inner, how.width, use_bias=False, rngs=rngs)
        self.heads = how.heads

    def __call__(self, x: jax.Array, memory: jax.Array, bias: jax.Array) -> jax.Array:
        def split(y: jax.Array) -> jax.Array:
            return y.reshape(*y.shape[:2], self.heads, -1)

        query, key, value = split(self.query(x)), split(self.key(memory)), split(self.value(memory))
        logits = jnp.einsum("bihk,bjhk->bhij", query, key) / math.sqrt(query.shape[-1]) + bias
        mixed = jnp.einsum("bhij,bjhk->bihk", jax.nn.softmax(logits, axis=-1), value)
        update: jax.Array = self.output(mixed.reshape(*x.shape[:2], -1))
        return update


class Block(nnx.Module):
    """Self-attention, attention to a memory if ``crossed``, and an MLP."""

    def __init__(self, how: Architecture, crossed: bool, rngs: nnx.Rngs) -> None:
        self.attention = Attention(how, rngs)
        self.norm = nnx.LayerNorm(how.width, rngs=rngs)
        self.crossed = crossed
        if crossed:
            self.cross = Attention(how, rngs)
            self.cross_norm = nnx.LayerNorm(how.width, rngs=rngs)
        self.up = nnx.Linear(how.width, how.hidden, rngs=rngs)
        self.down = nnx.Linear(how.hidden, how.width, rngs=rngs)
        self.mlp_norm = nnx.LayerNorm(how.width, rngs=rngs)

    def __call__(
        self, x: jax.Array, bias: jax.Array, memory: jax.Array | None = None, seen: jax.Array | None = None
    ) -> jax.Array:
        z = self.norm(x)
        x = x + self.attention(z, z, bias)
        if self.crossed:
            assert memory is not None and seen is not None
            x = x + self.cross(self.cross_norm(x), memory, seen)
        return x + self.down(jax.nn.gelu(self.up(self.mlp_norm(x))))


class Stack(nnx.Module):
    """Token embedding, positions, and blocks; causal with attention to a memory if ``decoder``."""

    def __init__(self, how: Architecture, vocabulary: int, decoder: bool, rngs: nnx.Rngs) -> None:
        self.embedding = nnx.Embed(vocabulary, how.width, rngs=rngs)
        self.relative = how.positions == "relative"
        if self.relative:
            self.bias = nnx.Param(jax.random.normal(rngs.params(), (BUCKETS, how.heads)) * 0.1)
        else:
            self.position = nnx.Param(jax.random.normal(rngs.params(), (how.longest, how.width)) * 0.5)
        self.blocks = nnx.List([Block(how, decoder, rngs) for _ in range(1 if how.shared else how.layers)])
        self.norm = nnx.LayerNorm(how.width, rngs=rngs)
        self.layers = how.layers
        self.decoder = decoder

    def __call__(self, tokens: jax.Array, memory: jax.Array | None = None, seen: jax.Array | None = None) -> jax.Array:
        """Vectors (B, T, D) of ``tokens`` (B, T); padding is not attended to."""
        length = tokens.shape[1]
        bias = jnp.where(tokens == PADDING, _MASKED, 0.0)[:, None, None, :]
        if self.decoder:
            bias = bias + jnp.where(np.tri(length, dtype=bool), 0.0, _MASKED)
        x = self.embedding(tokens)
        if self.relative:
            bias = bias + jnp.transpose(self.bias[...][distance_buckets(length, length, self.decoder)], (2, 0, 1))
        else:
            x = x + self.position[...][:length]
        for number in range(self.layers):
            x = self.blocks[number % len(self.blocks)](x, bias, memory, seen)
        normed: jax.Array = self.norm(x)
        return normed


class Encoder(nnx.Module):
    """A classifier: the logits are read at the first position."""

    def __init__(self, how: Architecture, vocabulary: int, classes: int, seed: int) -> None:
        rngs = nnx.Rngs(seed)
        self.stack = Stack(how, vocabulary, False, rngs)
        self.output = nnx.Linear(how.width, classes, rngs=rngs)

    def __call__(self, tokens: jax.Array) -> jax.Array:
        """Logits (B, classes)."""
        logits: jax.Array = self.output(self.stack(tokens)[:, 0])
        return logits


class EncoderDecoder(nnx.Module):
    """Maps sequences to sequences."""

    def __init__(self, how: Architecture, inputs: int, outputs: int, seed: int) -> None:
        rngs = nnx.Rngs(seed)
        self.encoder = Stack(how, inputs, False, rngs)
        self.decoder = Stack(how, outputs, True, rngs)
        self.output = nnx.Linear(how.width, outputs, rngs=rngs)

    def __call__(self, tokens: jax.Array, targets: jax.Array) -> jax.Array:
        """Logits (B, T, outputs) of what follows each of ``targets`` (B, T)."""
        memory = self.encoder(tokens)
        seen = jnp.where(tokens == PADDING, _MASKED, 0.0)[:, None, None, :]
        logits: jax.Array = self.output(self.decoder(targets, memory, seen))
        return logits
