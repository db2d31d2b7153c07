"""Problems as text and JSON, at any width."""

from __future__ import annotations

import random
import unicodedata
from dataclasses import dataclass

import pytest

from altac.diagnostics.json import to_json
from altac.diagnostics.problem import Label, Problem, did_you_mean
from altac.diagnostics.render import render, render_all
from altac.source import Source, Span


@dataclass(frozen=True, kw_only=True)
class Odd(Problem):
    other: Span | None = None
    code = "odd-in-tests"
    title = "something is odd"
    label = "look here"
    help = "do it\ndifferently"

    def secondary(self) -> tuple[Label, ...]:
        return (Label(self.other, "because of this"),) if self.other else ()


def place(text: str, part: str) -> Span:
    start = text.index(part)
    return Span(Source("x.alta", text), start, start + len(part))


def test_the_span_is_underlined_and_labelled() -> None:
    text = "first\n  second third\n"
    assert render(Odd(span=place(text, "second"))) == "\n".join([
        "error[odd-in-tests]: something is odd",
        " --> x.alta:2:3",
        "  |",
        "2 |   second third",
        "  |   ^^^^^^ look here",
        "  |",
        "  = help: do it",
        "          differently",
    ])  # fmt: skip


def test_secondary_places_are_shown_in_order() -> None:
    source = Source("x.alta", "one\n\n\ntwo\n")
    shown = render(Odd(span=Span(source, 6, 9), other=Span(source, 0, 3)))
    assert shown.index("because of this") < shown.index("look here")
    assert "..." in shown


def test_without_a_place() -> None:
    assert render(Odd()) == "error[odd-in-tests]: something is odd\n  help: do it\n        differently"


@pytest.mark.parametrize("width", [30, 40, 100])
@pytest.mark.parametrize(
    "text", ["x" * 500 + " here " + "y" * 500, "\t\there\t", "広い文字 here 広い", "\x1b[31mhere\x07", "here"]
)
def test_any_text_at_any_width(text: str, width: int) -> None:
    shown = render(Odd(span=place(text, "here")), width=width)
    assert "\x1b" not in shown
    assert "\x07" not in shown
    assert "here" in shown
    line = next(part for part in shown.splitlines() if "here" in part and "|" in part and "look" not in part)
    under = shown.splitlines()[shown.splitlines().index(line) + 1]
    assert "^" in under
    if text.isascii() and "\x1b" not in text:
        assert under.index("^") == line.index("here")


def test_spans_at_the_end_and_over_lines() -> None:
    source = Source("x.alta", "ab\ncd\n")
    for start in range(7):
        for end in range(start, 7):
            assert "^" in render(Odd(span=Span(source, start, end)))


def test_colour_only_when_asked() -> None:
    assert "\x1b[" in render(Odd(span=place("a b", "b")), color=True)


def test_counts() -> None:
    assert render_all([Odd(), Odd()]).endswith("\n\n2 errors")


def test_json() -> None:
    found = to_json(Odd(span=place("a\n bc", "bc")))
    assert (found["line"], found["column"], found["end_line"], found["end_column"]) == (2, 2, 2, 4)
    assert found["code"] == "odd-in-tests"


@pytest.mark.parametrize(
    ("name", "candidates", "expected"),
    [
        ("Parity", ["parity", "party"], "parity"),
        ("partiy", ["parity", "done"], "parity"),
        ("xyz", ["parity", "done"], ""),
        ("dnoe", ["done"], "done"),
        ("a", ["b", "abcdef"], ""),
    ],
)
def test_did_you_mean(name: str, candidates: list[str], expected: str) -> None:
    assert did_you_mean(name, candidates) == expected


def test_no_line_is_wider_than_asked_for() -> None:
    rng = random.Random(0)
    pieces = ["a", "\t", " ", "\n", "漢", "e\u0301", "\r\n", "\x1b", "x" * 30]
    for _ in range(2000):
        source = Source("x.alta", "".join(rng.choices(pieces, k=rng.randint(0, 50))))
        starts = [rng.randint(0, len(source.text)) for _ in range(2)]
        span, other = (Span(source, start, rng.randint(start, len(source.text))) for start in starts)
        width = rng.choice([30, 40, 100])
        for line in render(Odd(span=span, other=other), width=width).split("\n"):
            columns = sum(
                0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line
            )
            assert columns <= width, line
