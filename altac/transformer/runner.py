"""Runs a built model in this process, with the interpreter's results."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from altac.diagnostics.build_errors import InputExceedsModel
from altac.diagnostics.input_errors import NegativeLayers
from altac.diagnostics.problem import AltacError, Problem
from altac.diagnostics.runtime_errors import (
    GeneratedNoToken,
    GenerationLimit,
    LayerLimit,
    NeverHalts,
    NoLayerLimit,
)
from altac.interpreter.codec import quote_input
from altac.interpreter.engine import checked_tokens
from altac.interpreter.result import Result
from altac.ir import Program, label
from altac.transformer.building import BuiltModel
from altac.transformer.template_model import Model, Run


class TransformerRunner:
    """The model of a program, run by the same module that a build writes."""

    def __init__(self, built: BuiltModel) -> None:
        self.program: Program = built.program
        config = json.loads(json.dumps(built.config))
        self.model = Model(config, built.weights)
        self.runs: list[Run] = []  # of the last call, for the inputs that could be run

    def run(self, inputs: Sequence[Sequence[int]], max_layers: int | None = None) -> list[Result]:
        """Run token indices, frame included. Inputs that cannot be run, never halt or append something that is no token
        have their error set.

        Raises:
            AltacError: the program never halts and no number of layers is given, or a negative one.
        """
        if max_layers is not None and max_layers < 0:
            raise AltacError(NegativeLayers(layers=max_layers))
        if max_layers is None and self.program.max_layers is None and self.program.halt is None:
            raise AltacError(NoLayerLimit(program=self.program.name))
        sequences = [tuple(map(int, tokens)) for tokens in inputs]
        problems = {i: p for i, tokens in enumerate(sequences) if (p := self._check(tokens)) is not None}
        sound = [tokens for i, tokens in enumerate(sequences) if i not in problems]
        low = self.program.domain(self.program.output).low
        self.runs = self.model.run(sound, max_layers)
        runs = iter(self.runs)
        results = []
        for i, tokens in enumerate(sequences):
            if i in problems:
                results.append(Result(tokens, (), 0, False, problems[i]))
                continue
            run = next(runs)
            problem = self._problem(tokens, run) if run.problem else None
            made = run.output[:-1] if isinstance(problem, GeneratedNoToken) else run.output
            results.append(Result(tokens, tuple(o + low for o in made), run.layers, run.halted, problem))
        return results

    def _check(self, tokens: tuple[int, ...]) -> Problem | None:
        problem = checked_tokens(self.program, tokens)
        if problem is None and self.model.too_long(len(tokens)):
            return InputExceedsModel(length=len(tokens), longest=self.model.config["max_length"])
        return problem

    def _problem(self, tokens: tuple[int, ...], run: Run) -> Problem:
        """What the interpreter would report where the model says that it went wrong."""
        text = quote_input(self.program, tokens)
        causal = self.model.config["causal"]
        longer = tokens if causal is None else (*tokens, *(o + causal["shift"] for o in run.output))
        match run.problem:
            case "never-halts":
                return NeverHalts(first=run.recurs, layers=run.layers, input=quote_input(self.program, longer))
            case "layer-limit":
                return LayerLimit(layers=run.layers, input=quote_input(self.program, longer))
            case "input-exceeds-model":
                return InputExceedsModel(length=len(longer), longest=self.model.config["max_length"])
            case "generation-limit":
                return GenerationLimit(length=len(run.output), input=text)
        domain = self.program.domain(self.program.output)
        value = label(domain, run.output[-1] + domain.low)
        position = len(tokens) + len(run.output) - 2
        return GeneratedNoToken(layer=run.layers, position=position, input=text, value=value)


def load_model(directory: str | Path) -> Model:
    """The model in a directory that a build wrote."""
    from altac.transformer.template_model import load

    return load(directory)
