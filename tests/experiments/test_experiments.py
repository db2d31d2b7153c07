"""The experiments: data sets, reports, and small runs."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from altac.analysis.hyperparameters import PRESETS
from altac.analysis.minimal import minimal
from experiments import data, parity
from experiments.__main__ import EXPERIMENTS, main
from experiments.report import Outcome, Table, bars, curves, write


def test_parity_sets_have_equally_many_of_every_number_of_ones() -> None:
    sets = data.parity_set(20, 50, 0)
    assert len(sets) == len(set(sets))
    assert max(map(len, sets)) == 20
    counts = Counter(map(sum, sets))
    assert set(counts) == set(range(21))
    assert all(30 <= counts[n] <= 50 for n in range(2, 15))
    assert data.parity_set(20, 50, 0) == sets
    assert data.parity_set(20, 50, 1) != sets


def test_additions_have_numbers_of_all_lengths() -> None:
    pairs = data.additions(3, 300, 0)
    assert {len(str(a)) for a, _ in pairs} == {1, 2, 3}
    assert max(a for a, _ in pairs) < 1000


def test_scan_is_read_from_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tasks.txt").write_text("IN: jump OUT: I_JUMP\nIN: walk twice OUT: I_WALK I_WALK\n")
    (tmp_path / "splits.json").write_text('{"length": {"train": [0], "test": [1]}}')
    monkeypatch.setenv("SCAN", str(tmp_path))
    assert data.scan().part("length", "test") == (["walk twice"], ["I_WALK I_WALK"])
    monkeypatch.setenv("SCAN", str(tmp_path / "none"))
    with pytest.raises(data.NoData):
        data.scan()


def test_slices_and_accuracies() -> None:
    program = parity.RELATIVE.load()
    sets = [(1,) * 21, (0,) * 30, (1, 0), ()]
    tokens = parity.inputs(parity.RELATIVE, program, sets)
    results = program.results(tokens, "interpreter", None)
    assert parity.accuracies(program.ir, sets, results) == [1, 1, 1]
    swapped = [results[1], results[0], *results[2:]]
    assert parity.accuracies(program.ir, sets, swapped) == [1, 0, 0]


def test_reports_are_written(tmp_path: Path) -> None:
    table = Table("Some numbers", ("name", "value"), (("a", 0.123), ("b", 1.0), ("c", None)), "A note.")
    write(Outcome("result", (table,), {"x": 1}, {"it holds": True, "it does not": False}), tmp_path, {"seed": 0})
    text = (tmp_path / "result.md").read_text()
    assert "| a | 12.3% |" in text
    assert "| b | 100% |" in text
    assert "- NO: it does not" in text
    assert json.loads((tmp_path / "result.json").read_text())["claims"] == {"it holds": True, "it does not": False}
    bars({"p": {"s": [0.5, 1]}, "q": {"s": [0, 1]}}, ["a", "b"], tmp_path / "bars.svg")
    curves({"p": {"s": {1: 0.5, 2: 1}}}, "length", tmp_path / "curves.svg")
    assert {p.name for p in tmp_path.iterdir()} == {"result.md", "result.json", "bars.svg", "curves.svg"}


def test_an_experiment_runs_from_the_command_line(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["theorem", "--output", str(tmp_path)], catch_exceptions=False)
    assert result.exit_code == 0
    found = json.loads((tmp_path / "theorem.json").read_text())
    assert all(found["claims"].values())
    assert CliRunner().invoke(main, ["nonsense"]).exit_code == 2
    assert set(found) >= {"command", "preset", "seed", "date"}


def test_minimal_parity_has_the_rules_of_the_paper() -> None:
    for task, count in ((parity.RELATIVE, 7), (parity.SUM, 31)):
        program = task.load()
        found = minimal(program.ir, parity.inputs(task, program, data.parity_set(20, 10, 0)))
        assert len(found) == count == task.paper_rules


def test_every_experiment_can_be_found() -> None:
    from importlib import import_module

    for module, function in EXPERIMENTS.values():
        assert callable(getattr(import_module(module), function))


@pytest.mark.slow
def test_positions_are_learned_if_only_assigned_variables_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parity, "settings", lambda task, preset: replace(PRESETS[preset], outputs="assigned"))
    trained_on, tested_on = data.parity_set(parity.TRAINED, 30, 0), data.parity_set(parity.TESTED, 30, 1)
    assert parity.supervise(parity.ABSOLUTE, "quick", 0, trained_on, tested_on)["accuracy"] == [1, 1, 1]
