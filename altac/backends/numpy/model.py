"""A Transformer that runs a program, with weights that a compiler has set.

This text stands here for the description of a program, which `altac build` puts in its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from altac.backends.checked import Checker
from altac.backends.guards import as_array, check_batch, check_weights, layer_limit, read_configuration, read_weights
from altac.backends.inference import UNLIMITED, Inference, Output, main
from altac.transformer.configuration import Configuration

#: Logit of a position that is masked out: finite, so that a row without any position gives no NaN.
MASKED = np.float32(-1e30)

Array = np.ndarray[Any, Any]


def clipped(x: Array) -> Array:
    """The clipped ReLU: 0 below 0, 1 above 1."""
    return np.clip(x, 0, 1)


class Attention:
    """All heads at once: H heads with keys of width K and values of width V, over a residual stream of width D."""

    def __init__(self, weights: Mapping[str, Array], causal: bool) -> None:
        self.query = weights["attention.query"]  # (H, D, K)
        self.key = weights["attention.key"]  # (H, D, K)
        self.value = weights["attention.value"]  # (H, D, V)
        self.output = weights["attention.output"]  # (H, V, D)
        self.bias = weights["attention.bias"]  # (H, 2 M + 3): by offset, all beyond M alike
        self.causal = causal

    def biases(self, length: int) -> Array:
        """The bias of every head for position j as seen from position i, (H, T, T)."""
        far = (self.bias.shape[1] - 1) // 2
        offset = np.arange(length)[None, :] - np.arange(length)[:, None]
        biases = self.bias[:, np.clip(offset, -far, far) + far]
        return np.where(offset > 0, MASKED, biases) if self.causal else biases

    def logits(self, x: Array, biases: Array, mask: Array) -> Array:
        """How much position i of the residual stream ``x`` (B, T, D) attends to position j, (B, H, T, T)."""
        x = x[:, None]  # (B, 1, T, D), for all heads
        query, key = x @ self.query, x @ self.key  # (B, H, T, K)
        return np.where(mask[:, None, None, :], query @ key.swapaxes(-1, -2) + biases, MASKED)

    def __call__(self, x: Array, biases: Array, mask: Array) -> Array:
        """The update of the residual stream ``x`` (B, T, D)."""
        logits = self.logits(x, biases, mask)
        value = x[:, None] @ self.value  # (B, H, T, V)
        weight = np.exp(logits - logits.max(axis=-1, keepdims=True, initial=MASKED))
        # Weights are 0 or 1 here, so this divides a sum by the number of selected positions.
        mixed = weight @ value / weight.sum(axis=-1, keepdims=True)  # (B, H, T, V)
        update: Array = (mixed @ self.output).sum(axis=1)
        return update


class MLP:
    """Features from the residual stream, hidden units over the features, and what they add to the stream."""

    def __init__(self, weights: Mapping[str, Array]) -> None:
        self.means = "mlp.threshold" in weights
        if self.means:  # one-hot buckets of the heads that compute means
            self.threshold = weights["mlp.threshold"]  # (D, N)
            self.threshold_bias = weights["mlp.threshold_bias"]
            self.bucket = weights["mlp.bucket"]  # (N, B)
            self.bucket_bias = weights["mlp.bucket_bias"]
        self.predicates = "mlp.predicate" in weights
        if self.predicates:  # a first layer of hidden units, read by the second
            self.predicate = weights["mlp.predicate"]  # (D + B, P)
            self.predicate_bias = weights["mlp.predicate_bias"]
        self.up = weights["mlp.up"]  # (D + B + P, U)
        self.up_bias = weights["mlp.up_bias"]
        self.down = weights["mlp.down"]  # (U, D)

    def features(self, x: Array) -> Array:
        """What hidden units read, (B, T, F): the residual stream ``x`` (B, T, D), buckets of means, the first hidden units."""
        features = x
        if self.means:
            reached = clipped(x @ self.threshold + self.threshold_bias)
            features = np.concatenate([features, reached @ self.bucket + self.bucket_bias], axis=-1)
        if self.predicates:
            first = clipped(features @ self.predicate + self.predicate_bias)
            features = np.concatenate([features, first], axis=-1)
        return features

    def __call__(self, x: Array) -> Array:
        """The update of the residual stream ``x`` (B, T, D)."""
        return clipped(self.features(x) @ self.up + self.up_bias) @ self.down


class Transformer:
    """One layer, applied until every position of an example has halted.

    ``weights`` by name, as in model.safetensors. ``max_layers`` is the limit of the program, if it has one.
    """

    def __init__(self, weights: Mapping[str, Array], causal: bool = False, max_layers: int | None = None) -> None:
        self.token = weights["embedding.token"]  # (vocabulary, D)
        self.positional = "embedding.position" in weights
        if self.positional:
            self.position = weights["embedding.position"]  # (positions, D)
        self.heads = "attention.query" in weights
        if self.heads:
            self.attention = Attention(weights, causal)
        self.mlp = MLP(weights)
        self.halting = "halt" in weights
        if self.halting:
            self.halt = weights["halt"]  # (D,): 1 at a position that has halted
        self.unembedding = weights["unembedding"]  # (D, values of the output variable)
        self.max_layers = max_layers

    def embed(self, tokens: Array, mask: Array) -> Array:
        """The residual stream before the first layer, (B, T, D); zero at padding."""
        x = self.token[tokens]
        if self.positional:
            if tokens.shape[1] > len(self.position):
                raise ValueError(f"{tokens.shape[1]} tokens, but there are {len(self.position)} positions")
            x = x + self.position[: tokens.shape[1]]
        return np.where(mask[..., None], x, 0)

    def attend(self, x: Array, biases: Array | None, mask: Array) -> Array:
        """The first half of a layer: attention."""
        return x if biases is None else x + self.attention(x, biases, mask)

    def layer(self, x: Array, biases: Array | None, mask: Array) -> Array:
        """Attention, then MLP."""
        x = self.attend(x, biases, mask)
        x = x + self.mlp(x)
        return np.where(mask[..., None], x, 0)

    def has_halted(self, x: Array, mask: Array) -> Array:
        """Whether every position that is not padding satisfies the halting condition, (B,)."""
        if not self.halting:
            return np.zeros(len(x), bool)
        halted: Array = np.all((x @ self.halt > 0.5) | ~mask, axis=1)
        return halted

    def unembed(self, x: Array) -> Array:
        """The logits of the output variable: its one-hot."""
        return x @ self.unembedding

    def __call__(self, tokens: Array, mask: Array | None = None, max_layers: int | None = None) -> Output:
        """Run token indices (B, T); ``mask`` is true where they are no padding.

        Layers are run until an example has halted, at most ``max_layers`` (default: the limit of the program).

        Raises:
            TypeError, ValueError: what is given is no batch, see `check_batch`, or the program needs a limit.
        """
        tokens, mask = as_array(tokens, "tokens"), None if mask is None else as_array(mask, "the mask")
        check_batch(tokens, mask, len(self.token))
        tokens = np.asarray(tokens).astype(np.int64)
        mask = np.ones(tokens.shape, bool) if mask is None else np.asarray(mask)
        given = layer_limit(self.max_layers if max_layers is None else max_layers)
        if given is None and not self.halting:
            raise ValueError("the program never halts: give max_layers")
        limit = UNLIMITED if given is None else given
        biases = self.attention.biases(tokens.shape[1]) if self.heads else None

        x = self.embed(tokens, mask)
        layers, halted, recurs = np.zeros(len(x), int), self.has_halted(x, mask), np.full(len(x), -1)
        kept, kept_at = x, 0
        for layer in range(limit):
            running = np.flatnonzero(~halted & (recurs < 0))
            if not len(running):
                break
            # A state that comes back means that the example never halts: the last one, or that of the last power of two.
            if layer & (layer - 1) == 0:
                kept, kept_at = x, layer
            before, x = x, x.copy()
            x[running] = self.layer(x[running], biases, mask[running])
            layers[running] += 1
            halted[running] = self.has_halted(x[running], mask[running])
            going = running[~halted[running]]
            if given is None:
                recurs[going[same(x[going], kept[going])]] = kept_at
            recurs[going[same(x[going], before[going])]] = layer
        if given is not None:
            layers[recurs >= 0] = limit  # the layers left out would have changed nothing
        return Output(self.unembed(x), layers, halted, recurs)


def same(x: Array, y: Array) -> Array:
    """Whether two residual streams are equal, (B,)."""
    equal: Array = (x == y).all(axis=(1, 2))
    return equal


class Model(Inference):
    """The Transformer together with what its tokens and outputs mean. ``weights`` are those of the Transformer."""

    transformer: Transformer

    def __init__(
        self, configuration: Configuration, weights: Mapping[str, Array], checker: Checker | None = None
    ) -> None:
        super().__init__(configuration, checker)
        check_weights(configuration, weights)
        arrays = {name: array.astype(np.float32, copy=False) for name, array in weights.items()}
        self.transformer = Transformer(arrays, configuration.causal is not None, configuration.max_layers)

    def batch(self, tokens: Array, mask: Array, max_layers: int | None) -> Output:
        """Run a batch of token indices, padded where ``mask`` is false."""
        return self.transformer(tokens, mask, max_layers)


def arrays_in(path: Path) -> dict[str, Array]:
    """The arrays of a safetensors file. ValueError names the file, and what is wrong with it."""
    data, entries = read_weights(path)
    arrays = {}
    for name, (dtype, shape, first, last) in entries.items():
        if dtype == "BF16":  # the upper half of a float32, which numpy has instead
            array = (np.frombuffer(data[first:last], "<u2").astype(np.uint32) << 16).view(np.float32)
        else:
            array = np.frombuffer(data[first:last], "<f4")
        arrays[name] = array.reshape(shape)
    return arrays


def load(directory: str | Path | None = None, *, checked: bool = False) -> Model:
    """The model in ``directory``; default: the one beside this file. ``checked``: a run that reads an undefined head fails.

    Raises:
        ValueError: a file is missing, broken or of another model; it names the file, and the field or weight.
    """
    folder = Path(__file__).parent if directory is None else Path(directory)
    configuration = read_configuration(folder / "config.json")
    checker = Checker.read(folder, configuration.certificate.logit_gap) if checked else None
    return Model(configuration, arrays_in(folder / "model.safetensors"), checker)


if __name__ == "__main__":
    main(load)
