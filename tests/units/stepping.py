"""Single steps of the interpreter, to compare rules and units with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from altac.interpreter import State, When, run
from altac.interpreter.result import Array
from altac.ir import Program, RealDomain
from altac.units import Units
from altac.units.layers import hidden


@dataclass(frozen=True)
class Step:
    """Codes before and after the MLP, by slot, shape (N,); an undefined head holds any code."""

    before: dict[str, Array]
    defined: dict[str, Array]
    after: dict[str, Array]


def steps(program: Program, inputs: list[tuple[int, ...]], layers: int) -> Iterator[Step]:
    """The steps of the inputs on which the program succeeds."""
    sound = [r.input for r in run(program, inputs, layers) if r.error is None and r.input]
    rng = np.random.default_rng(0)
    before: dict[str, Array] = {}
    defined: dict[str, Array] = {}
    found: list[Step] = []

    def observe(_layer: int, when: When, state: State) -> None:
        nonlocal before, defined
        if when == "attention":
            before = {n: v.reshape(-1).astype(np.int64) for n, v in state.values.items()}
            defined = {h.name: state.defined[h.name].reshape(-1).copy() for h in program.heads}
            for head in program.heads:
                low, size = head.domain.low, head.domain.size
                undefined = ~defined[head.name]
                before[head.name][undefined] = rng.integers(low, low + size, undefined.sum())
        elif when == "mlp":
            after = {v.name: state.values[v.name].reshape(-1).copy() for v in program.variables}
            found.append(Step(before, defined, after))

    run(program, sound, layers, observe)
    return iter(found)


def features(program: Program, step: Step, seed: int) -> NDArray[np.float64]:
    """The features before the MLP; undefined heads are random mixtures of their values, in exact fractions."""
    rng = np.random.default_rng(seed)
    count = len(next(iter(step.before.values())))
    parts = []
    for slot in program.slots:
        size = slot.domain.size
        part = np.eye(size)[step.before[slot.name] - slot.domain.low]
        if slot.name in step.defined:
            mixture = rng.multinomial(64, rng.dirichlet(np.ones(size)), count) / 64
            part = np.where(step.defined[slot.name][:, None], part, mixture)
        parts.append(part)
    return np.concatenate(parts, axis=1)


def agrees(program: Program, units: Units, step: Step, seed: int = 0) -> bool:
    """Whether the units make of the step's features, mixtures among them, its outcome and null heads."""
    inputs = features(program, step, seed)
    outputs = inputs + hidden(units, inputs) @ units.w2.dense(np.float64).T
    start = 0
    for slot in program.slots:
        part = outputs[:, start : start + slot.domain.size]
        start += slot.domain.size
        if slot.name in step.after:
            if (part != np.eye(slot.domain.size)[step.after[slot.name] - slot.domain.low]).any():
                return False
        elif not isinstance(slot.domain, RealDomain) and part.any():
            return False
    return True
