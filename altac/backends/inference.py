"""What lies around the Transformer of model.py: text and JSON to tokens, inputs to batches, outputs to values and text.

This file needs numpy, checked.py, guards.py and configuration.py alone, since it is written beside models that need it.
"""

from __future__ import annotations

import json
import os
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from altac.backends.checked import Checker
from altac.backends.guards import check_tokens, layer_limit, listed
from altac.transformer.configuration import Causal, Configuration, parse_json

Array = np.ndarray[Any, Any]

#: Layers after which a run without any limit of its own is stopped.
UNLIMITED = 100_000
#: Tokens up to which a causal program without a limit of its own goes on.
GENERATED = 4096
#: Entries of the largest array that one batch computes.
ENTRIES = 1 << 24
#: Inputs up to this length share batches whatever their lengths.
SHORT = 8


class Output(NamedTuple):
    """``logits`` (B, T, values of the output variable); per example the ``layers`` run, whether all positions ``halted``,
    and the layer whose residual stream ``recurs`` at the end, so that the example never halts (-1: none)."""

    logits: Any
    layers: Any
    halted: Any
    recurs: Any


#: What can go wrong with a run.
PROBLEMS = {
    "never-halts": "never halts: the state after layer {recurs} comes back after layer {layers}",
    "layer-limit": "stopped after {layers} layers without halting",
    "generation-limit": "generated {length} tokens without the stop token",
    "input-exceeds-model": "generated {length} tokens, and the model is not made for more",
    "generated-no-token": "the last output cannot be appended, because it is not a token",
    "undefined-read": "head `{head}` is undefined at position {position} in layer {layers}, and is read there",
    "run-time-error": "the program has an error at position {position} in layer {layers}",
}


class Run(NamedTuple):
    """The outcome for one input: indices of the output variable's values, per position or, for a causal program, of
    the tokens it appended. ``recurs`` is as in `Output`. ``margin`` is by how much the chosen logit leads at worst: 1 if
    all is exact. ``problem`` names what went wrong, if anything did: a key of `PROBLEMS`; ``position`` and ``head`` tell where
    and on what, if it is an error that the checked mode finds."""

    output: list[int]
    layers: int
    halted: bool
    recurs: int = -1
    margin: float = 1.0
    problem: str = ""
    position: int = -1
    head: str = ""


