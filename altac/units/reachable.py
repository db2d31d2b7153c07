"""The values that variables can ever hold: abstract interpretation with a set of values per variable.

The sets contain all initial values and are closed under every update whose reads are in the sets, whatever the
input and its length. A categorical head that is read holds a value of its variable. Nothing is sampled; a variable whose updates
are too many to go through may hold every value of its type. What cannot be reached is a don't-care for the hidden units, and
`altac.units.proof` checks that the sets are closed when it checks the units.
"""

from __future__ import annotations

from collections.abc import Mapping

from altac.diagnostics.problem import AltacError
from altac.ir import Program, RealDomain
from altac.ir.deep import deeply
from altac.limits import DEFAULT
from altac.rules.expand import states

#: Codes of every variable and head.
Reachable = Mapping[str, frozenset[int]]

_Path = tuple[tuple[str, int], ...]


def reachable(program: Program, most_paths: int = DEFAULT.reachable_paths) -> Reachable:
    """The codes that each variable can hold, and each head where it has a value."""
    return deeply(lambda: _reachable(program, most_paths))


def everything(program: Program) -> dict[str, frozenset[int]]:
    """All codes of every variable and head."""
    return {s.name: frozenset(range(s.domain.low, s.domain.low + s.domain.size)) for s in program.slots}


def _reachable(program: Program, most_paths: int) -> Reachable:
    found = everything(program)
    waiting: dict[str, list[tuple[_Path, int]]] = {}
    for variable in program.variables:
        paths = _paths(program, variable.name, most_paths)
        if paths is not None:
            waiting[variable.name] = paths
            found[variable.name] = frozenset(variable.initial.values)
    changed = True
    while changed:
        _copy_to_heads(program, found)
        changed = False
        for name, paths in waiting.items():
            held = found[name]
            met = {new for path, new in paths if new not in held and all(code in found[slot] for slot, code in path)}
            if met:
                found[name], changed = held | met, True
                waiting[name] = [(path, new) for path, new in paths if new not in found[name]]
    return found


def _copy_to_heads(program: Program, found: dict[str, frozenset[int]]) -> None:
    for head in program.heads:
        if not isinstance(head.domain, RealDomain):
            found[head.name] = found[head.value]


def _paths(program: Program, target: str, most: int) -> list[tuple[_Path, int]] | None:
    """The ways to read what decides about ``target`` that change it, with the new value; None if they are too many."""
    found: list[tuple[_Path, int]] = []
    try:
        for read, new in states(program, target, 4 * most):
            if read.get(target) != new:
                found.append((tuple(read.items()), new))
                if len(found) > most:
                    return None
    except AltacError:
        return None
    return found
