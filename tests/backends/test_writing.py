"""The written model: whole or not at all, of any target, and over an earlier build only."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from altac.backends import TARGETS
from altac.backends.manifest import Manifest
from altac.backends.writing import write
from altac.diagnostics import AltacError
from altac.transformer import BuiltModel
from altac.units import units
from tests import programs
from tests.models import build

MODULE = {
    "model.py", "inference.py", "guards.py", "checked.py", "checks.json", "operators.py",
    "configuration.py", "model.safetensors", "config.json", "labels.json", "README.md",
    "program.json", "altac.json",
}  # fmt: skip


@pytest.fixture(scope="module")
def built() -> BuiltModel:
    program = programs.parity_relative()
    return build(program, units(program, 2))


def refused(raised: pytest.ExceptionInfo[AltacError]) -> str:
    return raised.value.problems[0].code


@pytest.mark.parametrize("target", TARGETS)
def test_a_build_has_all_its_files(built: BuiltModel, tmp_path: Path, target: str) -> None:
    write(built, tmp_path / "model", target, source="program p")
    names = {p.name for p in (tmp_path / "model").iterdir()}
    assert names == MODULE | {"program.alta"}
    assert [p.name for p in tmp_path.iterdir()] == ["model"]
    labels = json.loads((tmp_path / "model" / "labels.json").read_text())
    assert len(labels["residual"]) == built.configuration.sizes.residual
    manifest = Manifest.read(tmp_path / "model")
    assert manifest.target == target
    assert {file.name for file in manifest.files} == names - {"altac.json"}


def test_an_earlier_build_is_replaced(built: BuiltModel, tmp_path: Path) -> None:
    write(built, tmp_path / "model", source="program p")
    (tmp_path / "model" / "README.md").write_text("old")
    (tmp_path / "model" / "__pycache__").mkdir()
    (tmp_path / "model" / "__pycache__" / "model.cpython-311.pyc").write_bytes(b"")
    write(built, tmp_path / "model", list(TARGETS)[-1])
    assert {p.name for p in (tmp_path / "model").iterdir()} == MODULE
    assert Manifest.read(tmp_path / "model").target == list(TARGETS)[-1]
    assert [p.name for p in tmp_path.iterdir()] == ["model"]


def test_a_build_from_before_the_manifest_is_replaced(built: BuiltModel, tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    for name in ("model.py", "model.safetensors", "labels.json", "README.md"):
        (tmp_path / "model" / name).write_text("")
    (tmp_path / "model" / "config.json").write_text('{"format": "altac-transformer", "version": 1}')
    write(built, tmp_path / "model")
    assert {p.name for p in (tmp_path / "model").iterdir()} == MODULE


@pytest.mark.parametrize("extra", ["notes.txt", "config.json", "altac.json", "parts/notes.txt"])
def test_foreign_folders_are_left_alone(built: BuiltModel, tmp_path: Path, extra: str) -> None:
    path = tmp_path / "model" / extra
    path.parent.mkdir(parents=True)
    path.write_text("{}")
    with pytest.raises(AltacError) as raised:
        write(built, tmp_path / "model")
    assert refused(raised) == "output-exists"
    assert path.read_text() == "{}"


@pytest.mark.parametrize("extra", ["notes.txt", "parts/notes.txt"])
def test_a_build_with_something_added_is_left_alone(built: BuiltModel, tmp_path: Path, extra: str) -> None:
    write(built, tmp_path / "model")
    (tmp_path / "model" / extra).parent.mkdir(exist_ok=True)
    (tmp_path / "model" / extra).write_text("mine")
    with pytest.raises(AltacError) as raised:
        write(built, tmp_path / "model")
    assert refused(raised) == "output-exists"


def test_a_link_in_a_build_is_left_alone(built: BuiltModel, tmp_path: Path) -> None:
    write(built, tmp_path / "model")
    (tmp_path / "data").mkdir()
    (tmp_path / "model" / "data").symlink_to(tmp_path / "data")
    with pytest.raises(AltacError) as raised:
        write(built, tmp_path / "model")
    assert refused(raised) == "output-exists"


def test_a_file_in_the_way_is_left_alone(built: BuiltModel, tmp_path: Path) -> None:
    (tmp_path / "model").write_text("mine")
    with pytest.raises(AltacError):
        write(built, tmp_path / "model")
    assert (tmp_path / "model").read_text() == "mine"


def test_a_link_to_a_build_is_built_into(built: BuiltModel, tmp_path: Path) -> None:
    write(built, tmp_path / "model", source="program p")
    (tmp_path / "link").symlink_to("model")
    write(built, tmp_path / "link", list(TARGETS)[-1])
    assert (tmp_path / "link").is_symlink()
    assert Manifest.read(tmp_path / "model").target == list(TARGETS)[-1]
    (tmp_path / "other").symlink_to("new")
    write(built, tmp_path / "other")
    assert {p.name for p in (tmp_path / "new").iterdir()} == MODULE


def test_a_link_to_a_foreign_folder_is_left_alone(built: BuiltModel, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "notes.txt").write_text("mine")
    (tmp_path / "link").symlink_to("folder")
    with pytest.raises(AltacError) as raised:
        write(built, tmp_path / "link")
    assert refused(raised) == "output-exists"
    assert [p.name for p in (tmp_path / "folder").iterdir()] == ["notes.txt"]


def test_writers_at_once_all_succeed(built: BuiltModel, tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: write(built, tmp_path / "model"), range(12)))
    assert [p.name for p in tmp_path.iterdir()] == ["model"]
    assert not list(Manifest.read(tmp_path / "model").altered(tmp_path / "model"))


def test_the_current_folder_is_not_replaced(built: BuiltModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(AltacError) as raised:
        write(built, ".")
    assert refused(raised) == "model-not-written"
    assert "current folder" in raised.value.problems[0].render_title()


def test_an_impossible_place_is_reported(built: BuiltModel, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(AltacError) as raised:
        write(built, tmp_path / "file" / "model")
    assert refused(raised) == "model-not-written"


def test_an_unknown_target_writes_nothing(built: BuiltModel, tmp_path: Path) -> None:
    with pytest.raises(AltacError) as raised:
        write(built, tmp_path / "model", "flex")
    assert refused(raised) == "unknown-target"
    assert raised.value.problems[0].render_help() == "did you mean `flax`?"
    assert not list(tmp_path.iterdir())


def test_a_directory_whose_configuration_is_nested_deeply_is_none_of_ours(built: BuiltModel, tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text("[" * 200_000)
    with pytest.raises(AltacError) as raised:
        write(built, tmp_path / "model")
    assert refused(raised) == "output-exists"
    assert (tmp_path / "model" / "config.json").exists()
