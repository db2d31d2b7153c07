"""A Transformer that runs a program, with weights that a compiler has set.

This text stands here for the description of a program, which `altac build` puts in its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from altac.backends.checked import Checker
from altac.backends.guards import as_array, check_batch, check_weights, layer_limit, read_configuration, read_weights
from altac.backends.inference import SHORT, UNLIMITED, Inference, Output, main, rounded_up
from altac.transformer.configuration import Configuration

#: Logit of a position that is masked out: finite, so that a row without any position gives no NaN.
MASKED = -1e30


class Fixed(nnx.Variable[jax.Array]):
    """A weight set by the compiler. Optimisers that filter by `nnx.Param` leave it alone."""


def dot(equation: str, x: jax.Array, weight: jax.Array) -> jax.Array:
    """An einsum with full float32 precision and sums in float32, on every device."""
    if x.dtype != weight.dtype:
        x, weight = x.astype(jnp.float32), weight.astype(jnp.float32)
    return jnp.einsum(equation, x, weight, precision=jax.lax.Precision.HIGHEST, preferred_element_type=jnp.float32)


def affine(x: jax.Array, weight: jax.Array, bias: jax.Array) -> jax.Array:
    """A linear map of the last dimension of ``x`` (B, T, M) by ``weight`` (M, N), plus ``bias`` (N,)."""
    return dot("btm,mn->btn", x, weight) + bias[None, None]


def clipped(x: jax.Array) -> jax.Array:
    """The clipped ReLU: 0 below 0, 1 above 1."""
    return jnp.clip(x, 0.0, 1.0)


def plus(x: jax.Array, update: jax.Array) -> jax.Array:
    """The residual stream ``x`` with ``update``: added in float32, and kept in the format of the stream."""
    return (x.astype(update.dtype) + update).astype(x.dtype)


class Attention(nnx.Module):
    """All heads at once: H heads with keys of width K and values of width V, over a residual stream of width D."""

    def __init__(self, weights: Mapping[str, Any], causal: bool) -> None:
        self.query = Fixed(weights["attention.query"])  # (H, D, K)
        self.key = Fixed(weights["attention.key"])  # (H, D, K)
        self.value = Fixed(weights["attention.value"])  # (H, D, V)
        self.output = Fixed(weights["attention.output"])  # (H, V, D)
        self.bias = Fixed(weights["attention.bias"])  # (H, 2 M + 3): by offset, all beyond M alike
        self.causal = causal

    def biases(self, length: int) -> jax.Array:
        """The bias of every head for position j as seen from position i, (H, T, T)."""
        far = (self.bias.shape[1] - 1) // 2
        offset = jnp.arange(length)[None, :] - jnp.arange(length)[:, None]
        biases = self.bias[...][:, jnp.clip(offset, -far, far) + far]
        return jnp.where(offset > 0, MASKED, biases) if self.causal else biases

    def logits(self, x: jax.Array, biases: jax.Array, mask: jax.Array) -> jax.Array:
        """How much position i of the residual stream ``x`` (B, T, D) attends to position j, (B, H, T, T)."""
        query = dot("btd,hdk->bhtk", x, self.query[...])
        key = dot("btd,hdk->bhtk", x, self.key[...])
        logits = dot("bhik,bhjk->bhij", query, key) + biases[None].astype(jnp.float32)
        return jnp.where(mask[:, None, None, :], logits, MASKED)

    def __call__(self, x: jax.Array, biases: jax.Array, mask: jax.Array) -> jax.Array:
        """The update of the residual stream ``x`` (B, T, D)."""
        logits = self.logits(x, biases, mask)
        value = dot("btd,hdv->bhtv", x, self.value[...])
        weight = jnp.exp(logits - jnp.max(logits, axis=-1, keepdims=True, initial=MASKED))
        # Weights are 0 or 1 here, so this divides a sum by the number of selected positions.
        mixed = dot("bhij,bhjv->bhiv", weight, value) / jnp.sum(weight, axis=-1, keepdims=True)
        return dot("bhtv,hvd->btd", mixed, self.output[...])


class MLP(nnx.Module):
    """Features from the residual stream, hidden units over the features, and what they add to the stream."""

    def __init__(self, weights: Mapping[str, Any]) -> None:
        self.means = "mlp.threshold" in weights
        if self.means:  # one-hot buckets of the heads that compute means
            self.threshold = Fixed(weights["mlp.threshold"])  # (D, N)
            self.threshold_bias = Fixed(weights["mlp.threshold_bias"])
            self.bucket = Fixed(weights["mlp.bucket"])  # (N, B)
            self.bucket_bias = Fixed(weights["mlp.bucket_bias"])
        self.predicates = "mlp.predicate" in weights
        if self.predicates:  # a first layer of hidden units, read by the second
            self.predicate = Fixed(weights["mlp.predicate"])  # (D + B, P)
            self.predicate_bias = Fixed(weights["mlp.predicate_bias"])
        self.up = Fixed(weights["mlp.up"])  # (D + B + P, U)
        self.up_bias = Fixed(weights["mlp.up_bias"])
        self.down = Fixed(weights["mlp.down"])  # (U, D)

    def features(self, x: jax.Array) -> jax.Array:
        """What hidden units read, (B, T, F): the residual stream ``x`` (B, T, D), buckets of means, the first hidden units."""
        features = x
        if self.means:
            reached = clipped(affine(x, self.threshold[...], self.threshold_bias[...]))
            buckets = affine(reached, self.bucket[...], self.bucket_bias[...])
            features = jnp.concatenate([features.astype(buckets.dtype), buckets], axis=-1)
        if self.predicates:
            first = clipped(affine(features, self.predicate[...], self.predicate_bias[...]))
            features = jnp.concatenate([features.astype(first.dtype), first], axis=-1)
        return features

    def __call__(self, x: jax.Array) -> jax.Array:
        """The update of the residual stream ``x`` (B, T, D)."""
        hidden = clipped(affine(self.features(x), self.up[...], self.up_bias[...]))
        return dot("btu,ud->btd", hidden, self.down[...])


class Transformer(nnx.Module):
    """One layer, applied until every position of an example has halted.

    ``weights`` by name, as in model.safetensors. ``max_layers`` is the limit of the program, if it has one.
    """

    def __init__(self, weights: Mapping[str, Any], causal: bool = False, max_layers: int | None = None) -> None:
        self.token = Fixed(weights["embedding.token"])  # (vocabulary, D)
        self.positional = "embedding.position" in weights
        if self.positional:
            self.position = Fixed(weights["embedding.position"])  # (positions, D)
        self.heads = "attention.query" in weights
        if self.heads:
            self.attention = Attention(weights, causal)
        self.mlp = MLP(weights)
        self.halting = "halt" in weights
        if self.halting:
            self.halt = Fixed(weights["halt"])  # (D,): 1 at a position that has halted
        self.unembedding = Fixed(weights["unembedding"])  # (D, values of the output variable)
        self.max_layers = max_layers

    def embed(self, tokens: jax.Array, mask: jax.Array) -> jax.Array:
        """The residual stream before the first layer, (B, T, D); zero at padding."""
        x = self.token[...][tokens]
        if self.positional:
            if tokens.shape[1] > self.position.shape[0]:
                raise ValueError(f"{tokens.shape[1]} tokens, but there are {self.position.shape[0]} positions")
            x = x + self.position[...][None, : tokens.shape[1]]
        return jnp.where(mask[..., None], x, 0)

    def attend(self, x: jax.Array, biases: jax.Array | None, mask: jax.Array) -> jax.Array:
        """The first half of a layer: attention."""
        return x if biases is None else plus(x, self.attention(x, biases, mask))

    def layer(self, x: jax.Array, biases: jax.Array | None, mask: jax.Array) -> jax.Array:
        """Attention, then MLP."""
        x = self.attend(x, biases, mask)
        x = plus(x, self.mlp(x))
        return jnp.where(mask[..., None], x, 0)

    def has_halted(self, x: jax.Array, mask: jax.Array) -> jax.Array:
        """Whether every position that is not padding satisfies the halting condition, (B,)."""
        if not self.halting:
            return jnp.zeros(len(x), bool)
        return jnp.all((dot("btd,d->bt", x, self.halt[...]) > 0.5) | ~mask, axis=1)

    def unembed(self, x: jax.Array) -> jax.Array:
        """The logits of the output variable: its one-hot."""
        return dot("btd,dv->btv", x, self.unembedding[...])

    def __call__(
        self, tokens: jax.Array, mask: jax.Array | None = None, max_layers: jax.Array | int | None = None
    ) -> Output:
        """Run token indices (B, T); ``mask`` is true where they are no padding.

        Layers are run until an example has halted, at most ``max_layers`` (default: the limit of the program).

        Raises:
            TypeError, ValueError: what is given is no batch, see `check_batch`, or the program needs a limit. Values are not
                looked at where jax traces.
        """
        tokens, mask = self.sound(tokens, mask)
        given = self.max_layers if max_layers is None else max_layers
        given = given if isinstance(given, jax.core.Tracer) else layer_limit(given)
        if given is None and not self.halting:
            raise ValueError("the program never halts: give max_layers")
        limit = jnp.asarray(UNLIMITED if given is None else given, jnp.int32)
        biases = self.attention.biases(tokens.shape[1]) if self.heads else None
        Carry = tuple[jax.Array, jax.Array, jax.Array, jax.Array, jax.Array, jax.Array, jax.Array]

        def running(carry: Carry) -> jax.Array:
            layer, _, _, halted, recurs, _, _ = carry
            return (layer < limit) & jnp.any(~halted & (recurs < 0))

        def step(carry: Carry) -> Carry:
            layer, x, layers, halted, recurs, kept, kept_at = carry
            # A state that comes back means that the example never halts: the last one, or that of the last power of two.
            power = (layer & (layer - 1)) == 0
            kept, kept_at = jnp.where(power, x, kept), jnp.where(power, layer, kept_at)
            active = ~halted & (recurs < 0)
            new = jnp.where(active[:, None, None], self.layer(x, biases, mask), x)
            halted = halted | (active & self.has_halted(new, mask))
            going = active & ~halted
            recurs = jnp.where(going & jnp.all(new == x, axis=(1, 2)), layer, recurs)
            if given is None:
                recurs = jnp.where(going & (recurs < 0) & jnp.all(new == kept, axis=(1, 2)), kept_at, recurs)
            return layer + 1, new, layers + active.astype(jnp.int32), halted, recurs, kept, kept_at

        x = self.embed(tokens, mask)
        zero, none = jnp.int32(0), jnp.full(len(x), -1, jnp.int32)
        start = (zero, x, jnp.zeros(len(x), jnp.int32), self.has_halted(x, mask), none, x, zero)
        _, x, layers, halted, recurs, _, _ = jax.lax.while_loop(running, step, start)
        if given is not None:
            layers = jnp.where(recurs >= 0, limit, layers)  # the layers left out would have changed nothing
        return Output(self.unembed(x), layers, halted, recurs)

    def sound(self, tokens: Any, mask: Any) -> tuple[jax.Array, jax.Array]:
        """A batch and its mask as arrays, if `check_batch` finds nothing wrong."""
        tokens, mask = as_array(tokens, "tokens"), None if mask is None else as_array(mask, "the mask")
        known = not any(isinstance(array, jax.core.Tracer) for array in (tokens, mask))
        check_batch(tokens, mask, self.token.shape[0], known=known)
        mask = jnp.ones(tokens.shape, bool) if mask is None else jnp.asarray(mask)
        return jnp.asarray(tokens, jnp.int32), mask

    def unrolled(self, tokens: jax.Array, layers: int, mask: jax.Array | None = None) -> Output:
        """The same for a fixed number of layers by `lax.scan`, so that gradients flow backwards through it."""
        tokens, mask = self.sound(tokens, mask)
        biases = self.attention.biases(tokens.shape[1]) if self.heads else None

        Carry = tuple[jax.Array, jax.Array, jax.Array]

        def step(carry: Carry, _: None) -> tuple[Carry, None]:
            x, halted, count = carry
            new = jnp.where(halted[:, None, None], x, self.layer(x, biases, mask))
            count = count + (~halted).astype(jnp.int32)
            return (new, halted | self.has_halted(new, mask), count), None

        x = self.embed(tokens, mask)
        start = (x, self.has_halted(x, mask), jnp.zeros(len(x), jnp.int32))
        (x, halted, count), _ = jax.lax.scan(step, start, None, length=layer_limit(layers))
        return Output(self.unembed(x), count, halted, jnp.full(len(x), -1, jnp.int32))


@nnx.jit
def _call(model: Transformer, tokens: jax.Array, mask: jax.Array, max_layers: jax.Array | None) -> Output:
    return model(tokens, mask, max_layers)


class Model(Inference):
    """The Transformer together with what its tokens and outputs mean. ``weights`` are those of the Transformer."""

    transformer: Transformer

    def __init__(
        self, configuration: Configuration, weights: Mapping[str, Any], checker: Checker | None = None
    ) -> None:
        super().__init__(configuration, checker)
        check_weights(configuration, weights)
        causal = configuration.causal is not None
        arrays = {name: jnp.asarray(array) for name, array in weights.items()}
        self.transformer = Transformer(arrays, causal, configuration.max_layers)

    def batch(self, tokens: np.ndarray[Any, Any], mask: np.ndarray[Any, Any], max_layers: int | None) -> Output:
        """Run a batch, padded to one of a few lengths and numbers of rows, so that few shapes are compiled."""
        check_batch(tokens, mask, len(self.configuration.tokens))
        rows, length = tokens.shape
        padded, longest = rounded_up(length, SHORT), self.configuration.max_length
        if longest is not None:
            padded = max(length, min(padded, longest))
        padding = ((0, rounded_up(rows) - rows), (0, padded - length))
        limit = None if max_layers is None else jnp.int32(layer_limit(max_layers))
        found = _call(self.transformer, jnp.asarray(np.pad(tokens, padding)), jnp.asarray(np.pad(mask, padding)), limit)
        logits = np.asarray(found.logits, np.float32)[:rows, :length]
        return Output(logits, *(np.asarray(array)[:rows] for array in found[1:]))


def load(directory: str | Path | None = None, *, checked: bool = False) -> Model:
    """The model in ``directory``; default: the one beside this file. ``checked``: a run that reads an undefined head fails.

    Raises:
        ValueError: a file is missing, broken or of another model; it names the file, and the field or weight.
    """
    from safetensors import SafetensorError
    from safetensors.flax import load_file  # its function of bytes does not know bfloat16

    folder = Path(__file__).parent if directory is None else Path(directory)
    configuration = read_configuration(folder / "config.json")
    read_weights(folder / "model.safetensors")  # says plainly what is wrong with them
    checker = Checker.read(folder, configuration.certificate.logit_gap) if checked else None
    try:
        return Model(configuration, load_file(folder / "model.safetensors"), checker)
    except SafetensorError as error:
        raise ValueError(f"model.safetensors: {error}") from None


if __name__ == "__main__":
    main(load)
