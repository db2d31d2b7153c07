"""The exact derivatives against finite differences of an MLP written out with numpy, and the theorems both ways.

The loss is linear in each parameter within 1 of its compiled value, on either side, and at steps of 1/4 its values are
multiples of 1/4: the differences below are exact in floating point.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from altac.analysis.minimal import minimal
from altac.analysis.states import collect_states
from altac.analysis.tally import rules_of, rules_on
from altac.analysis.theorem import Slopes, Verdict, one_sided, slopes, theorem
from altac.api import load
from altac.diagnostics.problem import AltacError
from altac.ir import Program, Rule
from altac.rules import RuleSet
from altac.units import rule_units
from tests.analysis import data
from tests.examples.programs import EXAMPLES
from tests.random_programs import Options

CASES = data.random_cases(11, Options(numerical=False, sets=False), 30)
Array = np.ndarray[Any, Any]
STEP = 0.25


class Mlp:
    """Equations 1 to 10 and 15 of the paper, with dense matrices."""

    def __init__(
        self, features: list[tuple[str, int]], rules: tuple[Rule, ...], counted: Mapping[tuple[int | None, ...], int]
    ) -> None:
        names = list(dict.fromkeys(name for name, _ in features))
        self.counts = np.array([*counted.values()], float)
        self.z = np.array([[float(s[names.index(n)] == v) for n, v in features] for s in counted]).T
        self.z = self.z.reshape(len(features), len(counted))
        self.w1 = np.array([[float(f in r.antecedent) for f in features] for r in rules]).reshape(
            len(rules), len(features)
        )
        self.b1 = np.array([1.0 - len(r.antecedent) for r in rules])
        self.w2 = np.zeros((len(features), len(rules)))
        for j, rule in enumerate(rules):
            old = dict(rule.antecedent)[rule.target]
            self.w2[features.index((rule.target, old)), j] = -1
            self.w2[features.index((rule.target, rule.value)), j] = 1
        self.expected = self.output()

    @classmethod
    def of(cls, program: Program, rules: tuple[Rule, ...], inputs: list[tuple[int, ...]]) -> Mlp:
        """The MLP of a program's rules, on the states of its runs."""
        features = [(s.name, s.domain.low + v) for s in program.slots for v in range(s.domain.size)]
        return cls(features, rules, data.states(program, inputs))

    def output(self) -> Array:
        hidden = np.clip(self.w1 @ self.z + self.b1[:, None], 0, 1)
        result: Array = self.z + self.w2 @ hidden
        return result

    def loss(self) -> float:
        return float((np.abs(self.output() - self.expected).sum(axis=0) * self.counts).sum())

    def norm(self) -> float:
        return float(sum(np.abs(m).sum() for m in (self.w1, self.b1, self.w2)))

    def regularised(self, alpha: float) -> Callable[[], float]:
        """Equation 17 with this weight."""
        return lambda: alpha * self.norm() + self.loss()

    def differences(self, matrix: Array, measure: Callable[[], float]) -> tuple[Array, Array]:
        """The left and right derivative of a measure in every entry of a parameter matrix."""
        start, left, right = measure(), np.zeros(matrix.shape), np.zeros(matrix.shape)
        for index in np.ndindex(matrix.shape):
            before = matrix[index]
            matrix[index] = before - STEP
            left[index] = (start - measure()) / STEP
            matrix[index] = before + STEP
            right[index] = (measure() - start) / STEP
            matrix[index] = before
        return left, right


def rule_set(program: Program, inputs: list[tuple[int, ...]]) -> tuple[tuple[Rule, ...], Slopes]:
    states = collect_states(program, inputs)
    rules = rules_on(program, states, rules_of(program))
    return rules, slopes(program, states, rules)


def matrices(mlp: Mlp, found: Slopes) -> list[tuple[str, Array, Array, Array, Array]]:
    return [
        ("W1", mlp.w1, found.w1, found.w1_left, found.w1_right),
        ("b1", mlp.b1, found.b1, found.b1_left, found.b1_right),
        ("W2", mlp.w2, found.w2, found.w2_left, found.w2_right),
    ]


def small(program: Program, inputs: list[tuple[int, ...]], most: int = 20) -> bool:
    return 0 < len(rule_set(program, inputs)[0]) <= most


SMALL = [c for c in data.random_cases(12, Options(numerical=False, sets=False, depth=2), 90) if small(*c)]


