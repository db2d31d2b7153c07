"""Start-up and parsing here and at another revision, as differences within one run.

    python -m benchmarks.against REVISION [ROUNDS [FILE.json]]

Measures the processor time of `altac check` in a fresh process with warm caches (on a small and on the largest example), of
`altac --help`, and of parsing the largest example and a program of 5,000 lines. Both versions take turns, and what is printed
and recorded is the median of the differences with their quartiles: the machine's moods touch both alike.
"""

from __future__ import annotations

import io
import json
import os
import resource
import statistics
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COMMANDS = {
    "altac --help": ("--help",),
    "altac check sequential_relative": ("check", "examples/parity/sequential_relative.alta"),
    "altac check scan": ("check", "examples/scan/scan.alta"),
}
#: Prints the milliseconds of parsing a text from stdin, the best of three.
PARSING = """
import sys, time
from altac.source import Source
from altac.syntax import parser
text = sys.stdin.read()
parser.parse(Source("", "program p"))
best = 1e9
for round in range(3):
    start = time.process_time()
    assert not parser.parse(Source("", text + " " * round)).problems
    best = min(best, time.process_time() - start)
print(1000 * best)
"""
_PART = """\
fn f(x) {
    jump <- x <= 0;  pc_b <- address + 1;  pc_c <- (address + 2) % SIZE
    if a < 0 or b < 0 { state <- Done } else { cell <- cell_b - cell_a }
    let difference = RULES[x].target[1] - min(a, b, 3)  // read once
    match state { Fetch => f(-1), Execute | Branch => { z <- {1, 2} }, _ => jump_to(pc + 3) }
}
"""
TEXTS = {
    "parsing scan": (ROOT / "examples" / "scan" / "scan.alta").read_text(encoding="utf-8"),
    "parsing 5,000 lines": _PART * (5_000 // _PART.count("\n")),
}


def command_time(version: Path, args: tuple[str, ...]) -> float:
    """Milliseconds of processor time of a command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    _python(version, "-m", "altac", *args)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)


def parse_time(version: Path, text: str) -> float:
    """Milliseconds of processor time of parsing ``text`` in a warm process."""
    return float(_python(version, "-c", PARSING, given=text))


def _python(version: Path, *args: str, given: str = "") -> str:
    environment = {**os.environ, "PYTHONPATH": str(version)}
    done = subprocess.run(
        [sys.executable, *args], cwd=version, env=environment, input=given, capture_output=True, text=True, check=True
    )
    return done.stdout


def compare(other: Path, rounds: int) -> dict[str, dict[str, float]]:
    """Milliseconds of both versions and the quartiles of their differences, by what was measured."""
    found = {}
    for name in (*COMMANDS, *TEXTS):
        times: dict[Path, list[float]] = {ROOT: [], other: []}
        for count in range(rounds + 1):
            for version in (ROOT, other) if count % 2 else (other, ROOT):
                command = COMMANDS.get(name)
                time = parse_time(version, TEXTS[name]) if command is None else command_time(version, command)
                if count:  # the first round fills the caches
                    times[version].append(time)
        here, there = times[ROOT], times[other]
        low, middle, high = statistics.quantiles((a - b for a, b in zip(here, there, strict=True)), n=4)
        found[name] = {
            "here": statistics.median(here), "there": statistics.median(there), "difference": middle,
            "lower quartile": low, "upper quartile": high, "difference of the best": min(here) - min(there),
        }  # fmt: skip
        print(f"{name:<34}" + "  ".join(f"{key} {value:.1f}" for key, value in found[name].items()), flush=True)
    return found


def main() -> None:
    """Compare with the revision named on the command line, and record it if there is a file to."""
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 21
    archive = subprocess.run(["git", "archive", sys.argv[1]], cwd=ROOT, capture_output=True, check=True).stdout
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(fileobj=io.BytesIO(archive)) as files:
            files.extractall(folder, filter="data")
        found = compare(Path(folder), rounds)
    if len(sys.argv) > 3:
        Path(sys.argv[3]).write_text(json.dumps({"rounds": rounds, "milliseconds": found}, indent=2) + "\n")


if __name__ == "__main__":
    main()
