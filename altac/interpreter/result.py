"""What running a program gives: results, and the states an observer sees."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from altac.diagnostics.problem import Problem
from altac.ir import Program

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]
else:
    Array = Any


@dataclass(frozen=True)
class Result:
    """The outcome for one input.

    ``input`` is the sequence of token indices that was run (frame included), ``output`` the code of the output
    variable at every position, or, for a causal program, the codes of the tokens it appended. ``layers`` is the number
    of layers run: with an explicit limit ``k`` and no halting, ``k``; otherwise up to and including
    the layer that halted, changed nothing (a fixed point) or failed. A causal program reports the most layers that any
    of its steps took, or those of the step that went wrong. ``halted`` says that the halting condition holds at every
    position. ``error`` is set when the input failed: its output is then empty, except where the run only did not end
    (`altac.diagnostics.runtime_errors.Unfinished`).
    """

    input: tuple[int, ...]
    output: tuple[int, ...]
    layers: int
    halted: bool
    error: Problem | None = None


def cut(program: Program, result: Result) -> int | None:
    """The number of tokens, frame and input included, at which the limit of a causal program ended a run before
    the stop token came; None if nothing was cut."""
    causal = program.causal
    if causal is None or causal.limit is None or result.error is not None or not result.input:
        return None
    stop = None if causal.stop is None else causal.stop + program.tokens.low
    stopped = bool(result.output) and result.output[-1] == stop
    return None if stopped else causal.limit


@dataclass(frozen=True)
class State:
    """The state of a batch of inputs of one length, as an observer sees it.

    Arrays have shape (B, T). ``values`` holds the codes of every variable and, after attention, of every head
    (meaningless where undefined). ``defined`` tells where a head has a value, ``reals`` the exact mean of a
    numerical head as a float (nan where undefined). ``mask`` is true at positions of the
    input, ``active`` (B,) at inputs that are still running, ``rows`` (B,) their indices among the inputs of `run`.
    """

    values: dict[str, Array]
    defined: dict[str, Array]
    reals: dict[str, Array]
    mask: Array
    active: Array
    rows: Array
    tokens: Array = field(repr=False)


When = Literal["start", "attention", "mlp"]
#: Called with the layer (from 1; 0 with "start"), the moment and the state; it must not change the state. An observer
#: with an attribute ``moments``, a set of these, is called at them only, and with views that the next layer changes.
Observer = Callable[[int, When, State], None]
