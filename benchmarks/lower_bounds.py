"""`python -m benchmarks.lower_bounds`: how many hidden units any MLP needs that does the same steps.

The change of the residual stream in a step is a sum of the rows of the second matrix, so that a layer has at least as many
units as the changes have linearly independent directions. The changes of some runs give a bound for all: more runs could
only raise it. It holds for every MLP with one hidden layer before its output, whatever its activations.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import Any

import numpy as np

import altac
from altac.analysis.traces import collect_pairs
from altac.ir import Head, Program, RealDomain
from benchmarks.__main__ import EXAMPLES, INPUTS, RESULTS, ROOT


def bound(program: altac.api.Program, inputs: Sequence[Any]) -> int:
    """The rank of the changes of the residual stream in the runs on ``inputs``.

    A head without a value leaves a mixture behind, so it is left out: from the columns where it has a value only sometimes, or
    the rows where it has none. The better of the two counts.
    """
    ir = program.ir
    pairs, _ = collect_pairs(ir, [program.encode(i) for i in inputs], 200)
    always = (pairs.before >= 0).all(axis=0)
    every = (pairs.before >= 0).all(axis=1)
    return max(
        _rank(ir, pairs.before, pairs.after, always), _rank(ir, pairs.before[every], pairs.after[every], always | True)
    )


def _rank(ir: Program, before: Any, after: Any, chosen: Any) -> int:
    parts = [np.zeros((len(before), 1))]
    for i, slot in enumerate(ir.slots):
        if not chosen[i] or (isinstance(slot, Head) and isinstance(slot.domain, RealDomain)):
            continue  # the scalar of a mean is reset by a pair of units of its own
        change = -(before[:, [i]] == np.arange(slot.domain.size)).astype(float)
        if not isinstance(slot, Head):
            change += after[:, [i]] == np.arange(slot.domain.size)
        parts.append(change)
    rows = np.unique(np.concatenate(parts, axis=1), axis=0)
    return int(np.linalg.matrix_rank(rows)) if len(rows) else 0


def inputs_of(name: str, rng: random.Random) -> list[Any]:
    """Inputs that make a program take many different steps."""
    if name == "addition":
        return [f"s{rng.randrange(10**4)}+{rng.randrange(10**4)}e" for _ in range(400)]
    if name == "subleq":
        return [[rng.randint(-4, 15) for _ in range(16)] for _ in range(600)]
    if name == "sort_unique":
        return [["START", *rng.sample(range(16), rng.randint(1, 15))] for _ in range(300)]
    if name.startswith("scan"):
        turns = ("", " left", " right", " opposite left", " around right")
        times = ("", " twice", " thrice")
        phrases = [f"{v}{d}{t}" for v in ("walk", "jump", "look", "run", "turn") for d in turns for t in times]
        return [INPUTS[name], *(f"{a} {c} {b}" for a in phrases for b in phrases[::7] for c in ("and", "after"))]
    first = [] if name.endswith("absolute") else ["START"]
    return [[*first, *rng.choices([0, 1], k=rng.randint(1, 40))] for _ in range(300)]


def main() -> None:
    """Print and write the bound beside the width at -O2."""
    found = {}
    for name in EXAMPLES:
        program = altac.load(ROOT / "examples" / f"{name}.alta")
        sound = []
        for given in inputs_of(name, random.Random(0)):
            try:
                program.encode(given)
                sound.append(given)
            except altac.AltacError:
                continue
        rank = bound(program, sound)
        found[name] = {"mlp_width": program.compile(2).built.mlp_width, "at least": rank}
        print(f"{name:<30}{found[name]['mlp_width']:>8,} units, at least {rank:,}", flush=True)
    (RESULTS / "lower_bounds.json").write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
