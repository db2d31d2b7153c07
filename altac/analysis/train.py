"""Training on the traces of a program, from inputs to the accuracy of the whole Transformer (section 3.1 of the ALTA paper)."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from altac.analysis.hyperparameters import PRESETS, Hyperparameters, adapted, read_hyperparameters
from altac.analysis.progress import Progress, silent
from altac.analysis.traces import collect_pairs
from altac.analysis.trained import Answer, compare, trained_runner
from altac.analysis.training import Training
from altac.analysis.training import train as train_mlp
from altac.analysis.vectors import vectors
from altac.backends.runner import TransformerRunner
from altac.diagnostics.analysis_errors import NotTrainable
from altac.diagnostics.problem import AltacError, Problem
from altac.interpreter import run
from altac.interpreter.inputs import Inputs, Skipped
from altac.ir import Program
from altac.writing import write_whole


@dataclass(frozen=True)
class Trained:
    """A trained Transformer and how well it does.

    ``pairs`` is the number of distinct pairs of assignments that it learned from, of ``inputs`` inputs. ``accuracy`` has, by
    the name of each set of inputs, the fraction on which its answers are the interpreter's: those at all positions, or the
    last (``answer``). ``skipped`` are inputs that were left out of any of the sets, of all that were ``given``.
    """

    program: str
    preset: str
    seed: int
    hyperparameters: Hyperparameters
    pairs: int
    inputs: int
    answer: Answer
    accuracy: dict[str, float]
    training: Training = field(repr=False)
    runner: TransformerRunner = field(repr=False)
    given: int
    skipped: tuple[Skipped, ...]

    def json(self) -> dict[str, Any]:
        """What `altac train --json` prints."""
        last = self.training.metrics[-1]
        return {
            "program": self.program, "preset": self.preset, "seed": self.seed, "hyperparameters": self.hyperparameters.json(),
            "pairs": self.pairs, "inputs": self.inputs, "loss": last.loss, "exact": last.exact, "seconds": last.seconds,
            "answer": self.answer, "accuracy": self.accuracy,
        }  # fmt: skip


def train(
    program: Program, inputs: Inputs, tests: Sequence[Inputs] = (), *, preset: str = "quick",
    hyperparameters: Hyperparameters | Mapping[str, Any] | os.PathLike[str] | None = None, seed: int = 0,
    directory: str | os.PathLike[str] | None = None, answer: Answer = "all", max_layers: int | None = None,
    skip_failing: bool = False, progress: Progress = silent,
) -> Trained:  # fmt: skip
    """Train an MLP on the traces of ``inputs``, put it among the compiled weights, and evaluate it on ``inputs`` and ``tests``.

    ``hyperparameters`` are all of them, or those that differ from the ``preset``, by name or in a file. With a ``directory``
    checkpoints, metrics and the result are kept, and an interrupted run goes on.

    Raises:
        AltacError: a hyperparameter is wrong, the program fails on an input (unless ``skip_failing``), runs no layer or cannot be
            compiled, training diverges, the directory holds another run or cannot be written.
    """
    how = _chosen(PRESETS[preset], hyperparameters)
    tests = [t.leave_out(_problems(program, t, max_layers), skip_failing) for t in tests]
    with progress("inputs traced") as done:
        pairs, failed = collect_pairs(program, inputs.tokens, max_layers, lambda n: done(n, len(inputs)))
    inputs = inputs.leave_out(failed, skip_failing)
    if not len(pairs):
        raise AltacError(NotTrainable(reason="the program runs no layer on these inputs"))
    with progress("steps") as done:
        training = train_mlp(vectors(pairs, how.outputs), how, seed, directory, done)
    runner = trained_runner(program, training.parameters, how.outputs)
    names = [inputs.name or "inputs", *(t.name or f"tests {i}" for i, t in enumerate(tests, 1))]
    sets = (inputs, *tests)
    found = Trained(
        program.name, preset, seed, how, len(pairs), len(inputs), answer,
        {n: compare(runner, program, s.tokens, answer, max_layers).accuracy for n, s in zip(names, sets, strict=True)},
        training, runner, sum(len(s) + len(s.skipped) for s in sets), tuple(k for s in sets for k in s.skipped),
    )  # fmt: skip
    if directory is not None:
        write_whole(str(Path(directory) / "result.json"), json.dumps(found.json(), indent=2) + "\n")
    return found


def _problems(program: Program, inputs: Inputs, max_layers: int | None) -> dict[int, Problem]:
    """Of the inputs on which the program fails: why."""
    results = run(program, inputs.tokens, max_layers)
    return {i: r.error for i, r in enumerate(results) if r.error is not None}


def _chosen(
    base: Hyperparameters, given: Hyperparameters | Mapping[str, Any] | os.PathLike[str] | None
) -> Hyperparameters:
    if given is None or isinstance(given, Hyperparameters):
        return given or base
    return adapted(base, given) if isinstance(given, Mapping) else read_hyperparameters(given, base)
