"""What commands read: pipes, devices and streams without an end, and inputs that fail."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from altac.cli import COMMANDS, main
from altac.diagnostics import AltacError
from tests.examples.programs import EXAMPLES

PARITY = EXAMPLES / "parity" / "sequential_relative.alta"
#: Kilobytes that a process may take; Python with numpy reserves about a million.
ROOM = 4_000_000

pytestmark = pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="there are no endless files here")


def call(*args: object, given: str | bytes | None = None) -> Result:
    return CliRunner(env={"NO_COLOR": "1"}).invoke(main, [str(a) for a in args], input=given, catch_exceptions=False)


def process(*args: object, source: str = os.devnull) -> tuple[int, str]:
    """The exit status and what is on stderr, of a process that may take `ROOM` only."""
    with open(source, "rb") as stream:
        done = subprocess.run(
            ["sh", "-c", f'ulimit -v {ROOM}; exec "$@"', "sh", sys.executable, "-m", "altac", *map(str, args)],
            stdin=stream, capture_output=True, timeout=60,
        )  # fmt: skip
    return done.returncode, (done.stdout + done.stderr).decode()


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("run", PARITY, "--inputs", "/dev/zero"), "[bad-line]: /dev/zero:1: the line has more than 1,000,000"),
        (("run", PARITY, "--inputs", "-"), "[bad-line]: <stdin>:1: the line has more than 1,000,000"),
        (("run", PARITY, "--inputs", "/dev/zero", "--skip-failing"), "more than 1,000,000"),
        (("minimize", PARITY, "--inputs", "/dev/zero"), "more than 1,000,000"),
        (("trace", PARITY, "--inputs", "-", "-o", "t.jsonl"), "more than 1,000,000"),
        (("check", "/dev/zero"), "[file-too-large]"),
        (("fmt", "-"), "[file-too-large]"),
        (("repl",), "at most 4,000,000 characters"),
    ],
)
def test_endless_files_and_streams(args: tuple[object, ...], said: str, tmp_path: Path) -> None:
    code, text = process(*args, source="/dev/zero")
    assert code == 1
    assert said in text
    assert "Traceback" not in text and "internal error" not in text and "out of memory" not in text


def test_hyperparameters_without_an_end(tmp_path: Path) -> None:
    inputs = tmp_path / "x.jsonl"
    inputs.write_text('["START", 1]\n')
    found = call("train", PARITY, "--inputs", inputs, "--hyperparameters", "/dev/zero")
    assert found.exit_code == 1
    assert "[unreadable-hyperparameters]: /dev/zero has no hyperparameters: it is longer than" in found.stderr


def test_one_failing_input_has_no_number() -> None:
    alone, several = call("run", PARITY, "1 0"), call("run", PARITY, "START", "1 0")
    assert alone.stderr.startswith("error[undefined-read]")
    assert several.stderr.startswith("input 2:\nerror[undefined-read]")
    assert call("run", PARITY, "--tokens", "START").stderr.startswith("error[bad-json-input]")


def test_lines_that_cannot_be_read_are_said_up_to_a_number(tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text("no JSON\n" * 1_000)
    done = call("run", PARITY, "--inputs", file)
    assert done.exit_code == 1
    assert done.stderr.count("error[bad-line]") == 20 and done.stderr.count("every line is a JSON string") == 1
    assert done.stderr.endswith("error[too-many-errors]: more errors follow; only the first 20 are shown\n")


def test_run_leaves_failing_inputs_out(tmp_path: Path) -> None:
    path = tmp_path / "mixed.jsonl"
    path.write_text('["START", 1]\n[7]\n{}\n[1, 0]\n["START"]\n')
    without = call("run", PARITY, "--inputs", path)
    assert (without.exit_code, without.stdout) == (1, "[false, true]\n[false]\n")
    found = call("run", PARITY, "--inputs", path, "--skip-failing")
    assert (found.exit_code, found.stdout) == (0, "[false, true]\n[false]\n")
    first, *rest = found.stderr.splitlines()
    assert first == "3 of 5 inputs left out:"
    assert [line.strip().startswith(f"{path}:{n}: ") for n, line in enumerate(rest, 2)] == [True, True, True]
    assert rest[1].strip() == f"{path}:3: expected a JSON string or array"
    path.write_text("[7]\n{}\n" * 10)
    none = call("run", PARITY, "--inputs", path, "--skip-failing")
    assert (none.exit_code, none.stdout) == (1, "")
    assert "the program fails on all 20 inputs, first on" in none.stderr


def test_the_same_options_say_the_same_everywhere() -> None:
    """Commands that take a file of inputs leave out failing ones under one name and one text."""
    texts = {}
    for name in COMMANDS:
        shown = " ".join(call(name, "--help").stdout.split())
        assert ("--inputs" in shown) == ("--skip-failing" in shown), name
        if "--inputs" in shown:
            texts[name] = shown.split("--skip-failing ")[1].split(" --")[0].split(" -")[0]
    assert set(texts) == {"run", "trace", "minimize", "theorem", "train", "verify"}
    assert len(set(texts.values())) == 1


def test_skipping_needs_a_file_to_trace() -> None:
    assert call("trace", PARITY, "START", "--skip-failing").exit_code == 2


def test_verify_takes_inputs(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(f"{['START', *[1, 0] * 40]}\n[1, 0]\n".replace("'", '"'))
    small = ("--target", "numpy", "--exhaustive", 5, "--samples", 3)
    assert call("verify", PARITY, "--inputs", path, *small).exit_code == 1
    found = call("verify", PARITY, "--inputs", path, "--skip-failing", *small)
    assert found.exit_code == 0
    assert "1 of 2 inputs left out:" in found.stderr
    assert "of up to 1 tokens, 1 that were given and 3 more of up to 81 were tried" in found.stdout


@pytest.mark.parametrize("name", ["altac.json", "model.safetensors", "config.json"])
def test_a_model_with_pipes_and_devices_in_it(name: str, tmp_path: Path) -> None:
    built = tmp_path / "model"
    assert call("build", PARITY, "-o", built, "--target", "numpy").exit_code == 0
    names = {p.name for p in built.iterdir()}
    victim = name if name in names else next(n for n in sorted(names) if n.startswith("model."))
    for make in (os.mkfifo, lambda path: path.symlink_to("/dev/zero"), lambda path: path.write_text("[" * 200_000)):
        (built / victim).unlink()
        make(built / victim)
        found = call("verify", built)
        assert found.exit_code == 1
        assert "internal error" not in found.stderr
        again = call("build", PARITY, "-o", built, "--target", "numpy")
        assert "internal error" not in again.stderr and isinstance(again.exception, SystemExit | AltacError | None)


def test_a_pipe_among_programs_is_no_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe.alta")
    monkeypatch.chdir(tmp_path)
    assert call("test").exit_code == 2
