"""The Python API: everything the command line does is a function or method here first."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, get_args

from altac.backends import DEFAULT
from altac.diagnostics.problem import AltacError, Problem
from altac.display.runs import Run, Runs
from altac.source import Source

if TYPE_CHECKING:
    from fractions import Fraction

    from altac import ir
    from altac.analysis.minimal import Minimal
    from altac.analysis.theorem import Verdict
    from altac.compile import Compiled, Record
    from altac.display.rules import Rules
    from altac.display.weights import Weights
    from altac.interpreter import Result
    from altac.trace import Trace
    from altac.transformer import BuiltModel
    from altac.transformer.certificate import Certificate
    from altac.units import Units

Engine = Literal["interpreter", "transformer"]
#: The optimisation levels.
LEVELS = (0, 1, 2)
#: Text in the program's spelling, or token names and numbers.
Input = str | Sequence[str | int]


@dataclass(frozen=True)
class TestOutcome:
    """One ``test`` line on one engine. ``got`` is what came out, in the form of what was expected."""

    test: ir.Test
    engine: Engine
    got: str | tuple[str | int | bool, ...] | None
    error: Problem | None = None

    @property
    def passed(self) -> bool:
        return self.error is None and self.got == self.test.expected


class Program:
    """A checked program. Phases are computed on first use and kept."""

    def __init__(self, source: Source, program: ir.Program, warnings: tuple[Problem, ...]) -> None:
        self.source = source
        self.ir = program
        self.warnings = warnings

    def __repr__(self) -> str:
        from altac.display.program import summary

        return f"<Program {summary(self.ir)}>"

    def _repr_html_(self) -> str:
        from altac.display.program import program_html

        return program_html(self.ir, self.source)

    @property
    def name(self) -> str:
        return self.ir.name

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What checking found: warnings, since a program with errors is not loaded."""
        return self.warnings

    def unread(self) -> tuple[Problem, ...]:
        """Warnings about variables and heads that have no influence on anything; `altac check` shows them."""
        from altac.semantics.findings import never_read

        return tuple(never_read(self.ir, self.source))

    def encode(self, given: Input) -> tuple[int, ...]:
        """Token indices of an input, with the program's frame. Raises `AltacError`."""
        from altac.interpreter.codec import read_input

        listed = isinstance(given, Iterable) and not isinstance(given, str)
        return read_input(self.ir, list(given) if listed else given)

    def run(
        self,
        inputs: Iterable[Input],
        *,
        engine: Engine = "interpreter",
        max_layers: int | None = None,
        checked: bool = False,
    ) -> Runs:
        """Run the program on every input. An input that fails has its `Run.error` set; the others are unharmed.

        A text alone is one input. ``checked``: the Transformer too fails where the program reads an undefined head or has
        another error, instead of giving some output.

        Raises `AltacError` for an input that cannot be read, or if the program can never stop.
        """
        tokens = [self.encode(i) for i in _several(inputs)]
        return Runs(map(self.decode, self.results(tokens, engine, max_layers, checked)))

    def trace(self, given: Input, *, max_layers: int | None = None) -> Trace:
        """Run the program on one input and keep the residual stream of every layer; a run that fails is kept up to there.

        Raises `AltacError` for an input that cannot be read, or if the program can never stop.
        """
        from altac.trace import collect

        return collect(self.ir, self.encode(given), max_layers)

    def results(
        self, tokens: Sequence[Sequence[int]], engine: Engine, max_layers: int | None, checked: bool = False
    ) -> list[Result]:
        """Run on token indices. Raises ValueError for an engine that there is not."""
        if engine not in get_args(Engine):
            raise ValueError(f"there is no engine {engine!r}: use {' or '.join(map(repr, get_args(Engine)))}")
        if engine == "transformer":
            runner = self.checked_runner if checked else self.runner
            found: list[Result] = runner.run(tokens, max_layers)
            return found
        from altac.interpreter import run

        return run(self.ir, tokens, max_layers)

    def decode(self, result: Result) -> Run:
        """A result in JSON values."""
        from altac.interpreter.codec import input_json, output_json, output_text
        from altac.interpreter.result import cut

        shown = list(input_json(self.ir, result.input))
        if result.error is not None:
            return Run(shown, [], None, result.layers, result.halted, result.error)
        output = list(output_json(self.ir, result.output))
        text = output_text(self.ir, result.output)
        return Run(shown, output, text, result.layers, result.halted, cut=cut(self.ir, result))

    @cached_property
    def runner(self) -> Any:
        """The compiled model of the highest level, ready to run."""
        return self.compile(allow_sampled=True).runner

    @cached_property
    def checked_runner(self) -> Any:
        """Like `runner`, but runs on which the program has an error fail as they do in the interpreter."""
        return self.compile(allow_sampled=True).checked_runner

    def rules(self) -> Rules:
        """The transition rules of level 0. Raises `AltacError` if they are too many."""
        from altac.display.rules import Rules
        from altac.rules import expand

        found = expand(self.ir)
        return Rules(found.rules, found.resets, self.ir)

    def compile(
        self, level: int = 2, *, dtype: str = "float32", max_length: int | None = None, allow_sampled: bool = False,
        record: Record | None = None,
    ) -> Model:  # fmt: skip
        """Compile to Transformer weights, and prove that they do what the program says; see `altac.compile`.

        ``allow_sampled`` lets units pass of which the proof could only try some states. ``record`` collects the stages.
        Raises `AltacError` for what cannot be built, proved or certified.
        """
        from altac.compile import compile_program

        if level not in LEVELS or isinstance(level, bool):
            raise ValueError(f"there is no level {level!r}: use one of {', '.join(map(str, LEVELS))}")
        return Model(
            self,
            compile_program(
                self.ir, level, dtype=dtype, max_length=max_length, allow_sampled=allow_sampled, record=record
            ),
        )

    def minimal(self, inputs: Iterable[Input], *, conjuncts: bool = False, skip_failing: bool = False) -> Minimal:
        """The minimal version with respect to the inputs; see `altac.analysis.minimal`. Raises `AltacError`."""
        from altac.analysis.minimal import minimal

        return minimal(self.ir, [self.encode(i) for i in inputs], conjuncts=conjuncts, skip_failing=skip_failing)

    def theorem(self, inputs: Iterable[Input], *, alpha: Fraction | None = None) -> Verdict:
        """Whether the rules are minimal for the inputs, and the compiled MLP a strict coordinate-wise local optimum; see
        `altac.analysis.theorem`. Raises `AltacError`."""
        from altac.analysis.theorem import ALPHA, theorem

        return theorem(self.ir, [self.encode(i) for i in inputs], alpha=ALPHA if alpha is None else alpha)

    def test(self, engine: Engine = "interpreter") -> list[TestOutcome]:
        """Run the ``test`` lines."""
        outcomes: dict[int, TestOutcome] = {}
        sound: list[tuple[int, tuple[int, ...]]] = []
        for i, test in enumerate(self.ir.tests):
            try:
                sound.append((i, self.encode(test.input)))
            except AltacError as error:
                outcomes[i] = TestOutcome(test, engine, None, error.problems[0])
        for (i, _), result in zip(sound, self.results([t for _, t in sound], engine, None), strict=True):
            test, run = self.ir.tests[i], self.decode(result)
            got = run.text if isinstance(test.expected, str) else tuple(run.output)
            outcomes[i] = TestOutcome(test, engine, got if run.error is None else None, run.error)
        return [outcomes[i] for i in sorted(outcomes)]