def test_slopes_are_the_finite_differences() -> None:
    checked = 0
    for program, inputs in SMALL:
        rules, found = rule_set(program, inputs)
        mlp = Mlp.of(program, rules, inputs)
        assert mlp.loss() == 0
        for name, dense, mine, left, right in matrices(mlp, found):
            np.testing.assert_array_equal(mine, dense, name)
            np.testing.assert_array_equal(mlp.differences(dense, mlp.loss), (left, right), name)
            checked += dense.size * len(mlp.counts)
    assert checked > 20_000


def test_the_verdict_is_that_of_all_slopes() -> None:
    """The verdict looks at the nonzero parameters; the slopes of all say the same."""
    for program, inputs in CASES:
        rules, found = rule_set(program, inputs)
        alpha = Fraction(2, 3)
        verdict = theorem(program, inputs, alpha=alpha)
        mine = {(v.matrix, v.number, v.feature): (v.left, v.right) for v in verdict.violations}
        expected = {}
        for name, weights, left, right in (
            ("W1", found.w1, found.w1_left, found.w1_right),
            ("b1", found.b1, found.b1_left, found.b1_right),
            ("W2", found.w2.T, found.w2_left.T, found.w2_right.T),
        ):
            low, high = left + np.where(weights > 0, 2 / 3, -2 / 3), right + np.where(weights >= 0, 2 / 3, -2 / 3)
            for index in zip(*np.nonzero(~((low < 0) & (high > 0))), strict=True):
                number, feature = index[0], None if name == "b1" else found.features[index[1]]
                expected[name, number, feature] = one_sided(weights[index], int(left[index]), int(right[index]), alpha)
        assert mine == expected
        assert verdict.rules == rules
        assert verdict.parameters == found.w1.size + found.b1.size + found.w2.size


def test_the_verdict_is_that_of_the_finite_differences() -> None:
    """With the regulariser in the loss: the same parameters, and for other weights of it the same again."""
    some = 0
    for program, inputs in SMALL:
        rules, _ = rule_set(program, inputs)
        mlp = Mlp.of(program, rules, inputs)
        for alpha in (0.5, 0.875, 3.0):
            verdict = theorem(program, inputs, alpha=Fraction(alpha))
            names = [(s.name, s.domain.low + v) for s in program.slots for v in range(s.domain.size)]
            expected: dict[tuple[str, int, tuple[str, int] | None], tuple[float, float]] = {}
            for name, dense in (("W1", mlp.w1), ("b1", mlp.b1), ("W2", mlp.w2)):
                left, right = mlp.differences(dense, mlp.regularised(alpha))
                for index in np.ndindex(dense.shape):
                    if not left[index] < 0 < right[index]:
                        number = index[1] if name == "W2" else index[0]
                        feature = None if name == "b1" else names[index[0] if name == "W2" else index[1]]
                        expected[name, number, feature] = (float(left[index]), float(right[index]))
            mine: dict[tuple[str, int, tuple[str, int] | None], tuple[float, float]]
            mine = {(v.matrix, v.number, v.feature): (float(v.left), float(v.right)) for v in verdict.violations}
            assert mine == expected
            some += len(mine)
            assert verdict.strict_optimum == (not expected)
            assert verdict.strict_optimum == (verdict.below is None or alpha < verdict.below)
    assert some > 50


def test_the_parameters_are_those_of_the_compiler() -> None:
    """At level 0, those of resets aside."""
    for program, inputs in CASES[:10]:
        rules, found = rule_set(program, inputs)
        units = rule_units(program, RuleSet(rules, ()))
        np.testing.assert_array_equal(found.w1, units.layer.w1.dense())
        np.testing.assert_array_equal(found.b1, units.layer.bias)
        np.testing.assert_array_equal(found.w2, units.w2.dense())


def test_theorem_2_a_minimal_rule_set_is_a_strict_optimum() -> None:
    rng = random.Random(5)
    for program, inputs in CASES:
        reduced = minimal(program, inputs, conjuncts=True).program
        alpha = Fraction(rng.randint(1, 999), 1000)
        verdict = theorem(reduced, inputs, alpha=alpha)
        assert verdict.minimal
        assert verdict.strict_optimum, (alpha, verdict.violations)


