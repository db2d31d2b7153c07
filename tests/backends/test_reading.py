"""Built directories read back: the model that lies there with its program, or what is wrong with it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import altac
from altac.backends.reading import read
from altac.backends.verification import verify
from altac.diagnostics import AltacError
from altac.diagnostics.problem import Problem
from tests.models import INSTALLED

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(params=INSTALLED)
def directory(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    altac.load(EXAMPLES / "subleq.alta", {"SIZE": 6, "LOW": -6, "HIGH": 6}).compile().save(
        tmp_path / "m", request.param
    )
    return tmp_path / "m"


def problem(directory: Path) -> Problem:
    with pytest.raises(AltacError) as raised:
        read(directory)
    (found,) = raised.value.problems
    return found


def test_a_directory_knows_its_program_and_its_parameters(directory: Path) -> None:
    found = read(directory)
    assert found.program == altac.load(EXAMPLES / "subleq.alta", {"SIZE": 6, "LOW": -6, "HIGH": 6}).ir
    assert (directory / "program.alta").read_text() == (EXAMPLES / "subleq.alta").read_text()
    report = verify(found.program, found.runner, exhaustive=200, samples=40, max_layers=30)
    assert report.agrees and report.compared > 20


def test_directories_are_apart_and_are_left_as_they_are(directory: Path, tmp_path: Path) -> None:
    altac.load(EXAMPLES / "addition.alta").compile().save(tmp_path / "addition")
    (directory / "__pycache__").mkdir()
    before = sorted(tmp_path.rglob("*"))
    first, second = read(directory), read(tmp_path / "addition")
    assert first.model.configuration.program == "subleq"
    assert second.model.configuration.program == "addition"
    assert type(first.model) is not type(second.model)
    assert sorted(tmp_path.rglob("*")) == before


def test_the_code_in_the_directory_is_what_runs(directory: Path) -> None:
    module = sys.modules[type(read(directory).model).__module__]
    assert module.__file__ == str(directory / "model.py")


FILES = (
    "model.py", "inference.py", "guards.py", "checked.py", "operators.py", "configuration.py",
    "model.safetensors", "config.json", "labels.json", "checks.json", "README.md", "program.json", "program.alta",
)  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_change_is_noticed_before_anything_runs(directory: Path, name: str) -> None:
    path = directory / name
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    found = problem(directory)
    assert (found.code, found.values()["files"]) == ("altered-model", name)
    path.unlink()
    assert problem(directory).code == "altered-model"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "altac.json: no JSON: "),
        ('{"format": "altac-model", "version": 2, "target": "flax", "files": []}', "altac.json: `version` is 2, not 1"),
        ('{"format": "altac-model", "version": 1, "files": []}', "altac.json: `target` is missing"),
    ],
)
def test_a_manifest_that_is_none_is_reported(tmp_path: Path, text: str, reason: str) -> None:
    assert problem(tmp_path).values()["reason"] == "it has no altac.json, so altac has not built it"
    (tmp_path / "altac.json").write_text(text)
    found = problem(tmp_path)
    assert found.code == "unreadable-model"
    assert found.values()["reason"].startswith(reason)


def test_a_library_that_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    altac.load(EXAMPLES / "addition.alta").compile().save(tmp_path / "m", "flax")
    monkeypatch.setitem(sys.modules, "safetensors.flax", None)
    found = problem(tmp_path / "m")
    assert found.code == "unreadable-model"
    assert "safetensors" in found.values()["reason"]
