"""Theorems 1 and 2 on programs and training sets (appendix B): minimal rule sets are strict local optima, others are not.

Theorem 1 does not hold as it is stated. A rule that applies somewhere and has one needless conjunct among needed ones is
not minimal; but a smaller weight of that conjunct alone closes the unit where it applies, and a larger one only adds to
the regulariser, so that each coordinate is still strict. It takes the weight and the bias together to remove a conjunct.
What the proof shows is that a rule that never applies breaks strictness.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import altac
from altac.analysis.minimal import minimal
from altac.analysis.theorem import theorem as check
from altac.ir import Program
from experiments.data import additions, parity_set
from experiments.parity import ABSOLUTE, RELATIVE, TRAINED, inputs
from experiments.report import Outcome, Table

ROOT = Path(__file__).parents[1]


def theorem(preset: str, seed: int, folder: Path, progress: Callable[[str], None]) -> Outcome:
    """The original rules, the minimal version (C.2), and the one without needless conjuncts (B.3), on training sets."""
    rows: list[tuple[str | int, ...]] = []
    second = unused = True
    both, exceptions = set(), 0
    for name, program, training in _cases(seed):
        versions = {
            "original": program,
            "minimal version": minimal(program, training).program,
            "without needless conjuncts": minimal(program, training, conjuncts=True).program,
        }
        for version, ir in versions.items():
            progress(f"{name}: {version}")
            verdict = check(ir, training)
            second = second and (not verdict.minimal or verdict.strict_optimum)
            never = any(u.conjunct is None for u in verdict.unneeded)
            unused = unused and not (never and verdict.strict_optimum)
            exceptions += not verdict.minimal and verdict.strict_optimum
            both.add(verdict.minimal)
            rows.append((
                name, version, len(training), len(verdict.rules), verdict.parameters,
                "yes" if verdict.minimal else f"no: {len(verdict.unneeded):,} can go",
                "yes" if verdict.strict_optimum else f"no: {len(verdict.violations):,} parameters",
            ))  # fmt: skip
    columns = ("Program and inputs", "Rules of", "Inputs", "Rules", "Parameters", "Minimal", "Strict local optimum")
    return Outcome(
        "theorem",
        (
            Table(
                "Minimality and strict coordinate-wise local optima", columns, tuple(rows),
                f"In {exceptions} of {len(rows)} cases needless conjuncts leave the optimum strict in every coordinate,"
                " against theorem 1 as it is stated: they are removed by a weight and the bias together, not by one.",
            ),
        ),
        {"exceptions to theorem 1": exceptions},
        {
            "theorem 2: minimal rule sets are strict optima": second,
            "theorem 1, rules that never apply: the optimum is not strict": unused,
            "minimal and non-minimal rule sets occur": both == {True, False},
        },
    )  # fmt: skip


def _cases(seed: int) -> list[tuple[str, Program, Sequence[tuple[int, ...]]]]:
    bits = parity_set(TRAINED, 10, seed)
    relative, absolute = RELATIVE.load(), ABSOLUTE.load()
    adding = altac.load(ROOT / "examples" / "addition.alta")
    scan = altac.load(ROOT / "examples" / "scan" / "scan.alta")
    commands = ("jump", "turn left twice", "walk opposite right and run", "look around left after jump thrice")
    sums = [adding.encode(f"s{a}+{b}e") for a, b in additions(2, 200, seed)]
    return [
        ("parity (relative), up to 20 bits", relative.ir, inputs(RELATIVE, relative, bits)),
        ("parity (relative), one input", relative.ir, [relative.encode(["START", 1])]),
        ("parity (absolute), up to 20 bits", absolute.ir, inputs(ABSOLUTE, absolute, bits)),
        ("addition, up to 2 digits", adding.ir, sums),
        ("SCAN, four commands", scan.ir, [scan.encode(c) for c in commands]),
    ]
