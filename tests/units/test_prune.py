"""Dead variables are dropped, and no run shows it."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from altac.api import check_source
from altac.diagnostics.runtime_errors import Unfinished
from altac.interpreter import Result, run
from altac.ir import Program
from altac.source import Source
from altac.units import prune
from altac.units.prune import live_slots
from tests.endings import CASES, Case
from tests.random_programs import Options, random_inputs, random_program

DEAD = """\
program dead
tokens 0, 1
var bit:    bool = token == 1
var watch:  0..9 = 0
var both:   bool = false
var hidden: bool = token == 0
head left   = hidden at -1
head same   = attend(query: bit, key: bit, value: watch)
mlp {
    let next = not bit
    let more = min(watch + 1, 9)
    if bit { watch <- more } else if hidden { both <- next }
    bit <- next
    watch <- more
}
output bit
"""


def load(text: str) -> Program:
    program, problems = check_source(Source("text.alta", text))
    assert program is not None, [p.render_title() for p in problems]
    return program.ir


def promised(results: Sequence[Result]) -> list[Result]:
    """The runs on which all engines agree: those in which no position fails."""
    return [r for r in results if r.error is None or isinstance(r.error, Unfinished)]


def test_dead_variables_and_heads_are_dropped() -> None:
    program = load(DEAD + "layers 3")
    assert live_slots(program) == {"bit"}
    small = prune(program)
    assert (small.variable_names, small.heads) == (("bit",), ())
    inputs = [(0, 1, 1), (1,), (0, 0)]
    assert [r.output for r in run(small, inputs)] == [r.output for r in run(program, inputs)]
    loaded, _ = check_source(Source("text.alta", DEAD + "layers 3"))
    assert loaded is not None
    assert loaded.compile(0).built.layout.width > loaded.compile(2).built.layout.width == 2
    assert [r.output for r in loaded.run([[0, 1, 1]], engine="transformer")] == [[True, False, False]]


@pytest.mark.parametrize(
    ("ending", "live"),
    [
        ("", {"bit"}),  # a run is given a limit
        ("layers 3\nhalt when bit", {"bit"}),
        ("halt when bit", {"bit", "watch", "both", "hidden"}),  # a run may end because nothing changes
    ],
)
def test_what_is_live_depends_on_how_runs_can_end(ending: str, live: set[str]) -> None:
    assert live_slots(load(DEAD + ending)) == live


def test_heads_that_only_dead_variables_read_stay_with_them() -> None:
    text = DEAD.replace("mlp {", "mlp {\n    if same > 3 { both <- true }") + "halt when bit"
    assert live_slots(load(text)) == {"bit", "watch", "both", "hidden", "same"}


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_endings_stay(case: Case) -> None:
    assert run(prune(case.program), case.inputs, case.max_layers) == run(case.program, case.inputs, case.max_layers)


@pytest.mark.parametrize("seed", range(150))
def test_pruned_random_programs_do_the_same(seed: int) -> None:
    rng = random.Random(seed)
    program = random_program(rng, Options())
    small = prune(program)
    inputs = random_inputs(rng, program)
    for layers in (None, 4):
        if layers is None and program.halt is None and program.max_layers is None:
            continue
        sound = promised(run(program, inputs, layers, limit=60))
        assert run(small, [r.input for r in sound], layers, limit=60) == sound
