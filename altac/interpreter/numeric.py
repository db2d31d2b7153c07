"""Exact means of numerical heads, and their nearest buckets.

Values are rationals; over their common denominator ``D`` they are integers, cut into limbs of 30 bits
so that sums of limbs are exact in int64 and float64 alike. The mean is first computed in float64. Its
error is below ``tolerance`` (a few rounding errors per limb, each relative to the largest value), so a
mean further than that from every boundary between two buckets is decided by the float; the others,
ties among them, are decided with rationals, once per distinct sum and count. The decision is therefore always
the exact one: nearest bucket, the larger when exactly halfway.
"""

from __future__ import annotations

import math
import sys
from bisect import bisect_right
from fractions import Fraction
from itertools import pairwise

import numpy as np

from altac.interpreter.store import Array, dtype_for
from altac.ir import Domain, RealDomain

_LIMB = 30


class Mean:
    """How the values of one domain average to the buckets of another."""

    def __init__(self, value: Domain, output: RealDomain) -> None:
        self.low = value.low
        if isinstance(value, RealDomain):
            values = list(value.buckets)
        else:
            values = [Fraction(code) for code in range(value.low, value.low + value.size)]
        self.denominator = math.lcm(*(v.denominator for v in values))
        numerators = [int(v * self.denominator) for v in values]
        count = 1
        while max(abs(n) for n in numerators) >> (_LIMB * count):
            count += 1
        limbs = [[(n >> (_LIMB * k)) & ((1 << _LIMB) - 1) for n in numerators] for k in range(count - 1)]
        limbs.append([n >> (_LIMB * (count - 1)) for n in numerators])
        #: Limbs of each value's numerator, shape (limbs, codes); the last carries the sign.
        self.limbs = np.array(limbs, np.int64)
        self.weights = [_float(Fraction(1 << (_LIMB * k), self.denominator)) for k in range(count)]
        buckets = output.buckets
        self.boundaries = [(a + b) / 2 for a, b in pairwise(buckets)]
        self.float_boundaries = np.array([_float(b) for b in self.boundaries])
        largest = max(float(np.abs(self.limbs[k]).max()) * self.weights[k] for k in range(count))
        reach = largest + max((abs(_float(b)) for b in self.boundaries), default=0.0)
        self.tolerance = 32 * (count + 1) * float(np.finfo(np.float64).eps) * reach
        self.dtype = dtype_for(0, output.size)
        self.undefined = output.size

    def channels(self, codes: Array) -> list[Array]:
        """The limbs of the values at ``codes``."""
        index = codes.astype(np.intp) - self.low
        return [limb[index] for limb in self.limbs]

    def real(self, sums: list[Array], count: Array) -> Array:
        """The mean as a float (nan where ``count`` is 0)."""
        total = sum((s.astype(np.float64) * w for s, w in zip(sums, self.weights, strict=True)), np.float64(0))
        return np.where(count > 0, total / np.maximum(count, 1), np.nan)

    def bucket(self, sums: list[Array], count: Array) -> Array:
        """The nearest bucket of the mean; `undefined` where ``count`` is 0."""
        with np.errstate(over="ignore", invalid="ignore"):
            mean = self.real(sums, count)
        defined = count > 0
        if not self.boundaries:
            return np.where(defined, 0, self.undefined).astype(self.dtype)
        bucket = np.searchsorted(self.float_boundaries, mean, side="right")
        above = self.float_boundaries[np.minimum(bucket, len(self.boundaries) - 1)]
        below = self.float_boundaries[np.maximum(bucket - 1, 0)]
        with np.errstate(invalid="ignore"):
            close = np.abs(above - mean) <= self.tolerance
            close |= np.abs(mean - below) <= self.tolerance
            close = defined & (close | ~np.isfinite(mean) | (self.tolerance > 1e300))
        if close.any():
            columns = np.stack([s[close].astype(np.int64) for s in (*sums, count)])
            distinct, inverse = np.unique(columns, axis=1, return_inverse=True)
            exact = np.array([self._exact(column) for column in distinct.T.tolist()], np.intp)
            bucket[close] = exact[inverse.reshape(-1)]
        return np.where(defined, bucket, self.undefined).astype(self.dtype)

    def _exact(self, column: list[int]) -> int:
        *sums, count = column
        total = sum(s << (_LIMB * k) for k, s in enumerate(sums))
        return bisect_right(self.boundaries, Fraction(total, self.denominator * count))


def _float(value: Fraction) -> float:
    """The nearest float; the largest one for values beyond."""
    try:
        return float(value)
    except OverflowError:
        return sys.float_info.max if value > 0 else -sys.float_info.max
