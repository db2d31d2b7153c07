"""Inferred families of sets: what is said of a set holds for all that the program can make of it."""

from __future__ import annotations

import pytest

from altac.interpreter import run
from altac.semantics import check
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
