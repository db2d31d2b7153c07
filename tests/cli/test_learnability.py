"""``altac minimize`` and ``altac theorem``."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from altac.cli import main
from tests.examples.programs import EXAMPLES

PARITY = EXAMPLES / "parity" / "sequential_relative.alta"
ABSOLUTE = EXAMPLES / "parity" / "sequential_absolute.alta"


def call(*args: object, given: str | None = None) -> Result:
    return CliRunner(env={"NO_COLOR": "1"}).invoke(main, [str(a) for a in args], input=given, catch_exceptions=False)


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    path = tmp_path / "inputs.jsonl"
    path.write_text('["START"]\n"START 1 1"\n["START", 1, 0, 1]\n\n["START", 0, 1]\n')
    return path


def test_minimize_writes_a_program_that_runs(tmp_path: Path, inputs: Path) -> None:
    target = tmp_path / "min.alta"
    result = call("minimize", PARITY, "--inputs", inputs, "-o", target)
    assert result.exit_code == 0
    assert "3 of 3 apply" in result.stdout
    assert f"written to {target}" in result.stdout
    assert call("check", target).exit_code == 0
    assert call("run", target, "START 1 0 1 1").stdout == "[false, true, true, false, true]\n"
    again = call("minimize", PARITY, "--inputs", inputs, "-o", target, "--conjuncts")
    assert again.exit_code == 0, "what this command wrote may be written again"
    assert call("test", target).exit_code == 0


def test_minimize_as_json(inputs: Path) -> None:
    result = call("minimize", PARITY, "--inputs", inputs, "--json")
    report = json.loads(result.stdout)
    assert (report["program"], report["output"], report["inputs"]) == ("sequential_relative", None, 4)
    assert (report["rules"], report["resets"], report["dropped"]) == (3, 4, [])
    assert report["kept"][0]["file"] == str(PARITY)
    assert (
        report["kept"][0]["line"]
        == PARITY.read_text().splitlines().index("        parity <- parity xor parity_left") + 1
    )
    assert report["tokens"] == [0, 1, "START"]
    assert report["unseen_tokens"] == []


def test_what_is_dropped_has_its_line_and_reason(tmp_path: Path) -> None:
    path = tmp_path / "zeros.jsonl"
    path.write_text('["START", 0]\n')
    report = json.loads(call("minimize", PARITY, "--inputs", path, "--json").stdout)
    assert len(report["kept"]) == 1
    assert [(r["target"], r["antecedent"]["parity_left"]) for r in report["dropped"]] == [("parity", True)] * 2
    assert report["unseen_tokens"] == [1]
    assert report["restricted"] == [{"variable": "parity", "by": "token", "default": False, "unseen": [1]}]
    shown = call("minimize", PARITY, "--inputs", path, "--verbose").stdout
    line = report["dropped"][0]["line"]
    assert f"{PARITY}:{line}  2 of 2  parity <- parity xor parity_left" in shown
    assert f"dropped (line {line}) done = false, done_left = true, parity = false" in shown
    assert "parity = false at 1 token that does not occur" in shown


def test_positions_that_do_not_occur(tmp_path: Path) -> None:
    path = tmp_path / "short.jsonl"
    path.write_text("[1, 0, 1]\n[0]\n")
    report = json.loads(call("minimize", ABSOLUTE, "--inputs", path, "--json", "-D", "SIZE=6").stdout)
    assert report["positions"] == 3
    assert {r["variable"]: r["unseen"] for r in report["restricted"]} == {"index": [3, 4, 5], "neighbour": [3, 4, 5]}
    assert "positions     3 of 6 occur" in call("minimize", ABSOLUTE, "--inputs", path, "-D", "SIZE=6").stdout


def test_conjuncts(tmp_path: Path) -> None:
    path = tmp_path / "bits.jsonl"
    path.write_text('"s12+34e"\n"s99+99e"\n')
    target = tmp_path / "min.alta"
    report = json.loads(
        call("minimize", EXAMPLES / "addition.alta", "--inputs", path, "--conjuncts", "-o", target, "--json").stdout
    )
    assert sum(len(rule["removed"]) for rule in report["kept"]) > 0
    assert report["output"] == str(target)
    assert call("run", target, "--inputs", path).stdout == "046\n198\n"
    verdict = json.loads(call("theorem", target, "--inputs", path, "--json").stdout)
    assert verdict["minimal"]
    assert verdict["strict_optimum"]
    assert verdict["violations"] == []


def test_theorem_names_parameter_rule_and_line(tmp_path: Path, inputs: Path) -> None:
    verdict = json.loads(call("theorem", PARITY, "--inputs", inputs, "--json").stdout)
    assert {k: verdict[k] for k in ("minimal", "strict_optimum", "alpha", "violations")} == {
        "minimal": True, "strict_optimum": True, "alpha": 0.5, "violations": [],
    }  # fmt: skip
    path = tmp_path / "zeros.jsonl"
    path.write_text('["START", 0]\n')
    verdict = json.loads(call("theorem", PARITY, "--inputs", path, "--json", "--alpha", "1/4").stdout)
    assert not verdict["minimal"]
    assert not verdict["strict_optimum"]
    assert verdict["alpha"] == 0.25
    found = {v["parameter"]: v for v in verdict["violations"]}
    worst = found["W2[parity = true, 0]"]
    assert (worst["weight"], worst["left"], worst["right"]) == (1, 0.25, 0.25)
    assert (worst["rule"]["file"], worst["rule"]["line"]) == (str(PARITY), 18)
    assert [u["conjunct"] for u in verdict["unneeded"] if u["number"] == 0] == [None]
    shown = call("theorem", PARITY, "--inputs", path).stdout
    assert (
        f"  rule 0 ({PARITY}:18): done = false, done_left = true, parity = false, parity_left = true => parity" in shown
    )
    assert "    never applies\n" in shown
    assert "    W2[parity = true, 0] = 1: 1/2, 1/2\n" in shown
    assert "minimal          no: 2 rules and" in shown


def test_alpha_is_checked(inputs: Path) -> None:
    for alpha in ("0", "-1", "nan", "inf", "1/0", "1e9999999", "x", ""):
        result = call("theorem", PARITY, "--inputs", inputs, "--alpha", alpha)
        assert result.exit_code == 2, alpha
        assert "positive number" in result.stderr
    shown = call("theorem", PARITY, "--inputs", inputs, "--alpha", "1000").stdout
    assert "strict optimum   no" in shown


def test_inputs_from_stdin() -> None:
    result = call("theorem", PARITY, "--inputs", "-", "--json", given='["START", 1]\n')
    assert json.loads(result.stdout)["inputs"] == 1
    result = call("minimize", PARITY, "--inputs", "-", given="7\n")
    assert result.exit_code == 1
    assert "<stdin>:1: expected a JSON string or array" in result.stderr


def test_failing_inputs_are_left_out_on_demand(tmp_path: Path) -> None:
    path = tmp_path / "mixed.jsonl"
    path.write_text('"s1+2e"\n["e"]\n"oops"\n')
    for command in ("minimize", "theorem"):
        stopped = call(command, EXAMPLES / "addition.alta", "--inputs", path)
        assert stopped.exit_code == 1
        assert stopped.stdout == ""
        assert "mixed.jsonl:3" in stopped.stderr
        report = json.loads(
            call(command, EXAMPLES / "addition.alta", "--inputs", path, "--skip-failing", "--json").stdout
        )
        assert report["inputs"] == 1
        assert [f["place"] for f in report["failing"]] == [f"{path}:2", f"{path}:3"]
        shown = call(command, EXAMPLES / "addition.alta", "--inputs", path, "--skip-failing")
        assert re.search("left out +2 inputs", shown.stdout)
        assert "2 of 3 inputs left out:" in shown.stderr and f"{path}:2: " in shown.stderr


def test_nothing_is_written_where_something_is_wrong(tmp_path: Path, inputs: Path) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text('["START"]\n["START", 9]\n')
    target = tmp_path / "min.alta"
    assert call("minimize", PARITY, "--inputs", bad, "-o", target).exit_code == 1
    assert not target.exists()
    mine = tmp_path / "mine.alta"
    mine.write_text(PARITY.read_text())
    refused = call("minimize", mine, "--inputs", inputs, "-o", mine)
    assert refused.exit_code == 1
    assert "[already-exists]" in refused.stderr
    assert mine.read_text() == PARITY.read_text()
    for path in (tmp_path / "no" / "min.alta", tmp_path):
        unwritable = call("minimize", PARITY, "--inputs", inputs, "-o", path)
        assert unwritable.exit_code == 1
        assert "[cannot-write]" in unwritable.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bad.jsonl", "inputs.jsonl", "mine.alta"]


def test_many_bad_lines_are_not_all_shown(tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text("{}\n" * 5000)
    result = call("minimize", PARITY, "--inputs", path)
    assert result.exit_code == 1
    assert result.stderr.count("[bad-line]") == 20


@pytest.mark.parametrize("what", ["missing.jsonl", "."])
def test_unreadable_inputs(tmp_path: Path, what: str) -> None:
    result = call("theorem", PARITY, "--inputs", tmp_path / what)
    assert result.exit_code == 1
    assert "[unreadable-file]" in result.stderr


def test_a_program_that_can_never_stop(tmp_path: Path) -> None:
    path = tmp_path / "p.alta"
    path.write_text("program p\ntokens 0, 1\nvar x: 0..1 = token\nmlp { x <- 1 - x }\noutput x\n")
    for command in ("minimize", "theorem"):
        result = call(command, path, "--inputs", "-", given="[0]\n")
        assert result.exit_code == 1
        assert "[no-layer-limit]" in result.stderr
        assert call(command, path, "--inputs", "-", "--max-layers", "2", given="[0]\n").exit_code == 0


def test_the_python_api() -> None:
    from altac import load

    program = load(PARITY)
    found = program.minimal(["START 1 0", "START 1 1", ["START", 0]])
    assert len(found) == 7, found.rules
    assert program.theorem([f"START {a} {b} {c}" for a in (0, 1) for b in (0, 1) for c in (0, 1)]).minimal
    assert not program.theorem(["START 0"]).strict_optimum


def test_help_needs_no_numpy() -> None:
    code = "import sys, altac.cli.minimize, altac.cli.theorem; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env=os.environ, check=False).returncode == 0
