"""Commands that are killed while they write: what stands under the name of their output is old or new, never half.

``python -m tests.fuzz.kills --count 200 --seed 1`` kills builds, and every tenth time another command that writes, at a
random moment or, where there is ``strace``, at a random system call that changes files.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import altac
from altac.backends.manifest import Manifest

#: System calls at which a command may be killed: those of writing, and those that it makes all the time, about how many.
SELDOM = ("rename", "renameat2", "fsync", "mkdir", "unlink", "unlinkat", "rmdir", "chmod", "flock", "ftruncate")
OFTEN = {"openat": 1500, "write": 40, "close": 1500}
_ALTAC = (sys.executable, "-m", "altac")
_PROGRAM = """\
program parity

param DONE = true

tokens 0, 1, START

var parity: bool = token == 1
var done: bool = token == START and DONE

head parity_left = parity at -1
head done_left = done at -1

mlp { if not done and done_left { parity <- parity xor parity_left; done <- true } }

output parity
halt when done
layers 20
"""


@dataclass(frozen=True)
class Command:
    """Something that writes ``output``; ``old`` and ``new`` are its arguments, which must make a difference.

    ``prepare`` makes ready what a run replaces; without it, the old output is what is replaced.
    """

    name: str
    output: str
    old: tuple[str, ...]
    new: tuple[str, ...]
    prepare: Callable[[Path], None] | None = None


def _untidy(folder: Path) -> None:
    (folder / "untidy.alta").write_text(_PROGRAM.replace(" = ", "="), encoding="utf-8")


_TRACE = ("trace", "p.alta", "--inputs", "in.jsonl", "-o")
COMMANDS = (
    Command("build", "model", ("build", "p.alta", "-o", "model"), ("build", "p.alta", "-o", "model", "-O0", "--target", "numpy")),
    Command("fmt", "untidy.alta", (), ("fmt", "untidy.alta"), _untidy),
    Command("trace", "t.jsonl", (*_TRACE, "t.jsonl", "--all"), (*_TRACE, "t.jsonl")),
    Command("trace tensors", "t.safetensors", (*_TRACE, "t.safetensors", "--all"), (*_TRACE, "t.safetensors")),
    Command("minimize", "m.alta", ("minimize", "p.alta", "--inputs", "in.jsonl", "-o", "m.alta"),
            ("minimize", "p.alta", "--inputs", "one.jsonl", "-o", "m.alta")),
    Command("view", "v.html", ("view", "p.alta", '["START", 1]', "-o", "v.html"),
            ("view", "p.alta", '["START", 1, 0]', "-o", "v.html")),
)  # fmt: skip


@dataclass
class Report:
    """How often the output was ``old`` or ``new``, of runs that were killed and of those that ended before; ``broken`` says
    where it was neither, and how it was made."""

    outcomes: Counter[str]
    broken: list[str]


def state(path: Path) -> str:
    """A digest of a file, or of a folder that is as it was built; else what is wrong with it."""
    if path.is_dir():
        try:
            altered = list(Manifest.read(path).altered(path))
        except (OSError, ValueError) as error:
            return f"no manifest: {error}"
        if altered:
            return f"altered: {altered}"
        # The manifest tells that the weights are whole; safetensors orders their metadata by chance.
        names = sorted(set(os.listdir(path)) - {"__pycache__", "model.safetensors", "altac.json"})
        parts = [name.encode() + (path / name).read_bytes() for name in names]
        return hashlib.sha256(b"\0".join(parts)).hexdigest()
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else "nothing"


def environment() -> dict[str, str]:
    """That of the commands: their altac is the one of this process."""
    paths = [str(Path(altac.__file__).parents[1]), *filter(None, sys.path)]
    return os.environ | {"JAX_PLATFORMS": "cpu", "PYTHONPATH": os.pathsep.join(paths)}


def _altac(folder: Path, arguments: Sequence[str], before: Sequence[str] = ()) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*before, *_ALTAC, *arguments],
        cwd=folder,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


class Target:
    """The outputs of a command, old and new, and one that is written and killed."""

    def __init__(self, command: Command, root: Path) -> None:
        self.command = command
        self.folder = root / command.name.replace(" ", "-")
        self.folder.mkdir()
        (self.folder / "p.alta").write_text(_PROGRAM, encoding="utf-8")
        (self.folder / "in.jsonl").write_text('["START", 1, 0, 1]\n["START", 0, 1]\n', encoding="utf-8")
        (self.folder / "one.jsonl").write_text('["START", 0]\n', encoding="utf-8")
        self.output = self.folder / command.output
        self.kept = self.folder / f"kept-{command.output}"
        if command.prepare is None:
            self._run(command.old)
        else:
            command.prepare(self.folder)
        self.old = state(self.output)
        (shutil.copytree if self.output.is_dir() else shutil.copy)(self.output, self.kept)
        start = time.monotonic()
        self._run(command.new)
        self.seconds = time.monotonic() - start
        self.new = state(self.output)
        assert self.old != self.new, command.name

    def _run(self, arguments: Sequence[str]) -> None:
        code = _altac(self.folder, arguments).wait()
        assert code == 0, (arguments, code)

    def restore(self) -> None:
        """Put the old output back, and nothing but it."""
        if self.output.is_dir():
            shutil.rmtree(self.output)
            shutil.copytree(self.kept, self.output)
        else:
            shutil.copy(self.kept, self.output)

    def kill(self, rng: random.Random, traced: bool) -> tuple[str, bool, str]:
        """Kill a run that writes the new output over the old one; how, whether it came to that, and what stands there then."""
        self.restore()
        if traced:
            call = rng.choice([*SELDOM, *OFTEN])
            when = rng.randint(1, OFTEN.get(call, 16))
            how = f"{call} {when}"
            inject = f"inject={call}:signal=SIGKILL:when={when}"
            tracer = ("strace", "-f", "-qq", "-o", os.devnull, "-e", "trace=" + call, "-e", inject)
            process = _altac(self.folder, self.command.new, tracer)
            process.wait()  # the tracer ends as what it traces
        else:
            after = self.seconds * rng.uniform(0.3, 1.05)
            how = f"after {after:.3f} s"
            process = _altac(self.folder, self.command.new)
            try:
                process.wait(after)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
        found = state(self.output)
        name = "old" if found == self.old else "new" if found == self.new else found
        return how, process.returncode == -signal.SIGKILL, name

    def leftovers(self) -> list[str]:
        """What is left beside the output once another run has gone through."""
        self.restore()
        self._run(self.command.new)
        return [name for name in os.listdir(self.folder) if name.startswith(".altac-")]


def main(seconds: float | None = None, count: int | None = None, seed: int = 0, names: Sequence[str] = ()) -> Report:
    """Kill runs of the commands ``names``, or of all, for ``seconds`` once the outputs to replace are made, or until ``count`` of
    them were killed before they ended."""
    rng = random.Random(seed)
    strace = shutil.which("strace") is not None
    report = Report(Counter(), [])
    kills = 0
    with tempfile.TemporaryDirectory() as root:
        targets = [Target(command, Path(root)) for command in COMMANDS if not names or command.name in names]
        end = float("inf") if seconds is None else time.monotonic() + seconds
        for number in itertools.count():
            if time.monotonic() > end or kills == count:
                break
            target = targets[0] if number % 10 else rng.choice(targets)
            how, killed, found = target.kill(rng, strace and number % 2 == 1)
            kills += killed
            result = found if found in ("old", "new") else "broken"
            report.outcomes[f"{target.command.name}{'' if killed else ', ended before'}: {result}"] += 1
            if found not in ("old", "new"):
                report.broken.append(f"{target.command.name}, killed at {how}: {found}")
        for target in targets:
            report.broken += [f"{target.command.name} leaves {name} behind" for name in target.leftovers()]
    return report


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Kill commands while they write, and look at what they leave.")
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--count", type=int)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    given = parser.parse_args()
    print(f"seed {given.seed}")
    found = main(given.seconds, given.count if given.count or given.seconds else 200, given.seed)
    for line, times in sorted(found.outcomes.items()):
        print(f"{times:5}  {line}")
    for line in found.broken:
        print(line)
    sys.exit(bool(found.broken))
