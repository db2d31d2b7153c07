"""The compiled model against the interpreter, on hand-built and random programs, at every level."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from altac.backends import inference
from altac.backends.flax.model import Fixed, Model, Transformer
from altac.backends.inference import Inference
from altac.backends.runner import TransformerRunner
from altac.backends.verification import verify
from altac.diagnostics import AltacError
from altac.diagnostics.build_errors import InputExceedsModel
from altac.diagnostics.runtime_errors import Unfinished
from altac.interpreter import Result, run
from altac.ir import (
    Arithmetic,
    Assign,
    BoolDomain,
    Causal,
    Compare,
    Const,
    If,
    IntDomain,
    MlpCode,
    Program,
    Read,
)
from altac.units import prune, units
from altac.units.layers import Layer, Matrix, Origin, Units
from tests import programs
from tests.endings import CASES, Case, ending
from tests.models import INSTALLED, build
from tests.random_programs import Options, random_inputs, random_program


def compare(
    program: Program, inputs: Sequence[Sequence[int]], level: int, limits: Sequence[int | None] = (None,)
) -> int:
    """Compare every target, with each limit on the layers, on the inputs on which no position fails; how many these are."""
    small = prune(program) if level else program
    engines = runners(small, level)
    compared = 0
    for limit in limits:
        results = run(program, inputs, limit)
        sound = [r for r in results if r.error is None or isinstance(r.error, Unfinished)]
        margins = set()
        for target, runner in engines.items():
            measured = runner.measure([r.input for r in sound], limit)
            for expected, (got, _) in zip(sound, measured, strict=True):
                assert got == expected, (target, program.name, level, limit)
            margins.add(tuple(margin for _, margin in measured))
        assert len(margins) == 1
        compared += len(sound)
    return compared


def runners(program: Program, level: int = 2) -> dict[str, TransformerRunner]:
    """The compiled program in every library."""
    built = build(program, units(program, level))
    return {target: TransformerRunner.of(built, target) for target in INSTALLED}


BUILT = [
    programs.parity_relative(),
    programs.parity_rules(),
    programs.parity_absolute(),
    programs.parity_sum(50),
    programs.set_query(),
    programs.subleq(-4, 4, 6),
    programs.countdown(),
    programs.framed(),
    programs.windows(),
]


@pytest.mark.parametrize("level", [0, 1, 2])
@pytest.mark.parametrize("program", BUILT, ids=lambda p: p.name)
def test_built_programs(program: Program, level: int) -> None:
    rng = random.Random(7)
    inputs = [t for _ in range(12) for t in random_inputs(rng, program)]
    layers = 4 if program.halt is None and program.max_layers is None else None
    assert compare(program, inputs, level, [layers]) > 0


def with_predicates(found: Units) -> Units:
    """The same units, but those that do not reset heads read the features through a first layer that copies them."""
    layer, count = found.layer, found.features.count
    through = np.bincount(layer.w1.rows, minlength=len(layer.bias))[layer.w1.rows] > 1
    w1 = replace(
        layer.w1, cols=np.where(through, layer.w1.cols + count, layer.w1.cols), shape=(len(layer.bias), 2 * count)
    )
    every = np.arange(count)
    copies = Layer(
        Matrix(every, every, np.ones(count, np.int64), (count, count)), np.zeros(count, np.int64),
        tuple(Origin(f"copy {feature}") for feature in every),
    )  # fmt: skip
    return replace(found, layer=replace(layer, w1=w1), predicates=copies)


def test_a_first_layer_of_predicates() -> None:
    program = programs.parity_relative()
    found = with_predicates(units(program, 0))
    built = build(program, found)
    assert {len(built.labels.predicates), built.weights["mlp.predicate"].shape[1]} == {found.features.count}
    inputs = [tokens for n in range(5) for tokens in product(range(3), repeat=n)]
    sound = [r for r in run(program, inputs) if r.error is None]
    assert len(sound) > 30
    for target in INSTALLED:
        assert TransformerRunner.of(built, target).run([r.input for r in sound]) == sound
    assert found.predicates is not None
    wrong = replace(found, predicates=replace(found.predicates, bias=np.ones(found.features.count, np.int64)))
    for target in INSTALLED:
        assert TransformerRunner.of(build(program, wrong), target).run([r.input for r in sound], 3) != sound


@pytest.mark.parametrize("seed", range(30))
def test_random_programs(seed: int) -> None:
    rng = random.Random(seed)
    program = random_program(rng, Options(reckless=0, restless=0.6))
    unlimited = program.halt is None and program.max_layers is None
    inputs = [t for _ in range(6) for t in random_inputs(rng, program)]
    try:
        compare(program, inputs, seed % 3, [0, 3] if unlimited else [None, 0, 3])
    except AltacError as error:
        if error.problems[0].code != "length-not-certified":
            raise


@pytest.mark.parametrize("level", [0, 1, 2])
@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_endings(case: Case, level: int) -> None:
    program = case.program
    expected = run(program, case.inputs, case.max_layers)
    for runner in runners(prune(program) if level else program, level).values():
        results = runner.run(case.inputs, case.max_layers)
        assert tuple(map(ending, results)) == case.expected
        assert results == expected


@pytest.mark.parametrize("ones", range(0, 52))
def test_parity_by_sum_is_right_for_every_count(ones: int) -> None:
    program = programs.parity_sum(52)
    start = next(i for i, s in enumerate(program.symbols) if s.name == "START")
    one = next(i for i, s in enumerate(program.symbols) if s.name == 1)
    zero = next(i for i, s in enumerate(program.symbols) if s.name == 0)
    for runner in _counting(program):
        for zeros in (0, 3, 200):
            (result,) = runner.run([(start, *[one] * ones, *[zero] * zeros)], 1)
            assert set(result.output) == {ones % 2}


_COUNTING: list[TransformerRunner] = []


def _counting(program: Program) -> list[TransformerRunner]:
    if not _COUNTING:
        _COUNTING.extend(runners(program).values())
    return _COUNTING


def test_undefined_heads_do_not_disturb_what_is_guarded() -> None:
    """A relative head at the edge leaves a mixture of values; nothing may act on it (pitfall: undefined head, rules)."""
    value = programs.by_token(BoolDomain(), "value", [0, 1, 1])
    first = programs.by_token(BoolDomain(), "first", [0, 0, 1])
    head = programs.at("left", value, -1)
    body = (If(Compare("==", Read("first"), Const(0)), (Assign("value", Read("left")),)),)
    program = Program(
        "edge", programs.tokens(0, 1, "START"), (value, first), (head,), MlpCode(body), "value", max_layers=3
    )
    inputs = [(2,), (2, 0), (2, 1, 0, 0, 1), (2, 0, 0, 0)]
    for level in (0, 1, 2):
        assert compare(program, inputs, level) == len(inputs)


@pytest.mark.parametrize("target", INSTALLED)
def test_updates_out_of_range_never_reach_a_neighbour(target: str) -> None:
    """Pitfall: an out-of-range update that writes into the dimensions of the next variable."""
    count = programs.const(IntDomain(-2, 2), "count", 0)
    other = programs.const(IntDomain(0, 3), "other", 1)
    body = (Assign("count", Arithmetic("+", Read("count"), Const(1))),)
    program = Program("p", programs.tokens("a"), (count, other), (), MlpCode(body), "other", max_layers=5)
    (result,) = run(program, [(0,)])
    assert result.error is not None
    assert result.error.code == "update-out-of-range"
    runner = TransformerRunner.of(build(program, units(program, 2)), target)
    assert runner.run([(0,)])[0].output == (1,)


@pytest.mark.parametrize("target", INSTALLED)
def test_max_layers_is_exact_and_halted_inputs_run_none(target: str) -> None:
    program = programs.parity_relative()
    start = next(i for i, s in enumerate(program.symbols) if s.name == "START")
    runner = TransformerRunner.of(build(program, units(program, 2)), target)
    assert [r.layers for r in runner.run([(start,), (start, 0, 1, 0)])] == [0, 3]
    for k in range(3):
        (expected,) = run(program, [(start, 1, 1, 1)], k)
        (got,) = runner.run([(start, 1, 1, 1)], k)
        assert (got.output, got.layers, got.halted) == (expected.output, expected.layers, expected.halted)


def _codes(results: Sequence[Result]) -> list[str | None]:
    return [None if r.error is None else r.error.code for r in results]


@pytest.mark.parametrize("target", INSTALLED)
def test_programs_that_cycle_are_reported(target: str) -> None:
    """Pitfall: a limit that is reached in silence. A cycle of states ends the run, as in the interpreter."""
    value = programs.by_token(IntDomain(0, 4), "value", range(5))
    done = programs.by_token(BoolDomain(), "done", [1, 0, 0, 0, 0])
    body = (If(Compare("!=", Read("value"), Const(4)), (
        Assign("value", Arithmetic("%", Arithmetic("+", Read("value"), Const(1)), Const(3))),
    )),)  # fmt: skip
    program = Program(
        "cycle", IntDomain(0, 4), (value, done), (), MlpCode(body), "value", halt=Compare("==", Read("done"), Const(1))
    )
    inputs = [(1, 2), (4, 4), (0, 0), (3, 4)]
    runner = TransformerRunner.of(build(program, units(program, 2)), target)
    got, expected = runner.run(inputs), run(program, inputs)
    assert _codes(got) == _codes(expected) == ["never-halts", None, None, "never-halts"]
    assert max(r.layers for r in got) < 20
    assert [r.output for r in runner.run(inputs, 7)] == [r.output for r in run(program, inputs, 7)]


@pytest.mark.parametrize("target", INSTALLED)
@pytest.mark.parametrize(
    ("low", "causal", "code"),
    [
        (-1, Causal(None, 9), "generated-no-token"),
        (0, Causal(None, 9), None),
        (0, Causal(7, None), "generation-limit"),
    ],
)
def test_generation_ends_as_in_the_interpreter(target: str, low: int, causal: Causal, code: str | None) -> None:
    value = programs.by_token(IntDomain(low, 7), "value", range(8))
    place = programs.by_position(BoolDomain(), "place", [0] * 12)
    body = (Assign("value", Arithmetic("max", Arithmetic("-", Read("value"), Const(1)), Const(low))),)
    program = Program(
        "down", IntDomain(0, 7), (value, place), (), MlpCode(body), "value", max_layers=1, positions=12, causal=causal
    )
    inputs = [(3,), (5, 2), (1,) * 11, (6,) * 10]
    got, expected = TransformerRunner.of(build(program, units(program, 2)), target).run(inputs), run(program, inputs)
    assert _codes(got) == _codes(expected)
    assert code in _codes(got)
    assert got == expected


def test_generation_goes_on_to_a_limit_beyond_the_usual_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inference, "GENERATED", 4)
    value = programs.by_token(IntDomain(0, 1), "value", (0, 1))
    program = Program("same", IntDomain(0, 1), (value,), (), MlpCode(()), "value", max_layers=0, causal=Causal(0, 9))
    inputs = [(1,), (1, 0, 1)]
    for runner in runners(program).values():
        assert runner.run(inputs) == run(program, inputs)


@pytest.mark.parametrize("target", INSTALLED)
def test_a_model_made_for_shorter_texts_than_a_program_generates_says_so(target: str) -> None:
    value = programs.by_token(IntDomain(0, 9), "value", [0, *range(9)])
    program = Program("down", IntDomain(0, 9), (value,), (), MlpCode(()), "value", max_layers=0, causal=Causal(0, None))
    runner = TransformerRunner.of(build(program, units(program, 2), max_length=3), target)
    short, long = runner.run([(3,), (4,)])
    assert (short.output, short.error) == ((2, 1, 0), None)  # the fourth token need not be read
    assert long.output == (3, 2, 1)
    assert long.error == InputExceedsModel(length=4, longest=3)
    assert verify(program, runner, exhaustive=100, samples=10).agrees
    assert isinstance(runner.model, Inference)
    with pytest.raises(ValueError, match="generated 3 tokens, and the model is not made for more"):
        runner.model([4])


@pytest.mark.parametrize("target", INSTALLED)
def test_a_negative_number_of_layers_is_refused(target: str) -> None:
    program = programs.parity_relative()
    with pytest.raises(AltacError) as raised:
        TransformerRunner.of(build(program, units(program, 2)), target).run([(2,)], -1)
    assert raised.value.problems[0].code == "negative-layers"


def test_gradients_flow_through_unrolled_layers() -> None:
    program = programs.parity_sum(8)
    built = build(program, units(program, 2))
    model = Model(built.configuration, built.weights).transformer

    def loss(transformer: Transformer) -> jax.Array:
        total: jax.Array = transformer.unrolled(jnp.array([[2, 1, 1, 0]]), 2).logits[..., 0].sum()
        return total

    gradients = nnx.grad(loss, argnums=nnx.DiffState(0, Fixed))(model)
    sizes = [float(jnp.abs(g).max()) for g in jax.tree.leaves(gradients)]
    assert all(math.isfinite(g) for g in sizes)
    assert max(sizes) > 0


@pytest.mark.parametrize("target", INSTALLED)
def test_empty_input_gives_empty_output(target: str) -> None:
    program = programs.parity_relative()
    (result,) = TransformerRunner.of(build(program, units(program, 2)), target).run([()])
    assert result.output == ()


@pytest.mark.parametrize("target", INSTALLED)
def test_a_hundred_layers_leave_no_residue(target: str) -> None:
    program = programs.parity_sum(20)
    runner = TransformerRunner.of(build(program, units(program, 0)), target)
    inputs = [(2, *[1] * k, *[0] * (k % 5)) for k in range(20)]
    expected = [r.output for r in run(program, inputs, 100)]
    found = runner.measure(inputs, 100)
    assert [r.output for r, _ in found] == expected
    assert {margin for _, margin in found} == {1.0}


@pytest.mark.parametrize("target", INSTALLED)
def test_inputs_beyond_the_certified_length_are_refused(target: str) -> None:
    program = programs.parity_sum(20)
    runner = TransformerRunner.of(build(program, units(program, 2), max_length=10), target)
    long, short = runner.run([(2, *[1] * 10), (2, *[1] * 9)], 1)
    assert long.error is not None
    assert long.error.code == "input-exceeds-model"
    assert short.error is None
