"""``altac fmt``: files and streams as bytes."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from altac.cli import main
from tests.syntax.samples import ALTA_FILES

TIDY = "program p\n\ntokens 0, 1\n\noutput token\n"


def fmt(*arguments: str, stdin: bytes | None = None) -> Result:
    return CliRunner(env={"NO_COLOR": "1"}).invoke(main, ["fmt", *arguments], input=stdin)


def test_examples_and_standard_library_are_formatted() -> None:
    result = fmt("--check", *map(str, ALTA_FILES))
    assert (result.exit_code, result.output) == (0, "")


def test_windows_line_ends_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "p.alta"
    tidy = TIDY.replace("\n", "\r\n").encode()
    file.write_bytes(tidy)
    assert fmt("--check", str(file)).exit_code == 0
    assert fmt("--diff", str(file)).output == ""
    file.write_bytes(tidy.replace(b", ", b","))
    assert fmt("--check", str(file)).exit_code == 1
    assert fmt(str(file)).exit_code == 0
    assert file.read_bytes() == tidy
    assert fmt("-", stdin=tidy.replace(b", ", b",")).stdout_bytes == tidy


@pytest.mark.parametrize("first", ["\n", "\r\n"])
def test_mixed_line_ends_become_those_of_the_first_line(tmp_path: Path, first: str) -> None:
    file = tmp_path / "p.alta"
    file.write_bytes((first + "\r\n").join(TIDY.split("\n", 1)).encode())
    assert fmt("--check", str(file)).exit_code == 1
    assert fmt(str(file)).exit_code == 0
    assert file.read_bytes() == TIDY.replace("\n", first).encode()