class Model:
    """A compiled program."""

    def __init__(self, program: Program, stages: Compiled) -> None:
        self.program = program
        #: Every stage of the compilation, see `altac.compile.Compiled`.
        self.stages = stages

    @property
    def level(self) -> int:
        """The optimisation level."""
        return self.stages.level

    @property
    def units(self) -> Units:
        """The hidden units of the MLP."""
        return self.stages.units

    @property
    def built(self) -> BuiltModel:
        """Weights, configuration and labels."""
        return self.stages.model

    @property
    def proof(self) -> Literal["exhaustive", "sampled"]:
        """Whether the hidden units were proved on all states, or some of them tried on random ones."""
        return "exhaustive" if self.stages.proof.exhaustive else "sampled"

    def __repr__(self) -> str:
        return f"<Model {self.program.name} at level {self.level}: {self.built.parameters:,} parameters>"

    def _repr_html_(self) -> str:
        from altac.display.model import model_html

        return model_html(self.built, self.level, self.sizes)

    @property
    def certificate(self) -> Certificate:
        """Why the model equals the interpreter, and up to which length."""
        return self.built.certificate

    @cached_property
    def sizes(self) -> dict[str, int | None]:
        """The sizes of the model, as `altac inspect` prints them; ``rules`` is None if they are too many to count."""
        from altac.rules import count_rules

        try:
            rules: int | None = count_rules(self.program.ir).total()
        except AltacError:
            rules = None
        return {
            "variables": len(self.program.ir.variables), "heads": len(self.program.ir.heads), "rules": rules,
            "mlp_width": self.built.mlp_width, "residual_width": self.built.configuration.sizes.residual,
            "parameters": self.built.parameters,
        }  # fmt: skip

    @cached_property
    def weights(self) -> Weights:
        """The weights by name, with a label for each row and column."""
        from altac.display.weights import Weights

        return Weights(self.built)

    def save(self, directory: str | os.PathLike[str], target: str = DEFAULT) -> None:
        """Write the model for a target of `altac.backends`; all files or none. Raises `AltacError`."""
        from altac.backends.writing import write

        write(self.built, directory, target, program=self.program.ir, source=self.program.source.text)

    @cached_property
    def runner(self) -> Any:
        """Runs the model in this process."""
        from altac.backends.runner import TransformerRunner

        return TransformerRunner.of(self.built)

    @cached_property
    def checked_runner(self) -> Any:
        """Like `runner`, but runs on which the program has an error fail as they do in the interpreter."""
        from altac.backends.runner import TransformerRunner

        return TransformerRunner.of(self.built, checked=True)

    def run(self, inputs: Iterable[Input], *, max_layers: int | None = None) -> Runs:
        """Like `Program.run`, on the compiled model."""
        tokens = [self.program.encode(i) for i in _several(inputs)]
        return Runs(map(self.program.decode, self.runner.run(tokens, max_layers)))


