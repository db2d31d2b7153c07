"""MLP weights: buckets of means, predicates, and hidden units with the resets of the means.

Hidden units come as integer combinations of features (`altac.rules.Units`). A unit that computes
``clip(s, 0, 1)`` becomes ``clip(2 s - 1/2, 0, 1)``: the same for every integer ``s``, and still exact if
``s`` is off by a quarter. Only the resets of categorical heads stay as they are: they are
to subtract whatever a head has left.
"""

from __future__ import annotations

import numpy as np

from altac.diagnostics.build_errors import UnitNotExact
from altac.diagnostics.problem import AltacError
from altac.transformer.certificate import EXACT, FLOAT32, Certificate, number_format
from altac.transformer.layout import Array, Layout, is_numerical
from altac.units.layers import Layer, Units

GAIN = 2
OFFSET = -0.5


def written_codes(units: Units) -> Array:
    """The features that some hidden unit can turn on."""
    return np.unique(units.w2.rows[units.w2.weights > 0])


def mlp_weights(layout: Layout, units: Units, certificate: Certificate) -> dict[str, Array]:
    """All weights of the MLP, by name.

    ``mlp.threshold`` (D, N) and ``mlp.bucket`` (N, B) with biases, if there are means; ``mlp.predicate`` (F, P) and its
    bias, if there are predicates; ``mlp.up`` (F + P, U), its bias, and ``mlp.down`` (U, D). F = D + B.

    Raises:
        AltacError: the sum of a hidden unit would not be exact.
    """
    weights = _bucket_weights(layout, certificate)
    features = layout.features
    if units.predicates is not None:
        _check_sums(layout, units.predicates, certificate)
        weights["mlp.predicate"] = GAIN * _dense(layout, units.predicates, features).T
        weights["mlp.predicate_bias"] = GAIN * units.predicates.bias + OFFSET
        features += len(units.predicates.bias)
    _check_sums(layout, units.layer, certificate)
    own = len(units.layer.bias)
    linear = _resets(layout, units)
    numerical = len(layout.numerical)
    up = np.zeros((features, own + 2 * numerical), np.float64)
    up[:, :own] = _dense(layout, units.layer, features).T * np.where(linear, 1, GAIN)
    bias = np.zeros(own + 2 * numerical, np.float64)
    bias[:own] = np.where(linear, units.layer.bias, GAIN * units.layer.bias + OFFSET)
    down = np.zeros((own + 2 * numerical, layout.width), np.float64)
    kept = ~np.isin(units.w2.rows, _bucket_codes(layout))
    down[units.w2.cols[kept], layout.feature_of_code[units.w2.rows[kept]]] = units.w2.weights[kept]
    for k, mean in enumerate(certificate.means):
        at, dim = own + 2 * k, layout.offsets[mean.head.name]
        up[dim, at], up[dim, at + 1] = 1 / mean.reset, -1 / mean.reset
        down[at, dim], down[at + 1, dim] = -mean.reset, mean.reset
    return weights | {"mlp.up": up, "mlp.up_bias": bias, "mlp.down": down}


def _bucket_weights(layout: Layout, certificate: Certificate) -> dict[str, Array]:
    """Thresholds ``[x >= boundary]``, and the one-hot buckets as differences of neighbouring thresholds."""
    if not certificate.means:
        return {}
    thresholds = sum(len(m.thresholds) for m in certificate.means)
    buckets = layout.features - layout.width
    up, up_bias = np.zeros((layout.width, thresholds)), np.zeros(thresholds)
    down, down_bias = np.zeros((thresholds, buckets)), np.zeros(buckets)
    at = 0
    for mean in certificate.means:
        first = layout.buckets[mean.head.name] - layout.width
        down_bias[first] = 1
        for k, threshold in enumerate(mean.thresholds):
            up[layout.offsets[mean.head.name], at] = threshold.gain
            up_bias[at] = 0.5 - threshold.gain * float(threshold.at)
            down[at, first + k], down[at, first + k + 1] = -1, 1
            at += 1
    return {"mlp.threshold": up, "mlp.threshold_bias": up_bias, "mlp.bucket": down, "mlp.bucket_bias": down_bias}


