"""Text and JSON in, JSON and text out."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from altac.diagnostics.input_errors import (
    BadInput,
    BadJson,
    InputExceedsFrame,
    InputTooLong,
    UnknownToken,
)
from altac.diagnostics.problem import AltacError, Problem
from altac.interpreter import run
from altac.interpreter.codec import (
    apply_frame,
    input_json,
    output_json,
    output_text,
    quote_input,
    read_input,
    read_tokens,
)
from altac.ir import (
    Frame,
    IntDomain,
    MlpCode,
    Program,
    Symbol,
    TokenDomain,
)
from altac.semantics import check
from altac.source import Source
from tests import programs
from tests.programs import by_token, tokens


def echo(vocabulary: TokenDomain | IntDomain, text: str = "words", **changes: object) -> Program:
    """A program whose output is its token."""
    own = by_token(vocabulary, "own", range(vocabulary.low, vocabulary.low + vocabulary.size))
    program = Program("echo", vocabulary, (own,), (), MlpCode(()), "own", max_layers=0, text=text)  # type: ignore[arg-type]
    return replace(program, **changes)  # type: ignore[arg-type]


ADDITION = echo(
    TokenDomain((*(Symbol(n, str(n)) for n in range(10)), Symbol("+", "+"), Symbol("s", "s"), Symbol("PAD", ""))),
    "characters",
)


def problem_of(program: Program, item: object) -> Problem:
    with pytest.raises(AltacError) as caught:
        read_input(program, item)
    (problem,) = caught.value.problems
    return problem


def test_characters() -> None:
    assert read_input(ADDITION, "s12+9") == (11, 1, 2, 10, 9)
    assert read_input(ADDITION, "") == ()


def test_json_takes_names_numbers_and_spellings() -> None:
    assert read_input(ADDITION, '["s", 1, "2", "PAD"]') == (11, 1, 2, 12)
    assert read_input(ADDITION, ["s", 1, "2", "PAD"]) == (11, 1, 2, 12)
    assert read_input(ADDITION, ("+",)) == (10,)
    assert read_input(ADDITION, " [ ] ") == ()
    assert read_input(echo(IntDomain(-4, 4)), "[-4, 0, 4]") == (0, 4, 8)
    assert read_input(echo(IntDomain(-4, 4)), "-4 0 4") == (0, 4, 8)


def test_words_match_the_longest_token() -> None:
    program = echo(tokens("turn", "turn left", "left", "left twice now"))
    assert read_input(program, "turn left left  turn") == (1, 2, 0)
    assert read_tokens(program, "turn left left twice now") == (1, 3)
    assert read_input(program, " left twice now\n") == (3,)


def test_names_before_spellings() -> None:
    program = echo(TokenDomain((Symbol("a", "b"), Symbol("b", "a"))))
    assert read_input(program, '["a", "b"]') == (0, 1)
    assert read_input(program, "a b") == (1, 0)


def test_a_token_that_looks_like_json() -> None:
    program = echo(tokens("[", "]"), "characters")
    assert read_input(program, "[[]") == (0, 0, 1)
    assert read_input(program, '["["]') == (0,)


def test_unknown_token() -> None:
    error = problem_of(programs.parity_relative(), '["STRAT", 1]')
    assert isinstance(error, UnknownToken) and (error.item, error.index) == ('"STRAT"', 0)
    assert error.render_help().splitlines()[0] == 'did you mean "START"?'
    error = problem_of(programs.parity_relative(), "START 1 2")
    assert isinstance(error, UnknownToken) and (error.item, error.index) == ('"2"', 2)
    assert error.render_help() == 'the tokens are 0, 1, "START"'
    error = problem_of(ADDITION, "s1-2")
    assert error.render_title() == '"-" at index 2 of the input is not a token of `echo`'


@pytest.mark.parametrize(
    "item, shown", [(7, "7"), (1.5, "1.5"), (True, "true"), (None, "null"), ([1], "an array"), ({}, "an object")]
)
def test_items_that_are_no_tokens(item: object, shown: str) -> None:
    error = problem_of(echo(IntDomain(0, 4)), [0, item])
    assert isinstance(error, UnknownToken) and (error.item, error.index) == (shown, 1)
    assert error.render_help() == "the tokens are the integers 0..4"


def test_bad_json() -> None:
    error = problem_of(ADDITION, "[1, 2")
    assert isinstance(error, BadJson) and error.column == 6
    assert isinstance(problem_of(ADDITION, "[" * 100_000), BadJson)
    assert isinstance(problem_of(ADDITION, "[" + "9" * 10_000 + "]"), BadJson)
    assert isinstance(problem_of(ADDITION, {"a": 1}), BadInput)
    assert isinstance(problem_of(ADDITION, 5), BadInput)
    assert "Python bytes" in problem_of(ADDITION, b"1").render_title()


def test_frame() -> None:
    framed = programs.framed()
    assert read_input(framed, "jump turn left") == (0, 1, 2, 3, 4, 4, 4, 4)
    assert read_input(framed, ["jump", "turn left"]) == (0, 1, 2, 3, 4, 4, 4, 4)
    assert read_input(framed, "") == (0, 3, 4, 4, 4, 4, 4, 4)
    assert read_input(framed, "jump " * 6) == (0, 1, 1, 1, 1, 1, 1, 3)
    error = problem_of(framed, "jump " * 7)
    assert isinstance(error, InputExceedsFrame) and (error.length, error.room, error.frame) == (7, 6, 8)
    assert apply_frame(replace(framed, frame=Frame((0,), (3,))), (1,)) == (0, 1, 3)


def test_longer_than_positions() -> None:
    program = echo(IntDomain(0, 4), positions=3, frame=Frame((1,)))
    assert read_input(program, "0 0") == (1, 0, 0)
    error = problem_of(program, "0 0 0")
    assert isinstance(error, InputTooLong)
    assert error.render_title() == "the input has 4 tokens, 1 of them from the frame, but the program has 3 positions"


def test_output_json() -> None:
    assert output_json(programs.parity_relative(), (0, 1)) == [False, True]
    assert output_json(echo(IntDomain(-2, 2)), (-2, 2)) == [-2, 2]
    assert output_json(ADDITION, (3, 10, 12)) == [3, "+", "PAD"]
    assert output_json(programs.framed(), (0, 1, 2)) == ["NONE", "JUMP", "LEFT"]
    assert [type(v) for v in output_json(programs.parity_relative(), (0, 1))] == [bool, bool]


def test_output_text() -> None:
    framed = programs.framed()
    (result,) = run(framed, [read_input(framed, "jump turn left jump")])
    assert output_text(framed, result.output) == "I_JUMP I_LEFT I_JUMP"
    assert output_text(ADDITION, (0, 4, 12, 6, 12)) == "046"
    assert output_text(echo(IntDomain(0, 9), "characters"), (0, 4, 6)) == "046"
    assert output_text(echo(IntDomain(0, 10), "characters"), (1, 0)) == "1 0"
    assert output_text(echo(tokens("a", "b")), (0, 1)) == "a b"
    assert output_text(programs.parity_relative(), (0, 1)) is None
    padded = replace(echo(tokens("a", "PAD"), "words"), frame=Frame((), (), 1, 4))
    assert output_text(padded, (0, 1, 1)) == "a"


def test_input_json_and_quotes() -> None:
    assert input_json(ADDITION, (11, 0, 12)) == ["s", 0, "PAD"]
    assert quote_input(ADDITION, (11, 0, 99)) == '["s", 0, 99]'
    assert len(quote_input(ADDITION, (1,) * 1000)) == 160


@given(st.lists(st.integers(0, 12)))
def test_json_round_trip(sequence: list[int]) -> None:
    assert list(read_input(ADDITION, input_json(ADDITION, sequence))) == sequence


@given(st.text(alphabet="0123456789+s"))
def test_text_round_trip(text: str) -> None:
    codes = read_input(ADDITION, text)
    assert output_text(ADDITION, codes) == text


@pytest.mark.parametrize(("spelt", "typed", "form"), [("\u00e9", "ae\u0301", "NFC"), ("e\u0301", "a\u00e9", "NFD")])
def test_accents_that_are_coded_otherwise(spelt: str, typed: str, form: str) -> None:
    text = f'program p\ntokens "{spelt}", a\ntext characters\nvar x: bool = token == a\nmlp {{ x <- x }}\noutput x\nlayers 1\n'
    program = check(Source("p.alta", text)).program
    assert program is not None
    assert read_input(program, f"a{spelt}") == (1, 0)
    with pytest.raises(AltacError) as raised:
        read_input(program, typed)
    assert f"bring the text into the form {form}" in raised.value.problems[0].render_help()
    with pytest.raises(AltacError) as raised:
        read_input(program, typed + "z")
    assert "the tokens are" in raised.value.problems[0].render_help()
