"""The checked mode: the first error of a run is the interpreter's, by layer, position and head."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import altac
from altac.backends import backend
from altac.backends.inference import Run
from altac.backends.module import load_module
from altac.backends.writing import write
from altac.cli import main
from altac.diagnostics.problem import Problem
from altac.diagnostics.runtime_errors import GeneratedNoToken, RuntimeProblem, UndefinedRead
from altac.interpreter import run
from altac.ir import Program
from altac.units import prune, units
from tests import programs
from tests.models import INSTALLED, build
from tests.random_programs import Options, random_inputs, random_program

PARITY = "examples/parity/sequential_relative.alta"

#: Two positions of the same value are selected, so that their mean is that value, and yet there is none.
TWICE = """
program twice

tokens 0, 1
var bit: 0..1 = token
head other = attend(query: bit, key: bit, value: bit)
var seen: 0..1 = 0
mlp { seen <- other }
layers 1
output seen
"""


def expected(error: Problem | None) -> tuple[str, int, int, str] | None:
    """What a checked model is to say where the interpreter ends with ``error``."""
    if not isinstance(error, RuntimeProblem) or isinstance(error, GeneratedNoToken):
        return None
    if isinstance(error, UndefinedRead):
        return "undefined-read", error.layer, error.position, error.head
    return "run-time-error", error.layer, error.position, ""


def said(found: Run) -> tuple[str, int, int, str] | None:
    return (found.problem, found.layers, found.position, found.head) if found.position >= 0 else None


def compare(program: Program, inputs: Sequence[Sequence[int]], level: int, target: str) -> list[str]:
    """Compare the first errors; what these were."""
    program = prune(program) if level else program
    model: Any = backend(target).model(build(program, units(program, level)), checked=True)
    limit = 4 if program.halt is None and program.max_layers is None else None
    results = [r for r in run(program, inputs, limit) if r.error is None or isinstance(r.error, RuntimeProblem)]
    wanted = [expected(r.error) for r in results]
    assert [said(found) for found in model.run([r.input for r in results], limit)] == wanted, program.name
    return [fault[0] for fault in wanted if fault is not None]


BUILT = [
    programs.parity_relative(), programs.parity_rules(), programs.parity_absolute(), programs.parity_sum(20),
    programs.set_query(), programs.subleq(-4, 4, 6), programs.windows(), programs.framed(),
]  # fmt: skip


@pytest.mark.parametrize("program", BUILT, ids=lambda p: p.name)
def test_built_programs(program: Program) -> None:
    rng = random.Random(3)
    compare(program, [t for _ in range(4) for t in random_inputs(rng, program)], 2, "numpy")


def test_built_programs_in_flax() -> None:
    found = [f for p in BUILT[:2] for f in compare(p, random_inputs(random.Random(3), p, 8), 2, "flax")]
    assert "undefined-read" in found


@pytest.mark.parametrize("level", [0, 1, 2])
def test_random_programs(level: int) -> None:
    found = []
    for seed in range(40):
        rng = random.Random(seed)
        program = random_program(rng, Options(reckless=0.3))
        found += compare(program, random_inputs(rng, program, 8), level, "numpy")
    assert found.count("undefined-read") > 10
    assert found.count("run-time-error") > 0


def test_random_programs_in_flax() -> None:
    found = []
    for seed in range(6):
        rng = random.Random(seed)
        program = random_program(rng, Options(reckless=0.3))
        found += compare(program, random_inputs(rng, program, 4), 2, "flax")
    assert found


@pytest.mark.parametrize("target", INSTALLED)
def test_several_positions_of_one_value(target: str, tmp_path: Path) -> None:
    (tmp_path / "twice.alta").write_text(TWICE)
    program = altac.load(tmp_path / "twice.alta")
    model: Any = backend(target).model(program.compile().built, checked=True)
    once, twice = model.run([[0, 1], [1, 0, 1]])
    assert once.output == [0, 1]
    assert said(twice) == ("undefined-read", 1, 0, "other")


@pytest.mark.parametrize("target", INSTALLED)
def test_empty_inputs_have_no_faults(target: str) -> None:
    model: Any = backend(target).model(altac.load(PARITY).compile().built, checked=True)
    assert model.run([]) == []
    assert [(r.output, r.problem) for r in model.run([[], [1, 0]])] == [([], ""), ([], "undefined-read")]
    assert [(r.output, r.problem) for r in model.run([[]])] == [([], "")]


def test_a_flag_of_altac_run() -> None:
    arguments = ["run", PARITY, "1 0", "--engine", "transformer"]
    assert CliRunner().invoke(main, arguments).exit_code == 0
    checked, interpreted = (CliRunner().invoke(main, a) for a in ([*arguments, "--checked"], arguments[:3]))
    assert checked.exit_code == interpreted.exit_code != 0
    assert "error[undefined-read]: head `done_left` is undefined at position 0 in layer 1" in checked.output
    assert checked.output == interpreted.output


def test_an_option_of_the_api() -> None:
    program = altac.load(PARITY)
    inputs = ["START 1 0", "1 0"]
    assert [r.error for r in program.run(inputs, engine="transformer")] == [None, None]
    good, bad = program.run(inputs, engine="transformer", checked=True)
    assert good.error is None
    assert bad.error == program.run(inputs)[1].error


@pytest.fixture(scope="module", params=INSTALLED)
def directory(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("checked") / "model"
    write(altac.load(PARITY).compile().built, path, request.param)
    return path


def test_a_directory_standing_alone(directory: Path, tmp_path: Path) -> None:
    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-P", str(directory / "model.py"), *arguments]
        environment = {"PATH": "", "JAX_PLATFORMS": "cpu", "PYTHONPATH": str(directory)}
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, env=environment)

    assert call("1 0").returncode == 0
    assert call("--checked", "START 1 0").returncode == 0
    failed = call("--checked", "1 0")
    assert failed.returncode == 1
    assert failed.stderr == "1 0: head `done_left` is undefined at position 0 in layer 1, and is read there\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [("checks.json", "[" * 200_000), ("checks.json", "{}"), ("labels.json", "[]"), ("labels.json", "")],
)
def test_broken_files(directory: Path, tmp_path: Path, name: str, text: str) -> None:
    shutil.copytree(directory, tmp_path / "model")
    (tmp_path / "model" / name).write_text(text)
    load_module(tmp_path / "model").load()  # which does not need them
    with pytest.raises(ValueError, match=name):
        load_module(tmp_path / "model").load(checked=True)
