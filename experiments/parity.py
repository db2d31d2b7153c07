"""Parity: minimal versions and trace supervision (figure 4, table 2, the rule counts of section 4.1)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import altac
from altac.analysis.hyperparameters import PRESETS, Hyperparameters, read_hyperparameters
from altac.analysis.minimal import minimal
from altac.analysis.traces import collect_pairs
from altac.analysis.trained import trained_runner
from altac.analysis.training import train
from altac.analysis.vectors import vectors
from altac.backends.runner import TransformerRunner
from altac.compile import compile_program
from altac.interpreter import Result, run
from altac.ir import Program
from experiments.data import Bits, parity_set
from experiments.report import Outcome, Table, bars

ROOT = Path(__file__).parents[1]
HYPERPARAMETERS = Path(__file__).parent / "hyperparameters"
#: Longest inputs of the training and the test set (appendix D.1).
TRAINED, TESTED = 20, 40
#: Inputs per number of ones.
PER_COUNT = {"quick": 30, "paper": 200}


@dataclass(frozen=True)
class Task:
    """A parity program: the file, parameters, what stands before the bits, and the rules of the paper's minimal version."""

    title: str
    path: Path
    params: dict[str, str]
    before: tuple[str, ...]
    hyperparameters: str
    paper_rules: int | None

    def load(self) -> altac.api.Program:
        return altac.load(self.path, self.params)


RELATIVE = Task(
    "Sequential (relative)", ROOT / "examples/parity/sequential_relative.alta", {}, ("START",), "relative", 7
)
ABSOLUTE = Task(
    "Sequential (absolute)", ROOT / "examples/parity/sequential_absolute.alta", {"SIZE": "41"}, (), "absolute", None
)
SUM = Task("Sum + modulo", ROOT / "examples/parity/sum_modulo.alta", {"MAX": "50"}, ("START",), "sum", 31)
#: The version that trace supervision learns: the count is a variable, as in the paper.
SUM_STEPS = Task(
    "Sum + modulo", Path(__file__).parent / "programs/sum_modulo_steps.alta", {"MAX": "50"}, ("START",), "sum", None
)

SLICES: dict[str, Callable[[Bits], bool]] = {
    f"Length <= {TRAINED}": lambda bits: len(bits) <= TRAINED,
    f"Length > {TRAINED}": lambda bits: len(bits) > TRAINED,
    f"Ones > {TRAINED}": lambda bits: sum(bits) > TRAINED,
}


def inputs(task: Task, program: altac.api.Program, sets: Sequence[Bits]) -> list[tuple[int, ...]]:
    return [program.encode([*task.before, *bits]) for bits in sets]


def accuracies(program: Program, sets: Sequence[Bits], results: Sequence[Result]) -> list[float]:
    """How often the last position has the parity of the bits, by slice. No bits have no last position: parity 0."""
    right = [
        r.error is None and (not r.output or r.output[-1] == sum(bits) % 2)
        for bits, r in zip(sets, results, strict=True)
    ]
    found = []
    for chosen in SLICES.values():
        part = [ok for ok, bits in zip(right, sets, strict=True) if chosen(bits)]
        found.append(sum(part) / len(part))
    return found


def layer_limit(program: Program, tokens: Sequence[Sequence[int]]) -> int:
    """The most layers that the interpreter takes."""
    return max(r.layers for r in run(program, tokens))


