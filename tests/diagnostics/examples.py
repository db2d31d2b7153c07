"""Runs the examples of diagnostics: their programs are written, commands and Python code run, codes collected."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

from click.testing import CliRunner

import altac
from altac.cli import main
from altac.diagnostics.example import PROGRAM_FILE, Example, Role
from altac.source import Source

_CODE = re.compile(r"^(?:error|warning)\[([\w-]+)\]", re.MULTILINE)


def written(example: Example, role: Role, folder: Path) -> Path:
    """Write the program of the example in its role, and the files beside it, into ``folder``; where the program is."""
    for block in example.files():
        path = folder / block.file
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(bytes.fromhex(block.text) if block.language == "binary" else block.text.encode())
    program = example.program(role)
    if program is not None:
        (folder / PROGRAM_FILE).write_text(program.whole)
    return folder / PROGRAM_FILE


def codes(example: Example, role: Role, folder: Path) -> tuple[str, ...]:
    """The codes of all diagnostics that the example shows in its role, in order, when run in ``folder``."""
    path = written(example, role, folder)
    commands, code = example.steps(role, "console"), example.steps(role, "python")
    for text in example.steps("before", "console"):
        assert _commands(text) == ()
    if not commands and not code:
        _, problems = altac.check_source(Source(str(path), path.read_text()))
        return tuple(p.code for p in problems)
    return tuple(c for text in commands for c in _commands(text)) + tuple(c for text in code for c in _python(text))


def shown_command(example: Example, folder: Path) -> list[str]:
    """Prepare the wrong version of an example in ``folder``; the arguments of the command that shows what is wrong."""
    path = written(example, "wrong", folder)
    for text in example.steps("before", "console"):
        assert _commands(text) == ()
    commands = example.steps("wrong", "console")
    return shlex.split(commands[-1].splitlines()[-1])[2:] if commands else ["check", path.name]


def _commands(text: str) -> tuple[str, ...]:
    found: tuple[str, ...] = ()
    for line in text.splitlines():
        assert line.startswith("$ altac "), line
        result = CliRunner(env={"NO_COLOR": "1"}).invoke(main, shlex.split(line)[2:], catch_exceptions=False)
        said = tuple(_CODE.findall(result.stderr))
        assert "internal error" not in result.stderr
        assert said or result.exit_code == 0, result.stderr
        found += said
    return found


def _python(text: str) -> tuple[str, ...]:
    names: dict[str, Any] = {}
    try:
        exec(compile(text, "<example>", "exec"), names)
    except altac.AltacError as error:
        return tuple(p.code for p in error.problems)
    faults = [run.error for run in names.get("runs", ()) if run.error is not None]
    return tuple(p.code for p in (*names.get("problems", ()), *faults))
