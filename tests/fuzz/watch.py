"""Seconds and memory of the steps of a case."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

#: Memory that a step may take, in bytes.
MEMORY = 500 << 20


class Exceeded(Exception):
    """A step took longer, or more memory, than it may."""


@contextlib.contextmanager
def step(name: str, seconds: float) -> Iterator[None]:
    """A step that may take so many seconds of this process's time, and `MEMORY`."""
    start, held = time.process_time(), _peak(reset=True)
    yield
    taken, grown = time.process_time() - start, _peak() - held
    if taken > seconds:
        raise Exceeded(f"{name} took {taken:.1f} s")
    if grown > MEMORY:
        raise Exceeded(f"{name} took {grown >> 20} MB")


def _peak(reset: bool = False) -> int:
    """The most memory that this process has had since the last reset, in bytes; 0 where the system does not tell."""
    try:
        if reset:
            Path("/proc/self/clear_refs").write_text("5")
        status = Path("/proc/self/status").read_text()
    except OSError:
        return 0
    return int(status.split("VmHWM:")[1].split()[0]) << 10
