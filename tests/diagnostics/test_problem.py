"""Diagnostics as values."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, dataclass

import pytest

from altac.diagnostics.problem import Problem, diagnostic
from altac.source import Source, Span

SPAN = Span(Source("x.alta", "name"), 0, 4)


@diagnostic
class Odd(Problem):
    name: str
    often: int = 1
    code = "odd-value-in-tests"
    title = "`{name}` is odd"


@dataclass(frozen=True, kw_only=True)
class Odder(Odd):
    code = "odder-value-in-tests"


def test_they_are_equal_if_all_that_they_say_is() -> None:
    assert Odd(span=SPAN, name="a") == Odd(span=SPAN, name="a", often=1)
    assert hash(Odd(span=SPAN, name="a")) == hash(Odd(span=SPAN, name="a"))
    others = [Odd(name="a"), Odd(span=SPAN, name="b"), Odd(span=SPAN, name="a", often=2), Odder(span=SPAN, name="a")]
    assert Odd(span=SPAN, name="a") not in others


def test_they_show_what_they_hold() -> None:
    assert repr(Odd(name="a")) == "Odd(span=None, name='a', often=1)"


def test_they_do_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        Odd(name="a").name = "b"  # type: ignore[misc]
    with pytest.raises(TypeError):
        Odd("a")  # type: ignore[arg-type, call-arg]
