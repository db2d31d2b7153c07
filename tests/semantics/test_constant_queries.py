"""Constant queries of heads: hidden variables, one for each value."""

from __future__ import annotations

from altac.interpreter import run
from altac.semantics import check
from altac.source import Source

CONSTANTS = """\
program constants
tokens 0, 1, 5
enum State { Run, Stop }
enum Other { Stop, Run }
positions 3
var number: 0..5  = position
var symbol: Token = token
var state:  State = State.Run
var other:  Other = Other.Stop
var found:  bool  = false
head by_number = attend(query: 1, key: number, value: symbol)
head by_token  = attend(query: Token(1), key: symbol, value: number)
head by_state: real in {0, 1} = attend(query: State.Run, key: state, value: number)
head by_other: real in {0, 1} = attend(query: Other.Run, key: other, value: number)
mlp { found <- by_number == 5 and by_token == 2 and by_state == 1 }
output found
layers 1
"""


def test_constant_queries_of_the_same_name_are_kept_apart() -> None:
    checked = check(Source("constants.alta", CONSTANTS))
    assert checked.program is not None, [p.render_title() for p in checked.problems]
    (result,) = run(checked.program, [(0, 2, 1)])
    assert result.output == (1, 1, 1)
