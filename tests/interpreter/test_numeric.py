"""Means of numerical heads and their nearest buckets are exact."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from altac.interpreter import run
from altac.interpreter.numeric import Mean
from altac.ir import BoolDomain, IntDomain, RealDomain
from tests import programs

fractions = st.fractions(-50, 50, max_denominator=10**6)


def nearest(domain: RealDomain, value: Fraction) -> int:
    distance = min(abs(b - value) for b in domain.buckets)
    return max(i for i, b in enumerate(domain.buckets) if abs(b - value) == distance)


def bucket(mean: Mean, codes: list[int]) -> int:
    sums = [c.sum(keepdims=True) for c in mean.channels(np.array(codes))]
    return int(mean.bucket(sums, np.array([len(codes)]))[0])


@settings(max_examples=300, deadline=None)
@given(
    st.lists(fractions, min_size=1, max_size=6, unique=True),
    st.lists(fractions, min_size=1, max_size=6, unique=True),
    st.data(),
)
def test_nearest_bucket(values: list[Fraction], buckets: list[Fraction], data: st.DataObject) -> None:
    value, output = RealDomain(tuple(sorted(values))), RealDomain(tuple(sorted(buckets)))
    codes = data.draw(st.lists(st.integers(0, value.size - 1), min_size=1, max_size=12))
    exact = sum((value.buckets[c] for c in codes), Fraction(0)) / len(codes)
    assert bucket(Mean(value, output), codes) == nearest(output, exact)


@settings(max_examples=200, deadline=None)
@given(st.lists(fractions, min_size=2, max_size=6, unique=True), st.data())
def test_ties_go_to_the_larger_bucket(buckets: list[Fraction], data: st.DataObject) -> None:
    output = RealDomain(tuple(sorted(buckets)))
    low = data.draw(st.integers(0, output.size - 2))
    pair = RealDomain((output.buckets[low], output.buckets[low + 1]))
    assert bucket(Mean(pair, output), [0, 1]) == low + 1
    assert bucket(Mean(pair, output), [0, 0, 1]) == low
    assert bucket(Mean(pair, output), [0, 1] * 17) == low + 1


def test_numbers_of_every_type_and_sign() -> None:
    halves = RealDomain(tuple(Fraction(n, 2) for n in range(-8, 9)))
    assert bucket(Mean(IntDomain(-4, 4), halves), [-3, -2]) == 3  # -2.5
    assert bucket(Mean(IntDomain(-4, 4), halves), [-3, -3, -3, -2]) == 3  # -2.75: halfway, so -2.5
    assert bucket(Mean(BoolDomain(), halves), [0, 1, 1]) == 9  # 2/3
    assert bucket(Mean(BoolDomain(), RealDomain((Fraction(7),))), [0, 1, 1]) == 0


def test_denominators_beyond_64_bits() -> None:
    thin = RealDomain(tuple(sorted(Fraction(1, n) for n in range(1, 400))))
    mean = Mean(thin, thin)
    assert len(mean.limbs) > 10
    for n in (2, 50, 399):
        assert bucket(mean, [thin.buckets.index(Fraction(1, n))] * 3) == thin.buckets.index(Fraction(1, n))
    codes = [5, 77, 200, 398]
    exact = sum((thin.buckets[c] for c in codes), Fraction(0)) / 4
    assert bucket(mean, codes) == nearest(thin, exact)


def test_values_beyond_floats() -> None:
    huge = RealDomain((Fraction(-(10**400)), Fraction(0), Fraction(1), Fraction(10**400)))
    mean = Mean(huge, huge)
    assert bucket(mean, [3, 3]) == 3
    assert bucket(mean, [0, 3]) == 1
    assert bucket(mean, [0, 3, 2]) == 1
    assert bucket(mean, [0, 3, 2, 2]) == 2  # halfway between 0 and 1
    assert bucket(mean, [0, 0, 3]) == 1
    assert bucket(mean, [0, 0, 0, 3]) == 1
    assert bucket(mean, [0, 0, 0, 1]) == 0


def test_undefined_without_a_selection() -> None:
    mean = Mean(BoolDomain(), RealDomain((Fraction(0), Fraction(1))))
    sums, count = [np.array([0, 3])], np.array([0, 4])
    assert mean.bucket(sums, count).tolist() == [mean.undefined, 1]
    assert np.isnan(mean.real(sums, count)[0]) and mean.real(sums, count)[1] == 0.75


@pytest.mark.parametrize("maximum", [50, 100, 300])
def test_parity_by_sum_is_right_for_every_count(maximum: int) -> None:
    """The public implementation is wrong for 22 of 51 counts, and for 48 of 101."""
    program = programs.parity_sum(maximum)
    inputs = [(2,) + (1,) * ones + (0,) * (ones % 3) for ones in range(maximum + 1)]
    results = run(program, inputs)
    for ones, result in enumerate(results):
        assert set(result.output) == {ones % 2}
