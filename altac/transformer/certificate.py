"""Why a model computes exactly what the interpreter does, or a refusal.

The argument, for accumulation, softmax and biases in float32 (unit roundoff ``u``):

1. A selected position has a logit at least `LOGIT_GAP` above every other. ``exp(-LOGIT_GAP)`` is below half of the
   smallest positive float32, so every other weight is exactly 0, a selected one exactly 1, and counts and sums of
   integers are exact. The division by the number of selected positions comes last: a categorical head that selects
   one position copies its one-hot exactly.
2. Variables are one-hot with entries 0 and 1. Hidden units compute ``clip(2 s - 1/2, 0, 1)`` where ``s`` is an integer
   combination of features: exactly 0 for ``s <= 1/4`` and exactly 1 for ``s >= 3/4``. The update is a sum of integers.
   So the state after every layer is exact, however many layers there are. What a head that selects several
   positions leaves can be off by rounding; the sums that see it are off by less than the quarter.
3. The mean ``m`` that a numerical head computes is off by at most an ``error`` near a boundary between two buckets. Means
   of at most N values form a discrete set (fractions with denominators up to N times the step of the values), so
   there is a gap below each boundary that no mean falls into; the threshold stands in its middle and its gain makes
   it exactly 0 or 1 at both ends. A mean exactly halfway stands for the larger bucket, as everywhere.
4. Resets subtract what is there: ``x - S clip(x / S) + S clip(-x / S)`` with ``S`` a power of two above every ``|x|``.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from itertools import pairwise
from math import floor, frexp, gcd, lcm

from altac import arguments
from altac.diagnostics.build_errors import BadMaxLength, LengthNotCertified, UnknownNumberFormat
from altac.diagnostics.problem import AltacError
from altac.ir import Head, Program
from altac.transformer.layout import Layout, numbers

#: Logit of a selected position above all others; ``exp(-104)`` already rounds to 0 in float32 and bfloat16.
LOGIT_GAP = 128.0
#: Length up to which a program without a bound of its own is certified, if it can be.
DEFAULT_LENGTH = 1024
#: No length is searched or certified beyond this: counts stay exact in float32.
LONGEST = 1 << 22
#: Largest integer up to which all integers are exact in float32.
EXACT = 1 << 24


@dataclass(frozen=True)
class Format:
    """A floating-point format by the bits of its significand; its range is that of float32."""

    name: str
    bits: int

    @property
    def roundoff(self) -> Fraction:
        """The largest relative error of rounding to nearest."""
        return Fraction(1, 1 << self.bits)

    def holds(self, value: Fraction) -> bool:
        """Whether ``value`` is exact in this format (its range aside)."""
        if value.denominator & (value.denominator - 1):
            return False
        numerator = abs(value.numerator)
        return numerator == 0 or numerator // (numerator & -numerator) < 1 << self.bits


FLOAT32 = Format("float32", 24)
BFLOAT16 = Format("bfloat16", 8)
FORMATS = {f.name: f for f in (FLOAT32, BFLOAT16)}


@dataclass(frozen=True)
class Threshold:
    """Whether a mean is at least ``boundary``: ``clip(gain * x - gain * at + 1/2, 0, 1)`` for the scaled mean ``x``.

    ``below`` is a bound on the means below the boundary (exact if one is reached), ``error`` one on the error of
    ``x`` near the boundary, ``margin`` how much larger that error could be. All but ``boundary`` and ``below``
    are in scaled units.
    """

    boundary: Fraction
    below: Fraction | None
    at: Fraction
    gain: float
    error: float
    margin: float


@dataclass(frozen=True)
class Mean:
    """How a numerical head is computed: the residual stream holds ``scale`` times the mean.

    ``exact``: the scaled values are integers whose sums are exact. ``reset``: a power of two above every scaled
    mean. ``count``: the most positions it can select.
    """

    head: Head
    scale: int
    exact: bool
    count: int
    reset: float
    thresholds: tuple[Threshold, ...]


@dataclass(frozen=True)
class Certificate:
    """What holds for every input up to ``max_length`` tokens (None: any length)."""

    dtype: str
    max_length: int | None
    means: tuple[Mean, ...]
    #: Variables whose hidden units were tried on some states only, not proved on all.
    sampled: tuple[str, ...] = ()

    @property
    def margin(self) -> float | None:
        """The smallest margin of a threshold, relative to the distance to the nearest mean; None without means."""
        margins = [t.margin for m in self.means for t in m.thresholds]
        return min(margins, default=None)

    def statement(self) -> str:
        """The guarantee, in words."""
        length = "any length" if self.max_length is None else f"at most {self.max_length} tokens"
        lines = [
            f"Equal to the interpreter on every input of {length} on which it succeeds, at any number of layers, in "
            f"{self.dtype} with sums in float32.",
            f"Logit gap {LOGIT_GAP:g}: positions that are not selected have weight exp(-{LOGIT_GAP:g}), which is "
            "exactly 0; categorical state is exact.",
        ]
        if self.sampled:
            lines.append(
                f"Not proved: the hidden units of {', '.join(self.sampled)} were tried on random states only, and were right."
            )
        for mean in self.means:
            gaps = [(t.boundary - t.below, t) for t in mean.thresholds if t.below is not None]
            if not gaps:
                lines.append(f"{mean.head.name}: no mean falls between two buckets.")
                continue
            gap, threshold = min(gaps, key=lambda pair: pair[0])
            worst = min(mean.thresholds, key=lambda t: t.margin)
            lines.append(
                f"{mean.head.name}: means of at most {mean.count} values; the closest stays {float(gap):.3g} below its "
                f"boundary {threshold.boundary}; at worst (boundary {worst.boundary}) the error of the mean is at most "
                f"{worst.error / mean.scale:.2g} and the distance to the threshold {worst.margin:.3g} times that."
            )
        return "\n".join(lines)


def certify(
    program: Program, layout: Layout, dtype: str, max_length: int | None, sampled: tuple[str, ...] = ()
) -> Certificate:
    """The certificate of ``program`` in ``dtype`` for inputs of up to ``max_length`` tokens; ``sampled`` are the variables
    that the proof could only try.

    None stands for the program's own bound on the length; without one, for the largest length up to
    `DEFAULT_LENGTH` that can be guaranteed, or for any length if no mean depends on it.

    Raises:
        AltacError: the length cannot be guaranteed, or ``dtype`` or ``max_length`` make no sense.
    """
    form = number_format(dtype)
    declared = declared_length(program)
    if max_length is not None:
        arguments.count("max_length", max_length)
        fixed = program.frame.length if program.frame.fill is not None else 0
        least = max(1, fixed, len(program.frame.before) + len(program.frame.after))
        if max_length < least:
            reason = ", the length that the frame gives every input" if fixed > 1 else ""
            raise AltacError(BadMaxLength(length=max_length, least=least, reason=reason))
    lengths = [n for n in (declared, max_length) if n is not None]
    open_ended = [h for h in layout.numerical if h.offsets is None]
    if lengths:
        length = min(lengths)
    elif open_ended:
        length = min(largest_length(layout, head, form, DEFAULT_LENGTH) for head in open_ended) or 1
    else:
        return Certificate(dtype, None, tuple(_certified(layout, h, form, LONGEST) for h in layout.numerical), sampled)
    return Certificate(dtype, length, tuple(_certified(layout, h, form, length) for h in layout.numerical), sampled)


def number_format(dtype: str) -> Format:
    """The format called ``dtype``; raises `AltacError` if models cannot be built in it."""
    if dtype not in FORMATS:
        raise AltacError(UnknownNumberFormat(dtype=dtype, known=" or ".join(FORMATS)))
    return FORMATS[dtype]


def declared_length(program: Program) -> int | None:
    """The length that the program itself sets to its inputs; None if there is none."""
    bounds = [program.positions]
    if program.causal is not None:  # what a frame has filled up grows
        bounds.append(program.causal.limit)
    elif program.frame.fill is not None:
        bounds.append(program.frame.length)
    return min((b for b in bounds if b is not None), default=None)


def largest_length(layout: Layout, head: Head, form: Format, most: int = LONGEST) -> int:
    """The largest length up to ``most`` at which the buckets of ``head`` are certain; 0 if none is."""
    low, high = 0, most + 1
    if _worst(mean_of(layout, head, form, most)) > 1:
        return most
    while high - low > 1:  # certain at low, not at high
        middle = (low + high) // 2
        if _worst(mean_of(layout, head, form, middle)) > 1:
            low = middle
        else:
            high = middle
    return low


def _worst(mean: Mean) -> float:
    return min((t.margin for t in mean.thresholds), default=float("inf"))


def _certified(layout: Layout, head: Head, form: Format, length: int) -> Mean:
    mean = mean_of(layout, head, form, length)
    if _worst(mean) > 1:
        return mean
    worst = min(mean.thresholds, key=lambda t: t.margin)
    other = BFLOAT16 if form is FLOAT32 else FLOAT32
    gap = worst.boundary - worst.below if worst.below is not None else Fraction(1)
    raise AltacError(
        LengthNotCertified(
            span=head.span, head=head.name, length=length, dtype=form.name, gap=f"{float(gap):.3g}",
            boundary=str(worst.boundary), error=f"{2 * worst.error / mean.scale:.2g}",
            certified=largest_length(layout, head, form, length),
            other_dtype=other.name, other=largest_length(layout, head, other, length),
        )
    )  # fmt: skip


def mean_of(layout: Layout, head: Head, form: Format, length: int) -> Mean:
    """How to compute a numerical head for inputs of up to ``length`` tokens, whatever the margins."""
    value = layout.program.variable(head.value)
    every = numbers(value.domain)
    values = sorted({every[code - value.domain.low] for code in layout.reachable[value.name]})
    count = max(1, length if head.offsets is None else min(length, len(head.offsets)))
    scale = lcm(*(v.denominator for v in values))
    largest = max(abs(v) for v in values)
    exact = largest * scale * count <= EXACT and all(form.holds(v * scale) for v in values)
    if not exact:
        scale = 1
    u, stored = FLOAT32.roundoff, form.roundoff
    # Division (allow two roundings), the residual stream if narrower than float32, the threshold's bias and sum.
    relative = 4 * u + (stored if form is not FLOAT32 else 0)
    # Rounded values, and sums of `count` of them, where these are not exact.
    absolute = Fraction(0) if exact else largest * (stored + count * u) * Fraction(9, 8)
    buckets = head.domain.buckets  # type: ignore[union-attr]
    thresholds = []
    before: Fraction | None = None
    for a, b in pairwise(buckets):
        boundary = (a + b) / 2
        below = nearest_below(values, boundary, count)
        floors = [x for x in (below, before) if x is not None]
        ground = max(floors, default=boundary - 1)
        half = (boundary - ground) * scale / 2
        error = relative * max(abs(boundary), abs(ground)) * scale + absolute
        thresholds.append(_threshold(boundary, below, (boundary + ground) * scale / 2, half, error))
        before = boundary
    reset = 1.0
    while reset <= largest * scale * Fraction(9, 8):
        reset *= 2
    return Mean(head, scale, exact, count, reset, tuple(thresholds))


def _threshold(boundary: Fraction, below: Fraction | None, at: Fraction, half: Fraction, error: Fraction) -> Threshold:
    room = half - error
    gain = 1.0
    if room > 0:
        needed = Fraction(17, 32) / room  # half a unit to saturate, and a little
        exponent = frexp(float(needed))[1]
        gain = 2.0**exponent
    margin = float(half / error) if error else float("inf")
    return Threshold(boundary, below, at, gain, float(error), margin)


def nearest_below(values: list[Fraction], boundary: Fraction, count: int) -> Fraction | None:
    """A bound on the means of 1 to ``count`` of ``values`` that are below ``boundary``; None if none is.

    Values are ``first + step * k`` for integers ``k``, so the means are among ``first + step * k / n`` with ``n <= count``. For
    two values, or values without holes in their progression, the bound is itself such a mean.
    """
    first, last = values[0], values[-1]
    if boundary <= first:
        return None
    if boundary > last:
        return last
    step = reduce(_common, (v - first for v in values[1:]))
    return first + step * fraction_below((boundary - first) / step, count)


def _common(a: Fraction, b: Fraction) -> Fraction:
    """The largest number of which both are integer multiples."""
    denominator = lcm(a.denominator, b.denominator)
    return Fraction(gcd(int(a * denominator), int(b * denominator)), denominator)


def fraction_below(limit: Fraction, denominator: int) -> Fraction:
    """The largest fraction below ``limit`` (positive) whose denominator is at most ``denominator``.

    Descends the Stern-Brocot tree, whole runs of one direction at a time.
    """
    p, q = limit.numerator, limit.denominator
    low_n = floor(limit) if q > 1 else p - 1
    low_d, high_n, high_d = 1, low_n + 1, 1
    while low_d + high_d <= denominator:
        above, under = high_n * q - p * high_d, p * low_d - q * low_n  # above >= 0, under > 0
        room = (denominator - low_d) // high_d
        run = room if above == 0 else min(room, (under - 1) // above)
        low_n, low_d = low_n + run * high_n, low_d + run * high_d
        under -= run * above
        back = min((denominator - high_d) // low_d, above // under)
        high_n, high_d = high_n + back * low_n, high_d + back * low_d
        if run == back == 0:
            break
    return Fraction(low_n, low_d)
