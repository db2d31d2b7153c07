"""What the matrices of an MLP say, read off the weights alone, so that the proof speaks of the weights themselves.

The hidden units come back as `altac.units.Units` over (slot, code), with the numbers as they are stored; `altac.units.proof`
holds these against the program. What belongs to means (thresholds, buckets, resets of scalars) has no part in that proof and is
checked here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from altac.ir import Program
from altac.transformer.certificate import Certificate, Mean
from altac.transformer.layout import Array, Layout
from altac.transformer.mlp import GAIN, OFFSET
from altac.units.layers import FeatureIndex, Layer, Matrix, Units
from altac.units.reachable import Reachable


def read_units(program: Program, layout: Layout, weights: Mapping[str, Array], reachable: Reachable | None) -> Units:
    """The hidden units of ``weights``, those aside that reset the scalars of means.

    ``reachable`` is what the units may take for reachable (None: everything).
    """
    index = FeatureIndex.of(program)
    up, bias, down = (weights[f"mlp.{name}"].astype(np.float64) for name in ("up", "up_bias", "down"))
    own = np.flatnonzero(~up[_scalars(layout)].any(axis=0))
    features = layout.feature_of_code
    inner = features < layout.width  # the others are buckets, which no unit writes
    w2 = np.zeros((len(features), len(own)))
    w2[inner] = down[own][:, features[inner]].T
    layer = Layer(_sparse(up[features][:, own].T), bias[own], ())
    return Units(0, index, layer, _sparse(w2), reachable=reachable)


def stores(stored: Units, units: Units) -> bool:
    """Whether ``stored``, read off a model, are ``units`` one by one, each as it is or as ``clip(2 s - 1/2)`` for ``clip(s)``.

    These are equal wherever ``s`` is an integer; where ``s`` is surely at least 1, or at most 0, so is the stored sum.
    """
    mine, theirs = (u.layer.w1.dense(np.float64) for u in (stored, units))
    if mine.shape != theirs.shape or not np.array_equal(stored.w2.dense(np.float64), units.w2.dense(np.float64)):
        return False
    plain = (mine == theirs).all(axis=1) & (stored.layer.bias == units.layer.bias)
    gained = (mine == GAIN * theirs).all(axis=1) & (stored.layer.bias == GAIN * units.layer.bias + OFFSET)
    return bool((plain | gained).all())


def mean_faults(layout: Layout, certificate: Certificate, weights: Mapping[str, Array]) -> Iterator[str]:
    """What is wrong with the weights that have to do with means; nothing if all is as it must be.

    A threshold must be 0 at every mean below its boundary and 1 from there on, whatever the rounding; buckets must be
    one-hot; a reset must take away what a head has left.
    """
    exact = {name: w.astype(np.float64) for name, w in weights.items() if name.startswith("mlp.")}
    up, bias, down = exact["mlp.up"], exact["mlp.up_bias"], exact["mlp.down"]
    for mean in certificate.means:
        dim = layout.offsets[mean.head.name]
        if not _is_reset(up, bias, down, dim, mean):
            yield f"the output of {mean.head.name} is not taken away whole"
    if certificate.means:
        yield from _bucket_faults(layout, certificate, exact)


def _is_reset(up: Array, bias: Array, down: Array, dim: int, mean: Mean) -> bool:
    """``x - S clip(x / S) + S clip(-x / S)`` by two units that do nothing else."""
    pair = np.flatnonzero(up[dim])
    if not np.array_equal(np.flatnonzero(down[:, dim]), pair) or len(pair) != 2 or bias[pair].any():
        return False
    others = np.delete(up[:, pair], dim, axis=0).any() or np.delete(down[pair], dim, axis=1).any()
    inputs, outputs = up[dim, pair], down[pair, dim]
    opposite = inputs[0] * inputs[1] < 0
    return bool(not others and opposite and (inputs * outputs == -1).all() and (np.abs(outputs) >= mean.reset).all())


def _bucket_faults(layout: Layout, certificate: Certificate, weights: Mapping[str, Array]) -> Iterator[str]:
    up, up_bias = weights["mlp.threshold"], weights["mlp.threshold_bias"]
    down, down_bias = weights["mlp.bucket"], weights["mlp.bucket_bias"]
    at = 0
    for mean in certificate.means:
        count = len(mean.thresholds)
        dim, first = layout.offsets[mean.head.name], layout.buckets[mean.head.name] - layout.width
        columns = slice(at, at + count)
        if np.delete(up[:, columns], dim, axis=0).any():
            yield f"a threshold of {mean.head.name} reads something else"
        before = None
        for number, threshold in enumerate(mean.thresholds, at):
            floors = [float(x * mean.scale) for x in (threshold.below, before) if x is not None]
            before = threshold.boundary
            boundary, error = float(before * mean.scale), threshold.error
            ground = max(floors, default=boundary - mean.scale)
            gain, bias = up[dim, number], up_bias[number]
            if gain <= 0 or gain * (ground + error) + bias > 0 or gain * (boundary - error) + bias < 1:
                yield f"the threshold {mean.head.name} >= {threshold.boundary} is not where it must be"
        own = down[columns]
        staircase = (
            np.tril(np.ones((count + 1, count)), -1) @ own + down_bias
        )  # row k: the first k thresholds are reached
        wanted = np.zeros_like(staircase)
        wanted[np.arange(count + 1), first + np.arange(count + 1)] = 1
        size = slice(first, first + count + 1)
        if np.delete(own, np.r_[size], axis=1).any() or not np.array_equal(staircase[:, size], wanted[:, size]):
            yield f"the buckets of {mean.head.name} are not one-hot"
        at += count


def _scalars(layout: Layout) -> list[int]:
    return [layout.offsets[head.name] for head in layout.numerical]


def _sparse(dense: Array) -> Matrix:
    rows, cols = np.nonzero(dense)
    return Matrix(rows, cols, dense[rows, cols], (dense.shape[0], dense.shape[1]))
