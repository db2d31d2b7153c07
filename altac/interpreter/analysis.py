"""What can be known about a program before it runs: slots that are updated, slots that are the same at all positions."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from altac.ir import Program
from altac.ir.traversal import updates


@contextmanager
def deep_recursion(limit: int = 50_000) -> Iterator[None]:
    """Lets Python functions recurse over long `else if` chains and unrolled sums.

    Calls between Python functions use no C stack from Python 3.11 on, so a high limit is safe.
    """
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, limit))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def uniform_slots(program: Program) -> frozenset[str]:
    """Slots that hold the same value at all positions of a sequence, in every layer.

    These are the greatest set of variables with a constant initial value whose updates depend only on slots of the
    set, and of heads without offsets whose query is in the set: such a head selects the same positions from
    everywhere. The control state of a machine (program counter, stack pointers, what they point at) is of this
    kind, so it is stored and computed once per sequence instead of once per position.
    """
    uniform = {v.name for v in program.variables if len(set(v.initial.values)) == 1}
    if program.causal is None:
        uniform |= {h.name for h in program.heads if h.offsets is None}
    found = updates(program)
    while True:
        lost = {target for target, reads in found if target in uniform and not reads <= uniform}
        lost |= {h.name for h in program.heads if h.name in uniform and h.query is not None and h.query not in uniform}
        if not lost:
            return frozenset(uniform)
        uniform -= lost


def assigned_variables(program: Program) -> frozenset[str]:
    """The variables that some update of the MLP targets."""
    return frozenset(target for target, _ in updates(program))