def _several(inputs: Iterable[Input]) -> Iterable[Input]:
    """Inputs one by one; a text alone is one. Raises TypeError for anything that is no collection."""
    if isinstance(inputs, str):
        return [inputs]
    if not isinstance(inputs, Iterable):
        raise TypeError(f"a text or a list of inputs is needed, not {inputs!r}")
    return inputs


def check(
    path: str | os.PathLike[str], params: Mapping[str, Any] | None = None
) -> tuple[Program | None, tuple[Problem, ...]]:
    """Parse and check a file: the program (None if it has errors or is a module) and all problems.

    Raises `AltacError` if the file cannot be read.
    """
    from altac.syntax.reading import read_source

    return check_source(read_source(path), params)


def check_source(source: Source, params: Mapping[str, Any] | None = None) -> tuple[Program | None, tuple[Problem, ...]]:
    """Like `check`, for text in memory. Raises TypeError for a text that is no `altac.source.Source`."""
    from altac.semantics import check as run

    if not isinstance(source, Source):
        raise TypeError(
            f'a Source is needed, which has a name and a text: Source("program.alta", ...), not {type(source).__name__}'
        )

    checked = run(source, params)
    if checked.program is None:
        return None, checked.problems
    return Program(source, checked.program, checked.problems), checked.problems


def load(path: str | os.PathLike[str], params: Mapping[str, Any] | None = None) -> Program:
    """The program in a file, with parameters replaced. Raises `AltacError` with everything that is wrong."""
    program, problems = check(path, params)
    if program is None:
        errors = [p for p in problems if p.severity == "error"]
        if not errors:
            from altac.diagnostics.cli_errors import NotAProgram

            raise AltacError(NotAProgram(path=str(path)))
        raise AltacError(*problems)
    return program
