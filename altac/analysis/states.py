"""The distinct inputs of the MLP sub-layer in runs of a program: the data set D of appendix B of the ALTA paper."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from altac.diagnostics.learnability_errors import NoInputs
from altac.diagnostics.problem import AltacError
from altac.interpreter import State, When, run
from altac.interpreter.inputs import Inputs, Skipped
from altac.ir import Domain, Head, Program

Codes = NDArray[np.int64]
#: Codes packed into words, mixed radix: (W, N).
Words = NDArray[np.uint64]

#: Distinct states of single batches that are held before they are merged.
_PENDING = 1 << 20
#: Numbers below this fit into one word of a key.
_WORD = 1 << 62


@dataclass(frozen=True)
class States:
    """What the MLP reads in the runs of a program over some inputs, each state once.

    Attributes:
        names: the slots whose values tell states apart.
        words: (W, M), the distinct states, packed; see `columns`.
        lows, sizes: the least code and the number of codes of each of ``names``.
        counts: (M,), how often each occurs over all inputs, layers and positions.
        tokens: the token indices that occur, ascending.
        length: the number of positions that occur: 0 to ``length - 1``.
        inputs: the number of inputs that were run.
        skipped: those that were left out; they contribute nothing.
    """

    names: tuple[str, ...]
    words: Words = field(repr=False)
    lows: tuple[int, ...]
    sizes: tuple[int, ...]
    counts: Codes
    tokens: tuple[int, ...]
    length: int
    inputs: int
    skipped: tuple[Skipped, ...]

    def __len__(self) -> int:
        """The number of distinct states."""
        return len(self.counts)

    def columns(self, names: Sequence[str] | None = None) -> Codes:
        """The values of ``names`` (all by default) in every state (M, len(names)); `undefined` of its domain where a head has
        no value."""
        wanted = range(len(self.names)) if names is None else [self.names.index(n) for n in names]
        return _unpack(self.words, self.lows, self.sizes, wanted)

    def project(self, names: Sequence[str]) -> tuple[Codes, Codes]:
        """The distinct combinations of the values of ``names`` (K, len(names)), and how often each occurs (K,)."""
        columns = self.columns(names)
        if not names:
            return columns[:1], self.counts.sum(keepdims=True)[: len(columns)]
        low = columns.min(axis=0, initial=0)
        sizes = (columns.max(axis=0, initial=0) - low + 1).tolist()
        words = _pack([columns[:, i] for i in range(len(names))], low.tolist(), sizes)
        kept, counts = _distinct(words, self.counts)
        return _unpack(kept, low.tolist(), sizes, range(len(names))), counts


def undefined(domain: Domain) -> int:
    """The code that stands for an undefined head: one above the last."""
    return domain.low + domain.size


def collect_states(
    program: Program,
    inputs: Inputs | Sequence[Sequence[int]],
    names: Iterable[str] | None = None,
    *,
    max_layers: int | None = None,
    skip_failing: bool = False,
) -> States:
    """Run ``program`` on ``inputs``, sequences of token indices with the frame applied, and keep what its MLP reads.

    Args:
        names: the slots to tell states apart by; all by default.
        max_layers: instead of the program's own limit.
        skip_failing: leave out inputs on which the program fails.

    Raises:
        AltacError: there are no inputs, or the program fails on one (the first is named) or can never stop.
    """
    if not inputs:
        raise AltacError(NoInputs())
    wanted = None if names is None else set(names)
    slots = [s for s in program.slots if wanted is None or s.name in wanted]
    watch = _Watch(slots, program.tokens.size)
    given = Inputs.of(inputs)
    results = run(program, given.tokens, max_layers, watch)
    problems = {i: r.error for i, r in enumerate(results) if r.error is not None}
    sound = given.leave_out(problems, skip_failing)
    if problems:
        watch = _Watch(slots, program.tokens.size)  # without the states of those that fail in the end
        run(program, sound.tokens, max_layers, watch)
    words, counts = watch.states()
    return States(
        names=tuple(s.name for s in watch.slots),
        words=words,
        lows=tuple(watch.lows),
        sizes=tuple(watch.sizes),
        counts=counts,
        tokens=tuple(np.flatnonzero(watch.tokens).tolist()),
        length=watch.length,
        inputs=len(sound),
        skipped=sound.skipped,
    )


class _Watch:
    """Collects the states after attention, packed into words."""

    #: The interpreter shows these moments only, without copying what is the same at all positions.
    moments = frozenset[When]({"start", "attention"})

    def __init__(self, slots: Sequence[Any], tokens: int) -> None:
        self.slots = slots
        self.tokens = np.zeros(tokens, bool)
        self.length = 0
        self.lows = [s.domain.low for s in slots]
        self.sizes = [s.domain.size + isinstance(s, Head) for s in slots]
        self.words: list[Words] = []
        self.counts: list[Codes] = []
        self.pending = 0

    def __call__(self, layer: int, when: When, state: State) -> None:
        if when == "start":
            self.tokens[np.unique(state.tokens)] = True
            self.length = max(self.length, state.tokens.shape[1])
            return
        active = state.active
        if not active.any():
            return
        columns = [state.values[s.name] for s in self.slots]
        if not active.all():
            columns = [c[active] for c in columns]
        count = int(active.sum()) * state.tokens.shape[1]
        words = _pack(columns, self.lows, self.sizes, (int(active.sum()), state.tokens.shape[1])).reshape(-1, count)
        distinct, counts = _distinct(words, np.ones(count, np.int64))
        self.words.append(distinct)
        self.counts.append(counts)
        self.pending += len(counts)
        if self.pending > _PENDING:
            self._merge()

    def _merge(self) -> None:
        words, counts = _distinct(np.concatenate(self.words, axis=1), np.concatenate(self.counts))
        self.words, self.counts, self.pending = [words], [counts], 0

    def states(self) -> tuple[Words, Codes]:
        """The distinct states and their counts."""
        if not self.words:
            return np.zeros((len(_layout(self.sizes)), 0), np.uint64), np.zeros(0, np.int64)
        self._merge()
        return self.words[0], self.counts[0]


def _layout(sizes: Sequence[int]) -> list[list[int]]:
    """Which columns share a word."""
    words: list[list[int]] = []
    product = _WORD
    for i, size in enumerate(sizes):
        if not words or product * size >= _WORD:
            words.append([])
            product = 1
        words[-1].append(i)
        product *= size
    return words or [[]]


def _pack(
    columns: Sequence[NDArray[Any]], lows: Sequence[int], sizes: Sequence[int], shape: tuple[int, ...] | None = None
) -> Words:
    """Columns of codes as words (W, *shape), mixed radix; equal words are equal codes."""
    layout = _layout(sizes)
    shape = columns[0].shape if shape is None else shape
    words = np.empty((len(layout), *shape), np.uint64)
    for word, members in zip(words, layout, strict=True):
        # What is the same at all positions is packed first, once for each sequence.
        narrow = [i for i in members if columns[i].ndim == 2 and columns[i].strides[1] == 0]
        weights, weight = {}, 1
        for i in reversed(members):
            weights[i], weight = weight, weight * sizes[i]
        if narrow:
            base = sum((columns[i][:, :1].astype(np.int64) - lows[i]) * weights[i] for i in narrow)
            word[...] = np.asarray(base).astype(np.uint64)
        else:
            word[...] = 0
        for i in members:
            if i not in narrow:
                code = columns[i].astype(np.uint64)  # negative codes wrap, and back again
                code -= np.uint64(lows[i] % (1 << 64))
                code *= np.uint64(weights[i])
                word += code
    return words


def _unpack(words: Words, lows: Sequence[int], sizes: Sequence[int], wanted: Sequence[int]) -> Codes:
    """Some columns of codes (N, len(wanted)) of words (W, N)."""
    codes = np.empty((words.shape[1], len(wanted)), np.int64, order="F")  # it is read by column
    for word, members in zip(words, _layout(sizes), strict=True):
        weight = 1
        for i in reversed(members):
            if i in wanted:
                codes[:, wanted.index(i)] = (word // np.uint64(weight) % np.uint64(sizes[i])).astype(np.int64) + lows[i]
            weight *= sizes[i]
    return codes


_rng = np.random.default_rng(20_240)
#: Odd multipliers that mix words into one number.
_MIX = _rng.integers(0, 1 << 63, 256, np.uint64) * np.uint64(2) + np.uint64(1)


def _distinct(words: Words, counts: Codes) -> tuple[Words, Codes]:
    """The distinct columns of ``words`` (W, N), and the sums of their counts."""
    if len(words) == 1:
        key = words[0]
    else:
        key = np.zeros(words.shape[1], np.uint64)
        for i, word in enumerate(words):
            key += word * _MIX[i % len(_MIX)]
            key ^= key >> np.uint64(29)
    _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    inverse = inverse.reshape(-1)
    if len(words) > 1 and not np.array_equal(words[:, first[inverse]], words):  # two states with one key: rare
        order = np.lexsort(words)
        ordered = words[:, order]
        new = np.ones(len(order), bool)
        new[1:] = (ordered[:, 1:] != ordered[:, :-1]).any(axis=0)
        inverse = np.empty(len(order), np.int64)
        inverse[order] = np.cumsum(new) - 1
        first = order[new]
    sums = np.bincount(inverse, counts, len(first)).astype(np.int64)  # exact: far below 2 ** 53
    return words[:, first], sums