def test_theorem_1_a_rule_that_never_applies_is_no_strict_optimum() -> None:
    some = 0
    for program, inputs in CASES:
        verdict = theorem(program, inputs)
        idle = {u.number for u in verdict.unneeded if u.conjunct is None}
        wrong = {v.number for v in verdict.violations if v.matrix == "W2"}
        assert wrong == idle
        assert not (idle and verdict.strict_optimum)
        some += len(idle)
    assert some > 100


def test_when_exactly_the_optimum_is_strict() -> None:
    """It is if every rule applies, and every rule with several conjuncts has a state on which exactly one of them fails."""
    strict = 0
    for seed in range(4_000):
        rng = random.Random(seed)
        sizes = {name: rng.randint(2, 3) for name in "xyz"[: rng.randint(1, 3)]}
        counted: dict[tuple[int | None, ...], int] = {
            tuple(rng.randrange(size) for size in sizes.values()): rng.randint(1, 3) for _ in range(rng.randint(1, 9))
        }
        rules = []
        for _ in range(rng.randint(1, 3)):
            target = rng.choice(list(sizes))
            tested = [name for name in sizes if name == target or rng.random() < 0.6]
            antecedent = tuple((name, rng.randrange(sizes[name])) for name in tested)
            value = rng.choice([v for v in range(sizes[target]) if v != dict(antecedent)[target]])
            rules.append(Rule(antecedent, target, value))
        features = [(name, value) for name, size in sizes.items() for value in range(size)]
        mlp = Mlp(features, tuple(rules), counted)
        measure = mlp.regularised(0.5)
        slopes_found = [mlp.differences(matrix, measure) for matrix in (mlp.w1, mlp.b1, mlp.w2)]
        found = all((left < 0).all() and (right > 0).all() for left, right in slopes_found)

        at = {name: place for place, name in enumerate(sizes)}
        failing = [{sum(z[at[name]] != value for name, value in rule.antecedent) for z in counted} for rule in rules]
        expected = all(
            0 in numbers and (1 in numbers or len(rule.antecedent) == 1)
            for rule, numbers in zip(rules, failing, strict=True)
        )
        assert found == expected, seed
        strict += found
    assert 500 < strict < 3_500


def test_what_is_not_minimal_is_no_local_optimum_along_weight_and_bias() -> None:
    """The weight of a conjunct that is not needed and the bias of its unit can shrink together at no cost."""
    some = 0
    for program, inputs in SMALL:
        verdict = theorem(program, inputs)
        mlp = Mlp.of(program, verdict.rules, inputs)
        features = rule_set(program, inputs)[1].features
        for unneeded in verdict.unneeded:
            if unneeded.conjunct is None:
                continue
            column, before = features.index(unneeded.conjunct), mlp.norm()
            mlp.w1[unneeded.number, column] -= STEP
            mlp.b1[unneeded.number] += STEP
            assert mlp.loss() == 0
            assert mlp.norm() == before - 2 * STEP
            mlp.w1[unneeded.number, column] += STEP
            mlp.b1[unneeded.number] -= STEP
            some += 1
    assert some > 20


def verdict_of(text: str, inputs: list[tuple[int, ...]], alpha: Fraction = Fraction(1, 2)) -> Verdict:
    return theorem(data.program(text), inputs, alpha=alpha)


NEEDLESS = """\
program needless
tokens 0, 1
var x: 0..1 = token
var y: 0..1 = 0
rules {
    y = 0, x = 0 => x <- 1
}
output x
layers 1
"""


def test_a_needless_conjunct_need_not_show_in_any_single_parameter() -> None:
    """Where theorem 1 as stated does not hold: ``y = 0`` always holds, so the rule set is not minimal. But closing the
    unit by W1 costs where the rule applies, and opening it by b1 costs where x = 1: each single parameter is
    strictly optimal. (Appendix B.7 takes the slope of the loss in W1 for zero.)"""
    verdict = verdict_of(NEEDLESS, [(0, 1)])
    assert [(u.number, u.conjunct) for u in verdict.unneeded] == [(0, ("y", 0))]
    assert verdict.strict_optimum
    program = data.program(NEEDLESS)
    mlp = Mlp.of(program, verdict.rules, [(0, 1)])
    for matrix in (mlp.w1, mlp.b1, mlp.w2):
        left, right = mlp.differences(matrix, mlp.regularised(0.5))
        assert (left < 0).all()
        assert (right > 0).all()