def _dense(layout: Layout, layer: Layer, features: int) -> Array:
    """The first matrix of a layer over the features of the layout, shape (units, features)."""
    codes = len(layout.feature_of_code)
    predicates = layer.w1.cols >= codes
    cols = np.where(
        predicates, layer.w1.cols - codes + layout.features,
        layout.feature_of_code[np.minimum(layer.w1.cols, codes - 1)] if codes else 0,
    )  # fmt: skip
    dense = np.zeros((len(layer.bias), features), np.float64)
    dense[layer.w1.rows, cols] = layer.w1.weights
    return dense


def _resets(layout: Layout, units: Units) -> Array:
    """Which units only reset one value of a categorical head; every such value must have exactly one.

    Raises:
        ValueError: the units leave something of a head's output, whatever it is.
    """
    layer, w2 = units.layer, units.w2
    count = len(layer.bias)
    inputs = np.bincount(layer.w1.rows, minlength=count)
    single = (inputs == 1) & (layer.bias == 0)
    feature = np.full(count, -1)
    ones = layer.w1.weights == 1
    feature[layer.w1.rows[ones]] = layer.w1.cols[ones]
    heads = np.flatnonzero(_head_codes(layout))
    of_heads = np.isin(w2.rows, heads)
    rows, cols, weights = w2.rows[of_heads], w2.cols[of_heads], w2.weights[of_heads]
    clears = single[cols] & (feature[cols] == rows) & (weights == -1)
    if not clears.all() or not np.array_equal(np.sort(rows), heads):
        raise ValueError("the hidden units do not reset every value of every categorical head by a unit of its own")
    linear = np.zeros(count, bool)
    linear[cols] = True
    return linear


def _head_codes(layout: Layout) -> Array:
    """Which (slot, code) belong to categorical heads."""
    heads = set(layout.program.heads)
    parts = [np.full(s.domain.size, s in heads and not is_numerical(s)) for s in layout.program.slots]
    return np.concatenate(parts) if parts else np.zeros(0, bool)


def _bucket_codes(layout: Layout) -> Array:
    """The (slot, code) that are buckets of numerical heads."""
    return np.flatnonzero(layout.feature_of_code >= layout.width)


def _check_sums(layout: Layout, layer: Layer, certificate: Certificate) -> None:
    """Raise `AltacError` if a unit's sum may leave the integers that are exact, or if what an undefined head leaves
    may be off by too much."""
    count = len(layer.bias)
    magnitude = np.abs(layer.w1.weights)
    total = np.bincount(layer.w1.rows, magnitude, count) + np.abs(layer.bias)
    # A mixture of values is off by a rounding per entry; a sum of entries weighted by at most w by w roundings per head.
    largest = np.zeros((count, max(1, len(layout.program.heads))))
    ends = np.cumsum([s.domain.size for s in layout.program.slots])
    slot = np.searchsorted(ends, layer.w1.cols, side="right") - len(layout.program.variables)
    of_head = (slot >= 0) & (slot < len(layout.program.heads))
    np.maximum.at(largest, (layer.w1.rows[of_head], slot[of_head]), magnitude[of_head])
    form = number_format(certificate.dtype)
    noise = 2 * float(form.roundoff) * largest.sum(axis=1)
    bad = np.flatnonzero((GAIN * total > EXACT // 4) | (noise > 1 / 8))
    if len(bad):
        unit = int(bad[0])
        origin = layer.origins[unit]
        advice = "a lower optimisation level uses smaller weights"
        if form is not FLOAT32:
            advice = f"use --dtype float32; {advice}"
        raise AltacError(
            UnitNotExact(
                span=origin.spans[0] if origin.spans else None, unit=origin.label, dtype=certificate.dtype,
                total=int(total[unit]), advice=advice,
            )
        )  # fmt: skip
