"""Interpreter against compiled model, in any library: exhaustive for short inputs, then random and realistic longer ones."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise, product
from typing import Any

import numpy as np

from altac import arguments
from altac.backends import DEFAULT
from altac.backends.runner import TransformerRunner
from altac.diagnostics.build_errors import InputExceedsModel
from altac.diagnostics.problem import AltacError, Problem
from altac.diagnostics.runtime_errors import Unfinished
from altac.interpreter import Result, State, When, run
from altac.interpreter.codec import input_json, read_input
from altac.interpreter.inputs import Inputs, Skipped
from altac.ir import Program, RealDomain
from altac.transformer import Configuration
from altac.units.proof import Report as Proof

Tokens = tuple[int, ...]

#: Candidates per sample: random inputs often make no sense to a program.
TRIES = 10
#: Inputs that can be asked for, of each kind.
MOST = 1_000_000


@dataclass(frozen=True)
class Difference:
    """An input on which the two engines disagree."""

    tokens: Tokens
    interpreter: Result
    transformer: Result


@dataclass(frozen=True)
class Closest:
    """How near an input came to a boundary between buckets: ``distance`` is that of the mean ``value``."""

    tokens: Tokens
    head: str
    value: float
    boundary: float
    distance: float


@dataclass(frozen=True)
class Report:
    """What `verify` found.

    ``exhaustive_length`` is the number of tokens (frame aside) up to which every input was tried. ``compared`` counts
    the inputs on which the interpreter succeeds or that never end, of which there are ``unfinished``; ``failing`` counts
    the others, which say nothing. ``given`` inputs among them came from the user, ``skipped`` of those were left out.
    ``margin`` is the least lead of a chosen logit (1 if exact), ``closest`` the inputs whose means came
    nearest to a boundary, nearest first. ``target`` and ``configuration`` say what was compared, ``proof`` what was shown of its
    hidden units, unless it was built before.
    """

    exhaustive_length: int
    exhaustive: int
    compared: int
    unfinished: int
    failing: int
    longest: int
    margin: float
    narrowest: Tokens
    closest: tuple[Closest, ...]
    differences: tuple[Difference, ...]
    given: int
    skipped: tuple[Skipped, ...]
    program: Program = field(repr=False)
    target: str
    configuration: Configuration = field(repr=False)
    proof: Proof | None = field(repr=False)

    @property
    def agrees(self) -> bool:
        """Whether the model does what the interpreter does, and its hidden units what the program says."""
        return not self.differences and (self.proof is None or not self.proof.mismatches)

    def json(self) -> dict[str, Any]:
        """What `altac verify --json` prints."""
        certificate, proof = self.configuration.certificate, self.proof
        return {
            "agrees": self.agrees,
            "target": self.target,
            "exhaustive_length": self.exhaustive_length,
            "exhaustive": self.exhaustive,
            "given": self.given,
            "skipped": len(self.skipped),
            "compared": self.compared,
            "unfinished": self.unfinished,
            "failing": self.failing,
            "longest": self.longest,
            "differences": [input_json(self.program, d.tokens) for d in self.differences],
            "margin": self.margin,
            "closest": [
                {"input": input_json(self.program, c.tokens), "head": c.head, "mean": c.value, "distance": c.distance}
                for c in self.closest
            ],
            "units": None if proof is None else {
                "exhaustive": proof.exhaustive, "paths": sum(t.paths for t in proof.targets),
                "mismatches": len(proof.mismatches),
            },
            "certificate": {
                "dtype": self.configuration.dtype, "max_length": self.configuration.max_length,
                "margin": certificate.margin, "proof": certificate.proof, "sampled": list(certificate.sampled),
                "statement": certificate.statement,
            },
        }  # fmt: skip


def verify(
    program: Program,
    runner: TransformerRunner,
    *,
    target: str = DEFAULT,
    proof: Proof | None = None,
    inputs: Inputs | Sequence[Tokens] = (),
    skip_failing: bool = False,
    exhaustive: int = 1500,
    samples: int = 400,
    seed: int = 0,
    max_layers: int | None = None,
) -> Report:
    """Compare the interpreter with the model that ``runner`` runs, on ``inputs`` and others.

    ``exhaustive`` bounds the inputs of the exhaustive part (at least every input of one token is tried),
    ``samples`` the number of further inputs: the program's tests, changes of them, and random sequences up to the
    certified length. ``skip_failing`` leaves out given inputs on which the program fails or that are too long for the model.

    Raises:
        AltacError: the program never halts and has no limit, or a given input is to be left out and may not be.
        TypeError, ValueError: ``exhaustive`` or ``samples`` is no number from 0 to `MOST`, or ``seed`` none.
    """
    for name, number in (("exhaustive", exhaustive), ("samples", samples)):
        arguments.integer(name, number, 0, MOST)
    arguments.count("seed", seed)
    given = _usable(program, runner, Inputs.of(inputs), skip_failing, max_layers)
    rng = random.Random(seed)
    limit = runner.model.configuration.max_length
    length, short = _all_short(program, exhaustive, limit)
    longer = dict.fromkeys(_samples(program, TRIES * samples, limit, rng))
    longer = {tokens: None for tokens in longer if tokens not in set(short)}
    tried = [*short, *_succeeding(program, list(longer), samples, max_layers), *given.tokens]
    watch = _Watch(program)
    reference = run(program, tried, max_layers, watch.see if watch.heads else None)
    sound = [r for r in reference if r.error is None or isinstance(r.error, Unfinished)]
    measured = runner.measure([r.input for r in sound], max_layers)
    # A model that is made for shorter texts than a program generates says so.
    different = [
        Difference(a.input, a, b)
        for a, (b, _) in zip(sound, measured, strict=True)
        if a != b and not isinstance(b.error, InputExceedsModel)
    ]
    margin, narrowest = min(((m.margin, m.result.input) for m in measured), default=(1.0, ()))
    return Report(
        length, len(short), len(sound), sum(r.error is not None for r in sound), len(reference) - len(sound),
        max((len(r.input) for r in sound), default=0),
        margin, narrowest, watch.nearest(tried, {i for i, r in enumerate(reference) if r.error is None}), tuple(different),
        len(given), given.skipped, program, target, runner.model.configuration, proof,
    )  # fmt: skip


def _usable(
    program: Program, runner: TransformerRunner, inputs: Inputs, skip_failing: bool, max_layers: int | None
) -> Inputs:
    """The given inputs that say something about the model."""
    longest = runner.model.configuration.max_length
    problems: dict[int, Problem] = {}
    for i, result in enumerate(run(program, inputs.tokens, max_layers) if inputs.tokens else ()):
        if longest is not None and len(result.input) > longest:
            problems[i] = InputExceedsModel(length=len(result.input), longest=longest)
        elif result.error is not None and not isinstance(result.error, Unfinished):
            problems[i] = result.error
    return inputs.leave_out(problems, skip_failing)


def _succeeding(program: Program, candidates: list[Tokens], count: int, max_layers: int | None) -> list[Tokens]:
    """Up to ``count`` of the candidates, those on which the program succeeds first."""
    results = run(program, candidates, max_layers)
    return [r.input for r in sorted(results, key=lambda r: r.error is not None)][:count]


def _frame(program: Program, tokens: Sequence[int]) -> Tokens | None:
    frame = program.frame
    framed = (*frame.before, *tokens, *frame.after)
    if frame.fill is not None:
        if len(framed) > frame.length:
            return None
        framed += (frame.fill,) * (frame.length - len(framed))
    return framed


def _fits(program: Program, tokens: Tokens | None, limit: int | None) -> bool:
    bounds = [b for b in (limit, program.positions) if b is not None]
    return tokens is not None and all(len(tokens) <= b for b in bounds)


def _all_short(program: Program, budget: int, limit: int | None) -> tuple[int, list[Tokens]]:
    """Every input up to the greatest length for which there are at most ``budget``."""
    vocabulary = program.tokens.size
    found: list[Tokens] = []
    length = 0
    while length == 0 or (len(found) + vocabulary**length <= budget or length == 1):
        new = [_frame(program, t) for t in product(range(vocabulary), repeat=length)]
        fitting = [t for t in new if t is not None and _fits(program, t, limit)]
        if not fitting and length:
            break
        found += fitting
        length += 1
    return length - 1, found


def _samples(program: Program, count: int, limit: int | None, rng: random.Random) -> Iterator[Tokens]:
    """The test inputs, changed test inputs, and random sequences."""
    seeds: list[list[int]] = []
    before, after = len(program.frame.before), len(program.frame.after)
    for test in program.tests:
        try:
            framed = read_input(program, test.input if isinstance(test.input, str) else list(test.input))
        except AltacError:
            continue
        yield framed
        end = len(framed) if program.frame.fill is None else _content(program, framed)
        seeds.append(list(framed[before : max(before, end - after)]))
    longest = min(limit or 64, program.positions or 64, 64)
    for number in range(count):
        if seeds and number % 4:
            tokens = _changed(rng.choice(seeds), seeds, program.tokens.size, rng)
        else:
            tokens = [
                rng.randrange(program.tokens.size) for _ in range(rng.randint(1, max(1, longest - before - after)))
            ]
        framed_sample = _frame(program, tokens)
        if framed_sample is not None and _fits(program, framed_sample, limit):
            yield framed_sample


def _content(program: Program, framed: Tokens) -> int:
    """Where the filling of a frame begins."""
    end = len(framed)
    while end and framed[end - 1] == program.frame.fill:
        end -= 1
    return end


def _changed(tokens: list[int], others: list[list[int]], vocabulary: int, rng: random.Random) -> list[int]:
    """A copy with a few tokens replaced, repeated, removed or taken from another input; often of its own kind."""
    tokens = list(tokens)
    pool = [t for other in others for t in other]
    for _ in range(rng.randint(1, 4)):
        at = rng.randint(0, max(0, len(tokens) - 1))
        match rng.randrange(5):
            case 0 | 1 if tokens:
                tokens[at] = rng.choice(pool) if pool and rng.random() < 0.8 else rng.randrange(vocabulary)
            case 2 if tokens:
                end = min(len(tokens), at + rng.randint(1, 6))
                tokens[at:at] = tokens[at:end]
            case 3 if len(tokens) > 1:
                del tokens[at]
            case _:
                tokens.insert(at, rng.choice(pool) if pool else rng.randrange(vocabulary))
    return tokens


class _Watch:
    """Observes the means of numerical heads and how near they come to the boundaries of buckets."""

    KEPT = 5

    def __init__(self, program: Program) -> None:
        self.heads = {h.name: _boundaries(h.domain) for h in program.heads if isinstance(h.domain, RealDomain)}
        self.found: dict[tuple[int, str], tuple[float, float, float]] = {}

    def see(self, _layer: int, when: When, state: State) -> None:
        if when != "attention":
            return
        for name, bounds in self.heads.items():
            if not len(bounds):
                continue
            values = np.where(state.defined[name] & state.mask, state.reals[name], np.nan)
            distances = np.abs(values[..., None] - bounds)
            for row, number in enumerate(np.asarray(state.rows)):
                if np.isnan(distances[row]).all():
                    continue
                place = np.unravel_index(np.nanargmin(distances[row]), distances[row].shape)
                entry = (float(distances[row][place]), float(values[row][place[0]]), float(bounds[place[-1]]))
                key = (int(number), name)
                self.found[key] = min(self.found.get(key, entry), entry)

    def nearest(self, inputs: Sequence[Tokens], sound: set[int]) -> tuple[Closest, ...]:
        best = sorted((e, k) for k, e in self.found.items() if k[0] in sound)[: self.KEPT]
        return tuple(Closest(inputs[i], name, value, bound, distance) for (distance, value, bound), (i, name) in best)


def _boundaries(domain: RealDomain) -> Any:
    return np.array([float(Fraction(a + b, 2)) for a, b in pairwise(domain.buckets)])
