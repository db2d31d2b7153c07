"""What commands print on a real pseudo-terminal, of several widths, and that pipes get the same text without rich."""

from __future__ import annotations

import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping
from fcntl import ioctl
from pathlib import Path

import pytest

from altac.styled import cells

ROOT = Path(__file__).resolve().parents[2]
PARITY = "examples/parity/sequential_relative.alta"
ADDITION = "examples/addition.alta"
BROKEN = "tests/golden/unknown-name.alta"
BRACKETS = """\
program brackets
tokens "漢字", "[red]", "[/]"
var x: Token = token
var n: 0..3 = 0
head left = x at -1
mlp {
    if n < 2 { n <- n + 1 }
    if x == "[red]" { x <- "漢字" }
}
output x
halt when n == 2
test ["漢字", "[red]"] => ["漢字", "[/]"]
"""
_CODES = re.compile(r"\x1b\[[0-9;]*m")


def run(
    *args: str,
    columns: int | None,
    command: tuple[str, ...] = ("-m", "altac"),
    environment: Mapping[str, str] = {},
) -> str:
    """What a command prints, on stdout and stderr together: on a terminal of so many columns, or in a pipe."""
    settings = {**os.environ, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT), **environment}
    for name in {"NO_COLOR", "COLUMNS", "FORCE_COLOR", "COLORTERM"} - set(environment):
        settings.pop(name, None)
    line = [sys.executable, *command, *args]
    if columns is None:
        return subprocess.run(
            line, cwd=ROOT, env=settings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        ).stdout
    outer, inner = pty.openpty()
    ioctl(outer, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    with subprocess.Popen(line, cwd=ROOT, env=settings, stdin=inner, stdout=inner, stderr=inner) as process:
        os.close(inner)
        seen = b""
        while True:
            try:
                chunk = os.read(outer, 65536)
            except OSError:  # the process has closed its end
                break
            if not chunk:
                break
            seen += chunk
        process.wait(60)
    os.close(outer)
    return seen.decode().replace("\r\n", "\n")


def words(text: str) -> str:
    """The text without blanks, codes, and the seconds that something took."""
    return re.sub(r"(seconds\s+)[\d.]+|\s", r"\1", _CODES.sub("", text)).replace(" ", "")


COMMANDS = {
    "rules": ("rules", ADDITION),
    "inspect": ("inspect", PARITY),
    "check": ("check", BROKEN),
    "test": ("test", "--engine", "interpreter", ADDITION),
    "explain": ("explain", "wrong-operator"),
    "list": ("explain", "--list"),
}


@pytest.mark.parametrize("columns", [40, 80, 120])
@pytest.mark.parametrize("command", COMMANDS)
def test_lines_fit_and_say_what_a_pipe_gets(command: str, columns: int) -> None:
    seen = run(*COMMANDS[command], columns=columns)
    assert "\x1b[" in seen
    for line in _CODES.sub("", seen).splitlines():
        assert cells(line) <= columns, line
    if command not in ("check", "explain"):  # their source lines are cut to fit
        assert words(seen) == words(run(*COMMANDS[command], columns=None))


@pytest.mark.parametrize("columns", [40, 100])
@pytest.mark.parametrize("colour", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
@pytest.mark.parametrize("command", [*COMMANDS, "trace"])
def test_no_codes_where_they_are_not_wanted(command: str, colour: dict[str, str], columns: int) -> None:
    args = COMMANDS.get(command, ("trace", PARITY, '["START", 1, 0, 1, 1]'))
    seen = run(*args, columns=columns, environment=colour)
    assert "\x1b" not in seen
    assert max(map(cells, seen.splitlines())) <= columns
    if command == "trace":
        assert "*true" in seen  # what changed is marked instead


def test_a_trace_marks_changes_by_colour() -> None:
    seen = run("trace", PARITY, '["START", 1, 0, 1, 1]', columns=60)
    assert "\x1b[1;32mtrue\x1b[0m" in seen
    assert "*" not in seen


def test_text_of_programs_is_no_markup_and_wide_letters_take_two_columns(tmp_path: Path) -> None:
    file = tmp_path / "brackets.alta"
    file.write_text(BRACKETS, encoding="utf-8")
    for args in (
        ("rules", str(file)),
        ("trace", str(file), '["漢字", "[red]"]'),
        ("test", str(file), "--engine", "interpreter"),
    ):
        seen = _CODES.sub("", run(*args, columns=50))
        assert "[red]" in seen
        assert max(map(cells, seen.splitlines())) <= 50
    seen = _CODES.sub("", run("trace", str(file), '["漢字", "[red]"]', columns=50))
    head, first, second = seen.splitlines()[2:5]
    assert cells(head) == cells(first) == cells(second)
    assert "[/]" in run("test", str(file), "--engine", "interpreter", columns=50)


def test_a_program_cannot_drive_the_terminal(tmp_path: Path) -> None:
    file = tmp_path / "codes.alta"
    file.write_text(
        'program codes\ntokens "\\u{1b}[31m", b\nvar x: Token = token\n'
        'mlp { if x == b { x <- "\\u{1b}[31m" } }\noutput x\nlayers 1\n'
    )
    for args in (("rules", str(file)), ("trace", str(file), '["b"]')):
        seen = run(*args, columns=60, environment={"NO_COLOR": "1"})
        assert "\x1b" not in seen


def test_a_check_without_problems_loads_nothing_on_a_terminal_either() -> None:
    script = (
        "import sys\nfrom altac.cli import main\nmain(['check', sys.argv[1]], standalone_mode=False)\n"
        "print('rich' in sys.modules)"
    )
    assert run(PARITY, columns=80, command=("-c", script)).split() == ["False"]


@pytest.mark.parametrize("command", [*COMMANDS, "trace"])
def test_rich_is_loaded_for_terminals_only(command: str) -> None:
    args = COMMANDS.get(command, ("trace", PARITY, '["START", 1]'))
    script = (
        f"import sys\nfrom altac.cli import main\nmain({list(args)!r}, standalone_mode=False)\n"
        "assert 'rich' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, check=True)