class Inference(ABC):
    """A Transformer together with what its tokens and outputs mean. With a ``checker`` runs are checked: each also says where it
    first reads an undefined head or has another error, after which its output would mean nothing."""

    transformer: Any

    def __init__(self, configuration: Configuration, checker: Checker | None = None) -> None:
        self.configuration = configuration
        self.checker = checker

    @abstractmethod
    def batch(self, tokens: Array, mask: Array, max_layers: int | None) -> Output:
        """Run token indices (B, T) of which ``mask`` (B, T) tells that they are no padding, at most ``max_layers`` layers
        (None: the limit of the program). The arrays of the output are numpy's. Raises as the Transformer does."""

    def own(self, array: Array) -> Any:
        """A numpy array as the Transformer takes it."""
        return array

    def back(self, array: Any) -> Array:
        """Numbers of the Transformer as a numpy array."""
        return np.asarray(array, np.float32)

    # text and JSON

    def encode(self, item: str | Sequence[str | int]) -> list[int]:
        """Token indices, frame included, of text, of a sequence of names and numbers, or of a string that no spelling can read
        as text and that is a JSON array of them."""
        tokens = self._read(item) if isinstance(item, str) else self._lookup(item)
        frame = self.configuration.frame
        tokens = [*frame.before, *tokens, *frame.after]
        if frame.fill is not None:
            tokens += [frame.fill] * (frame.length - len(tokens))
            if len(tokens) > frame.length:
                raise ValueError(f"{len(tokens)} tokens do not fit into the {frame.length} of the frame")
        return tokens

    def _read(self, string: str) -> list[int]:
        try:
            return self._tokenize(string)
        except ValueError:
            if not string.lstrip().startswith("["):
                raise
            try:
                items = json.loads(string)
            except (ValueError, RecursionError):
                items = None
            if not isinstance(items, list):
                raise
        return self._lookup(items)

    def meant(self, string: str, how: str) -> str | list[str | int]:
        """What `encode` takes for ``string`` if it is text ("--text"), a JSON array ("--tokens"), or whichever it can be ("")."""
        if how == "--text":
            return [self.configuration.tokens[t].name for t in self._tokenize(string)]
        if how == "--tokens" and not isinstance(found := parse_json(string), list):
            raise ValueError("not a JSON array")
        return found if how == "--tokens" else string

    def _lookup(self, items: Iterable[object]) -> list[int]:
        items = list(items)
        names: dict[object, int] = {}
        for index, token in enumerate(self.configuration.tokens):
            if token.name != "":
                names.setdefault(token.name, index)
        for index, token in enumerate(self.configuration.tokens):
            if token.spelling != "":
                names.setdefault(token.spelling, index)
        for item in items:
            if isinstance(item, bool) or not isinstance(item, str | int) or item not in names:
                raise ValueError(f"{item!r} is not a token")
        return [names[item] for item in items]

    def _tokenize(self, text: str) -> list[int]:
        words = self.configuration.text == "words"
        spellings: dict[tuple[str, ...], int] = {}
        for index, token in enumerate(self.configuration.tokens):
            if token.spelling:
                spellings.setdefault(tuple(token.spelling.split() if words else token.spelling), index)
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
        return [self.configuration.output.values[i] for i in output]

    def text(self, output: Sequence[int]) -> str | None:
        """The output as text, blanks left out; None if its type has no spelling."""
        variable = self.configuration.output
        if variable.spellings is None:
            return None
        return variable.separator.join(filter(None, (variable.spellings[i] for i in output)))

    def __call__(self, item: str | Sequence[str | int], max_layers: int | None = None) -> dict[str, Any]:
        """Run one input and describe the outcome, as `altac run --json` does; ValueError if there is none."""
        tokens = self.encode(item)
        run = self.run([tokens], max_layers)[0]
        if run.problem:
            raise ValueError(PROBLEMS[run.problem].format(length=len(run.output), **run._asdict()))
        cut = self._cut(tokens, run)
        return {
            "input": [self.configuration.tokens[t].name for t in tokens], "output": self.values(run.output),
            "text": self.text(run.output), "layers": run.layers, "halted": run.halted,
            **({} if cut is None else {"cut": cut}),
        }  # fmt: skip

    # token indices

    def run(self, inputs: Sequence[Sequence[int]], max_layers: int | None = None) -> list[Run]:
        """Run inputs of any lengths, framed token indices; a causal program appends tokens to each.

        Raises:
            TypeError: an input is no sequence of integers, or ``max_layers`` no integer.
            ValueError: a token index is none of the vocabulary, an input is too long, ``max_layers`` is negative.
        """
        layer_limit(max_layers)
        inputs = listed(inputs)
        check_tokens(inputs, len(self.configuration.tokens))
        for tokens in inputs:
            self._check_length(len(tokens))
        if self.configuration.causal is not None:
            return self._generate(inputs, max_layers)
        return self.forward(inputs, max_layers)

    def too_long(self, length: int) -> bool:
        """Whether an input is longer than the model is made for, and not just too long to be continued."""
        longest, causal = self.configuration.max_length, self.configuration.causal
        finished = causal is not None and causal.limit is not None and length >= causal.limit
        return longest is not None and length > longest and not finished

    def _check_length(self, length: int) -> None:
        if self.too_long(length):
            raise ValueError(f"{length} tokens, but the model is made for at most {self.configuration.max_length}")

    def forward(self, inputs: Sequence[Sequence[int]], max_layers: int | None = None) -> list[Run]:
        """Run the layers once for every input, in batches of inputs whose lengths differ by less than a factor of two."""
        groups: dict[int, list[int]] = {}
        for number, tokens in enumerate(inputs):
            groups.setdefault(rounded_up(len(tokens), SHORT), []).append(number)
        runs: dict[int, Run] = {}
        sizes = self.configuration.sizes
        for length, numbers in sorted(groups.items()):
            most = max(1, ENTRIES // (length * max(sizes.heads * length, sizes.features + sizes.hidden)))
            for start in range(0, len(numbers), most):
                part = numbers[start : start + most]
                runs.update(zip(part, self._batch([inputs[n] for n in part], max_layers), strict=True))
        return [runs[number] for number in range(len(inputs))]

    def _batch(self, inputs: Sequence[Sequence[int]], max_layers: int | None) -> list[Run]:
        shape = (len(inputs), max(1, *map(len, inputs)))
        tokens, mask = np.zeros(shape, np.int32), np.zeros(shape, bool)
        for row, item in enumerate(inputs):
            tokens[row, : len(item)] = item
            mask[row, : len(item)] = True
        given = self.configuration.max_layers if max_layers is None else max_layers
        logits, layers, halted, recurs = self.batch(tokens, mask, given)
        output = logits.argmax(axis=-1)
        ordered = np.sort(logits, axis=-1)
        lead = ordered[..., -1] - ordered[..., -2] if logits.shape[-1] > 1 else np.ones(output.shape)
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
        if self.checker is None:
            return runs
        # Where the limit is given, layers that change nothing are counted, but need not be run.
        last = [run.recurs + 1 if given is not None and run.recurs >= 0 else run.layers for run in runs]
        faults = self.checker.faults(self, tokens, mask, last)
        return [
            run if fault is None else Run(
                [], fault.layer, False, -1, run.margin, "undefined-read" if fault.head else "run-time-error",
                fault.position, fault.head,
            )
            for run, fault in zip(runs, faults, strict=True)
        ]  # fmt: skip

    # causal programs

    @property
    def _causal(self) -> Causal:
        assert self.configuration.causal is not None
        return self.configuration.causal

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
            return step._replace(output=run.output, halted=False, margin=margin)
        output = [*run.output, step.output[-1]]
        token = step.output[-1] + self._causal.shift
        if not 0 <= token < len(self.configuration.tokens):
            return Run(output, step.layers, False, step.recurs, margin, "generated-no-token")
        tokens.append(token)
        return Run(output, layers, halted, step.recurs, margin)

    def _stopped(self, tokens: list[int], run: Run) -> bool:
        """Whether nothing is to be appended any more."""
        causal = self._causal
        stopped = bool(run.output) and tokens[-1] == causal.stop
        return stopped or not tokens or (causal.limit is not None and len(tokens) >= causal.limit)

    def _cut(self, tokens: list[int], run: Run) -> int | None:
        """The limit, if it ended a causal run before the stop token came."""
        causal = self.configuration.causal
        if causal is None or not tokens or (run.output and run.output[-1] + causal.shift == causal.stop):
            return None
        return causal.limit

    def _longest(self) -> int:
        """The number of tokens after which nothing is appended."""
        bounds = (self._causal.limit, self.configuration.positions)
        return min((n for n in bounds if n is not None), default=GENERATED)

    def _unfinished(self, tokens: list[int], run: Run) -> bool:
        room = len(tokens) < self._longest() and not self.too_long(len(tokens))
        return room and not run.problem and not self._stopped(tokens, run)

    def _ended(self, tokens: list[int], run: Run) -> Run:
        if run.problem or self._stopped(tokens, run):
            return run
        return run._replace(problem="generation-limit" if len(tokens) >= self._longest() else "input-exceeds-model")


def rounded_up(number: int, least: int = 1) -> int:
    """The next power of two that is at least ``least``."""
    return max(least, 1 << max(0, number - 1).bit_length())


def main(load: Callable[..., Inference]) -> None:
    """The command line: run every argument, and print what comes out as JSON. Arguments after ``--text`` are text, those
    after ``--tokens`` JSON arrays, whatever else could be meant. ``--checked`` as the first argument: see `Inference`."""
    checked = sys.argv[1:2] == ["--checked"]
    try:
        model = load(checked=checked)
    except ValueError as error:
        sys.exit(str(error))
    argument = meant = ""
    try:
        for argument in sys.argv[1 + checked :]:
            if argument in ("--text", "--tokens"):
                meant = argument
            else:
                _say(model(model.meant(argument, meant)))
    except ValueError as error:
        sys.exit(f"{argument if len(argument) <= 80 else argument[:77] + '...'}: {error}")


def _say(found: dict[str, Any]) -> None:
    """Print JSON, escaped where the terminal or pipe has not all its characters."""
    if sys.stdout is None:
        sys.exit("cannot write to standard output: it is closed")
    try:
        try:
            print(json.dumps(found, ensure_ascii=False), flush=True)
        except UnicodeEncodeError:
            print(json.dumps(found), flush=True)
    except BrokenPipeError:
        os._exit(1)  # whoever reads has enough
    except OSError as error:
        print(f"cannot write to standard output: {(error.strerror or str(error)).lower()}", file=sys.stderr, flush=True)
        os._exit(1)  # Python would try again to write what is left
