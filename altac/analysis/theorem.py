"""Whether compiled MLP parameters are a strict coordinate-wise local optimum: appendices B.4 to B.8 of the ALTA paper.

The parameters are those of appendix B.2: one hidden unit per rule, without the resets of attention outputs. Their loss is

    L = alpha (|W1| + |b1| + |W2|) + sum over n of |f(theta, z_n) - f(theta_hat, z_n)|     (1-norms)

over all MLP inputs z_n of the runs, equal ones as often as they occur; a head without a value is zero in all its
dimensions. L is piecewise linear in each single parameter, so its one-sided derivatives are rational numbers, and
the optimum is strict in a parameter exactly where the left one is negative and the right one positive.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from numbers import Rational
from typing import Literal

import numpy as np

from altac.analysis.conjuncts import Conjunct, ConjunctTests
from altac.analysis.states import Codes, States, collect_states
from altac.analysis.tally import Tally, antecedents, groups, matches, rules_of, rules_on, slots_tested, tally
from altac.diagnostics.learnability_errors import NotCategorical
from altac.diagnostics.problem import AltacError
from altac.interpreter.inputs import Inputs, Skipped
from altac.ir import Head, Program, RealDomain, Rule, SetDomain

#: The weight of the regulariser; both theorems hold below 1.
ALPHA = Fraction(1, 2)

#: The dimensions that a unit changes: the old value and the new.
_EFFECTS = 2

_Matrix = Literal["W1", "b1", "W2"]

#: A dimension of the residual stream: a slot and its code.
Feature = tuple[str, int]


@dataclass(frozen=True)
class Slopes:
    """All compiled parameters, and the one-sided derivatives of the reconstruction loss in each, without the regulariser.

    ``w1`` and its slopes have shape (rules, features), ``b1`` (rules,), ``w2`` (features, rules). All are integers.
    """

    rules: tuple[Rule, ...]
    features: tuple[Feature, ...]
    w1: Codes
    b1: Codes
    w2: Codes
    w1_left: Codes
    w1_right: Codes
    b1_left: Codes
    b1_right: Codes
    w2_left: Codes
    w2_right: Codes


@dataclass(frozen=True)
class Violation:
    """A parameter in which the optimum is not strict.

    Attributes:
        matrix: the group of the parameter.
        rule: the rule of its hidden unit; ``number`` is its index in the rule set.
        feature: the dimension of the residual stream; None for a bias.
        weight: its compiled value.
        left: the left derivative of the regularised loss, which is not negative, or
        right: the right one, which is not positive.
    """

    matrix: _Matrix
    number: int
    rule: Rule
    feature: Feature | None
    weight: int
    left: Fraction
    right: Fraction


@dataclass(frozen=True)
class Unneeded:
    """A rule that never applies (``conjunct`` None), or a conjunct that can be removed, without changing the output on
    any state. If so, taking ``conjunct`` back (its weight and the bias of its unit together) lowers the loss."""

    number: int
    rule: Rule
    conjunct: Conjunct | None


@dataclass(frozen=True)
class Verdict:
    """What the theorems say about a program on some inputs.

    Attributes:
        alpha: the weight of the regulariser.
        below: the optimum is strict for every alpha in (0, below); 0 if for none, None if for all.
        unneeded: why the rule set is not minimal (appendix B.3).
        violations: the parameters in which the optimum is not strict.
        rules: the rule set.
        parameters: how many parameters there are.
        inputs, states, evaluations: as in `altac.analysis.minimal.Minimal`.
        skipped: the inputs that were left out, in their order.
    """

    program: Program
    alpha: Fraction
    below: int | None
    unneeded: tuple[Unneeded, ...]
    violations: tuple[Violation, ...]
    rules: tuple[Rule, ...]
    parameters: int
    inputs: int
    states: int
    evaluations: int
    skipped: tuple[Skipped, ...]

    @property
    def minimal(self) -> bool:
        """Whether the rule set is minimal for the inputs."""
        return not self.unneeded

    @property
    def strict_optimum(self) -> bool:
        """Whether the compiled parameters are a strict coordinate-wise local optimum."""
        return not self.violations


def theorem(
    program: Program,
    inputs: Inputs | Sequence[Sequence[int]],
    *,
    alpha: Fraction = ALPHA,
    max_layers: int | None = None,
    skip_failing: bool = False,
) -> Verdict:
    """Check minimality and strict optimality of the rules of ``program`` on ``inputs``, sequences of token indices with
    the frame applied.

    Args:
        alpha: the weight of the regulariser, positive.
        max_layers: the limit on the layers of the runs, instead of the program's own.
        skip_failing: leave out inputs on which the program fails.

    Raises:
        AltacError: a slot is not categorical, there are no inputs, the program fails on one, never stops, or has too
            many rules.
        ValueError: ``alpha`` is not positive.
    """
    if not isinstance(alpha, Rational):  # the derivatives are exact
        raise TypeError(f"alpha is a Fraction or an integer, not {alpha!r}")
    if alpha <= 0:
        raise ValueError("alpha must be positive")
    refuse_numerical(program)
    rules = rules_of(program)
    states = collect_states(program, inputs, slots_tested(rules), max_layers=max_layers, skip_failing=skip_failing)
    rules = rules_on(program, states, rules)
    counts = tally(states, rules)
    features = sum(s.domain.size for s in program.slots)
    found = [_Nonzero(number, rule, counts) for number, rule in enumerate(rules)]
    return Verdict(
        program=program,
        alpha=alpha,
        below=min((rule.below() for rule in found), default=None),
        unneeded=tuple(_unneeded(program, states, rules, counts)),
        violations=tuple(v for rule in found for v in rule.violations(alpha)),
        rules=rules,
        parameters=len(rules) * (2 * features + 1),
        inputs=states.inputs,
        states=len(states),
        evaluations=int(states.counts.sum()),
        skipped=states.skipped,
    )


class _Nonzero:
    """The nonzero parameters of one unit, each with its weight and the slopes of the reconstruction loss.

    In a zero one the regulariser alone makes the optimum strict, since the slopes never have its sign (lemma 2).
    """

    def __init__(self, number: int, rule: Rule, counts: Tally) -> None:
        self.number = number
        self.rule = rule
        fires, nearly = int(counts.fires[number]), counts.nearly[number]
        misses = sum(nearly)
        old = dict(rule.antecedent)[rule.target]
        self.parameters: list[tuple[_Matrix, Feature | None, int, int, int]] = []
        if len(rule.antecedent) > 1:  # else the bias is zero
            self.parameters.append(("b1", None, 1 - len(rule.antecedent), -_EFFECTS * fires, _EFFECTS * misses))
        for conjunct, alone in zip(rule.antecedent, nearly, strict=True):
            self.parameters.append(("W1", conjunct, 1, -_EFFECTS * fires, _EFFECTS * (misses - alone)))
        self.parameters.append(("W2", (rule.target, old), -1, -fires, fires))
        self.parameters.append(("W2", (rule.target, rule.value), 1, -fires, fires))

    def below(self) -> int:
        """The least slope that stands against the regulariser, where it pulls a parameter towards zero."""
        return min(right if weight < 0 else -left for _, _, weight, left, right in self.parameters)

    def violations(self, alpha: Fraction) -> Iterator[Violation]:
        """The parameters whose derivatives have not the signs of a strict optimum."""
        for matrix, feature, weight, left, right in self.parameters:
            low, high = one_sided(weight, left, right, alpha)
            if not low < 0 < high:
                yield Violation(matrix, self.number, self.rule, feature, weight, low, high)


def refuse_numerical(program: Program) -> None:
    """Raises `AltacError` if a variable or head is numerical or set-valued."""
    problems = []
    for slot in program.slots:
        kind = {RealDomain: "numerical", SetDomain: "set"}.get(type(slot.domain))
        if kind is not None:
            noun = "head" if isinstance(slot, Head) else "variable"
            problems.append(NotCategorical(span=slot.span, kind=f"the {kind} {noun}", name=slot.name))
    if problems:
        raise AltacError(*problems)


def slopes(program: Program, states: States, rules: Sequence[Rule]) -> Slopes:
    """The parameters of equations 8 to 10 and the exact slopes of equations 33 to 48.

    With g the sum that enters a unit, 1 where its rule applies, 0 where one conjunct fails, and less elsewhere: a step
    upwards in W1 or b1 opens the unit where g = 0, one downwards closes it where g = 1, one in W2 shows where g = 1.
    An open unit changes two dimensions, the old value and the new.

    ``states`` tell all slots apart. The arrays are dense; `theorem` needs the nonzero parameters only.
    """
    offsets: dict[str, int] = {}
    features: list[Feature] = []
    for slot in program.slots:
        offsets[slot.name] = len(features) - slot.domain.low
        features += [(slot.name, slot.domain.low + i) for i in range(slot.domain.size)]
    w1 = np.zeros((len(rules), len(features)), np.int64)
    w2 = np.zeros((len(features), len(rules)), np.int64)
    for number, rule in enumerate(rules):
        w1[number, [offsets[n] + code for n, code in rule.antecedent]] = 1
        w2[offsets[rule.target] + dict(rule.antecedent)[rule.target], number] = -1
        w2[offsets[rule.target] + rule.value, number] = 1
    norm = np.abs(w2).sum(axis=0)
    applies, nearly = np.zeros_like(w1), np.zeros_like(w1)  # sums of z over the states with g = 1, and with g = 0
    fires, misses = np.zeros(len(rules), np.int64), np.zeros(len(rules), np.int64)  # and the numbers of these
    encode = _Sums(program, states)
    for numbers, names in groups(rules):
        table, columns = antecedents(rules, numbers), states.columns(names)
        count, sums = encode.over(columns, table)
        fires[numbers], applies[numbers] = count, sums
        for k in range(len(names)):
            rest_count, rest_sums = encode.over(np.delete(columns, k, axis=1), np.delete(table, k, axis=1))
            misses[numbers] += rest_count - count
            nearly[numbers] += rest_sums - sums
    return Slopes(
        rules=tuple(rules),
        features=tuple(features),
        w1=w1,
        b1=1 - w1.sum(axis=1),
        w2=w2,
        w1_left=-norm[:, None] * applies,
        w1_right=norm[:, None] * nearly,
        b1_left=-norm * fires,
        b1_right=norm * misses,
        w2_left=np.broadcast_to(-fires, w2.shape),
        w2_right=np.broadcast_to(fires, w2.shape),
    )


class _Sums:
    """Sums the encodings of states that rows of a table select."""

    def __init__(self, program: Program, states: States) -> None:
        self.states = states
        self.slots = [(s.domain.low, s.domain.size) for s in program.slots]
        self.columns = states.columns([s.name for s in program.slots])

    def over(self, columns: Codes, table: Codes) -> tuple[Codes, Codes]:
        """For every row of ``table`` (R, K) the number of states whose ``columns`` (M, K) equal it, and the sum (R, Z) of their
        encodings."""
        at = matches(columns, table)
        some = np.flatnonzero(at >= 0)
        at, weights, size = at[some], self.states.counts[some], len(table)
        parts = []
        for i, (low, values) in enumerate(self.slots):
            # One more for heads without a value, which no dimension stands for.
            index = at * (values + 1) + (self.columns[some, i] - low)
            sums = np.bincount(index, weights, size * (values + 1)).reshape(size, values + 1)
            parts.append(sums[:, :values].astype(np.int64))  # exact: far below 2 ** 53
        count = np.bincount(at, weights, size).astype(np.int64)
        equal = matches(table, table)
        return count[equal], np.concatenate(parts, axis=1)[equal]


def one_sided(weight: int, left: int, right: int, alpha: Fraction) -> tuple[Fraction, Fraction]:
    """The derivatives of the regularised loss in a parameter, from those of the reconstruction loss (equations 18 to
    21)."""
    return left + (alpha if weight > 0 else -alpha), right + (alpha if weight >= 0 else -alpha)


def _unneeded(program: Program, states: States, rules: Sequence[Rule], counts: Tally) -> Iterator[Unneeded]:
    tests = ConjunctTests(program, states)
    for number, rule in enumerate(rules):
        if not counts.fires[number]:
            yield Unneeded(number, rule, None)
        elif 0 in counts.nearly[number]:
            needless = set(tests.of(rule).unneeded())
            yield from (Unneeded(number, rule, c) for c in rule.antecedent if c in needless)
