"""What is certified, and what is refused."""

from __future__ import annotations

from fractions import Fraction
from math import floor

import pytest

from altac.diagnostics import AltacError
from altac.transformer.certificate import fraction_below, nearest_below
from altac.units import units
from tests import programs
from tests.models import build


@pytest.mark.parametrize("denominator", [1, 2, 7, 30])
@pytest.mark.parametrize("limit", [Fraction(1, 3), Fraction(99, 9800), Fraction(5, 2), Fraction(1, 50)])
def test_the_nearest_fraction_below(limit: Fraction, denominator: int) -> None:
    every = [Fraction(floor(limit * d) - (limit * d == floor(limit * d)), d) for d in range(1, denominator + 1)]
    assert fraction_below(limit, denominator) == max(every)


def test_the_nearest_mean_below_is_reached() -> None:
    means = [Fraction(k, n) for n in range(1, 41) for k in range(n + 1)]
    for boundary in (Fraction(99, 9800), Fraction(1, 2), Fraction(5, 6), Fraction(3, 40)):
        assert nearest_below([Fraction(0), Fraction(1)], boundary, 40) == max(m for m in means if m < boundary)


def test_lengths_beyond_what_the_format_carries_are_refused() -> None:
    program = programs.parity_sum(100)
    found = units(program, 2)
    with pytest.raises(AltacError) as raised:
        build(program, found, max_length=1 << 20)
    problem = raised.value.problems[0]
    assert problem.code == "length-not-certified"
    assert "--max-length" in problem.render_help()
    largest = problem.certified  # type: ignore[attr-defined]
    assert build(program, found, max_length=largest).certificate.max_length == largest
    with pytest.raises(AltacError):
        build(program, found, max_length=largest + 1)
