"""Traces as data and as tables."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import altac
from altac.cli import main
from altac.trace import attended, collect, table

ROOT = Path(__file__).parents[2]
PARITY = ROOT / "examples" / "parity" / "sequential_relative.alta"


def test_snapshots_of_a_run() -> None:
    program = altac.load(PARITY)
    trace = collect(program.ir, program.encode(["START", 1, 1]))
    assert [(s.layer, s.when) for s in trace.snapshots] == [
        (0, "start"), (1, "attention"), (1, "mlp"), (2, "attention"), (2, "mlp"),
    ]  # fmt: skip
    assert trace.snapshots[1].values["parity_left"] == (None, 0, 1)
    assert trace.snapshots[-1].values["parity"] == (0, 1, 0)
    assert attended(trace, trace.snapshots[0], program.ir.head("parity_left")) == [[], [0], [1]]


@pytest.mark.parametrize("width", [40, 100])
def test_tables_fit_and_mark_changes(width: int) -> None:
    program = altac.load(ROOT / "examples" / "addition.alta")
    trace = collect(program.ir, program.encode("s1234567+7654321e"))
    lines = list(table(trace, trace.snapshots, width=width))
    assert max(map(len, lines)) <= width
    assert any("*" in line for line in lines)


def test_means_are_shown_as_numbers() -> None:
    program = altac.load(ROOT / "examples" / "parity" / "sum_modulo.alta")
    trace = collect(program.ir, program.encode(["START", 1, 0, 1]))
    assert trace.text(trace.snapshots[1], "mean", 0) == "0.3333"


def test_json_lines() -> None:
    result = CliRunner().invoke(main, ["trace", str(PARITY), '["START", 1]', "--json"])
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert lines[1] == {
        "layer": 1, "when": "attention",
        "values": {"parity": [False, True], "done": [True, False], "parity_left": [None, False], "done_left": [None, True]},
    }  # fmt: skip


def test_a_failing_run_is_shown_up_to_the_error() -> None:
    result = CliRunner(env={"NO_COLOR": "1"}).invoke(main, ["trace", str(PARITY), "[1, 0]"])
    assert result.exit_code == 1
    assert "layer 1, after attention" in result.stdout
    assert "undefined-read" in result.stderr
