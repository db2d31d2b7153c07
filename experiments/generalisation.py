"""Minimal versions that generalise: addition from at most three digits, SCAN on its splits (sections 4.2 and 4.4)."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import altac
from altac.analysis.minimal import minimal
from altac.interpreter import run
from altac.interpreter.codec import output_text
from experiments.data import additions, scan
from experiments.report import Outcome, Table

ROOT = Path(__file__).parents[1]
#: Digits of the numbers that the minimal version is taken from, and of those it is tested on.
TRAINED_DIGITS, TESTED_DIGITS = 3, (3, 10, 20, 40)
SPLITS = ("length", "mcd1", "mcd2", "mcd3")


def addition(preset: str, seed: int, folder: Path, progress: Callable[[str], None]) -> Outcome:
    """The minimal version of the addition program with respect to inputs of at most three digits, on longer ones."""
    program = altac.load(ROOT / "examples" / "addition.alta")
    count = 20_000 if preset == "paper" else 5_000

    def encode(pairs: list[tuple[int, int]]) -> list[tuple[int, ...]]:
        return [program.encode(f"s{a}+{b}e") for a, b in pairs]

    # Every way in which the pointers start out and the digits add occurs: small numbers all, larger ones at random.
    training = sorted({*additions(TRAINED_DIGITS, count, seed), *((a, b) for a in range(25) for b in range(25))})
    smaller = minimal(program.ir, encode(training))
    rows: list[tuple[Any, ...]] = []
    for digits in TESTED_DIGITS:
        progress(f"addition: {digits} digits")
        tests = additions(digits, 500, seed + digits)
        scores = []
        for ir in (program.ir, smaller.program):
            results = run(ir, encode(tests))
            texts = [None if r.error is not None else output_text(ir, r.output) for r in results]
            right = [t is not None and t.isdigit() and int(t) == a + b for t, (a, b) in zip(texts, tests, strict=True)]
            scores.append(sum(right) / len(right))
        rows.append((digits, len(tests), *scores))
    return Outcome(
        "addition",
        (
            Table(
                f"Addition: minimal version from {len(training):,} inputs of at most {TRAINED_DIGITS} digits",
                ("Digits, at most", "Tests", "Original", "Minimal"), tuple(rows),
                f"{len(program.rules()):,} rules in the original, {len(smaller):,} in the minimal version.",
            ),
        ),
        {"training inputs": len(training)},
        {"the minimal version from at most 3 digits adds longer numbers": all(row[-1] == 1 for row in rows)},
    )  # fmt: skip


def scan_minimal(preset: str, seed: int, folder: Path, progress: Callable[[str], None]) -> Outcome:
    """The minimal versions of the SCAN program with respect to each training set, on the test set."""
    data = scan()
    program = altac.load(ROOT / "examples" / "scan" / "scan.alta")
    original = len(program.rules())
    rows: list[tuple[Any, ...]] = []
    for split in SPLITS:
        progress(f"SCAN: {split}")
        start = time.perf_counter()
        training, _ = data.part(split, "train")
        tests, actions = data.part(split, "test")
        smaller = minimal(program.ir, [program.encode(c) for c in training])
        results = run(smaller.program, [program.encode(c) for c in tests])
        right = [
            r.error is None and output_text(smaller.program, r.output) == wanted
            for r, wanted in zip(results, actions, strict=True)
        ]
        rows.append((
            split, len(training), len(tests), original, len(smaller), sum(right) / len(right),
            f"{time.perf_counter() - start:.0f} s",
        ))  # fmt: skip
    columns = ("Split", "Training set", "Test set", "Rules", "Minimal rules", "Accuracy on the test set", "Time")
    return Outcome(
        "scan_minimal",
        (Table("SCAN: minimal versions", columns, tuple(rows)),),
        {},
        {f"the minimal version from {row[0]} is right on its whole test set": row[-2] == 1 for row in rows},
    )
