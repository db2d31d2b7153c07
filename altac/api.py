"""The Python API: everything the command line does is a function or method here first."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, get_args

from altac import arguments
from altac.backends import DEFAULT
from altac.diagnostics.problem import AltacError, Problem
from altac.display.runs import Engine, Run, Runs, TestOutcome
from altac.source import Source

if TYPE_CHECKING:
    from fractions import Fraction

    from altac import ir
    from altac.analysis.hyperparameters import Hyperparameters
    from altac.analysis.minimal import Minimal
    from altac.analysis.progress import Progress
    from altac.analysis.theorem import Verdict
    from altac.analysis.tracefile import Written
    from altac.analysis.train import Trained
    from altac.backends.reading import LoadedModel
    from altac.backends.verification import Report
    from altac.compile import Compiled, Record
    from altac.display.rules import Rules
    from altac.display.weights import Weights
    from altac.interpreter import Result
    from altac.interpreter.inputs import Given, Input, Inputs, Item
    from altac.trace import Trace
    from altac.transformer import BuiltModel
    from altac.transformer.certificate import Certificate
    from altac.units import Units
    from altac.view import View

__all__ = [
    "LEVELS", "Engine", "Model", "Program", "Run", "Runs", "TestOutcome", "check", "check_source", "load", "load_model",
]  # fmt: skip

#: The optimisation levels.
LEVELS = (0, 1, 2)


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
        from altac.interpreter.inputs import as_item

        return read_input(self.ir, as_item(given))

    def run(
        self,
        inputs: Given,
        *,
        engine: Engine = "interpreter",
        max_layers: int | None = None,
        checked: bool = False,
        skip_failing: bool = False,
    ) -> Runs:
        """Run the program on every input. An input that fails has its `Run.error` set; the others are unharmed.

        As everywhere, ``inputs`` are a list, or the Path of a file of JSON lines; a text alone is one input. ``checked``: the
        Transformer too fails where the program reads an undefined head or has another error, as the interpreter always does,
        instead of giving some output.
        ``skip_failing`` leaves out inputs that cannot be read, are malformed, or on which the program fails; the result
        names them.

        Raises:
            AltacError: an input that cannot be read, none that is left, or a program that can never stop.
        """
        from altac.interpreter.inputs import read_inputs

        arguments.flags(skip_failing=skip_failing)
        found = read_inputs(self.ir, inputs, skip_failing)
        return self._runs(found, self.results(found.tokens, engine, max_layers, checked), skip_failing)

    def _runs(self, inputs: Inputs, results: Sequence[Result], skip_failing: bool) -> Runs:
        """Results as JSON values, with the places of their inputs; ``skip_failing`` leaves out those with an error."""
        if skip_failing:
            inputs = inputs.leave_out({i: r.error for i, r in enumerate(results) if r.error is not None}, skip_failing)
            results = [r for r in results if r.error is None]
        places = map(inputs.place, range(len(inputs)))
        return Runs((self.decode(r, p) for r, p in zip(results, places, strict=True)), inputs.skipped)

    def stream(
        self, items: Iterable[Item], *, engine: Engine = "interpreter", max_layers: int | None = None,
        checked: bool = False,
    ) -> Iterator[Run]:  # fmt: skip
        """Run the program on items of `altac.interpreter.inputs`, however many, a batch at a time.

        Also an input that cannot be read has its `Run.error` set. Raises `AltacError` if the program can never stop.
        """
        from altac.interpreter.inputs import batches

        for batch in batches(self.ir, items):
            sound = [tokens for item, tokens in batch if item.problem is None]
            results = iter(self.results(sound, engine, max_layers, checked))
            for item, _ in batch:
                if item.problem is None:
                    yield self.decode(next(results), item.place)
                else:
                    given = item.given if isinstance(item.given, list) else []
                    yield Run(given, [], None, 0, False, item.problem, item.place)

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
        arguments.choice("engine", engine, get_args(Engine))
        arguments.flags(checked=checked)
        if engine == "transformer":
            runner = self.checked_runner if checked else self.runner
            found: list[Result] = runner.run(tokens, max_layers)
            return found
        from altac.interpreter import run

        return run(self.ir, tokens, max_layers)

    def decode(self, result: Result, place: str = "") -> Run:
        """A result in JSON values; ``place`` says where its input is from."""
        from altac.interpreter.codec import input_json, output_json, output_text
        from altac.interpreter.result import cut

        shown = list(input_json(self.ir, result.input))
        if result.error is not None:
            return Run(shown, [], None, result.layers, result.halted, result.error, place)
        output = list(output_json(self.ir, result.output))
        text = output_text(self.ir, result.output)
        return Run(shown, output, text, result.layers, result.halted, place=place, cut=cut(self.ir, result))

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

        arguments.flags(allow_sampled=allow_sampled)
        arguments.choice("level", level, LEVELS)
        return Model(
            self,
            compile_program(
                self.ir, level, dtype=dtype, max_length=max_length, allow_sampled=allow_sampled, record=record
            ),
        )

    def verify(
        self, level: int = 2, *, target: str = DEFAULT, dtype: str = "float32", max_length: int | None = None,
        inputs: Given | None = None, skip_failing: bool = False, exhaustive: int = 1500, samples: int = 400, seed: int = 0,
        max_layers: int | None = None,
    ) -> Report:  # fmt: skip
        """Compile for a target, and compare the model with the interpreter; see `Model.verify` and `Program.compile`."""
        model = self.compile(level, dtype=dtype, max_length=max_length, allow_sampled=True)
        return model.verify(
            target, inputs=inputs, skip_failing=skip_failing, exhaustive=exhaustive, samples=samples, seed=seed,
            max_layers=max_layers,
        )  # fmt: skip

    def view(
        self, given: Input, path: str | os.PathLike[str] | None = None, *, level: int = 2, max_layers: int | None = None
    ) -> View:
        """A run on one input, with the hidden units of ``level``; ``path`` is the HTML page to write, if any.

        A run that fails is shown up to where it fails. Raises `AltacError` for an input that cannot be read, a program that can
        never stop, and a file that cannot be written; ValueError for a ``path`` that does not end in .html.
        """
        from altac.view import page, view
        from altac.writing import write_whole

        arguments.choice("level", level, LEVELS)
        if path is not None and not os.fspath(path).lower().endswith((".html", ".htm")):
            # most likely the arguments in the wrong order
            raise ValueError(f"the page must end in .html, not {os.fspath(path)!r}")
        found = view(self.ir, self.source, self.encode(given), level=level, max_layers=max_layers)
        if path is not None:
            write_whole(os.fspath(path), page(found.data))
        return found

    def trace_to(
        self, path: str | os.PathLike[str], inputs: Given, *, every: bool = False, skip_failing: bool = False,
        max_layers: int | None = None, engine: Literal["local", "dask"] = "local", scheduler: str | None = None,
        progress: Progress | None = None,
    ) -> Written:  # fmt: skip
        """Write the assignments before and after every MLP step of many runs to a file, .safetensors or .jsonl.

        Equal pairs are written once, with a count and a witness, or with ``every`` each by itself. ``scheduler`` is the address
        of a Dask cluster, for the engine `dask`. See `altac.analysis.tracefile`. Raises `AltacError`.
        """
        from altac.analysis.progress import silent
        from altac.analysis.tracefile import connected, write_traces
        from altac.interpreter.inputs import read_inputs

        arguments.choice("engine", engine, ("local", "dask"))
        arguments.flags(every=every, skip_failing=skip_failing)
        found = read_inputs(self.ir, inputs, skip_failing)
        with connected(scheduler), (progress or silent)("inputs") as done:
            return write_traces(
                self.ir, found, os.fspath(path), every=every, skip_failing=skip_failing, max_layers=max_layers,
                engine="dask" if scheduler else engine, progress=done,
            )  # fmt: skip

    def train(
        self, inputs: Given, *, tests: Sequence[Given] = (), preset: Literal["quick", "paper"] = "quick",
        hyperparameters: Hyperparameters | Mapping[str, Any] | os.PathLike[str] | None = None, seed: int = 0,
        directory: str | os.PathLike[str] | None = None, answer: Literal["all", "last"] = "all",
        max_layers: int | None = None, skip_failing: bool = False, progress: Progress | None = None,
    ) -> Trained:  # fmt: skip
        """Train an MLP on traces of the inputs, put it among the compiled weights, and evaluate the Transformer on ``inputs`` and
        ``tests``; see `altac.analysis.train`.

        ``hyperparameters`` say what differs from the ``preset``: by name, or in a TOML or JSON file. ``directory`` keeps
        checkpoints, metrics and the result. Raises `AltacError`.
        """
        from altac.analysis.hyperparameters import MAX_SEED, PRESETS
        from altac.analysis.progress import silent
        from altac.analysis.train import train
        from altac.interpreter.inputs import read_inputs

        arguments.choice("preset", preset, tuple(PRESETS))
        arguments.choice("answer", answer, ("all", "last"))
        arguments.integer("a seed", seed, 0, MAX_SEED)
        arguments.flags(skip_failing=skip_failing)
        if isinstance(tests, str) or not isinstance(tests, Sequence):
            raise TypeError(f"tests are a list of sets of inputs, not {tests!r}")
        return train(
            self.ir, read_inputs(self.ir, inputs, skip_failing), [read_inputs(self.ir, t, skip_failing) for t in tests],
            preset=preset, hyperparameters=hyperparameters, seed=seed, directory=directory, answer=answer,
            max_layers=max_layers, skip_failing=skip_failing, progress=progress or silent,
        )  # fmt: skip

    def minimal(
        self, inputs: Given, *, conjuncts: bool = False, max_layers: int | None = None, skip_failing: bool = False
    ) -> Minimal:
        """The minimal version with respect to the inputs; see `altac.analysis.minimal`. Raises `AltacError`."""
        from altac.analysis.minimal import minimal
        from altac.interpreter.inputs import read_inputs

        arguments.flags(conjuncts=conjuncts, skip_failing=skip_failing)
        found = read_inputs(self.ir, inputs, skip_failing)
        return minimal(self.ir, found, conjuncts=conjuncts, max_layers=max_layers, skip_failing=skip_failing)

    def theorem(
        self, inputs: Given, *, alpha: Fraction | None = None, max_layers: int | None = None, skip_failing: bool = False
    ) -> Verdict:
        """Whether the rules are minimal for the inputs, and the compiled MLP a strict coordinate-wise local optimum; see
        `altac.analysis.theorem`. Raises `AltacError`."""
        from altac.analysis.theorem import ALPHA, refuse_numerical, theorem
        from altac.interpreter.inputs import read_inputs

        arguments.flags(skip_failing=skip_failing)
        refuse_numerical(self.ir)
        found = read_inputs(self.ir, inputs, skip_failing)
        chosen = ALPHA if alpha is None else alpha
        return theorem(self.ir, found, alpha=chosen, max_layers=max_layers, skip_failing=skip_failing)

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

    def run(self, inputs: Given, *, max_layers: int | None = None, skip_failing: bool = False) -> Runs:
        """Like `Program.run`, on the compiled model."""
        from altac.interpreter.inputs import read_inputs

        found = read_inputs(self.program.ir, inputs, skip_failing)
        return self.program._runs(found, self.runner.run(found.tokens, max_layers), skip_failing)

    def verify(
        self, target: str = DEFAULT, *, inputs: Given | None = None, skip_failing: bool = False, exhaustive: int = 1500,
        samples: int = 400, seed: int = 0, max_layers: int | None = None,
    ) -> Report:  # fmt: skip
        """Compare the model, in the library of ``target``, with the interpreter: on all short inputs, on the given ones, and on
        random longer ones; see `altac.backends.verification`. Raises `AltacError`."""
        from altac.backends.runner import TransformerRunner
        from altac.backends.verification import verify
        from altac.interpreter.inputs import Inputs, read_inputs

        program = self.program.ir
        runner = self.runner if target == DEFAULT else TransformerRunner.of(self.built, target)
        found = Inputs.of(()) if inputs is None else read_inputs(program, inputs, skip_failing)
        return verify(
            program, runner, target=target, proof=self.stages.proof, inputs=found, skip_failing=skip_failing,
            exhaustive=exhaustive, samples=samples, seed=seed, max_layers=max_layers,
        )  # fmt: skip


def check(
    path: str | os.PathLike[str], params: Mapping[str, Any] | None = None
) -> tuple[Program | None, tuple[Problem, ...]]:
    """Parse and check a file: the program (None if it has errors or is a module) and all problems.

    Raises `AltacError` if the file cannot be read.
    """
    from altac.syntax.reading import read_source

    return check_source(read_source(os.fspath(path)), params)


def check_source(source: Source, params: Mapping[str, Any] | None = None) -> tuple[Program | None, tuple[Problem, ...]]:
    """Like `check`, for text in memory. Raises TypeError for a text that is no `altac.source.Source`."""
    from altac.semantics import check as run

    if not isinstance(source, Source):
        raise TypeError(
            f'a Source is needed, which has a name and a text: Source("program.alta", ...), not {type(source).__name__}'
        )
    if params is not None and not (isinstance(params, Mapping) and all(isinstance(name, str) for name in params)):
        raise TypeError(f"params are values by name, not {params!r}")
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


def load_model(directory: str | os.PathLike[str]) -> LoadedModel:
    """The model in a directory that `Model.save` or `altac build` wrote, in its library, with its program; its own code runs.

    Raises `AltacError` if there is none, or if it is not as it was built.
    """
    from altac.backends.reading import read

    return read(directory)
