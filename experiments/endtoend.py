"""Transformers trained end to end: parity (table 3, figures 5 and 9 to 11) and SCAN (a reduced table 5)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from altac.analysis.baselines.fit import (
    PRESETS,
    START,
    STOP,
    classify,
    decode,
    fit_classifier,
    fit_seq2seq,
    padded,
    with_architecture,
)
from experiments.data import Bits, parity_set, scan
from experiments.report import Outcome, Table, curves

#: Longest inputs of the training set, half of the test set's. Parity of 20 bits takes the paper's 50,000 steps; in the
#: minutes of the quick preset, 8 bits can be learned.
LONGEST = {"quick": 8, "paper": 20}
PER_COUNT = {"quick": (1_500, 60), "paper": (2_000, 200)}
#: Few and many layers.
DEPTHS = {"quick": (2, 4), "paper": (8, 40)}
#: Token indices of parity, after padding.
BEGIN = 3


def table3(preset: str, seed: int, folder: Path, progress: Callable[[str], None]) -> Outcome:
    """Accuracy of encoders by slice, by length and by number of ones."""
    longest = LONGEST[preset]
    train_count, test_count = PER_COUNT[preset]
    training, tests = parity_set(longest, train_count, seed), parity_set(2 * longest, test_count, seed + 1)
    inputs, answers = _bits(training, longest), _parities(training)
    recipe = PRESETS[preset]["parity"]
    lengths = np.array([len(bits) for bits in tests])
    ones = np.array([sum(bits) for bits in tests])
    slices = {
        f"Length <= {longest}": lengths <= longest, f"Length > {longest}": lengths > longest, f"Ones > {longest}": ones > longest,
    }  # fmt: skip
    rows: list[tuple[Any, ...]] = []
    by_length: dict[str, dict[str, dict[int, float]]] = {"Relative positions": {}, "Absolute positions": {}}
    by_ones: dict[str, dict[int, float]] = {}
    mean: dict[str, dict[int, float]] = {}
    for positions in ("relative", "absolute"):
        for layers in DEPTHS[preset]:
            for shared in (False, True):
                name = f"{layers} layers{', shared weights' if shared else ''}"
                progress(f"parity, {positions} positions, {name}")
                how = with_architecture(
                    recipe, layers=layers, shared=shared, positions=positions, longest=2 * longest + 1
                )
                fitted = fit_classifier(inputs, answers, BEGIN + 1, how, seed)
                predicted = classify(fitted.model, _bits(tests, 2 * longest))
                right = predicted == _parities(tests)
                rows.append((
                    layers, "yes" if shared else "no", positions, *(float(right[s].mean()) for s in slices.values()),
                    fitted.metrics[-1].exact, f"{fitted.metrics[-1].seconds:.0f} s",
                ))  # fmt: skip
                by_length[f"{positions.capitalize()} positions"][name] = _by(lengths, right)
                if positions == "relative":
                    by_ones[name] = _by(ones, right)
                    mean[name] = _by(ones, predicted)
    curves(by_length, "length", folder / "figure9.svg")
    curves({"Accuracy by number of ones": by_ones}, "number of ones", folder / "figure10.svg")
    curves({"Average prediction by number of ones": mean}, "number of ones", folder / "figure11.svg")
    columns = ("Layers", "Shared weights", "Positions", *slices, "Last training batches", "Time")
    relative = [r for r in rows if r[2] == "relative"]
    absolute = [r for r in rows if r[2] == "absolute"]
    return Outcome(
        "table3",
        (Table(f"Parity, trained end to end on up to {longest} bits, tested on up to {2 * longest}", columns, tuple(rows)),),
        {"by length": by_length, "by ones": by_ones, "mean prediction by ones": mean},
        {
            "every encoder does better on the lengths it was trained on": all(r[3] > r[4] for r in rows),
            "no encoder generalises to more ones than it has seen": all(r[5] < 0.65 for r in rows),
            "no encoder generalises to longer inputs": all(r[4] < 0.9 for r in rows),
            "relative positions generalise to some longer inputs, more than absolute ones":
                max(r[4] for r in relative) > max(r[4] for r in absolute),
        },
    )  # fmt: skip


def _bits(sets: Iterable[Bits], longest: int) -> Any:
    return padded([(BEGIN, *(1 + bit for bit in bits)) for bits in sets], longest + 1)


def _parities(sets: Iterable[Bits]) -> Any:
    return np.array([sum(bits) % 2 for bits in sets])


def _by(numbers: Any, values: Any) -> dict[int, float]:
    return {int(n): float(values[numbers == n].mean()) for n in np.unique(numbers)}


#: Splits, and numbers of layers of encoder and decoder.
SPLITS = {"quick": ("length", "mcd1"), "paper": ("length", "mcd1", "mcd2", "mcd3")}
SCAN_DEPTHS = {"quick": (1, 2), "paper": (2, 6, 16, 32, 64)}
#: Test commands that are decoded.
DECODED = {"quick": 256, "paper": 1 << 30}


def table5(preset: str, seed: int, folder: Path, progress: Callable[[str], None]) -> Outcome:
    """Accuracy of encoder-decoders on SCAN's splits."""
    data = scan()
    words = {w: i for i, w in enumerate(sorted({w for c in data.commands for w in c.split()}), 1)}
    actions = {a: i for i, a in enumerate(sorted({a for s in data.actions for a in s.split()}), STOP + 1)}
    sources = [[words[w] for w in c.split()] for c in data.commands]
    targets = [[START, *(actions[a] for a in s.split()), STOP] for s in data.actions]
    source_length, target_length = max(map(len, sources)), max(map(len, targets))
    recipe = PRESETS[preset]["scan"]
    rng = np.random.default_rng(seed)
    rows: list[tuple[Any, ...]] = []
    for split in SPLITS[preset]:
        training = list(data.splits[split]["train"])
        tests = rng.permutation(list(data.splits[split]["test"]))[: DECODED[preset]]
        known = rng.permutation(training)[: min(DECODED[preset], 1024)]
        x, y = (
            padded([sources[i] for i in training], source_length),
            padded([targets[i] for i in training], target_length),
        )
        for layers in SCAN_DEPTHS[preset]:
            both = preset == "paper" or layers == SCAN_DEPTHS[preset][-1]
            for positions in ("relative", "absolute") if both else ("relative",):
                progress(f"SCAN {split}, {layers} layers, {positions} positions")
                how = with_architecture(recipe, layers=layers, positions=positions, shared=True, longest=target_length)
                fitted = fit_seq2seq(x, y, (len(words) + 1, len(actions) + STOP + 1), how, seed)
                scores = []
                for rows_of in (known, tests):
                    got = decode(fitted.model, padded([sources[i] for i in rows_of], source_length), target_length - 1)
                    wanted = padded([targets[i][1:] for i in rows_of], target_length - 1)
                    scores.append(float((got == wanted).all(axis=1).mean()))
                rows.append((split, layers, positions, *scores, f"{fitted.metrics[-1].seconds:.0f} s"))
    columns = ("Split", "Layers", "Positions", "Training set", "Test set", "Time")
    return Outcome(
        "table5",
        (Table("SCAN, trained end to end with shared weights: whole sequences right", columns, tuple(rows)),),
        {},
        {
            "every model does better on its training set than on its test set": all(r[3] > r[4] for r in rows),
            "none solves a test set": all(r[4] < 0.5 for r in rows),
        },
    )
