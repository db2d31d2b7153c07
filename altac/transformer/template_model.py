"""A Transformer that runs a program, with weights that a compiler has set.

This text stands here for the description of a program, which `altac build` puts in its place.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

#: Layers after which a run without any limit of its own is stopped.
UNLIMITED = 100_000
#: Tokens up to which a causal program without a limit of its own goes on.
GENERATED = 4096
#: The most layers that can be counted.
COUNTED = 2**31 - 1
#: Entries of the largest array that one call computes.
ENTRIES = 1 << 24
#: Logit of a position that is masked out: finite, so that a row without any position gives no NaN.
MASKED = -1e30


class Fixed(nnx.Variable[jax.Array]):
    """A weight set by the compiler. Optimisers that filter by `nnx.Param` leave it alone."""


def dot(equation: str, x: jax.Array, weight: jax.Array) -> jax.Array:
    """An einsum with full float32 precision and sums in float32, on every device."""
    return jnp.einsum(equation, x, weight, precision=jax.lax.Precision.HIGHEST, preferred_element_type=jnp.float32)


def clipped(x: jax.Array) -> jax.Array:
    """The clipped ReLU: 0 below 0, 1 above 1."""
    return jnp.clip(x, 0.0, 1.0)


class Attention(nnx.Module):
    """All heads at once: H heads with keys of width K and values of width V, over a residual stream of width D."""

    def __init__(self, weights: dict[str, Any], causal: bool) -> None:
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

    def __call__(self, x: jax.Array, biases: jax.Array, mask: jax.Array) -> jax.Array:
        """The update of the residual stream ``x`` (B, T, D)."""
        query = dot("btd,hdk->bhtk", x, self.query[...])
        key = dot("btd,hdk->bhtk", x, self.key[...])
        value = dot("btd,hdv->bhtv", x, self.value[...])
        logits = dot("bhik,bhjk->bhij", query, key) + biases
        logits = jnp.where(mask[:, None, None, :], logits, MASKED)
        weight = jnp.exp(logits - jnp.max(logits, axis=-1, keepdims=True))
        # Weights are 0 or 1 here, so this divides a sum by the number of selected positions.
        mixed = dot("bhij,bhjv->bhiv", weight, value) / jnp.sum(weight, axis=-1, keepdims=True)
        return dot("bhtv,hvd->btd", mixed, self.output[...])


class MLP(nnx.Module):
    """Features from the residual stream, hidden units over the features, and what they add to the stream."""

    def __init__(self, weights: dict[str, Any]) -> None:
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

    def __call__(self, x: jax.Array) -> jax.Array:
        """The update of the residual stream ``x`` (B, T, D)."""
        features = x
        if self.means:
            reached = clipped(dot("btd,dn->btn", x, self.threshold[...]) + self.threshold_bias[...])
            buckets = dot("btn,nc->btc", reached, self.bucket[...]) + self.bucket_bias[...]
            features = jnp.concatenate([features, buckets], axis=-1)
        if self.predicates:
            first = clipped(dot("btf,fp->btp", features, self.predicate[...]) + self.predicate_bias[...])
            features = jnp.concatenate([features, first], axis=-1)
        hidden = clipped(dot("btf,fu->btu", features, self.up[...]) + self.up_bias[...])
        return dot("btu,ud->btd", hidden, self.down[...])


class Output(NamedTuple):
    """``logits`` (B, T, values of the output variable); per example the ``layers`` run, whether all positions ``halted``,
    and the layer whose residual stream ``recurs`` at the end, so that the example never halts (-1: none)."""

    logits: jax.Array
    layers: jax.Array
    halted: jax.Array
    recurs: jax.Array


class Transformer(nnx.Module):
    """One layer, applied until every position of an example has halted.

    ``weights`` by name, as in model.safetensors. ``max_layers`` is the limit of the program, if it has one.
    """

    def __init__(self, weights: dict[str, Any], causal: bool = False, max_layers: int | None = None) -> None:
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
            x = x + self.position[...][: tokens.shape[1]]
        return jnp.where(mask[..., None], x, 0)

    def layer(self, x: jax.Array, biases: jax.Array | None, mask: jax.Array) -> jax.Array:
        """Attention, then MLP."""
        if biases is not None:
            x = (x + self.attention(x, biases, mask)).astype(x.dtype)
        x = (x + self.mlp(x)).astype(x.dtype)
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
        """
        mask = jnp.ones(tokens.shape, bool) if mask is None else mask
        given = self.max_layers if max_layers is None else max_layers
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
            return layer + 1, new, layers + active, halted, recurs, kept, kept_at

        x = self.embed(tokens, mask)
        zero, none = jnp.int32(0), jnp.full(len(x), -1, jnp.int32)
        start = (zero, x, jnp.zeros(len(x), jnp.int32), self.has_halted(x, mask), none, x, zero)
        _, x, layers, halted, recurs, _, _ = jax.lax.while_loop(running, step, start)
        if given is not None:
            layers = jnp.where(recurs >= 0, limit, layers)  # the layers left out would have changed nothing
        return Output(self.unembed(x), layers, halted, recurs)

    def unrolled(self, tokens: jax.Array, layers: int, mask: jax.Array | None = None) -> Output:
        """The same for a fixed number of layers by `lax.scan`, so that gradients flow backwards through it."""
        mask = jnp.ones(tokens.shape, bool) if mask is None else mask
        biases = self.attention.biases(tokens.shape[1]) if self.heads else None

        Carry = tuple[jax.Array, jax.Array, jax.Array]

        def step(carry: Carry, _: None) -> tuple[Carry, None]:
            x, halted, count = carry
            new = jnp.where(halted[:, None, None], x, self.layer(x, biases, mask))
            count = count + ~halted
            return (new, halted | self.has_halted(new, mask), count), None

        x = self.embed(tokens, mask)
        start = (x, self.has_halted(x, mask), jnp.zeros(len(x), jnp.int32))
        (x, halted, count), _ = jax.lax.scan(step, start, None, length=layers)
        return Output(self.unembed(x), count, halted, jnp.full(len(x), -1, jnp.int32))


