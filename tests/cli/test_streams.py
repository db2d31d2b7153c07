"""Standard streams that cannot take what a command says: other encodings, full disks, closed ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

TEXT = """\
// 日本 😀
program u

tokens "日", "本", "😀", "é"
text characters

var word: Token = token
var late: bool  = token == "本"

mlp { if late { word <- "日" } }

layers 1
output word
"""
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="redirects with a shell")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "ü.alta"
    path.write_text(TEXT, encoding="utf-8")
    return path


def altac(command: str, file: Path, encoding: str = "utf-8") -> subprocess.CompletedProcess[bytes]:
    """Run ``altac`` by a shell, with the file as ``$F``."""
    environment = os.environ | {"PYTHONIOENCODING": encoding, "F": str(file), "ALTAC": f"{sys.executable} -m altac"}
    done = subprocess.run(["sh", "-c", command], env=environment, capture_output=True, timeout=100)
    for said in (done.stdout, done.stderr):
        for word in (b"internal error", b"Traceback", b"Exception ignored"):
            assert word not in said, said.decode(errors="replace")
    return done


def written(encoding: str) -> str:
    """What comes out: click takes ASCII for a mistake of the environment, and writes UTF-8."""
    return "utf-8" if encoding == "ascii" else encoding


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
@pytest.mark.parametrize(
    ("command", "status"),
    [
        ('run "$F" 日é😀', 0), ('run "$F" x', 1), ('trace "$F" 日é', 0), ('rules "$F"', 0), ('inspect "$F"', 0),
        ('build "$F" --emit units', 0), ('explain bad-line', 0), ('check "$F" 日本', 1), ("ünknown", 2), ("--help", 0),
    ],
)  # fmt: skip
def test_what_an_encoding_does_not_have_is_escaped(file: Path, command: str, status: int, encoding: str) -> None:
    done = altac(f"$ALTAC {command}", file, encoding)
    assert done.returncode == status, done.stderr
    done.stdout.decode(written(encoding))
    done.stderr.decode(written(encoding))


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
@pytest.mark.parametrize("command", ['run "$F" 日é😀 --json', 'trace "$F" 😀 --json', 'rules "$F" --format json'])
def test_json_stays_json(file: Path, command: str, encoding: str) -> None:
    found, plain = (altac(f"$ALTAC {command}", file, e).stdout.decode(written(e)) for e in (encoding, "utf-8"))
    assert [json.loads(line) for line in found.splitlines()] == [json.loads(line) for line in plain.splitlines()]


def test_programs_are_printed_as_their_files_are(file: Path) -> None:
    assert altac('$ALTAC fmt - <"$F"', file, "ascii").stdout.decode() == TEXT
    file.write_text(TEXT.replace(" = ", "="), encoding="utf-8")
    assert '+var late: bool  = token == "本"' in altac('$ALTAC fmt --diff "$F"', file, "cp1252").stdout.decode()
    assert '"日"' in altac('$ALTAC rules "$F" --format alta', file, "ascii").stdout.decode()


def test_the_session_takes_any_bytes(file: Path) -> None:
    done = altac("printf ':show\\n\\377\\n日\\n' | $ALTAC repl \"$F\"", file, "ascii")
    assert done.returncode == 0 and b"\\u65e5" in done.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("command", ['run "$F" 日', "--help", "run --help", "--version", 'rules "$F"', 'fmt - <"$F"',
                                     'repl "$F" </dev/null'])  # fmt: skip
def test_a_full_disk_is_said(file: Path, command: str) -> None:
    done = altac(f"$ALTAC {command} >/dev/full", file)
    assert done.returncode == 1
    assert b"cannot write to standard output: no space left" in done.stderr


@pytest.mark.parametrize("command", ['run "$F" 日', "--help"])
def test_a_closed_output_is_said(file: Path, command: str) -> None:
    done = altac(f"$ALTAC {command} >&-", file)
    assert done.returncode == 1
    assert b"cannot write to standard output: bad file descriptor" in done.stderr


def test_nothing_is_said_to_a_reader_that_has_left(file: Path) -> None:
    for command in ("$ALTAC explain --list", "$ALTAC --help", '$ALTAC rules "$F"'):
        done = altac(f"({command}; echo $? >&2) | true", file)
        assert done.stderr == b"0\n"


def test_closed_input_and_closed_messages(file: Path) -> None:
    for command in ("fmt -", 'run "$F" --inputs -', "repl"):
        done = altac(f"$ALTAC {command} <&-", file)
        assert done.returncode == 1 and b"bad file descriptor" in done.stderr.lower()
    assert altac('$ALTAC run "$F" x 2>&-', file).returncode == 1
    assert altac('$ALTAC run "$F" x 2>/dev/full', file).returncode == 1
    assert altac('$ALTAC run "$F" 日 <&- 2>&-', file).stdout.decode() == "日\n"
    assert altac('$ALTAC run "$F" 日 <&- >&- 2>&-', file).returncode == 1
