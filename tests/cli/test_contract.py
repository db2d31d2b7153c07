"""The command contract: arguments, outputs and exit codes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from altac import load
from altac.backends import TARGETS
from altac.cli import COMMANDS, main
from altac.cli.explain import every_code
from tests.endings import CASES
from tests.models import INSTALLED

ROOT = Path(__file__).parents[2]
PARITY = str(ROOT / "examples" / "parity" / "sequential_relative.alta")
ADDITION = str(ROOT / "examples" / "addition.alta")


def altac(*args: str, stdin: str | None = None) -> Result:
    return CliRunner(env={"NO_COLOR": "1"}).invoke(main, list(args), input=stdin)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str) -> None:
    result = altac(command, "--help")
    assert result.exit_code == 0
    assert "Usage: " in result.stdout


def test_check() -> None:
    assert altac("check", PARITY, ADDITION).exit_code == 0
    assert altac("check").exit_code == 2
    missing = altac("check", "no-such-file.alta")
    assert missing.exit_code == 1
    assert "no-such-file.alta" in missing.stderr


def test_check_reports_several_errors_as_json(tmp_path: Path) -> None:
    file = tmp_path / "p.alta"
    file.write_text("program p\ntokens 0, 1\nvar x: bool = tokn == 1\nvar y: bool = 3\noutput z\n")
    result = altac("check", "--format", "json", str(file))
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert [(p["line"], p["code"]) for p in found] == [(3, "unknown-name"), (4, "type-mismatch"), (5, "unknown-name")]
    assert found[0]["help"] == "did you mean `token`?"


def test_run_takes_text_and_arrays() -> None:
    assert altac("run", ADDITION, "s0123+0456e").stdout == "00579\n"
    result = altac("run", PARITY, '["START", 1, 0, 1]', "--json")
    assert json.loads(result.stdout) == {
        "input": ["START", 1, 0, 1], "output": [False, True, True, False], "text": None, "layers": 3, "halted": True,
    }  # fmt: skip


def test_run_goes_on_after_bad_lines(tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text('"s1+2e"\n{"a": 1}\n[1, true]\nnot json\n"s1+xe"\n"s4+4e"\n')
    result = altac("run", ADDITION, "--inputs", str(file))
    assert result.exit_code == 1
    assert [int(line) for line in result.stdout.split()] == [3, 8]
    for line in (2, 3, 4, 5):
        assert f"in.jsonl:{line}" in result.stderr


def test_run_reads_stdin_and_params() -> None:
    result = altac("run", ADDITION, "--inputs", "-", "--max-layers", "0", "--json", stdin='"s1+2e"\n')
    assert json.loads(result.stdout)["layers"] == 0
    assert altac("run", ADDITION, "s1+2e", "-D", "NOPE=1").exit_code == 1
    assert altac("run", ADDITION, "s1+2e", "-D", "NOPE").exit_code == 2
    assert altac("run", ADDITION).exit_code == 2


def test_run_on_the_transformer() -> None:
    result = altac("run", ADDITION, "s0123+0456e", "--engine", "transformer", "--json")
    assert json.loads(result.stdout)["text"] == "00579"


def test_both_engines_report_a_run_that_does_not_halt_alike(tmp_path: Path) -> None:
    """A variable that nothing reads counts to 3, so that the state stays from the fourth layer on."""
    file = tmp_path / "p.alta"
    for name, expected in (("dead", {"layers": 4, "halted": False}), ("turning", "never-halts")):
        case = next(c for c in CASES if c.name == name)
        file.write_text("program p\n" + case.text)
        one, other = (
            altac("run", str(file), "[0, 1]", "--json", "--engine", e) for e in ("interpreter", "transformer")
        )
        assert (one.stdout, one.stderr) == (other.stdout, other.stderr)
        found = json.loads(one.stdout)
        if isinstance(expected, str):
            assert found["error"]["code"] == expected
        else:
            assert found.items() >= expected.items()


def test_test_reports_failures(tmp_path: Path) -> None:
    assert altac("test", PARITY).exit_code == 0
    file = tmp_path / "wrong.alta"
    file.write_text(Path(PARITY).read_text() + "\ntest [START, 1] => [true, true]\n")
    result = altac("test", str(file), "--engine", "interpreter")
    assert result.exit_code == 1
    assert "expected  [true, true]" in result.stderr
    assert "got       [false, true]" in result.stderr


def test_build_writes_a_model_that_adds(tmp_path: Path) -> None:
    result = altac("build", ADDITION, "-o", str(tmp_path / "model"), "--json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["mlp_width"] <= 130
    done = subprocess.run(
        [sys.executable, "model.py", "s99+1e"], cwd=tmp_path / "model", capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout)["text"] == "100"
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.tex").write_text("")
    assert altac("build", ADDITION, "-o", str(tmp_path / "other")).exit_code == 1


@pytest.mark.parametrize("target", INSTALLED)
def test_every_target_is_built_and_verified(target: str, tmp_path: Path) -> None:
    directory = str(tmp_path / "model")
    file = str(ROOT / "examples" / "parity" / "sum_modulo.alta")
    assert altac("build", file, "-o", directory, "--target", target, "-D", "MAX=5", "--max-length", "9").exit_code == 0
    few = ("--exhaustive", "50", "--samples", "20", "--json")
    of_directory = json.loads(altac("verify", directory, *few).stdout)
    of_file = json.loads(altac("verify", file, "--target", target, "-D", "MAX=5", "--max-length", "9", *few).stdout)
    assert of_file["agrees"] and of_file["target"] == target
    assert of_file.pop("units")["exhaustive"] and of_directory.pop("units") is None
    assert of_directory == of_file
    shown = altac("verify", directory, "--exhaustive", "50", "--samples", "20")
    assert f"for {target}\n" in shown.stdout and shown.exit_code == 0


def test_an_altered_directory_is_not_verified(tmp_path: Path) -> None:
    directory = tmp_path / "model"
    assert altac("build", PARITY, "-o", str(directory)).exit_code == 0
    assert altac("verify", str(directory), "-O1").exit_code == 2
    (directory / "model.py").write_text("raise SystemExit(0)")
    result = altac("verify", str(directory))
    assert result.exit_code == 1
    assert "model.py" in result.stderr
    assert altac("build", PARITY, "-o", str(directory), "--target", "numpy").exit_code == 0
    assert altac("verify", str(directory), "--exhaustive", "20", "--samples", "5").exit_code == 0


def test_targets() -> None:
    assert [target["name"] for target in json.loads(altac("targets", "--json").stdout)] == list(TARGETS)
    assert all(f"{target} " in altac("targets").stdout for target in TARGETS)
    assert altac("build", PARITY, "-o", "never", "--target", "abacus").exit_code == 2


@pytest.mark.parametrize("level", ["0", "1", "2"])
def test_inspect(level: str) -> None:
    result = altac("inspect", PARITY, f"-O{level}", "--json")
    found = json.loads(result.stdout)
    sizes = {"variables", "heads", "rules", "mlp_width", "residual_width", "parameters"}
    assert set(found) == sizes | {"seconds", "proof", "sampled"}
    assert found["proof"] == "exhaustive"
    assert (found["variables"], found["heads"], found["rules"], found["mlp_width"]) == (2, 2, 7, 7)


@pytest.mark.parametrize(
    ("stage", "shown"),
    [
        ("ir", '"program": "sequential_relative"'),
        ("rules", "7 rules in all"),
        ("diagrams", "#0: not done: #1; done: keep"),
        ("units", "not done and done_left: done <- true"),
        ("layout", "residual stream: 8 dimensions"),
    ],
)
def test_stages_are_printed(stage: str, shown: str) -> None:
    result = altac("build", PARITY, "--emit", stage)
    assert (result.exit_code, result.stderr) == (0, "")
    assert shown in result.stdout


def test_passes_and_stages_of_a_build_that_fails() -> None:
    addition = str(ROOT / "examples" / "addition.alta")
    result = altac("build", addition, "--dtype", "bfloat16", "--emit", "layout", "--time-passes")
    assert result.exit_code == 1
    assert "residual stream: 91 dimensions" in result.stdout
    assert "unit-not-exact" in result.stderr
    passes = {line.split()[0]: line for line in result.stderr.splitlines() if " MB" in line}
    assert list(passes)[:5] == ["validate", "prune", "reachable", "units", "prove"]
    assert [name for name, line in passes.items() if line.endswith("failed")] == ["assemble"]


def test_stages_are_printed_beside_a_written_model(tmp_path: Path) -> None:
    result = altac("build", PARITY, "-o", str(tmp_path / "m"), "--emit", "units", "--time-passes")
    assert result.exit_code == 0 and "done <- true" in result.stdout
    assert (tmp_path / "m" / "config.json").exists()


@pytest.mark.parametrize(
    "options", [(), ("--emit", "ir", "--json"), ("--emit", "diagrams", "-O0"), ("--emit", "weights")]
)
def test_what_build_cannot_do_is_a_usage_error(options: tuple[str, ...]) -> None:
    result = altac("build", PARITY, *options)
    assert result.exit_code == 2 and "Error:" in result.stderr


def test_what_is_only_sampled_is_built_on_request(tmp_path: Path) -> None:
    file = tmp_path / "large.alta"
    file.write_text((ROOT / "tests" / "golden" / "proof-incomplete.alta").read_text())
    assert "proof-incomplete" in altac("build", str(file), "-o", str(tmp_path / "m")).stderr
    assert not (tmp_path / "m").exists()
    found = json.loads(altac("build", str(file), "-o", str(tmp_path / "m"), "--allow-sampled", "--json").stdout)
    assert found["proof"] == "sampled"
    config = json.loads((tmp_path / "m" / "config.json").read_text())
    assert (config["certificate"]["proof"], config["certificate"]["sampled"]) == ("sampled", ["large"])
    found = json.loads(altac("inspect", str(file), "--json").stdout)
    assert (found["proof"], found["sampled"]) == ("sampled", ["large"])
    assert re.search(r"(?m)^  sampled +large$", altac("inspect", str(file)).stdout)


def test_rules() -> None:
    found = json.loads(altac("rules", PARITY, "--format", "json").stdout)
    assert (len(found["rules"]), len(found["resets"])) == (3, 4)
    assert "parity" in altac("rules", PARITY).stdout


@pytest.mark.parametrize(
    "name", ["parity/sequential_relative", "parity/sum_modulo", "addition", "sort_unique", "scan/parser"]
)
def test_printed_rules_parse_back(name: str, tmp_path: Path) -> None:
    file = tmp_path / "rules.alta"
    printed = altac("rules", str(ROOT / "examples" / f"{name}.alta"), "--format", "alta").stdout
    file.write_text(printed)
    assert altac("check", str(file)).exit_code == 0, altac("check", str(file)).stderr
    assert altac("test", str(file), "--engine", "interpreter").exit_code == 0
    again = json.loads(altac("rules", str(file), "--format", "json").stdout)
    first = json.loads(altac("rules", str(ROOT / "examples" / f"{name}.alta"), "--format", "json").stdout)
    assert [len(first[k]) for k in ("rules", "resets")] == [len(again[k]) for k in ("rules", "resets")]


def test_verify() -> None:
    result = altac("verify", PARITY, "--exhaustive", "100", "--samples", "20", "--json")
    found = json.loads(result.stdout)
    assert found["agrees"]
    assert found["margin"] == 1.0
    assert found["unfinished"] == 0
    assert altac("verify", PARITY, "--dtype", "float8").exit_code == 2


def test_fmt(tmp_path: Path) -> None:
    file = tmp_path / "p.alta"
    file.write_text("program   p\ntokens 0,1\nvar x:bool=token==1 // keep me\noutput x\nlayers 1\n")
    assert altac("fmt", "--check", str(file)).exit_code == 1
    assert altac("fmt", "--diff", str(file)).stdout.startswith("---")
    assert altac("fmt", str(file)).exit_code == 0
    assert "// keep me" in file.read_text()
    assert altac("fmt", "--check", str(file)).exit_code == 0
    assert altac("fmt", "-", stdin="program   p\n").stdout == "program p\n"


def test_new_passes_its_own_tests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert altac("new", "first").exit_code == 0
    assert altac("test", "first.alta").exit_code == 0
    assert altac("fmt", "--check", "first.alta").exit_code == 0
    assert altac("new", "first").exit_code == 1
    assert altac("new", "mlp").exit_code == 2


def test_explain() -> None:
    assert altac("explain", "--list").stdout == altac("explain").stdout
    assert "unknown-name                 unknown name `...`\n" in altac("explain", "--list").stdout
    assert "did you mean `unknown-name`?" in altac("explain", "unknwon-name").stderr
    assert altac("explain", "unknwon-name").exit_code == 1


@pytest.mark.parametrize("code", [c for c, kind in every_code().items() if kind.__module__.startswith("altac.")])
def test_every_code_is_explained(code: str) -> None:
    shown = altac("explain", code)
    assert shown.exit_code == 0
    kind = every_code()[code]
    assert shown.stdout.startswith(f"{kind.severity}[{code}]: ")
    assert re.search("^(wrong|fails):$", shown.stdout, re.MULTILINE)
    assert re.search("^(right|works):$", shown.stdout, re.MULTILINE)


def test_an_explanation_shows_the_message_of_its_example() -> None:
    shown = altac("explain", "unknown-name").stdout
    assert "    error[unknown-name]: unknown name `mrk`\n     --> example.alta:1:10\n" in shown
    assert "program example" in shown.split("The rest of the program:")[1]


def test_wrong_commands_are_usage_errors() -> None:
    result = altac("chek")
    assert result.exit_code == 2
    assert "altac check" in result.stderr


def imports(*args: str) -> set[str]:
    """The modules that a command loads, in a fresh process."""
    script = (
        "import sys\nfrom altac.cli import main\n"
        f"try:\n    main({list(args)!r})\nexcept SystemExit:\n    pass\n"
        "print(*sorted(sys.modules), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stderr.split())


def test_help_and_check_import_nothing_heavy() -> None:
    for args in (("--help",), ("check", PARITY)):
        assert not imports(*args) & {"jax", "flax", "numpy", "rich", "prompt_toolkit"}


def test_fmt_run_and_build_import_no_jax(tmp_path: Path) -> None:
    for args in (
        ("fmt", "--check", PARITY),
        ("run", PARITY, '["START", 1]'),
        *(("build", PARITY, "-o", str(tmp_path / "m"), "--target", target) for target in TARGETS),
        ("targets",),
    ):
        assert not imports(*args) & {"jax", "flax", "torch"}


def test_a_reader_that_stops_is_no_failure(tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text('["START", 1, 0]\n' * 20_000)
    command = [sys.executable, "-m", "altac", "run", PARITY, "--inputs", str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "[false, true, true]\n"
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 0


def test_a_loaded_program_keeps_its_warnings() -> None:
    file = ROOT / "tests" / "golden" / "comment-not-division.alta"
    assert [p.code for p in load(file).problems] == ["comment-not-division"]
    assert load(PARITY).problems == ()
