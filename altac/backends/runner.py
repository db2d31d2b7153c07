"""Runs a model of any target with the interpreter's results."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from altac.backends import DEFAULT, backend
from altac.backends.inference import Run
from altac.backends.protocol import Model
from altac.diagnostics.build_errors import InputExceedsModel
from altac.diagnostics.problem import Problem
from altac.diagnostics.runtime_errors import (
    GeneratedNoToken,
    GenerationLimit,
    LayerLimit,
    NeverHalts,
)
from altac.interpreter import run as interpret
from altac.interpreter.codec import quote_input
from altac.interpreter.engine import checked_tokens, layer_limit
from altac.interpreter.result import Result
from altac.ir import Program, label
from altac.transformer import BuiltModel


class Measured(NamedTuple):
    """A result, and by how much the chosen logit leads at worst: 1 if all is exact."""

    result: Result
    margin: float


class TransformerRunner:
    """The model of ``program`` in some library, as an engine beside the interpreter."""

    def __init__(self, program: Program, model: Model) -> None:
        self.program = program
        self.model = model

    @staticmethod
    def of(built: BuiltModel, target: str = DEFAULT, *, checked: bool = False) -> TransformerRunner:
        """Runs ``built`` in this process; ``checked``: runs with an error of the program have it set, as the interpreter does.
        Raises `AltacError` if there is no such target, or it cannot carry the model."""
        return TransformerRunner(built.program, backend(target).model(built, checked=checked))

    def run(self, inputs: Sequence[Sequence[int]], max_layers: int | None = None) -> list[Result]:
        """Run token indices, frame included. Inputs that cannot be run, never halt or append something that is no token
        have their error set.

        Raises:
            AltacError: the program never halts and no number of layers is given, or a negative one.
        """
        return [measured.result for measured in self.measure(inputs, max_layers)]

    def measure(self, inputs: Sequence[Sequence[int]], max_layers: int | None = None) -> list[Measured]:
        """Like `run`, with the margin of each result."""
        layer_limit(self.program, max_layers)
        sequences = [tuple(map(int, tokens)) for tokens in inputs]
        problems = [self._check(tokens) for tokens in sequences]
        sound = [tokens for tokens, problem in zip(sequences, problems, strict=True) if problem is None]
        runs = iter(self.model.run(sound, max_layers))
        return [
            self._measured(tokens, next(runs), max_layers)
            if problem is None
            else Measured(Result(tokens, (), 0, False, problem), 1.0)
            for tokens, problem in zip(sequences, problems, strict=True)
        ]

    def _measured(self, tokens: tuple[int, ...], run: Run, max_layers: int | None) -> Measured:
        low = self.program.domain(self.program.output).low
        problem = self._problem(tokens, run, max_layers) if run.problem else None
        made = run.output[:-1] if isinstance(problem, GeneratedNoToken) else run.output
        return Measured(Result(tokens, tuple(o + low for o in made), run.layers, run.halted, problem), run.margin)

    def _check(self, tokens: tuple[int, ...]) -> Problem | None:
        problem = checked_tokens(self.program, tokens)
        return self._exceeds(len(tokens)) if problem is None and self.model.too_long(len(tokens)) else problem

    def _exceeds(self, length: int) -> Problem:
        longest = self.model.configuration.max_length
        assert longest is not None  # or no length would be too long
        return InputExceedsModel(length=length, longest=longest)

    def _problem(self, tokens: tuple[int, ...], run: Run, max_layers: int | None) -> Problem:
        """What the interpreter would report where the model says that it went wrong."""
        text = quote_input(self.program, tokens)
        causal = self.model.configuration.causal
        longer = tokens if causal is None else (*tokens, *(o + causal.shift for o in run.output))
        match run.problem:
            case "never-halts":
                return NeverHalts(first=run.recurs, layers=run.layers, input=quote_input(self.program, longer))
            case "layer-limit":
                return LayerLimit(layers=run.layers, input=quote_input(self.program, longer))
            case "input-exceeds-model":
                return self._exceeds(len(longer))
            case "generation-limit":
                return GenerationLimit(length=len(run.output), input=text)
            case "undefined-read" | "run-time-error":
                found = interpret(self.program, [tokens], max_layers)[0].error  # with what the program has read by then
                assert found is not None
                return found
        domain = self.program.domain(self.program.output)
        value = label(domain, run.output[-1] + domain.low)
        position = len(tokens) + len(run.output) - 2
        return GeneratedNoToken(layer=run.layers, position=position, input=text, value=value)
