"""The compiled model against the interpreter, on hand-built and random programs, at every level."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import replace

import jax
import jax.numpy as jnp
import pytest
from flax import nnx

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
from altac.transformer import TransformerRunner, build, template_model
from altac.transformer.template_model import Fixed, Transformer
from altac.transformer.verification import verify
from altac.units import prune, units
from tests import programs
from tests.endings import CASES, Case, ending
from tests.random_programs import Options, random_inputs, random_program


def compare(
    program: Program, inputs: Sequence[Sequence[int]], level: int, limits: Sequence[int | None] = (None,)
) -> int:
    """Compare, with each limit on the layers, on the inputs on which no position fails; how many these are."""
    small = prune(program) if level else program
    runner = TransformerRunner(build(small, units(small, level)))
    compared = 0
    for limit in limits:
        results = run(program, inputs, limit)
        sound = [r for r in results if r.error is None or isinstance(r.error, Unfinished)]
        for expected, got in zip(sound, runner.run([r.input for r in sound], limit), strict=True):
            assert got == expected, (program.name, level, limit)
        compared += len(sound)
    return compared


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
    small = prune(program) if level else program
    results = TransformerRunner(build(small, units(small, level))).run(case.inputs, case.max_layers)
    assert tuple(map(ending, results)) == case.expected
    assert results == run(program, case.inputs, case.max_layers)


@pytest.mark.parametrize("ones", range(0, 52))
def test_parity_by_sum_is_right_for_every_count(ones: int) -> None:
    program = programs.parity_sum(52)
    start = next(i for i, s in enumerate(program.symbols) if s.name == "START")
    one = next(i for i, s in enumerate(program.symbols) if s.name == 1)
    zero = next(i for i, s in enumerate(program.symbols) if s.name == 0)
    runner = _runner(program)
    for zeros in (0, 3, 200):
        (result,) = runner.run([(start, *[one] * ones, *[zero] * zeros)], 1)
        assert set(result.output) == {ones % 2}


_RUNNERS: dict[str, TransformerRunner] = {}


def _runner(program: Program) -> TransformerRunner:
    if program.name not in _RUNNERS:
        _RUNNERS[program.name] = TransformerRunner(build(program, units(program, 2)))
    return _RUNNERS[program.name]


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


def test_updates_out_of_range_never_reach_a_neighbour() -> None:
    """Pitfall: an out-of-range update that writes into the dimensions of the next variable."""
    count = programs.const(IntDomain(-2, 2), "count", 0)
    other = programs.const(IntDomain(0, 3), "other", 1)
    body = (Assign("count", Arithmetic("+", Read("count"), Const(1))),)
    program = Program("p", programs.tokens("a"), (count, other), (), MlpCode(body), "other", max_layers=5)
    (result,) = run(program, [(0,)])
    assert result.error is not None
    assert result.error.code == "update-out-of-range"
    runner = TransformerRunner(build(program, units(program, 2)))
    assert runner.run([(0,)])[0].output == (1,)


def test_max_layers_is_exact_and_halted_inputs_run_none() -> None:
    program = programs.parity_relative()
    start = next(i for i, s in enumerate(program.symbols) if s.name == "START")
    runner = TransformerRunner(build(program, units(program, 2)))
    assert [r.layers for r in runner.run([(start,), (start, 0, 1, 0)])] == [0, 3]
    for k in range(3):
        (expected,) = run(program, [(start, 1, 1, 1)], k)
        (got,) = runner.run([(start, 1, 1, 1)], k)
        assert (got.output, got.layers, got.halted) == (expected.output, expected.layers, expected.halted)


def _codes(results: Sequence[Result]) -> list[str | None]:
    return [None if r.error is None else r.error.code for r in results]


def test_programs_that_cycle_are_reported() -> None:
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
    runner = TransformerRunner(build(program, units(program, 2)))
    got, expected = runner.run(inputs), run(program, inputs)
    assert _codes(got) == _codes(expected) == ["never-halts", None, None, "never-halts"]
    assert max(r.layers for r in got) < 20
    assert [r.output for r in runner.run(inputs, 7)] == [r.output for r in run(program, inputs, 7)]


@pytest.mark.parametrize(
    ("low", "causal", "code"),
    [
        (-1, Causal(None, 9), "generated-no-token"),
        (0, Causal(None, 9), None),
        (0, Causal(7, None), "generation-limit"),
    ],
)
def test_generation_ends_as_in_the_interpreter(low: int, causal: Causal, code: str | None) -> None:
    value = programs.by_token(IntDomain(low, 7), "value", range(8))
    place = programs.by_position(BoolDomain(), "place", [0] * 12)
    body = (Assign("value", Arithmetic("max", Arithmetic("-", Read("value"), Const(1)), Const(low))),)
    program = Program(
        "down", IntDomain(0, 7), (value, place), (), MlpCode(body), "value", max_layers=1, positions=12, causal=causal
    )
    inputs = [(3,), (5, 2), (1,) * 11, (6,) * 10]
    got, expected = TransformerRunner(build(program, units(program, 2))).run(inputs), run(program, inputs)
    assert _codes(got) == _codes(expected)
    assert code in _codes(got)
    assert got == expected


def test_generation_goes_on_to_a_limit_beyond_the_usual_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(template_model, "GENERATED", 4)
    value = programs.by_token(IntDomain(0, 1), "value", (0, 1))
    program = Program("same", IntDomain(0, 1), (value,), (), MlpCode(()), "value", max_layers=0, causal=Causal(0, 9))
    inputs = [(1,), (1, 0, 1)]
    assert TransformerRunner(build(program, units(program, 2))).run(inputs) == run(program, inputs)


def test_a_model_made_for_shorter_texts_than_a_program_generates_says_so() -> None:
    value = programs.by_token(IntDomain(0, 9), "value", [0, *range(9)])
    program = Program("down", IntDomain(0, 9), (value,), (), MlpCode(()), "value", max_layers=0, causal=Causal(0, None))
    built = build(program, units(program, 2), max_length=3)
    short, long = TransformerRunner(built).run([(3,), (4,)])
    assert (short.output, short.error) == ((2, 1, 0), None)  # the fourth token need not be read
    assert long.output == (3, 2, 1)
    assert long.error == InputExceedsModel(length=4, longest=3)
    report = verify(program, built, exhaustive=100, samples=10)
    assert report.agrees
    with pytest.raises(ValueError, match="generated 3 tokens, and the model is not made for more"):
        TransformerRunner(built).model([4])


def test_verify_compares_runs_that_never_end() -> None:
    case = next(c for c in CASES if c.name == "turning")
    program = case.program
    report = verify(program, build(program, units(program, 2)), exhaustive=50, samples=0)
    assert (report.agrees, report.failing) == (True, 0)
    assert report.unfinished == report.compared - 1  # the empty input halts
    clock = replace(program, variables=program.variables[:1] + program.variables[2:], mlp=MlpCode(()))
    assert (
        len(verify(program, build(clock, units(clock, 2)), exhaustive=50, samples=0).differences) == report.unfinished
    )


def test_a_negative_number_of_layers_is_refused() -> None:
    program = programs.parity_relative()
    with pytest.raises(AltacError) as raised:
        TransformerRunner(build(program, units(program, 2))).run([(2,)], -1)
    assert raised.value.problems[0].code == "negative-layers"


def test_gradients_flow_through_unrolled_layers() -> None:
    program = programs.parity_sum(8)
    model = TransformerRunner(build(program, units(program, 2))).model.transformer

    def loss(transformer: Transformer) -> jax.Array:
        return transformer.unrolled(jnp.array([[2, 1, 1, 0]]), 2).logits[..., 0].sum()

    gradients = nnx.grad(loss, argnums=nnx.DiffState(0, Fixed))(model)
    sizes = [float(jnp.abs(g).max()) for g in jax.tree.leaves(gradients)]
    assert all(math.isfinite(g) for g in sizes)
    assert max(sizes) > 0


def test_empty_input_gives_empty_output() -> None:
    program = programs.parity_relative()
    (result,) = TransformerRunner(build(program, units(program, 2))).run([()])
    assert result.output == ()


def test_a_hundred_layers_leave_no_residue() -> None:
    program = programs.parity_sum(20)
    runner = TransformerRunner(build(program, units(program, 0)))
    inputs = [(2, *[1] * k, *[0] * (k % 5)) for k in range(20)]
    expected = [r.output for r in run(program, inputs, 100)]
    assert [r.output for r in runner.run(inputs, 100)] == expected
    assert min(r.margin for r in runner.runs) == 1.0
