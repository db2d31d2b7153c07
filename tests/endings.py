"""Ways in which a run ends, as programs with inputs and what every engine must report for them."""

from __future__ import annotations

from dataclasses import dataclass

from altac.interpreter import Result
from altac.ir import Program
from altac.semantics import check
from altac.source import Source

Ending = tuple[str, int, bool, int | None]


@dataclass(frozen=True)
class Case:
    """``expected`` has one `ending` per input, for a run with ``max_layers``."""

    name: str
    text: str
    inputs: tuple[tuple[int, ...], ...]
    expected: tuple[Ending, ...]
    max_layers: int | None = None

    @property
    def program(self) -> Program:
        checked = check(Source(f"{self.name}.alta", f"program ending\n{self.text}"))
        assert checked.program is not None, checked.problems
        return checked.program


def ending(result: Result) -> Ending:
    """The code of the problem ("" without one), layers, halting, and the layer whose state comes back."""
    code = "" if result.error is None else result.error.code
    return code, result.layers, result.halted, getattr(result.error, "first", None)


def halted(layers: int) -> Ending:
    return "", layers, True, None


def stopped(layers: int) -> Ending:
    """At a limit or a fixed point."""
    return "", layers, False, None


#: A variable that nothing reads goes on changing after the others stand still.
DEAD = """\
tokens 0, 1
var a: bool = token == 1
var c: 0..3 = 0
var d: bool = false
mlp { if c < 3 { c <- c + 1 } }
output a
halt when d
"""

#: The same with a variable that turns for ever.
TURNING = DEAD.replace("if c < 3 { c <- c + 1 }", "c <- (c + 1) % 4")

#: Dead variables that read each other through a dead head: the number of changes depends on the length.
WAVE = """\
tokens 0, 1
positions 8
var a:    bool = token == 1
var seen: bool = position == 0
var last: 0..1 = 0
var d:    bool = false
head left = seen at -1
mlp {
    if not seen { seen <- left }
    last <- int(seen)
}
output a
halt when d
"""

#: Halts in as many layers as its largest token says.
COUNTDOWN = """\
tokens 0..4
var n:    Token = token
var dead: 0..1  = 0
mlp {
    n    <- max(n - 1, 0)
    dead <- 1 - dead
}
output n
halt when n == 0
"""

NO_HALT = COUNTDOWN.replace("halt when n == 0\n", "layers 2\n")

#: Appends its token less one, in as many layers as the last token says; hangs on 5.
GENERATING = """\
tokens 0..6
positions 8
var out:  -1..6 = token - 1
var wait: Token = token
mlp { if wait == 5 { out <- 9 - out } else { wait <- max(wait - 1, 0) } }
output out
halt when wait == 0
causal limit 6
"""

#: Copies its last token for ever; no limit but that of the positions.
ENDLESS = """\
tokens 0, 1
positions 4
var out: Token = token
var d: bool = false
output out
halt when d
causal until 0
"""

#: Appends to what a frame has filled up.
FRAMED = """\
tokens 0..5
frame input, 5 to 3
var next: Token = max(token - 1, 0)
output next
layers 1
causal until 0 limit 8
"""

#: Nothing is ever appended.
NOTHING = FRAMED.replace("limit 8", "limit 0")

CASES = [
    Case("dead", DEAD, ((0, 1), (1,), ()), (stopped(4), stopped(4), halted(0))),
    Case("dead-limit", DEAD, ((0, 1), ()), (stopped(2), halted(0)), 2),
    Case("dead-far-limit", DEAD, ((0, 1),), (stopped(9),), 9),
    Case("dead-no-layer", DEAD, ((0, 1),), (stopped(0),), 0),
    Case("dead-huge-limit", DEAD, ((0, 1),), (stopped(10**12),), 10**12),
    Case("turning", TURNING, ((0, 1), (1, 1, 1)), (("never-halts", 8, False, 4),) * 2),
    Case("turning-limit", TURNING, ((0, 1),), (stopped(8),), 8),
    Case("wave", WAVE, ((0,), (0,) * 3, (0,) * 6), (stopped(2), stopped(4), stopped(7))),
    Case(
        "countdown",
        COUNTDOWN,
        ((0, 0), (0, 4), (2, 1, 2), (), (1,)),
        tuple(map(halted, (0, 4, 2, 0, 1))),
    ),
    Case("countdown-limit", COUNTDOWN, ((0, 0), (0, 4), (1,)), (halted(0), stopped(1), halted(1)), 1),
    Case("countdown-none", COUNTDOWN, ((0, 0), (0, 4), ()), (halted(0), stopped(0), halted(0)), 0),
    Case("no-halt", NO_HALT, ((0, 4), ()), (stopped(2),) * 2),
    Case("no-halt-more", NO_HALT, ((0, 4), ()), (stopped(7),) * 2, 7),
    Case("no-halt-less", NO_HALT, ((0, 4), ()), (stopped(1),) * 2, 1),
    Case("no-halt-none", NO_HALT, ((0, 4), ()), (stopped(0),) * 2, 0),
    Case(
        "generating",
        GENERATING,
        ((3,), (2, 2), (5,), (6,), (0,), (), (1,) * 7),
        (
            ("generated-no-token", 3, False, None),
            ("generated-no-token", 2, False, None),
            ("never-halts", 4, False, 2),
            ("never-halts", 4, False, 2),
            ("generated-no-token", 0, False, None),
            halted(0),
            halted(0),
        ),
    ),
    Case("framed", FRAMED, ((1, 5, 5), (0, 1, 2)), (stopped(1),) * 2),
    Case("nothing", NOTHING, ((1, 5, 5),), (halted(0),)),
    Case(
        "endless",
        ENDLESS,
        ((1,), (0,), (1, 1, 1, 1)),
        (("generation-limit", 1, False, None), stopped(1), ("generation-limit", 0, True, None)),
    ),
]
