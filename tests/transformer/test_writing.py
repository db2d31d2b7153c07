"""The written model: whole or not at all, and independent of altac."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from altac.diagnostics import AltacError
from altac.transformer import BuiltModel, build, write
from altac.units import units
from tests import programs


@pytest.fixture(scope="module")
def built() -> BuiltModel:
    program = programs.parity_relative()
    return build(program, units(program, 2))


def test_a_build_has_all_its_files(built: BuiltModel, tmp_path: Path) -> None:
    write(built, tmp_path / "model")
    names = {p.name for p in (tmp_path / "model").iterdir()}
    assert names == {"model.py", "model.safetensors", "config.json", "labels.json", "README.md"}
    assert [p.name for p in tmp_path.iterdir()] == ["model"]
    labels = json.loads((tmp_path / "model" / "labels.json").read_text())
    assert len(labels["residual"]) == built.config["sizes"]["residual"]


def test_an_earlier_build_is_replaced(built: BuiltModel, tmp_path: Path) -> None:
    write(built, tmp_path / "model")
    (tmp_path / "model" / "README.md").write_text("old")
    write(built, tmp_path / "model")
    assert (tmp_path / "model" / "README.md").read_text() != "old"
    assert [p.name for p in tmp_path.iterdir()] == ["model"]


@pytest.mark.parametrize("extra", ["notes.txt", "config.json"])
def test_foreign_folders_are_left_alone(built: BuiltModel, tmp_path: Path, extra: str) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / extra).write_text("{}")
    with pytest.raises(AltacError) as raised:
        write(built, tmp_path / "model")
    assert raised.value.problems[0].code == "output-exists"
    assert (tmp_path / "model" / extra).read_text() == "{}"


def test_a_file_in_the_way_is_left_alone(built: BuiltModel, tmp_path: Path) -> None:
    (tmp_path / "model").write_text("mine")
    with pytest.raises(AltacError):
        write(built, tmp_path / "model")
    assert (tmp_path / "model").read_text() == "mine"


def test_an_impossible_place_is_reported(built: BuiltModel, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(AltacError) as raised:
        write(built, tmp_path / "file" / "model")
    assert raised.value.problems[0].code == "model-not-written"


def test_the_written_model_runs_without_altac(built: BuiltModel, tmp_path: Path) -> None:
    write(built, tmp_path / "model")
    script = (
        "import sys; sys.modules['altac'] = None\n"
        "import jax, jax.numpy as jnp\n"
        "from model import load\n"
        "m = load()\n"
        "print(m(['START', 1, 0, 1])['output'])\n"
        "tokens = jnp.array([m.encode(['START', 1, 1, 0])])\n"
        "x = m.transformer.unrolled(tokens, 3)\n"
        "print(jnp.argmax(x.logits, -1).tolist(), bool(x.halted[0]))\n"
    )
    env = {**os.environ, "JAX_PLATFORMS": "cpu"}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path / "model", env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["[False, True, True, False]", "[[0, 1, 0, 0]] True"]
