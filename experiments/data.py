"""Training and test sets."""

from __future__ import annotations

import gzip
import json
import os
import random
from dataclasses import dataclass
from pathlib import Path

Bits = tuple[int, ...]


def parity_set(longest: int, per_count: int, seed: int) -> list[Bits]:
    """Distinct bit strings of up to ``longest`` bits, about equally many for every number of ones (appendix D.1)."""
    rng = random.Random(seed)
    found: set[Bits] = set()
    for ones in range(longest + 1):
        for _ in range(per_count):
            length = rng.randint(ones, longest)
            places = set(rng.sample(range(length), ones))
            found.add(tuple(int(i in places) for i in range(length)))
    return sorted(found, key=lambda bits: (len(bits), bits))


def additions(digits: int, count: int, seed: int) -> list[tuple[int, int]]:
    """Distinct pairs of numbers of up to ``digits`` digits, about equally many of every length."""
    rng = random.Random(seed)

    def number() -> int:
        return rng.randrange(10 ** rng.randint(1, digits))

    return sorted({(number(), number()) for _ in range(count)})


@dataclass(frozen=True)
class Scan:
    """SCAN (Lake & Baroni 2018): commands with their actions, and splits as line numbers (Keysers et al. 2020)."""

    commands: tuple[str, ...]
    actions: tuple[str, ...]
    splits: dict[str, dict[str, tuple[int, ...]]]

    def part(self, split: str, part: str) -> tuple[list[str], list[str]]:
        """The commands and the actions of ``train`` or ``test``."""
        rows = self.splits[split][part]
        return [self.commands[i] for i in rows], [self.actions[i] for i in rows]


class NoData(Exception):
    """The public data set is not where it was looked for."""


def scan() -> Scan:
    """SCAN from the folder that the environment variable SCAN names: ``tasks.txt`` or ``tasks.txt.gz`` with lines
    `IN: command OUT: actions`, and ``splits.json`` with line numbers from 0."""
    folder = Path(os.environ.get("SCAN") or "data/scan")
    for name in ("tasks.txt", "tasks.txt.gz"):
        path = folder / name
        if path.is_file():
            text = gzip.decompress(path.read_bytes()).decode() if name.endswith(".gz") else path.read_text()
            pairs = [line.removeprefix("IN: ").split(" OUT: ") for line in text.splitlines() if line.strip()]
            splits = json.loads((folder / "splits.json").read_text())
            return Scan(tuple(c for c, _ in pairs), tuple(a for _, a in pairs), splits)
    raise NoData(f"{folder} has no tasks.txt: get the SCAN data set and run with SCAN=FOLDER")