def test_a_rule_all_of_whose_conjuncts_always_hold_shows_in_its_bias() -> None:
    verdict = verdict_of(NEEDLESS, [(0,)])
    (found,) = verdict.violations
    assert (found.matrix, found.weight, found.left, found.right) == ("b1", -1, Fraction(-5, 2), Fraction(-1, 2))
    assert verdict.below == 0


def test_alpha() -> None:
    """One state opens the unit, W2 sees it once: the regulariser wins from 1 on, as the theorem says."""
    for alpha, strict in ((Fraction(999, 1000), True), (Fraction(1), False), (Fraction(2), False)):
        verdict = verdict_of(NEEDLESS, [(0, 1)], alpha)
        assert verdict.strict_optimum == strict
        assert verdict.below == 1
    verdict = verdict_of(NEEDLESS, [(0, 1)] * 5, Fraction(4))
    assert verdict.strict_optimum  # equal states count as often as they occur
    assert verdict.below == 5
    with pytest.raises(ValueError, match="positive"):
        verdict_of(NEEDLESS, [(0,)], Fraction(0))


def test_one_sided_derivatives_of_the_regulariser() -> None:
    alpha = Fraction(1, 3)
    assert one_sided(0, 0, 0, alpha) == (-alpha, alpha)
    assert one_sided(1, -2, 0, alpha) == (alpha - 2, alpha)
    assert one_sided(-1, 0, 2, alpha) == (-alpha, 2 - alpha)


def test_no_rules_at_all() -> None:
    verdict = verdict_of("program p\ntokens 0, 1\nvar x: 0..1 = token\nmlp {}\noutput x\nlayers 1\n", [(0, 1)])
    assert verdict.minimal
    assert verdict.strict_optimum
    assert verdict.below is None
    assert verdict.parameters == 0


def test_many_rules_need_no_dense_matrices() -> None:
    values = 4_000
    verdict = verdict_of(
        f"program p\ntokens 0..{values}\nvar x: 0..{values} = token\n"
        "mlp { if x > 0 { x <- x - 1 } }\noutput x\nhalt when x == 0\n",
        [(values, 7)],
    )
    assert verdict.parameters == values * (2 * (values + 1) + 1)
    assert verdict.minimal
    assert verdict.strict_optimum


def test_no_states_at_all() -> None:
    verdict = verdict_of(NEEDLESS, [()])
    assert not verdict.minimal
    assert len(verdict.violations) == 2 + 1 + 2


def test_parity_and_addition() -> None:
    parity = load(EXAMPLES / "parity" / "sequential_relative.alta")
    inputs = [parity.encode(["START", *bits]) for bits in ([], [0], [1], [1, 1], [1, 0, 1], [0, 1, 1])]
    verdict = theorem(parity.ir, inputs)
    assert verdict.minimal
    assert verdict.strict_optimum
    assert not theorem(parity.ir, inputs[:2]).strict_optimum
    addition = load(EXAMPLES / "addition.alta")
    rng = random.Random(0)
    inputs = [addition.encode(f"s{rng.randrange(1000):03}+{rng.randrange(1000):03}e") for _ in range(300)]
    whole = theorem(addition.ir, inputs)
    assert not whole.minimal
    assert not whole.strict_optimum
    less = theorem(minimal(addition.ir, inputs).program, inputs)
    assert not less.minimal
    assert all(u.conjunct is not None for u in less.unneeded)
    least = theorem(minimal(addition.ir, inputs, conjuncts=True).program, inputs)
    assert least.minimal
    assert least.strict_optimum


@pytest.mark.parametrize(("name", "codes"), [("sum_modulo", ["mean"]), ("sum_modulo_count", ["count.mean"])])
def test_numerical_programs_are_refused(name: str, codes: list[str]) -> None:
    program = load(EXAMPLES / "parity" / f"{name}.alta")
    with pytest.raises(AltacError) as caught:
        theorem(program.ir, [program.encode(["START"])])
    assert [(p.code, p.values()["name"]) for p in caught.value.problems] == [("not-categorical", n) for n in codes]


def test_sets_are_refused() -> None:
    text = """\
program p
tokens 0, 1
var x: 0..1 = token
var s: set of 0..1 = {0}
mlp { if x in s { x <- 1 } }
output x
layers 1
"""
    with pytest.raises(AltacError) as caught:
        verdict_of(text, [(0,)])
    (problem,) = caught.value.problems
    assert problem.render_title() == "the theorem does not speak about the set variable `s`"
