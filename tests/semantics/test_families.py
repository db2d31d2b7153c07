"""Inferred families of sets: what is said of a set holds for all that the program can make of it."""

from __future__ import annotations

import pytest

from altac.interpreter import run
from altac.semantics import check, limits
from altac.source import Source

PROGRAM = """\
program sizes
tokens 0, 1
var size: 0..1 = 0
var seen: set of bool = {false, true}
mlp {
    UPDATE
    seen <- {}
}
output size
layers 2
"""


@pytest.mark.parametrize("update", ["size <- len(seen) div 2", "match len(seen) { 2 => size <- 1, _ => size <- 0 }"])
def test_a_family_is_known_only_after_all_updates(update: str) -> None:
    """In the first round of inference a set of two is all there is, so that a second arm seems to be in vain."""
    checked = check(Source("sizes.alta", PROGRAM.replace("UPDATE", update)))
    assert checked.program is not None, [p.render_title() for p in checked.problems]
    assert [r.output for r in run(checked.program, [(0,)], 1)] == [(1,)]
    assert [r.output for r in run(checked.program, [(0,)], 2)] == [(0,)]


def test_what_is_wrong_with_the_whole_family_is_reported_once() -> None:
    checked = check(Source("sizes.alta", PROGRAM.replace("UPDATE", "size <- len(seen) + 2")))
    assert [p.code for p in checked.problems] == ["out-of-range"]


def test_an_update_may_fail_for_some_sets_only() -> None:
    checked = check(Source("sizes.alta", PROGRAM.replace("UPDATE", "size <- len(seen)")))
    assert checked.program is not None
    (result,) = run(checked.program, [(0,)])
    assert result.error is not None
    assert result.error.code == "update-out-of-range"


COUNTER = """\
program counter
tokens 0, 1
var few: set of bool = {}
var seen: set of 0..3 = {}
var on: bool = false
mlp {
    few <- {true}
    seen <- if 0 in seen { if 1 in seen { {2} } else { {0, 1} } } else { {0} }
    on <- len(seen) + len(few) > 1
}
output on
layers 2
"""


def test_a_family_that_still_grows_in_the_last_round_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """The statements of that round are those of a smaller family."""
    rounds = next(n for n in range(1, 20) if _sets(n, monkeypatch) is not None)
    assert rounds > 1
    assert _sets(rounds, monkeypatch) == 4
    monkeypatch.setattr(limits, "ROUNDS", rounds - 1)
    (problem,) = check(Source("counter.alta", COUNTER)).problems
    assert problem.code == "family-too-large" and problem.span is not None
    assert (problem.span.text, problem.render_title()) == ("seen", "the family of `seen` grows beyond 3 sets")


def _sets(rounds: int, monkeypatch: pytest.MonkeyPatch) -> int | None:
    """The sets that `seen` may hold, found in so many rounds; None if it gives up."""
    monkeypatch.setattr(limits, "ROUNDS", rounds)
    program = check(Source("counter.alta", COUNTER)).program
    return None if program is None else program.domain("seen").size
