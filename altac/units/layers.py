"""Hidden units of the MLP over one-hot features: the form in which optimised rules reach the weights.

A hidden unit computes ``clip(w . features + bias, 0, 1)``; the step is ``features + W2 hidden``
(appendix B.2 of the ALTA paper). Weights and biases are integers, so that one-hot inputs are exact.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from altac.diagnostics.problem import AltacError
from altac.diagnostics.rules_errors import LayerTooLarge
from altac.ir import Program, RealDomain
from altac.limits import DEFAULT, Limits
from altac.rules.ruleset import Codes, RuleSet
from altac.source import Span

_MB = 1_000_000

Ints = NDArray[np.int64]
#: Weights: integers as units are made, any numbers as they are read off a model.
Numbers = NDArray[Any]


@dataclass(frozen=True)
class FeatureIndex:
    """Numbers the features: one per (slot, code), variables first, then heads, codes ascending.

    The features of a numerical head are its buckets.
    """

    offset: dict[str, int]
    low: dict[str, int]
    size: dict[str, int]
    count: int

    @staticmethod
    def of(program: Program) -> FeatureIndex:
        offset: dict[str, int] = {}
        count = 0
        for slot in program.slots:
            offset[slot.name] = count
            count += slot.domain.size
        low = {s.name: s.domain.low for s in program.slots}
        return FeatureIndex(offset, low, {s.name: s.domain.size for s in program.slots}, count)

    def __call__(self, slot: str, code: int) -> int:
        return self.offset[slot] + code - self.low[slot]


@dataclass(frozen=True)
class Origin:
    """Where a hidden unit comes from."""

    label: str
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True)
class Matrix:
    """A sparse matrix in coordinate form; a place occurs at most once."""

    rows: Ints
    cols: Ints
    weights: Numbers
    shape: tuple[int, int]

    def dense(self, dtype: DTypeLike = np.float32) -> NDArray[Any]:
        """The matrix as an array of ``shape``."""
        result: NDArray[Any] = np.zeros(self.shape, dtype)
        result[self.rows, self.cols] = self.weights
        return result


@dataclass(frozen=True)
class Layer:
    """One hidden layer: ``w1`` of shape (units, inputs), ``bias`` (units,), an `Origin` per unit."""

    w1: Matrix
    bias: Numbers
    origins: tuple[Origin, ...] = field(repr=False)


@dataclass(frozen=True)
class Units:
    """The MLP of a program.

    ``predicates``, if any, is a first layer over the features whose hidden values are appended to the
    features as inputs of ``layer``. ``w2``, of shape (features, units), turns the hidden values of
    ``layer`` into the change of the features. The resets of categorical heads are among the units; the
    scalars of numerical heads are reset by the weights themselves. Where slots hold values outside ``reachable`` (None: all are
    reachable) the units may do anything.
    """

    level: int
    features: FeatureIndex
    layer: Layer
    w2: Matrix
    predicates: Layer | None = None
    reachable: Mapping[str, frozenset[int]] | None = None

    @property
    def width(self) -> int:
        """The widest hidden layer of this MLP."""
        return max(len(self.layer.bias), len(self.predicates.bias) if self.predicates else 0)


def layer_bytes(units: int, features: int, slots: int) -> int:
    """What the hidden layer takes at most in the model and in its proof, roughly: for each unit dense rows of numbers, an
    array for each slot, and what Python holds for it by itself."""
    return units * (40 * features + 300 * slots + 1_500)


def refuse_too_large(program: Program, units: Counter[str], limits: Limits) -> None:
    """Raises `AltacError` if so many units, by the variable or head that they are for, are too large a hidden layer."""
    total, features = units.total(), sum(s.domain.size for s in program.slots)
    size = layer_bytes(total, features, len(program.slots))
    if size > limits.layer_bytes:
        target, most = units.most_common(1)[0]
        raise AltacError(
            LayerTooLarge(
                span=next(s.span for s in program.slots if s.name == target), target=target, most=most, units=total,
                features=features, size=-(-size // _MB), budget=limits.layer_bytes // _MB,
            )
        )  # fmt: skip


def rule_units(program: Program, ruleset: RuleSet, limits: Limits = DEFAULT) -> Units:
    """Level 0: one unit per rule (equations 8 to 10 of the paper) and per reset.

    Raises:
        AltacError: they take too much memory.
    """
    index = FeatureIndex.of(program)
    refuse_too_large(program, Counter([*(r.target for r in ruleset.rules), *(r.head for r in ruleset.resets)]), limits)
    builder = UnitsBuilder(index)
    for rule in ruleset.rules:
        old = dict(rule.antecedent)[rule.target]
        builder.add(
            {index(name, code): 1 for name, code in rule.antecedent},
            1 - len(rule.antecedent),
            {index(rule.target, old): -1, index(rule.target, rule.value): 1},
            Origin(f"{rule.target} <- {rule.value}", (rule.span,) if rule.span else ()),
        )
    for reset in ruleset.resets:
        at = index(reset.head, reset.value)
        builder.add({at: 1}, 0, {at: -1}, Origin(f"reset {reset.head}"))
    return builder.units(0)


class UnitsBuilder:
    """Collects hidden units one by one."""

    def __init__(self, index: FeatureIndex) -> None:
        self.index = index
        self._in: list[tuple[int, int, int]] = []
        self._out: list[tuple[int, int, int]] = []
        self._bias: list[int] = []
        self._origins: list[Origin] = []

    def add(self, inputs: dict[int, int], bias: int, outputs: dict[int, int], origin: Origin) -> int:
        """Add a unit; weights of zero are left out. Returns its number."""
        unit = len(self._bias)
        self._in.extend((unit, f, w) for f, w in inputs.items() if w)
        self._out.extend((f, unit, w) for f, w in outputs.items() if w)
        self._bias.append(bias)
        self._origins.append(origin)
        return unit

    def units(
        self, level: int, predicates: Layer | None = None, reachable: Mapping[str, frozenset[int]] | None = None
    ) -> Units:
        """The collected units as matrices."""
        width = len(self._bias)
        inputs = self.index.count + (len(predicates.bias) if predicates else 0)
        layer = Layer(_matrix(self._in, (width, inputs)), np.array(self._bias, np.int64), tuple(self._origins))
        return Units(level, self.index, layer, _matrix(self._out, (self.index.count, width)), predicates, reachable)


def _matrix(entries: list[tuple[int, int, int]], shape: tuple[int, int]) -> Matrix:
    array = np.array(entries, np.int64).reshape(-1, 3)
    return Matrix(array[:, 0], array[:, 1], array[:, 2], shape)


def apply_units(program: Program, units: Units, values: dict[str, Codes]) -> dict[str, Codes]:
    """One MLP step by the hidden units, in exact integer arithmetic.

    Args:
        values: the codes of every variable and head after attention, arrays of shape (N,).

    Returns:
        The codes of every variable after the step, each of shape (N,).

    Raises:
        ValueError: a variable is not one-hot after the step, or a categorical head not null.
    """
    index = units.features
    count = len(next(iter(values.values())))
    features = np.zeros((count, index.count), np.float64)
    for slot in program.slots:
        features[np.arange(count), index.offset[slot.name] + values[slot.name] - index.low[slot.name]] = 1
    after = features + hidden(units, features) @ units.w2.dense(np.float64).T
    result = {}
    for variable in program.variables:
        part = after[:, index.offset[variable.name] :][:, : variable.domain.size]
        if not (((part == 0) | (part == 1)).all() and (part.sum(axis=1) == 1).all()):
            raise ValueError(f"{variable.name} is not one-hot after the step")
        result[variable.name] = part.argmax(axis=1) + variable.domain.low
    for head in program.heads:
        part = after[:, index.offset[head.name] :][:, : head.domain.size]
        if not isinstance(head.domain, RealDomain) and part.any():
            raise ValueError(f"{head.name} is not null after the step")
    return result


def hidden(units: Units, features: NDArray[np.float64]) -> NDArray[np.float64]:
    """The hidden values, shape (N, units), for features of shape (N, features)."""
    if units.predicates is not None:
        features = np.concatenate([features, _activate(units.predicates, features)], axis=1)
    return _activate(units.layer, features)


def _activate(layer: Layer, inputs: NDArray[np.float64]) -> NDArray[np.float64]:
    result: NDArray[np.float64] = np.clip(inputs @ layer.w1.dense(np.float64).T + layer.bias, 0, 1)
    return result
