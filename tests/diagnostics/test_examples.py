"""Every diagnostic has an example: its wrong version gives this diagnostic, its right one none."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from altac.analysis import tracefile
from altac.cli.explain import every_code
from altac.diagnostics.example import PROGRAM_FILE, example_of
from altac.resources import example_text
from tests.diagnostics.examples import codes

CODES = sorted(code for code, kind in every_code().items() if kind.__module__.startswith("altac."))

#: Where one fault brings another diagnostic with it.
WITH = {
    "failing-input": {"update-out-of-range"},
    "import-cycle": {"import-failed"}, "too-many-errors": {"unexpected-text"},
}  # fmt: skip


@pytest.mark.parametrize("code", CODES)
def test_examples(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    example = example_of(code)
    assert example is not None, "write altac/diagnostics/examples/" + code + ".md"
    assert example.why
    monkeypatch.chdir(tmp_path)
    with monkeypatch.context() as patch:
        if code == "no-dask":  # extras are a part of the test environment: pretend that they are not
            patch.setattr(tracefile, "import_module", _missing)
        elif code == "missing-extra":
            patch.setitem(sys.modules, "matplotlib", None)
        wrong = codes(example, "wrong", tmp_path)
    assert code in wrong
    assert set(wrong) - {code} <= WITH.get(code, set())
    assert codes(example, "fixed", tmp_path) == ()


def _missing(name: str) -> object:
    if name.startswith(("dask", "distributed")):
        raise ImportError(name)
    return importlib.import_module(name)


def test_there_is_no_example_without_a_diagnostic() -> None:
    import altac.diagnostics

    (folder,) = altac.diagnostics.__path__
    assert sorted(p.stem for p in (Path(folder) / "examples").glob("*.md")) == CODES


@pytest.mark.parametrize("name", ["", ".", "../problem", "unknown-name.md", "no-such-code", "UNKNOWN-NAME"])
def test_names_that_are_no_codes(name: str) -> None:
    assert example_text(name) is None
    assert example_of(name) is None


@pytest.mark.parametrize("code", CODES)
def test_examples_are_short(code: str) -> None:
    example = example_of(code)
    assert example is not None
    assert len(example.why) <= 300
    for block in example.blocks:
        assert len(block.text.splitlines()) <= 16
        assert max(map(len, block.text.splitlines()), default=0) <= 110
        assert block.file != PROGRAM_FILE
