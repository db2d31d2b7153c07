"""A few of the kills that ``python -m tests.fuzz.kills`` makes by the hundred."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.kills import Command, Target, environment, main, state

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kills by signals")


def test_killed_commands_leave_old_or_new() -> None:
    report = main(seconds=6, seed=1)
    assert report.broken == []
    assert sum(report.outcomes.values()) > 0


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
@pytest.mark.parametrize("call", ["rename", "renameat2"])
@pytest.mark.parametrize("when", [1, 2])
def test_a_rebuild_killed_at_its_exchange_leaves_old_or_new(tmp_path: Path, call: str, when: int) -> None:
    arguments = ("build", "p.alta", "-o", "model")
    target = Target(Command("build", "model", arguments, (*arguments, "-O0", "--target", "numpy")), tmp_path)
    target.restore()
    inject = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"inject={call}:signal=SIGKILL:when={when}"]
    command = [*inject, sys.executable, "-m", "altac", *target.command.new]
    subprocess.run(command, cwd=target.folder, env=environment(), capture_output=True, timeout=60, check=False)
    assert state(target.output) in (target.old, target.new)
    assert target.leftovers() == []
