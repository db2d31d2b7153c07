"""A Transformer that runs a program, with weights that a compiler has set.

This text stands here for the description of a program, which `altac build` puts in its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from altac.backends.checked import Checker
from altac.backends.guards import as_array, check_batch, check_weights, layer_limit, read_configuration, read_weights
from altac.backends.inference import UNLIMITED, Inference, Output, main
from altac.transformer.configuration import Configuration

#: Logit of a position that is masked out: finite, so that a row without any position gives no NaN.
MASKED = -1e30


class Point(nn.Identity):
    """A place that a value flows through: a forward hook on it sees the value, and what the hook returns takes its place."""


def fixed(weight: Any) -> nn.Parameter:
    """A weight set by the compiler: training leaves it alone, unless it is released by ``requires_grad_()``."""
    return nn.Parameter(torch.tensor(np.asarray(weight, np.float32)), requires_grad=False)


def clipped(x: Tensor) -> Tensor:
    """The clipped ReLU: 0 below 0, 1 above 1."""
    return torch.clamp(x, 0, 1)


class Attention(nn.Module):
    """All heads at once: H heads with keys of width K and values of width V, over a residual stream of width D."""

    def __init__(self, weights: Mapping[str, Any], causal: bool) -> None:
        super().__init__()
        self.query = fixed(weights["attention.query"])  # (H, D, K)
        self.key = fixed(weights["attention.key"])  # (H, D, K)
        self.value = fixed(weights["attention.value"])  # (H, D, V)
        self.output = fixed(weights["attention.output"])  # (H, V, D)
        self.bias = fixed(weights["attention.bias"])  # (H, 2 M + 3): by offset, all beyond M alike
        self.causal = causal
        self.queries, self.keys, self.values = Point(), Point(), Point()  # (B, H, T, K), (B, H, T, K), (B, H, T, V)
        self.scores, self.pattern = Point(), Point()  # (B, H, T, T): before the softmax, and after it
        self.mixed = Point()  # (B, H, T, V): what each head has read

    def extra_repr(self) -> str:
        heads, width, keys = self.query.shape
        return f"heads={heads}, width={width}, keys={keys}, values={self.value.shape[2]}, causal={self.causal}"

    def biases(self, length: int) -> Tensor:
        """The bias of every head for position j as seen from position i, (H, T, T)."""
        far = (self.bias.shape[1] - 1) // 2
        at = torch.arange(length, device=self.bias.device)
        offset = at[None, :] - at[:, None]
        biases = self.bias[:, torch.clamp(offset, -far, far) + far]
        return torch.where(offset > 0, MASKED, biases) if self.causal else biases

    def logits(self, x: Tensor, biases: Tensor, mask: Tensor) -> Tensor:
        """How much position i of the residual stream ``x`` (B, T, D) attends to position j, (B, H, T, T)."""
        queries = self.queries(torch.einsum("btd,hdk->bhtk", x, self.query))
        keys = self.keys(torch.einsum("btd,hdk->bhtk", x, self.key))
        scores = torch.einsum("bhik,bhjk->bhij", queries, keys) + biases
        found: Tensor = self.scores(torch.where(mask[:, None, None, :], scores, MASKED))
        return found

    def forward(self, x: Tensor, biases: Tensor, mask: Tensor) -> Tensor:
        """The update of the residual stream ``x`` (B, T, D)."""
        logits = self.logits(x, biases, mask)
        values = self.values(torch.einsum("btd,hdv->bhtv", x, self.value))
        weight = torch.exp(logits - logits.amax(dim=-1, keepdim=True).clamp(min=MASKED))
        total = weight.sum(dim=-1, keepdim=True)
        # Weights are 0 or 1 here, so this divides a sum by the number of selected positions: exact, if the division comes last.
        # What a hook makes of the pattern is added as a difference, which is 0 where there is none.
        mixed = torch.einsum("bhij,bhjv->bhiv", weight, values) / total
        changed = self.pattern(weight / total) - weight / total
        mixed = self.mixed(mixed + torch.einsum("bhij,bhjv->bhiv", changed, values))
        return torch.einsum("bhtv,hvd->btd", mixed, self.output)


class MLP(nn.Module):
    """Features from the residual stream, hidden units over the features, and what they add to the stream."""

    def __init__(self, weights: Mapping[str, Any]) -> None:
        super().__init__()
        self.means = "mlp.threshold" in weights
        if self.means:  # one-hot buckets of the heads that compute means
            self.threshold = fixed(weights["mlp.threshold"])  # (D, N)
            self.threshold_bias = fixed(weights["mlp.threshold_bias"])
            self.bucket = fixed(weights["mlp.bucket"])  # (N, B)
            self.bucket_bias = fixed(weights["mlp.bucket_bias"])
        self.predicates = "mlp.predicate" in weights
        if self.predicates:  # a first layer of hidden units, read by the second
            self.predicate = fixed(weights["mlp.predicate"])  # (D + B, P)
            self.predicate_bias = fixed(weights["mlp.predicate_bias"])
        self.up = fixed(weights["mlp.up"])  # (D + B + P, U)
        self.up_bias = fixed(weights["mlp.up_bias"])
        self.down = fixed(weights["mlp.down"])  # (U, D)
        self.read, self.hidden = Point(), Point()  # (B, T, D + B + P), (B, T, U)

    def extra_repr(self) -> str:
        features, hidden = self.up.shape
        return f"features={features}, hidden={hidden}, width={self.down.shape[1]}"

    def features(self, x: Tensor) -> Tensor:
        """What hidden units read, (B, T, F): the residual stream ``x`` (B, T, D), buckets of means, the first hidden units."""
        features = x
        if self.means:
            reached = clipped(x @ self.threshold + self.threshold_bias)
            features = torch.cat([features, reached @ self.bucket + self.bucket_bias], dim=-1)
        if self.predicates:
            first = clipped(features @ self.predicate + self.predicate_bias)
            features = torch.cat([features, first], dim=-1)
        found: Tensor = self.read(features)
        return found

    def forward(self, x: Tensor) -> Tensor:
        """The update of the residual stream ``x`` (B, T, D)."""
        update: Tensor = self.hidden(clipped(self.features(x) @ self.up + self.up_bias)) @ self.down
        return update


class Transformer(nn.Module):
    """One layer, applied until every position of an example has halted.

    ``weights`` by name, as in model.safetensors. ``max_layers`` is the limit of the program, if it has one.
    """

    def __init__(self, weights: Mapping[str, Any], causal: bool = False, max_layers: int | None = None) -> None:
        super().__init__()
        self.token = fixed(weights["embedding.token"])  # (vocabulary, D)
        self.positional = "embedding.position" in weights
        if self.positional:
            self.position = fixed(weights["embedding.position"])  # (positions, D)
        # The residual stream (B, T, D), in each layer: before it, after its attention, after its MLP.
        self.resid_pre, self.resid_mid, self.resid_post = Point(), Point(), Point()
        self.heads = "attention.query" in weights
        if self.heads:
            self.attention = Attention(weights, causal)
        self.mlp = MLP(weights)
        self.halting = "halt" in weights
        if self.halting:
            self.halt = fixed(weights["halt"])  # (D,): 1 at a position that has halted
        self.unembedding = fixed(weights["unembedding"])  # (D, values of the output variable)
        self.max_layers = max_layers

    def extra_repr(self) -> str:
        vocabulary, width = self.token.shape
        return (
            f"vocabulary={vocabulary}, width={width}, outputs={self.unembedding.shape[1]}, max_layers={self.max_layers}"
        )

    def embed(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """The residual stream before the first layer, (B, T, D); zero at padding."""
        x = self.token[tokens]
        if self.positional:
            if tokens.shape[1] > len(self.position):
                raise ValueError(f"{tokens.shape[1]} tokens, but there are {len(self.position)} positions")
            x = x + self.position[: tokens.shape[1]]
        return torch.where(mask[..., None], x, 0)

    def attend(self, x: Tensor, biases: Tensor | None, mask: Tensor) -> Tensor:
        """The first half of a layer: attention."""
        x = self.resid_pre(x)
        found: Tensor = self.resid_mid(x if biases is None else x + self.attention(x, biases, mask))
        return found

    def layer(self, x: Tensor, biases: Tensor | None, mask: Tensor) -> Tensor:
        """Attention, then MLP."""
        x = self.attend(x, biases, mask)
        x = x + self.mlp(x)
        found: Tensor = self.resid_post(torch.where(mask[..., None], x, 0))
        return found

    def has_halted(self, x: Tensor, mask: Tensor) -> Tensor:
        """Whether every position that is not padding satisfies the halting condition, (B,)."""
        if not self.halting:
            return torch.zeros(len(x), dtype=torch.bool, device=x.device)
        return torch.all((x @ self.halt > 0.5) | ~mask, dim=1)

    def unembed(self, x: Tensor) -> Tensor:
        """The logits of the output variable: its one-hot."""
        return x @ self.unembedding

    def forward(self, tokens: Any, mask: Any = None, max_layers: int | None = None) -> Output:
        """Run token indices (B, T); ``mask`` is true where they are no padding.

        Layers are run until an example has halted, at most ``max_layers`` (default: the limit of the program). Where it is given,
        examples whose state stays as it is are not run to the limit.

        Raises:
            TypeError, ValueError: what is given is no batch, see `check_batch`, or the program needs a limit.
        """
        tokens, mask = self.sound(tokens, mask)
        given = layer_limit(self.max_layers if max_layers is None else max_layers)
        if given is None and not self.halting:
            raise ValueError("the program never halts: give max_layers")
        limit = UNLIMITED if given is None else given
        biases = self.attention.biases(tokens.shape[1]) if self.heads else None

        x = self.embed(tokens, mask)
        layers = torch.zeros(len(x), dtype=torch.int64, device=x.device)
        halted, recurs = self.has_halted(x, mask), layers - 1
        kept, kept_at = x, 0
        for layer in range(limit):
            active = ~halted & (recurs < 0)
            if not active.any():
                break
            # A state that comes back means that the example never halts: the last one, or that of the last power of two.
            if layer & (layer - 1) == 0:
                kept, kept_at = x, layer
            before, x = x, torch.where(active[:, None, None], self.layer(x, biases, mask), x)
            layers = layers + active
            halted = halted | (active & self.has_halted(x, mask))
            going = active & ~halted
            if given is None:
                recurs = torch.where(going & same(x, kept), kept_at, recurs)
            recurs = torch.where(going & same(x, before), layer, recurs)
        if given is not None:
            layers = torch.where(recurs >= 0, limit, layers)  # the layers left out would have changed nothing
        return Output(self.unembed(x), layers, halted, recurs)

    def unrolled(self, tokens: Any, layers: int, mask: Any = None) -> Output:
        """The same for a fixed number of layers, whatever halts before: an example that has halted stays as it is."""
        tokens, mask = self.sound(tokens, mask)
        biases = self.attention.biases(tokens.shape[1]) if self.heads else None
        x = self.embed(tokens, mask)
        halted = self.has_halted(x, mask)
        count = torch.zeros(len(x), dtype=torch.int64, device=x.device)
        for _ in range(layer_limit(layers) or 0):
            x = torch.where(halted[:, None, None], x, self.layer(x, biases, mask))
            count = count + ~halted
            halted = halted | self.has_halted(x, mask)
        return Output(self.unembed(x), count, halted, torch.full_like(count, -1))

    def sound(self, tokens: Any, mask: Any) -> tuple[Tensor, Tensor]:
        """A batch and its mask as tensors where the weights are, if `check_batch` finds nothing wrong."""
        tokens, mask = as_numpy(tokens, "tokens"), None if mask is None else as_numpy(mask, "the mask")
        check_batch(tokens, mask, len(self.token))
        mask = np.ones(tokens.shape, bool) if mask is None else np.asarray(mask)
        device = self.token.device
        return torch.tensor(np.asarray(tokens).astype(np.int64), device=device), torch.tensor(mask, device=device)


def same(x: Tensor, y: Tensor) -> Tensor:
    """Whether two residual streams are equal, (B,)."""
    return (x == y).all(dim=2).all(dim=1)


def as_numpy(given: Any, what: str) -> Any:
    """A tensor, an array of another library or a nested list as an array that numpy can look at."""
    return given.numpy(force=True) if isinstance(given, Tensor) else as_array(given, what)


class Model(Inference):
    """The Transformer together with what its tokens and outputs mean. ``weights`` are those of the Transformer."""

    transformer: Transformer

    def __init__(
        self, configuration: Configuration, weights: Mapping[str, Any], checker: Checker | None = None
    ) -> None:
        super().__init__(configuration, checker)
        check_weights(configuration, weights)
        self.transformer = Transformer(weights, configuration.causal is not None, configuration.max_layers)

    def batch(self, tokens: np.ndarray[Any, Any], mask: np.ndarray[Any, Any], max_layers: int | None) -> Output:
        """Run a batch of token indices, padded where ``mask`` is false."""
        with torch.no_grad():
            found = self.transformer(tokens, mask, max_layers)
        return Output(*(tensor.numpy(force=True) for tensor in found))

    def own(self, array: np.ndarray[Any, Any]) -> Tensor:
        """A numpy array as a tensor where the weights are."""
        return torch.tensor(array, device=self.transformer.token.device)

    def back(self, array: Tensor) -> np.ndarray[Any, Any]:
        """A tensor as a numpy array, whatever holds on to it."""
        found: np.ndarray[Any, Any] = array.numpy(force=True)
        return found


def load(directory: str | Path | None = None, *, checked: bool = False) -> Model:
    """The model in ``directory``; default: the one beside this file. ``checked``: a run that reads an undefined head fails.

    Raises:
        ValueError: a file is missing, broken or of another model; it names the file, and the field or weight.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    folder = Path(__file__).parent if directory is None else Path(directory)
    configuration = read_configuration(folder / "config.json")
    read_weights(folder / "model.safetensors")  # says plainly what is wrong with them
    checker = Checker.read(folder, configuration.certificate.logit_gap) if checked else None
    try:
        weights = load_file(folder / "model.safetensors")
    except SafetensorError as error:
        raise ValueError(f"model.safetensors: {error}") from None
    return Model(configuration, {name: weight.float().numpy() for name, weight in weights.items()}, checker)


if __name__ == "__main__":
    main(load)
