"""What is text and what is JSON: the same on the command line, in files, in test lines, in Python and in the built model."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from altac import load
from altac.cli import main
from altac.repl.session import Session
from altac.source import Source

BRACKETS = """program brackets
tokens "[", "]", "\\"", START = ""
text characters
frame START, input
var own: Token = token
layers 0
output own
test "[]" => [START, "[", "]"]
test "[[]]" => [START, "[", "[", "]", "]"]
test "\\"\\"" => [START, "\\"", "\\""]
"""

#: What is given, and the tokens it is.
GIVEN = [
    ("[]", ["START", "[", "]"]),
    ("[[]]", ["START", "[", "[", "]", "]"]),
    ("[", ["START", "["]),
    ('""', ["START", '"', '"']),
    ('["[", "]"]', ["START", "[", "]"]),
    ("", ["START"]),
]


def altac(*args: str) -> Result:
    return CliRunner(env={"NO_COLOR": "1"}).invoke(main, list(args))


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("texts") / "brackets.alta"
    path.write_text(BRACKETS)
    return path


@pytest.fixture(scope="module")
def model(file: Path) -> Path:
    assert altac("build", str(file), "--target", "numpy", "-o", str(file.parent / "model")).exit_code == 0
    return file.parent / "model" / "model.py"


@pytest.mark.parametrize("given, tokens", GIVEN)
def test_every_face_reads_alike(file: Path, given: str, tokens: list[str]) -> None:
    assert json.loads(altac("run", str(file), "--json", "--", given).stdout)["input"] == tokens
    lines = file.parent / "inputs.jsonl"
    lines.write_text(json.dumps(given) + "\n")
    assert json.loads(altac("run", str(file), "--json", "--inputs", str(lines)).stdout)["input"] == tokens
    traced = [json.loads(line) for line in altac("trace", str(file), "--json", "--", given).stdout.splitlines()]
    program = load(str(file))
    assert traced == list(map(program.trace(tokens[1:]).json, program.trace(tokens[1:]).snapshots))
    assert program.encode(given) == program.encode(tokens[1:])
    assert program.runner.model.encode(given) == list(program.encode(tokens[1:]))
    if given:
        session = Session()
        session.handle(f":load {file}")
        assert session.handle(f":run {given}") == "".join(tokens[1:]) + "   (0 layers, not halted)"


def test_test_lines_are_text(file: Path) -> None:
    result = altac("test", str(file))
    assert result.exit_code == 0, result.output


def test_the_command_line_of_a_model(model: Path) -> None:
    args = ["[]", "--tokens", '["["]', "--text", "[]"]
    result = subprocess.run([sys.executable, str(model), *args], capture_output=True, text=True, check=True)
    assert [json.loads(line)["input"] for line in result.stdout.splitlines()] == [
        ["START", "[", "]"], ["START", "["], ["START", "[", "]"],
    ]  # fmt: skip
    wrong = subprocess.run([sys.executable, str(model), "--tokens", "{}"], capture_output=True, text=True)
    assert (wrong.returncode, wrong.stderr) == (1, "{}: not a JSON array\n")


@pytest.mark.parametrize("command", ["run", "trace", "view"])
def test_a_flag_says_which_is_meant(file: Path, command: str) -> None:
    more = ["-o", str(file.parent / "page.html")] if command == "view" else []
    assert altac(command, str(file), *more, "--tokens", "[]").exit_code == 0
    assert altac(command, str(file), *more, "--text", "[]").exit_code == 0
    wrong = altac(command, str(file), *more, "--tokens", "[")
    assert wrong.exit_code == 1 and "bad-json-input" in wrong.stderr
    wrong = altac(command, str(file), *more, "--text", '["START"]')
    assert wrong.exit_code == 1 and "unknown-token" in wrong.stderr
    if command == "run":
        assert altac("run", str(file), "--tokens", "[]", "--json").stdout.startswith('{"input": ["START"]')
        assert altac("run", str(file), "--text", "[]", "--json").stdout.startswith('{"input": ["START", "["')


def test_json_stays_json_where_no_spelling_reads_it() -> None:
    from altac.api import check_source

    text = "program p\ntokens 0..9\ntext characters\nvar x: Token = token\nlayers 0\noutput x\n"
    program, problems = check_source(Source("p.alta", text))
    assert program is not None and not problems
    assert program.encode("[1, 2]") == (1, 2)
    assert program.encode("[]") == ()
    assert program.encode("12") == (1, 2)


def test_tokens_that_are_written_alike_are_read_alike_by_the_model(tmp_path: Path) -> None:
    file = tmp_path / "alike.alta"
    text = 'program p\ntokens 1, "1", 2\nvar first: bool = token == 1\nmlp { first <- not first }\noutput first\nlayers 2\n'
    file.write_text(text, encoding="utf-8")
    program, model = load(file), load(file).compile()
    inputs: tuple[str | list[str | int], ...] = ("112", [1, "1", 2])
    for given in inputs:
        assert model.run([given]) == program.run([given])
    assert [program.run([given])[0].output for given in inputs] == [[True, True, False], [True, False, False]]


def test_a_program_that_is_not_there(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(file.parent)
    assert "did you mean `brackets.alta`?" in altac("run", "brackets", "[]").stderr
    assert "stands before its inputs" in altac("run", "[]", "brackets.alta").stderr