@nnx.jit
def _call(model: Transformer, tokens: jax.Array, mask: jax.Array, max_layers: jax.Array | None) -> Output:
    return model(tokens, mask, max_layers)


#: What can go wrong with a run.
PROBLEMS = {
    "never-halts": "never halts: the state after layer {recurs} comes back after layer {layers}",
    "layer-limit": "stopped after {layers} layers without halting",
    "generation-limit": "generated {length} tokens without the stop token",
    "input-exceeds-model": "generated {length} tokens, and the model is not made for more",
    "generated-no-token": "the last output cannot be appended, because it is not a token",
}


class Run(NamedTuple):
    """The outcome for one input: indices of the output variable's values, per position or, for a causal program, of
    the tokens it appended. ``recurs`` is as in `Output`. ``margin`` is by how much the chosen logit leads at worst: 1 if
    all is exact. ``problem`` names what went wrong, if anything did: a key of `PROBLEMS`."""

    output: list[int]
    layers: int
    halted: bool
    recurs: int = -1
    margin: float = 1.0
    problem: str = ""


class Model:
    """The Transformer together with what its tokens and outputs mean."""

    def __init__(self, config: dict[str, Any], weights: dict[str, Any]) -> None:
        self.config = config
        causal = config["causal"] is not None
        arrays = {name: jnp.asarray(array) for name, array in weights.items()}
        limit = config["max_layers"]
        self.transformer = Transformer(arrays, causal, None if limit is None else min(limit, COUNTED))

    # text and JSON

    def encode(self, item: str | Sequence[str | int]) -> list[int]:
        """Token indices of text, of a JSON array in text, or of a sequence of names and numbers; with the frame."""
        if isinstance(item, str) and item.lstrip().startswith("["):
            item = json.loads(item)
        tokens = self._tokenize(item) if isinstance(item, str) else self._lookup(item)
        frame = self.config["frame"]
        tokens = [*frame["before"], *tokens, *frame["after"]]
        if frame["fill"] is not None:
            tokens += [frame["fill"]] * (frame["length"] - len(tokens))
            if len(tokens) > frame["length"]:
                raise ValueError(f"{len(tokens)} tokens do not fit into the {frame['length']} of the frame")
        return tokens

    def _lookup(self, items: Sequence[object]) -> list[int]:
        names: dict[object, int] = {}
        for field in ("name", "spelling"):
            for index, token in enumerate(self.config["tokens"]):
                if token[field] != "":
                    names.setdefault(token[field], index)
        for item in items:
            if isinstance(item, bool) or not isinstance(item, str | int) or item not in names:
                raise ValueError(f"{item!r} is not a token")
        return [names[item] for item in items]

    def _tokenize(self, text: str) -> list[int]:
        words = self.config["text"] == "words"
        spellings: dict[tuple[str, ...], int] = {}
        for index, token in enumerate(self.config["tokens"]):
            if token["spelling"]:
                spellings.setdefault(tuple(token["spelling"].split() if words else token["spelling"]), index)
        pieces = tuple(text.split() if words else text)
        longest = max(map(len, spellings), default=0)
        found: list[int] = []
        at = 0
        while at < len(pieces):
            sizes = range(min(longest, len(pieces) - at), 0, -1)
            size = next((n for n in sizes if pieces[at : at + n] in spellings), 0)
            if size == 0:
                raise ValueError(f"no token is spelled {pieces[at]!r}")
            found.append(spellings[pieces[at : at + size]])
            at += size
        return found

    def values(self, output: Sequence[int]) -> list[Any]:
        """The values of the output variable as JSON: numbers, names or booleans."""
        return [self.config["output"]["values"][i] for i in output]

    def text(self, output: Sequence[int]) -> str | None:
        """The output as text, blanks left out; None if its type has no spelling."""
        spellings = self.config["output"]["spellings"]
        if spellings is None:
            return None
        return str(self.config["output"]["separator"].join(filter(None, (spellings[i] for i in output))))

    def __call__(self, item: str | Sequence[str | int], max_layers: int | None = None) -> dict[str, Any]:
        """Run one input and describe the outcome, as `altac run --json` does; ValueError if there is none."""
        tokens = self.encode(item)
        run = self.run([tokens], max_layers)[0]
        if run.problem:
            raise ValueError(PROBLEMS[run.problem].format(length=len(run.output), **run._asdict()))
        return {
            "input": [self.config["tokens"][t]["name"] for t in tokens], "output": self.values(run.output),
            "text": self.text(run.output), "layers": run.layers, "halted": run.halted,
        }  # fmt: skip

    # token indices

    def run(self, inputs: Sequence[Sequence[int]], max_layers: int | None = None) -> list[Run]:
        """Run inputs of any lengths, framed token indices; a causal program appends tokens to each."""
        for tokens in inputs:
            self._check(tokens)
        if self.config["causal"] is not None:
            return self._generate(inputs, max_layers)
        return self.forward(inputs, max_layers)

    def too_long(self, length: int) -> bool:
        """Whether an input is longer than the model is made for, and not just too long to be continued."""
        longest, causal = self.config["max_length"], self.config["causal"]
        finished = causal is not None and causal["limit"] is not None and length >= causal["limit"]
        return longest is not None and length > longest and not finished

    def _check(self, tokens: Sequence[int]) -> None:
        longest, vocabulary = self.config["max_length"], len(self.config["tokens"])
        if self.too_long(len(tokens)):
            raise ValueError(f"{len(tokens)} tokens, but the model is made for at most {longest}")
        if not all(0 <= t < vocabulary for t in tokens):
            raise ValueError(f"a token index is outside 0..{vocabulary - 1}")

    def forward(self, inputs: Sequence[Sequence[int]], max_layers: int | None = None) -> list[Run]:
        """Run the layers once for every input.

        Inputs are padded to a few lengths and batch sizes, so that few shapes are compiled.
        """
        groups: dict[int, list[int]] = {}
        for number, tokens in enumerate(inputs):
            groups.setdefault(self._padded(len(tokens)), []).append(number)
        runs: dict[int, Run] = {}
        heads = self.transformer.attention.bias.shape[0] if self.transformer.heads else 0
        widest = sum(self.transformer.mlp.up.shape)
        for length, numbers in sorted(groups.items()):
            most = max(1, ENTRIES // (length * max(heads * length, widest)))
            for start in range(0, len(numbers), most):
                part = numbers[start : start + most]
                found = self._batch([inputs[n] for n in part], length, max_layers)
                runs.update(zip(part, found, strict=True))
        return [runs[number] for number in range(len(inputs))]

    def _padded(self, length: int) -> int:
        bucket = 8
        while bucket < length:
            bucket *= 2
        longest = self.config["max_length"]
        return bucket if longest is None else min(bucket, longest)

    def _batch(self, inputs: Sequence[Sequence[int]], length: int, max_layers: int | None) -> list[Run]:
        rows = 1 << (len(inputs) - 1).bit_length()
        tokens = np.zeros((rows, length), np.int32)
        mask = np.zeros((rows, length), bool)
        for row, item in enumerate(inputs):
            tokens[row, : len(item)] = item
            mask[row, : len(item)] = True
        given = self.config["max_layers"] if max_layers is None else max_layers
        limit = None if given is None else jnp.int32(min(given, COUNTED))
        found = _call(self.transformer, jnp.asarray(tokens), jnp.asarray(mask), limit)
        logits = np.asarray(found.logits, np.float32)
        output = logits.argmax(axis=-1)
        ordered = np.sort(logits, axis=-1)
        lead = ordered[..., -1] - ordered[..., -2] if logits.shape[-1] > 1 else np.ones(output.shape)
        layers, halted, recurs = map(np.asarray, found[1:])
        runs = []
        for i, item in enumerate(inputs):
            count, problem = int(layers[i]), ""
            if given is not None and recurs[i] >= 0:
                count = given
            elif given is None and 0 <= recurs[i] < count - 1:  # a state that just stays is no error
                problem = "never-halts"
            elif given is None and not halted[i] and recurs[i] < 0:
                problem = "layer-limit"
            margin = float(lead[i, : len(item)].min(initial=1.0))
            codes = output[i, : len(item)].tolist()
            runs.append(Run(codes, count, bool(halted[i]), int(recurs[i]), margin, problem))
        return runs

    def _generate(self, prompts: Sequence[Sequence[int]], max_layers: int | None) -> list[Run]:
        texts = [list(p) for p in prompts]
        runs = [Run([], 0, True) for _ in prompts]
        going = list(range(len(prompts)))
        while going := [n for n in going if self._unfinished(texts[n], runs[n])]:
            for n, step in zip(going, self.forward([texts[n] for n in going], max_layers), strict=True):
                runs[n] = self._append(texts[n], runs[n], step)
        return [self._ended(text, run) for text, run in zip(texts, runs, strict=True)]

    def _append(self, tokens: list[int], run: Run, step: Run) -> Run:
        layers, halted = max(run.layers, step.layers), run.halted and step.halted
        margin = min(run.margin, step.margin)
        if step.problem:
            return Run(run.output, step.layers, False, step.recurs, margin, step.problem)
        output = [*run.output, step.output[-1]]
        token = step.output[-1] + self.config["causal"]["shift"]
        if not 0 <= token < len(self.config["tokens"]):
            return Run(output, step.layers, False, step.recurs, margin, "generated-no-token")
        tokens.append(token)
        return Run(output, layers, halted, step.recurs, margin)

    def _stopped(self, tokens: list[int], run: Run) -> bool:
        """Whether nothing is to be appended any more."""
        causal = self.config["causal"]
        stopped = bool(run.output) and tokens[-1] == causal["stop"]
        return stopped or not tokens or (causal["limit"] is not None and len(tokens) >= causal["limit"])

    def _longest(self) -> int:
        """The number of tokens after which nothing is appended."""
        bounds = (self.config["causal"]["limit"], self.config["positions"])
        return min((n for n in bounds if n is not None), default=GENERATED)

    def _unfinished(self, tokens: list[int], run: Run) -> bool:
        room = len(tokens) < self._longest() and not self.too_long(len(tokens))
        return room and not run.problem and not self._stopped(tokens, run)

    def _ended(self, tokens: list[int], run: Run) -> Run:
        if run.problem or self._stopped(tokens, run):
            return run
        return run._replace(problem="generation-limit" if len(tokens) >= self._longest() else "input-exceeds-model")


def load(directory: str | Path | None = None) -> Model:
    """The model in ``directory``; default: the one beside this file."""
    from safetensors.flax import load_file

    folder = Path(__file__).parent if directory is None else Path(directory)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    return Model(config, load_file(folder / "model.safetensors"))


if __name__ == "__main__":
    model = load()
    try:
        for argument in sys.argv[1:]:
            print(json.dumps(model(argument), ensure_ascii=False))
    except ValueError as error:
        sys.exit(f"{argument}: {error}")