def figure4(preset: str, seed: int, folder: Path, progress: Callable[[str], None]) -> Outcome:
    """Original and minimal versions, compiled, and MLPs trained on traces, by length and number of ones."""
    trained_on, tested_on = (
        parity_set(TRAINED, PER_COUNT[preset], seed),
        parity_set(TESTED, PER_COUNT[preset], seed + 1),
    )
    rows: list[tuple[Any, ...]] = []
    counts: list[tuple[Any, ...]] = []
    shown: dict[str, dict[str, list[float]]] = {name: {} for name in SLICES}
    found: dict[str, dict[str, list[float]]] = {}
    for task, learned in ((RELATIVE, RELATIVE), (ABSOLUTE, ABSOLUTE), (SUM, SUM_STEPS)):
        program = task.load()
        training, test = inputs(task, program, trained_on), inputs(task, program, tested_on)
        limit = layer_limit(program.ir, test)
        smaller = minimal(program.ir, training)
        versions = {"Original": program.ir, "Minimal": smaller.program}
        for name, ir in versions.items():
            progress(f"{task.title}: {name.lower()}")
            symbolic = accuracies(ir, tested_on, run(ir, test, limit))
            compiled = TransformerRunner.of(compile_program(ir, 0, max_length=TESTED + 1).model).run(test, limit)
            found.setdefault(task.title, {})[name] = accuracies(ir, tested_on, compiled)
            if name == "Original":
                assert symbolic == found[task.title][name]
            rows.append((task.title, f"{name}, interpreter", *symbolic))
            rows.append((task.title, f"{name}, compiled", *found[task.title][name]))
        counts.append((task.title, len(program.rules()), len(smaller), task.paper_rules))
        progress(f"{task.title}: trace supervision")
        supervised = supervise(learned, preset, seed, trained_on, tested_on)
        found[task.title]["Trace supervision"] = supervised["accuracy"]
        rows.append((task.title, "Trace supervision", *supervised["accuracy"]))
    for versions_found in found.values():
        for version, values in versions_found.items():
            for name, value in zip(SLICES, values, strict=True):
                shown[name].setdefault(version, []).append(value)
    bars({name: shown[name] for name in list(SLICES)[1:]}, list(found), folder / "figure4.svg")
    return Outcome(
        "figure4",
        (
            Table(
                "Accuracy on inputs of up to 40 bits; training set of up to 20",
                ("Program", "Version", *SLICES),
                tuple(rows),
            ),
            Table("Transition rules", ("Program", "Original", "Minimal", "Paper, minimal"), tuple(counts)),
        ),
        {"accuracy": found, "training inputs": len(trained_on), "test inputs": len(tested_on)},
        _claims(found),
    )


def settings(task: Task, preset: str) -> Hyperparameters:
    """The preset; for `paper` the task's own column of table 1."""
    base = PRESETS[preset]
    return (
        base if preset == "quick" else read_hyperparameters(str(HYPERPARAMETERS / f"{task.hyperparameters}.toml"), base)
    )


def supervise(
    task: Task, preset: str, seed: int, trained_on: Sequence[Bits], tested_on: Sequence[Bits]
) -> dict[str, Any]:
    """Train an MLP on the traces of the training set and run the whole Transformer on the test set."""
    program = task.load()
    pairs, failed = collect_pairs(program.ir, inputs(task, program, trained_on))
    assert not failed
    how = settings(task, preset)
    trained = train(vectors(pairs, how.outputs), replace(how, every=how.steps), seed)
    runner = trained_runner(program.ir, trained.parameters, how.outputs)
    test = inputs(task, program, tested_on)
    results = runner.run(test, layer_limit(program.ir, test))
    return {
        "accuracy": accuracies(program.ir, tested_on, results), "pairs": len(pairs), "loss": trained.metrics[-1].loss,
        "exact": trained.metrics[-1].exact, "seconds": trained.metrics[-1].seconds, "hyperparameters": how.json(),
    }  # fmt: skip


def _claims(found: dict[str, dict[str, list[float]]]) -> dict[str, bool]:
    """What the paper states of figure 4, tested on the numbers."""
    relative, absolute, total = (found[t.title] for t in (RELATIVE, ABSOLUTE, SUM))
    claims = {"every original version is right on every input": all(min(v["Original"]) == 1 for v in found.values())}
    for version in ("Minimal", "Trace supervision"):
        what = "minimal" if version == "Minimal" else "trace-supervised"
        claims |= {
            f"{what} sequential (relative) generalises to all lengths": min(relative[version]) == 1,
            f"{what} sequential (absolute) is right up to length {TRAINED} and fails beyond it":
                absolute[version][0] == 1 and absolute[version][1] < 0.7,
            f"{what} sum + modulo is right up to length {TRAINED} and fails beyond {TRAINED} ones":
                total[version][0] == 1 and total[version][2] < 0.7,
            f"{what} sum + modulo is better on longer inputs than on more ones": total[version][1] > total[version][2],
        }  # fmt: skip
    return claims
