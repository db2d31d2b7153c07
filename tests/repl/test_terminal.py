"""The session through a real pseudo-terminal, and through a pipe."""

from __future__ import annotations

import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from fcntl import ioctl
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PARITY = str(ROOT / "examples" / "parity" / "sequential_relative.alta")


class Terminal:
    """A process on a pseudo-terminal of a given width."""

    def __init__(self, state: Path, columns: int, *args: str) -> None:
        self.fd, inner = pty.openpty()
        ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        settings = {"TERM": "xterm", "NO_COLOR": "1", "XDG_STATE_HOME": str(state), "PROMPT_TOOLKIT_NO_CPR": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "altac", "repl", *args], stdin=inner, stdout=inner, stderr=inner,
            env={**os.environ, **settings}, start_new_session=True,
        )  # fmt: skip
        os.close(inner)
        self.seen = ""

    def expect(self, text: str, seconds: float = 20) -> None:
        """Wait until ``text`` is on the screen, and forget all before it."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\r", "", self.seen)
            if text in plain:
                self.seen = plain[plain.index(text) + len(text) :]
                return
            ready, _, _ = select.select([self.fd], [], [], 0.2)
            if ready:
                try:
                    self.seen += os.read(self.fd, 65536).decode("utf-8", "replace")
                except OSError:
                    break
        raise AssertionError(f"{text!r} did not appear; got {self.seen[-2000:]!r}")

    def send(self, text: str) -> None:
        os.write(self.fd, text.encode())

    def exit_code(self) -> int:
        try:
            return self.process.wait(15)
        finally:
            self.process.kill()
            self.process.wait()
            os.close(self.fd)


@pytest.mark.parametrize("columns", [100, 40])
def test_a_session_in_a_terminal(tmp_path: Path, columns: int) -> None:
    terminal = Terminal(tmp_path, columns, PARITY)
    terminal.expect("alta>")
    for entry, answer in (
        ('["START", 1, 1]\r', "[false, true, false]"),
        ("var done: bool = tokn\r", "as it was"),
        ("half an entry\x03", ""),
        ("mlp {\rif not done and done_left {\rdone <- true\r}\r}\r", ""),
        ('["START", 1, 1]\r', "[false, true, true]"),
    ):
        time.sleep(0.3)
        terminal.send(entry)
        terminal.expect(answer)
        terminal.expect("alta>")
    time.sleep(0.3)
    terminal.send("\x04")
    assert terminal.exit_code() == 0
    assert "START" in (tmp_path / "altac" / "history").read_text()


def test_a_session_in_a_pipe() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "altac", "repl", PARITY],
        input='["START", 1]\nmlp {\n    done <- true\n}\n["START", 1]\n:quit\n',
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "[false, true]   (1 layer, halted)" in done.stdout
    assert "\x1b" not in done.stdout
