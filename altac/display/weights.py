"""Weights with the names of their rows and columns, as arrays and as heat tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from altac.display.html import cell, folded, heading, page, table, text
from altac.ir import label, plain_name
from altac.transformer import BuiltModel

Array = NDArray[Any]
#: Rows and columns of a heat table.
_ROWS, _COLUMNS = 60, 24


class Named(Protocol):
    """A label."""

    @property
    def name(self) -> str: ...


@dataclass(frozen=True)
class Weight:
    """One array of weights. ``labels`` has a name for each index of each axis."""

    name: str
    array: Array = field(repr=False)
    labels: tuple[tuple[str, ...], ...] = field(repr=False)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.array.shape

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.array(self.array, dtype=dtype) if copy or dtype is not None else self.array

    def __repr__(self) -> str:
        return f"<Weight {self.name}: {_sizes(self.shape)}, {np.count_nonzero(self.array):,} not zero>"

    def _repr_html_(self) -> str:
        return page(text(f"{self.name}: {_sizes(self.shape)}"), *self._tables())

    def _tables(self) -> Iterator[str]:
        values = self.array.astype(np.float64)
        if values.ndim == 3:  # one matrix for each attention head
            for head, matrix in zip(self.labels[0], values, strict=True):
                yield folded(head, _heat(matrix, self.labels[1], self.labels[2]), opened=len(values) == 1)
        elif values.ndim == 2:
            yield _heat(values, self.labels[0], self.labels[1])
        else:
            yield _heat(values[:, None], self.labels[0], ("",))


class Weights(Mapping[str, Weight]):
    """All weights of a model, by name."""

    def __init__(self, built: BuiltModel) -> None:
        names = _axes(built)
        self._weights = {
            name: Weight(name, array, _labels(array.shape, names.get(name, ())))
            for name, array in built.weights.items()
        }

    def __getitem__(self, name: str) -> Weight:
        return self._weights[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._weights)

    def __len__(self) -> int:
        return len(self._weights)

    def __repr__(self) -> str:
        return "\n".join(map(repr, self.values()))

    def _repr_html_(self) -> str:
        rows = [[heading(name, "left") for name in ("weights", "shape", "not zero")]]
        for name, weight in self.items():
            count = int(np.count_nonzero(weight.array))
            rows.append([cell(name, "left"), cell(_sizes(weight.shape), "left"), cell(f"{count:,}")])
        return page(table(rows))


def _axes(built: BuiltModel) -> dict[str, tuple[Sequence[str] | None, ...]]:
    """What the axes of each array stand for; None for one that only counts."""
    labels = built.labels
    stream, heads, units = _names(labels.residual), _names(labels.attention_heads), _names(labels.hidden_units)
    thresholds, buckets, predicates = _names(labels.thresholds), _names(labels.buckets), _names(labels.predicates)
    features = stream + buckets
    tokens = [plain_name(token.name) for token in built.configuration.tokens]
    domain = built.program.domain(built.program.output)
    outputs = [f"{built.program.output} = {label(domain, domain.low + c)}" for c in range(domain.size)]
    widest = built.weights["attention.bias"].shape[1] // 2 if "attention.bias" in built.weights else 0
    offsets = [f"{d:+d}" if d else "0" for d in range(-widest, widest + 1)]
    if offsets:  # the last in each direction stands for all that are further away
        offsets[0], offsets[-1] = f"{offsets[0]} and less", f"{offsets[-1]} and more"
    return {
        "embedding.token": (tokens, stream), "embedding.position": (None, stream),
        "attention.query": (heads, stream, None), "attention.key": (heads, stream, None),
        "attention.value": (heads, stream, None), "attention.output": (heads, None, stream),
        "attention.bias": (heads, offsets),
        "mlp.threshold": (stream, thresholds), "mlp.threshold_bias": (thresholds,),
        "mlp.bucket": (thresholds, buckets), "mlp.bucket_bias": (buckets,),
        "mlp.predicate": (features, predicates), "mlp.predicate_bias": (predicates,),
        "mlp.up": (features + predicates, units), "mlp.up_bias": (units,), "mlp.down": (units, stream),
        "unembedding": (stream, outputs), "halt": (stream,),
    }  # fmt: skip


def _names(labels: Iterable[Named]) -> list[str]:
    return [label.name for label in labels]


def _labels(shape: tuple[int, ...], axes: Sequence[Sequence[str] | None]) -> tuple[tuple[str, ...], ...]:
    found = []
    for axis, size in enumerate(shape):
        names = axes[axis] if axis < len(axes) else None
        found.append(tuple(map(str, range(size))) if names is None else tuple(names))
    return tuple(found)


def _heat(matrix: Array, rows: Sequence[str], columns: Sequence[str]) -> str:
    """The part of a matrix that is not zero: blue above zero, red below, the stronger the larger."""
    down, across = np.flatnonzero(np.any(matrix, axis=1)), np.flatnonzero(np.any(matrix, axis=0))
    if not len(down):
        return text("all zero", "note")
    largest = float(np.abs(matrix).max())
    shown = [[heading(""), *(heading(columns[j]) for j in across[:_COLUMNS])]]
    for i in down[:_ROWS]:
        values = (float(matrix[i, j]) for j in across[:_COLUMNS])
        shown.append([heading(rows[i], "left"), *(_coloured(value, largest) for value in values)])
    hidden = f"{len(down)} of {len(rows)} rows and {len(across)} of {len(columns)} columns are not zero"
    if len(down) > _ROWS or len(across) > _COLUMNS:
        hidden += f"; the first {min(len(down), _ROWS)} and {min(len(across), _COLUMNS)} are shown"
    return table(shown) + text(hidden, "note")


def _coloured(value: float, largest: float) -> str:
    if not value:
        return cell("")
    colour = "33,102,172" if value > 0 else "178,24,43"
    return cell(f"{value:.4g}", style=f"background: rgba({colour},{0.15 + 0.55 * abs(value) / largest:.2f})")


def _sizes(shape: tuple[int, ...]) -> str:
    return " x ".join(f"{n:,}" for n in shape)
