"""Layers, halting, limits, modes, observers and errors of the interpreter; the pitfalls that concern it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from altac.diagnostics.input_errors import InputTooLong, NegativeLayers, TokenIndexRange
from altac.diagnostics.problem import AltacError, Problem
from altac.diagnostics.runtime_errors import (
    DivisionByZero,
    GenerationLimit,
    LayerLimit,
    MissingEntry,
    NeverHalts,
    NoLayerLimit,
    RuleConflict,
    UndefinedRead,
    UpdateOutOfRange,
)
from altac.interpreter import Result, State, run
from altac.ir import (
    And,
    Arithmetic,
    Assign,
    Causal,
    Compare,
    Const,
    Expr,
    Head,
    If,
    IfExpr,
    Initial,
    IntDomain,
    Let,
    LetRead,
    Lookup,
    MlpCode,
    MlpRules,
    Or,
    Program,
    RealDomain,
    Rule,
    SetDomain,
    Stmt,
    Variable,
)
from tests import programs
from tests.programs import at, attend, by_position, by_token, const, read, span

NUMBER = IntDomain(-4, 9)


def program(
    *body: Stmt, variables: tuple[Variable, ...] = (), heads: tuple[Head, ...] = (), layers: int = 1
) -> Program:
    """A program over tokens 0..9 with variables x (the token), y (0) and `here`."""
    x = by_token(NUMBER, "x", range(10))
    own = (x, const(NUMBER, "y", 0), by_position(NUMBER, "here", range(10)))
    return Program(
        "small", IntDomain(0, 9), (*own, *variables), heads, MlpCode(body), "y", max_layers=layers, positions=10
    )


def outputs(program: Program, *inputs: tuple[int, ...], layers: int | None = None) -> list[tuple[int, ...]]:
    results = run(program, inputs, layers)
    assert [r.error for r in results] == [None] * len(results)
    return [r.output for r in results]


def error_of(program: Program, *tokens: int) -> Problem:
    (result,) = run(program, [tokens])
    assert result.error is not None
    assert result.output == ()
    assert not result.halted
    return result.error


# layers and halting


def counting(halt_at: int | None, layers: int | None) -> Program:
    y = const(IntDomain(0, 100), "y", 0)
    step = Assign("y", Arithmetic("min", Arithmetic("+", read("y"), Const(1)), Const(100)))
    halt = None if halt_at is None else Compare("==", read("y"), Const(halt_at))
    return Program("count", IntDomain(0, 1), (y,), (), MlpCode((step,)), "y", halt=halt, max_layers=layers)


@pytest.mark.parametrize("layers", [0, 1, 2, 7])
def test_k_layers_are_k(layers: int) -> None:
    (result,) = run(counting(None, layers), [(0, 1)])
    assert result == Result((0, 1), (layers, layers), layers, False)
    (result,) = run(counting(50, None), [(0, 1)], max_layers=layers)
    assert result == Result((0, 1), (layers, layers), layers, False)


def test_explicit_layers_replace_those_of_the_program() -> None:
    assert run(counting(None, 3), [(0,)], max_layers=5)[0].layers == 5
    assert run(counting(None, 3), [(0,)], max_layers=1)[0].output == (1,)


def test_a_halted_input_runs_no_layer() -> None:
    assert run(counting(0, None), [(0, 1)]) == [Result((0, 1), (0, 0), 0, True)]
    assert run(counting(0, None), [(0, 1)], max_layers=3) == [Result((0, 1), (0, 0), 0, True)]


def test_halting_is_per_sequence_and_at_the_end_of_a_layer() -> None:
    start = programs.tokens(0, 1, "START")
    assert start.size == 3
    results = run(programs.parity_relative(), [(2, 1, 0, 1), (2,), (2, 1), (2, 1, 1, 1, 1, 1)])
    assert [(r.layers, r.halted, r.output) for r in results] == [
        (3, True, (0, 1, 1, 0)), (0, True, (0,)), (1, True, (0, 1)), (5, True, (0, 1, 0, 1, 0, 1)),
    ]  # fmt: skip


def test_all_positions_have_to_halt() -> None:
    x = by_token(IntDomain(0, 3), "x", (1, 2))
    step = If(Compare(">", read("x"), Const(0)), (Assign("x", Arithmetic("-", read("x"), Const(1))),))
    program = Program("down", IntDomain(0, 1), (x,), (), MlpCode((step,)), "x", halt=Compare("==", read("x"), Const(0)))
    assert [r.layers for r in run(program, [(0, 0), (0, 1), (1, 1), (0, 0)])] == [1, 2, 2, 1]


def test_no_halt_and_no_limit_is_an_error_before_running() -> None:
    with pytest.raises(AltacError) as caught:
        run(counting(None, None), [(0,)])
    assert isinstance(caught.value.problems[0], NoLayerLimit)
    assert run(counting(None, None), [(0,)], max_layers=2)[0].output == (2,)


def test_negative_layers() -> None:
    with pytest.raises(AltacError) as caught:
        run(counting(1, None), [(0,)], max_layers=-1)
    assert isinstance(caught.value.problems[0], NegativeLayers)


def test_a_fixed_point_stops_early_without_halting() -> None:
    (result,) = run(counting(101, None), [(0, 0)])
    assert result == Result((0, 0), (100, 100), 101, False)
    (result,) = run(counting(101, None), [(0, 0)], max_layers=5000)
    assert (result.layers, result.halted) == (5000, False)


def test_an_update_that_is_undone_in_the_same_layer_is_a_fixed_point() -> None:
    body = (Assign("y", Const(3)), Assign("y", Const(0)))
    halting = replace(program(*body), max_layers=None, halt=Compare("==", read("y"), Const(9)))
    (result,) = run(halting, [(1, 2)])
    assert (result.layers, result.halted) == (1, False)


def test_a_cycle_is_found_and_reported() -> None:
    for period in (2, 3, 7, 50):
        turn = Assign("y", Arithmetic("%", Arithmetic("+", read("y"), Const(1)), Const(period)))
        halt = Compare("==", read("y"), Const(period))
        y = const(IntDomain(0, 50), "y", 0)
        (result,) = run(Program("turn", IntDomain(0, 1), (y,), (), MlpCode((turn,)), "y", halt=halt), [(0, 1)])
        assert isinstance(result.error, NeverHalts)
        assert result.layers - result.error.first == period and result.layers < 3 * period
        assert (result.halted, result.output) == (False, (result.layers % period,) * 2)


def test_the_safety_limit_is_reported() -> None:
    first, second = run(counting(50, None), [(0, 1), (1,)], limit=11)
    assert isinstance(first.error, LayerLimit)
    assert (first.layers, first.halted, first.output) == (11, False, (11, 11))
    assert second.error is not None and "11 layers" in second.error.render_title()
    assert run(counting(50, None), [(0,)], max_layers=20, limit=11)[0].error is None


def test_empty_in_empty_out() -> None:
    assert run(programs.parity_relative(), [()]) == [Result((), (), 0, True)]
    assert run(counting(None, 4), [()]) == [Result((), (), 4, False)]
    assert run(programs.parity_relative(), []) == []


# updates


def test_all_updates_land_at_once() -> None:
    assert outputs(program(Assign("x", read("y")), Assign("y", read("x"))), (4, 7)) == [(4, 7)]
    assert outputs(program(Assign("y", read("x")), Assign("x", read("y"))), (4, 7)) == [(4, 7)]


def test_the_later_update_wins() -> None:
    body = (Assign("y", Const(1)), If(Compare(">", read("x"), Const(4)), (Assign("y", Const(2)),)))
    assert outputs(program(*body), (3, 7, 5)) == [(1, 2, 2)]
    assert outputs(program(*reversed(body)), (3, 7, 5)) == [(1, 1, 1)]


def test_right_hand_sides_read_the_old_state() -> None:
    body = (Assign("y", Const(5)), If(Compare("==", read("y"), Const(5)), (Assign("y", Const(9)),)))
    assert outputs(program(*body), (3,)) == [(5,)]


def test_heads_read_the_state_before_the_layer() -> None:
    y = const(NUMBER, "y", 0)
    body = (Assign("y", read("x")), If(Compare(">", read("here"), Const(0)), (Assign("x", read("left")),)))
    shifted = program(*body, heads=(at("left", replace(y, name="x"), -1),), layers=2)
    assert outputs(shifted, (3, 4, 5)) == [(3, 3, 4)]


def test_heads_run_in_parallel_as_in_the_compiled_model() -> None:
    """Where heads in sequence would give [2, 3, 0, 1]-like answers, each here reads the state before the layer."""
    p = by_position(IntDomain(0, 3), "p", range(4))
    q = const(IntDomain(0, 3), "q", 0)
    r = const(IntDomain(0, 3), "r", 0)
    heads = (attend("h", "p", "p", p), attend("g", "q", "p", p))
    body = (Assign("q", read("h")), Assign("r", read("g")))
    chained = Program("chain", IntDomain(0, 0), (p, q, r), heads, MlpCode(body), "r", max_layers=1, positions=4)
    assert outputs(chained, (0, 0, 0, 0)) == [(0, 0, 0, 0)]
    assert outputs(chained, (0, 0, 0, 0), layers=2) == [(0, 1, 2, 3)]


# guards


def test_guards_protect_what_follows_them() -> None:
    left = at("left", by_token(NUMBER, "x", ()), -1)
    positive = Compare(">", read("here"), Const(0))
    big = Compare(">", read("left"), Const(2))
    expected = [(0, 0, 1, 0)]
    for guarded in (
        If(positive, (If(big, (Assign("y", Const(1)),)),)),
        If(And(positive, big), (Assign("y", Const(1)),)),
        Assign("y", And(positive, big)),
        Assign("y", IfExpr(positive, big, Const(0))),
        If(Or(Compare("==", read("here"), Const(0)), Compare("<=", read("left"), Const(2))), (),
           (Assign("y", Const(1)),)),
    ):  # fmt: skip
        assert outputs(program(guarded, heads=(left,)), (1, 5, 2)) == [expected[0][:1] + (0, 1)], guarded


def test_lets_are_strict() -> None:
    left = at("left", by_token(NUMBER, "x", ()), -1)
    body = (Let("l", read("left")), If(Compare(">", read("here"), Const(0)), (Assign("y", LetRead("l")),)))
    error = error_of(program(*body, heads=(left,)), 1, 2)
    assert isinstance(error, UndefinedRead) and (error.layer, error.position) == (1, 0)


# undefined heads


@pytest.mark.parametrize("value", [3, 5])
def test_relative_head_at_the_edge(value: int) -> None:
    left = at("left", by_token(NUMBER, "x", ()), -1)
    error = error_of(program(Assign("y", read("left")), heads=(left,)), value, 1, 1)
    assert isinstance(error, UndefinedRead)
    assert (error.layer, error.position, error.head, error.selected) == (1, 0, "left", 0)
    assert error.span == span("left") and error.head_span == span("left")
    assert error.render_label() == "selects no position here"
    assert f"input [{value}, 1, 1]" in error.render_help()


def test_several_selected_positions_are_undefined_even_if_equal() -> None:
    x = by_token(NUMBER, "x", range(10))
    same = attend("same", "x", "x", x)
    assert outputs(program(Assign("y", read("same")), heads=(same,)), (3, 4, 5)) == [(3, 4, 5)]
    error = error_of(program(Assign("y", read("same")), heads=(same,)), 3, 4, 3)
    assert isinstance(error, UndefinedRead) and (error.position, error.selected) == (0, 2)


def test_numerical_heads_are_undefined_only_without_selection() -> None:
    halves = RealDomain(tuple(Fraction(n, 2) for n in range(-4, 19)))
    mean = Head("mean", "x", "here", "x", None, halves, span("mean"))
    target = const(halves, "m", 4)
    assert run(program(Assign("m", read("mean")), variables=(target,), heads=(mean,)), [(1, 0)])[0].error is None
    error = error_of(program(Assign("m", read("mean")), variables=(target,), heads=(mean,)), 1, 7)
    assert isinstance(error, UndefinedRead) and error.numerical and error.position == 1


# other errors


def test_out_of_range_never_spills_over() -> None:
    body = Assign("y", Arithmetic("-", read("y"), read("x")), span("y - x"))
    error = error_of(program(body), 1, 7, 9)
    assert isinstance(error, UpdateOutOfRange)
    assert (error.variable, error.value, error.type, error.position) == ("y", -7, "-4..9", 1)
    assert error.span == span("y - x")
    assert "x = 7" in error.state and "y = 0" in error.state


def test_out_of_range_counts_even_if_a_later_update_wins() -> None:
    assert isinstance(error_of(program(Assign("y", Const(10)), Assign("y", Const(1))), 1), UpdateOutOfRange)


def test_division_by_zero_and_missing_entries() -> None:
    for op in ("//", "%"):
        error = error_of(program(Assign("y", Arithmetic(op, Const(3), read("x"), span("3 / x")))), 1, 0)
        assert isinstance(error, DivisionByZero) and error.position == 1 and error.span == span("3 / x")
    table = Lookup((read("x"),), (1,), (3,), (5, None, 6), "table-index", span("T[x]"))
    assert outputs(program(Assign("y", table)), (1, 3)) == [(5, 6)]
    for token in (0, 2, 4):
        error = error_of(program(Assign("y", table)), 1, 3, token)
        assert isinstance(error, MissingEntry) and error.position == 2 and error.index == f"x = {token}"


def test_the_first_error_is_the_one_of_the_first_position() -> None:
    body = (
        Assign("y", Arithmetic("//", Const(1), Arithmetic("-", read("x"), Const(5)))),
        Assign("y", Arithmetic("+", read("x"), Const(1))),
    )
    assert error_of(program(*body), 1, 9, 5).code == "update-out-of-range"
    assert error_of(program(*body), 1, 5, 9).code == "division-by-zero"


def test_a_failing_input_leaves_the_others_unharmed() -> None:
    step = If(Compare("!=", read("x"), Const(9)), (Assign("y", Arithmetic("-", read("y"), read("x"))),))
    inputs = [(1, 0), (3, 3), (0, 1), (9, 9), (11, 1), (2, 0), (1,), (-1,)]
    results = run(program(step, layers=4), inputs)
    assert [r.error is None for r in results] == [True, False, True, True, False, False, True, False]
    assert [r.output for r in results] == [(-4, 0), (), (0, -4), (0, 0), (), (), (-4,), ()]
    assert [r.layers for r in results] == [4, 2, 4, 4, 0, 3, 4, 0]
    assert results == [run(program(step, layers=4), [tokens])[0] for tokens in inputs]


def test_conflicting_rules() -> None:
    base = programs.parity_relative()
    rules = (
        Rule((("parity", 0), ("done", 0)), "parity", 1, span("first")),
        Rule((("parity", 0),), "parity", 0, span("second")),
    )
    conflicting = replace(base, mlp=MlpRules(rules))
    assert run(conflicting, [(1, 2)], 1)[0].error is None
    error = run(conflicting, [(1, 0)], 1)[0].error
    assert isinstance(error, RuleConflict)
    assert (error.position, error.span, error.other_span) == (1, span("second"), span("first"))
    assert error.secondary()[0].text == "applies as well and gives true"


def test_rules_read_a_head_only_behind_the_conjuncts_before_it() -> None:
    base = programs.parity_rules()
    assert run(base, [(2, 1, 0, 1)])[0].output == (0, 1, 1, 0)
    turned = tuple(replace(r, antecedent=r.antecedent[::-1]) for r in base.mlp.rules)  # type: ignore[union-attr]
    error = run(replace(base, mlp=MlpRules(turned)), [(2, 1)])[0].error
    assert isinstance(error, UndefinedRead) and error.head == "parity_left" and error.position == 0


# inputs


def test_token_indices_never_wrap() -> None:
    for bad in (-1, 10):
        error = error_of(program(), 1, bad)
        assert isinstance(error, TokenIndexRange) and (error.token, error.index, error.last) == (bad, 1, 9)


def test_more_tokens_than_positions() -> None:
    assert outputs(program(), (1,) * 10) == [(0,) * 10]
    error = error_of(program(), *(1,) * 11)
    assert isinstance(error, InputTooLong) and (error.length, error.positions) == (11, 10)


# sets, and integers met as values


def test_set_variables_are_not_decoded_as_one_element() -> None:
    digits = IntDomain(0, 9)
    family = SetDomain(digits, (frozenset({0, 3}), frozenset({0}), frozenset()))
    wanted = by_token(family, "wanted", (0, 1, 2, *([2] * 7)))
    mean = Head("mean", "wanted", "x", "x", None, RealDomain((Fraction(0), Fraction(3, 2), Fraction(3))), span("mean"))
    bucket = const(mean.domain, "bucket", 2)
    body = (
        If(Compare("!=", read("wanted"), Const(2)), (Assign("bucket", read("mean")),)),
        Assign("y", read("bucket")),
        Assign("wanted", Const(1)),
    )
    ask = program(*body, variables=(wanted, bucket), heads=(mean,), layers=2)
    assert outputs(ask, (0, 1, 3)) == [(1, 0, 2)]
    assert outputs(ask, (0, 1, 3), layers=3) == [(0, 0, 0)]


def test_an_address_can_meet_a_word_of_another_range() -> None:
    word, address = by_token(IntDomain(-5, 4), "word", range(-5, 5)), by_position(IntDomain(0, 9), "place", range(10))
    head = attend("at_word", "word", "place", address)
    body = If(Compare(">=", read("word"), Const(0)), (Assign("y", read("at_word")),))
    chase = program(body, variables=(word, address), heads=(head,))
    assert outputs(chase, (5, 6, 7, 0, 1)) == [(0, 1, 2, 0, 0)]
    back = attend("place_at", "place", "word", address)
    found = program(If(Compare("==", read("here"), Const(1)), (Assign("y", read("place_at")),)),
                    variables=(word, address), heads=(back,))  # fmt: skip
    assert outputs(found, (5, 0, 6)) == [(0, 2, 0)]


# causal


def test_causal_loop_and_mask() -> None:
    countdown = programs.countdown()
    results = run(countdown, [(3,), (9,), (0,), (), (9,) * 8])
    assert [r.output for r in results] == [(2, 1, 0), (8, 7, 6, 5, 4, 3, 2), (0,), (), ()]
    assert [r.layers for r in results] == [1, 1, 1, 0, 0]
    assert all(r.error is None for r in results)


def test_causal_positions_see_only_the_past() -> None:
    seen: list[np.ndarray] = []

    def look(layer: int, when: str, state: State) -> None:
        if when == "attention":
            seen.append(state.reals["average"])

    run(replace(programs.countdown(), causal=Causal(0, 5)), [(4, 2, 0, 6)], observer=look)
    assert seen[0].tolist() == [[4, 3, 2, 3]]


def test_generation_stops_at_the_last_position() -> None:
    endless = replace(programs.countdown(), causal=Causal(0, None), positions=4)
    result = run(endless, [(9,)])[0]
    assert isinstance(result.error, GenerationLimit) and result.output == (8, 7, 6)
    result = run(replace(programs.countdown(), causal=Causal(None, 4)), [(1,)])[0]
    assert result.error is None and result.output == (0, 0, 0)


# batches, observers, laziness


def test_results_do_not_depend_on_batches() -> None:
    rng = np.random.default_rng(5)
    inputs = [tuple(rng.integers(16, 27, 16).tolist()) for _ in range(300)]
    whole = run(programs.subleq(), inputs)
    assert {r.error is None for r in whole} == {True, False}
    assert run(programs.subleq(), inputs, chunk=16) == whole
    assert run(programs.subleq(), inputs, chunk=100) == whole


def test_observer() -> None:
    events: list[tuple[int, str]] = []
    states: list[State] = []

    def look(layer: int, when: str, state: State) -> None:
        events.append((layer, when))
        states.append(state)

    run(programs.parity_relative(), [(2, 1, 1), (2, 0, 1)], observer=look)
    assert events == [
        (0, "start"), (1, "attention"), (1, "mlp"), (2, "attention"), (2, "mlp"),
    ]  # fmt: skip
    attention, mlp = states[1], states[2]
    assert attention.values["parity"].tolist() == [[0, 1, 1], [0, 0, 1]]
    assert attention.defined["parity_left"].tolist() == [[False, True, True]] * 2
    assert attention.values["parity_left"][:, 1:].tolist() == [[0, 1], [0, 0]]
    assert mlp.values["parity"].tolist() == [[0, 1, 1], [0, 0, 1]]
    assert mlp.values["done"].tolist() == [[1, 1, 0]] * 2
    assert not mlp.defined["parity_left"].any() and "parity_left" not in mlp.values
    assert mlp.mask.all() and mlp.active.all() and mlp.rows.tolist() == [0, 1]


def test_observers_see_every_asked_for_layer() -> None:
    layers: list[int] = []
    (result,) = run(counting(101, None), [(0,)], 103, lambda layer, when, state: layers.append(layer))
    assert max(layers) == result.layers == 103


def test_numpy_is_not_imported_before_a_run() -> None:
    code = "import sys, altac.interpreter, altac.interpreter.codec, altac.ir.validate; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# depth


def test_long_chains_do_not_overflow_the_stack() -> None:
    chain: tuple[Stmt, ...] = ()
    for n in range(3000, 0, -1):
        chain = (If(Compare("==", read("x"), Const(n % 10)), (Assign("y", Const(n % 7)),), chain),)
    assert outputs(program(*chain), (1, 2, 9)) == [(1, 2, 2)]
    total: Expr = read("x")
    for _ in range(3000):
        total = Arithmetic("+", total, Const(1))
    assert outputs(program(Assign("y", Arithmetic("-", total, Const(3000)))), (4,)) == [(4,)]


def test_integers_beyond_64_bits() -> None:
    big: Expr = read("x")
    for _ in range(6):
        big = Arithmetic("*", big, big)  # x ** 64
    body = Assign("y", Arithmetic("%", big, Const(10**9 + 7)))
    wide = replace(program(), variables=(*program().variables, const(IntDomain(0, 10**9 + 7), "z", 0)))
    wide = replace(wide, mlp=MlpCode((replace(body, target="z"),)), output="z")
    assert outputs(wide, (9, 2)) == [(9**64 % (10**9 + 7), 2**64 % (10**9 + 7))]
    assert Initial("constant", (0,)) == wide.variable("z").initial
