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
        self.pid, self.fd = pty.fork()
        if self.pid == 0:  # pragma: no cover - the child
            os.environ.update(TERM="xterm", NO_COLOR="1", XDG_STATE_HOME=str(state), PROMPT_TOOLKIT_NO_CPR="1")
            os.execv(sys.executable, [sys.executable, "-m", "altac", "repl", *args])
        ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        self.seen = ""

    def expect(self, text: str, seconds: float = 20) -> None:
        """Wait until ``text`` is on the screen, and forget all before it."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\r", "", self.seen)
            if text in plain:
                self.seen = ""
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
        _, status = os.waitpid(self.pid, 0)
        os.close(self.fd)
        return os.waitstatus_to_exitcode(status)


@pytest.mark.parametrize("columns", [100, 40])
def test_a_session_in_a_terminal(tmp_path: Path, columns: int) -> None:
    terminal = Terminal(tmp_path, columns, PARITY)
    terminal.expect("alta>")
    terminal.send('["START", 1, 1]\r')
    terminal.expect("[false, true, false]")
    terminal.send("var done: bool = tokn\r")
    terminal.expect("token")
    terminal.send("half an entry\x03")
    terminal.expect("alta>")
    terminal.send("mlp {\rif not done and done_left {\rdone <- true\r}\r}\r")
    terminal.expect("alta>")
    terminal.send('["START", 1, 1]\r')
    terminal.expect("[false, true, true]")
    terminal.send("\x04")
    assert terminal.exit_code() == 0
    assert "START" in (tmp_path / "altac" / "history").read_text()


def test_a_session_in_a_pipe() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "altac", "repl", PARITY],
        input='["START", 1]\nmlp {\n    done <- true\n}\n["START", 1]\n:quit\n',
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "[false, true]   (1 layers, halted)" in done.stdout
    assert "\x1b" not in done.stdout
