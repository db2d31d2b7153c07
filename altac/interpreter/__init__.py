"""The interpreter: the symbolic meaning of a program, the reference for every other engine."""

from __future__ import annotations

from collections.abc import Sequence

from altac.interpreter.result import Observer, Result, State, When
from altac.ir import Program

__all__ = ["Observer", "Result", "State", "When", "run"]

#: Layers after which a program that neither halts nor repeats its state is stopped, with an error.
SAFETY_LIMIT = 100_000


def run(
    program: Program,
    inputs: Sequence[Sequence[int]],
    max_layers: int | None = None,
    observer: Observer | None = None,
    *,
    limit: int = SAFETY_LIMIT,
    chunk: int | None = None,
) -> list[Result]:
    """Run ``program`` on every input, a sequence of token indices with the frame already applied.

    Semantics: section 2 of the design. Results come in the order of the inputs; an input that fails has its error in
    `Result.error` and does not disturb the others. ``max_layers`` replaces the program's own limit.
    ``limit`` bounds the layers of a program that never halts, ``chunk`` the positions that are held in arrays at once.
    Raises `AltacError` if the program has neither a halting condition nor a limit, or ``max_layers`` is negative.
    """
    from altac.interpreter.engine import run as engine_run  # numpy is loaded here, not for `altac check`

    return engine_run(program, inputs, max_layers, observer, limit=limit, chunk=chunk)
