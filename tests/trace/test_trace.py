"""Traces as data and as tables."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

import altac
from altac.api import check_source
from altac.cli import main
from altac.source import Source
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


def test_a_layer_that_fails_shows_no_values_of_its_own() -> None:
    program = _program("tokens 0..3\nvar x: 0..3 = token\nmlp { x <- x + 1 }\noutput x\nlayers 9")
    trace = collect(program.ir, program.encode([0, 1]))
    assert trace.result.error is not None and trace.result.error.code == "update-out-of-range"
    assert (trace.snapshots[-1].layer, trace.snapshots[-1].when) == (3, "attention")
    assert [s.values["x"] for s in trace.snapshots if s.when == "mlp"] == [(1, 2), (2, 3)]


def test_a_causal_program_is_traced_token_by_token() -> None:
    program = _program(
        "tokens 0..3\nvar x: 0..3 = token\nvar y: 0..3 = 0\nhead h = x at -1\n"
        "mlp { y <- if x < 3 { x + 1 } else { 3 } }\noutput y\nlayers 1\ncausal limit 4"
    )
    trace = collect(program.ir, program.encode([0, 1]))
    starts = [s for s in trace.snapshots if s.when == "start"]
    assert [s.tokens for s in starts] == [(0, 1), (0, 1, 2)]
    assert attended(trace, starts[1], program.ir.head("h")) == [[], [0], [1]]
    lines = list(table(trace, trace.snapshots))
    assert "token 2, at the start" in lines
    second = lines[lines.index("token 2, at the start") :]
    assert second[4].split() == ["y", "0", "0", "0"]  # nothing has changed at the start


def test_the_table_of_a_long_run_takes_linear_time() -> None:
    program = _program("tokens 0..3\nvar x: 0..9999 = 0\nmlp { if x < 9999 { x <- x + 1 } }\noutput x\nlayers 9000")
    trace = collect(program.ir, program.encode([0]))
    began = time.perf_counter()
    assert "layer 9000, after the MLP" in set(table(trace, trace.snapshots))
    assert time.perf_counter() - began < 10


def _program(text: str) -> altac.Program:
    program, problems = check_source(Source("<test>", "program p\n" + text))
    assert program is not None, problems
    return program
