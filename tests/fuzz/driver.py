"""Runs cases of the fuzzer in processes of their own for a time, and reports what was wrong."""

from __future__ import annotations

import faulthandler
import multiprocessing
import signal
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from types import FrameType

from altac.api import check_source
from altac.source import Source
from tests.fuzz.cases import KINDS, numbers

#: Seconds after which a process is replaced by another: JAX keeps what it compiles, and the system maps only so much.
SHIFT = 300
#: Seconds after which a case is taken to hang.
HANGS = 120


@dataclass
class Report:
    """How many cases of each kind there were, and what was wrong."""

    counts: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)


class Hangs(BaseException):
    """A case did not end."""


def _stop(_: int, frame: FrameType | None) -> None:
    raise Hangs(f"does not end within {HANGS} s")


def attempt(kind: str, number: int) -> str | None:
    """Run a case; what was wrong with it."""
    case, _ = KINDS[kind]
    signal.signal(signal.SIGALRM, _stop)
    signal.alarm(HANGS)
    try:
        case(number)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return f"--kind {kind} --number {number}\n{''.join(traceback.format_exception(error)[-12:])}"
    finally:
        signal.alarm(0)
    return None


def _work(kinds: list[str], seconds: float, seed: int, pipe: Connection) -> None:
    faulthandler.enable()
    check_source(Source("p.alta", "program p"))  # what is loaded and cached once is not a case's own
    source = numbers(seed)
    spent = dict.fromkeys(kinds, 0.0)
    end = time.monotonic() + min(seconds, SHIFT)
    while time.monotonic() < end:
        kind = min(kinds, key=lambda k: spent[k] / KINDS[k][1])
        number, start = next(source), time.monotonic()
        pipe.send((kind, number, None))
        pipe.send((kind, number, attempt(kind, number) or ""))
        spent[kind] += time.monotonic() - start
    pipe.close()


def fuzz(seconds: float, seed: int, workers: int = 2, kinds: list[str] | None = None) -> Report:
    """Run cases in processes of their own, which may die of one."""
    report = Report()
    context = multiprocessing.get_context("spawn")
    end = time.monotonic() + seconds
    running: dict[Connection, tuple[str, int]] = {}
    started = 0

    def start() -> None:
        nonlocal started
        ours, theirs = context.Pipe(duplex=False)
        left = end - time.monotonic()
        process = context.Process(target=_work, args=(kinds or list(KINDS), left, seed + started, theirs), daemon=True)
        process.start()
        theirs.close()
        running[ours] = ("start", 0)
        started += 1

    for _ in range(workers):
        start()
    while running:
        for pipe in wait(list(running)):
            assert isinstance(pipe, Connection)
            try:
                kind, number, found = pipe.recv()
            except EOFError:
                kind, number = running.pop(pipe)
                if kind not in ("", "start"):
                    report.findings.append(f"--kind {kind} --number {number}\nthe process died\n")
                if time.monotonic() < end - 1:
                    start()
                continue
            if found is None:
                running[pipe] = (kind, number)
                continue
            running[pipe] = ("", 0)
            report.counts[kind] += 1
            if found:
                report.findings.append(found)
                print(found, flush=True)
    return report
