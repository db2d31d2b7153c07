"""The values that variables can ever hold: abstract interpretation with a set of values per variable.

The sets contain all initial values and are closed under every update whose reads are in the sets, whatever the
input and its length. A categorical head that is read holds a value of its variable. Nothing is sampled; a variable whose updates
are too many to go through may hold every value of its type. What cannot be reached is a don't-care for the hidden units, and
`altac.units.proof` checks that the sets are closed when it checks the units.
"""

from __future__ import annotations

from collections.abc import Mapping

from altac.deep import deeply
from altac.diagnostics.problem import AltacError
from altac.ir import Program, RealDomain
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
    #: Updates with the number of tests on their path that are not met yet; the updates that make a test, by slot and code.
    updates: list[tuple[str, int]] = []
    unmet: list[int] = []
    tests: dict[tuple[str, int], list[int]] = {}
    held = {name: set(codes) for name, codes in everything(program).items()}
    for variable in program.variables:
        paths = _paths(program, variable.name, most_paths)
        if paths is not None:
            held[variable.name] = set(variable.initial.values)
            for path, new in paths:
                for test in path:
                    tests.setdefault(test, []).append(len(updates))
                updates.append((variable.name, new))
                unmet.append(len(path))
    copies: dict[str, list[str]] = {}
    for head in program.heads:
        if not isinstance(head.domain, RealDomain):
            copies.setdefault(head.value, []).append(head.name)
            held[head.name] = set()
    pending = [(name, code) for name, codes in held.items() for code in codes]
    while pending:
        slot, code = pending.pop()
        for name in copies.get(slot, ()):
            held[name].add(code)
            pending.append((name, code))
        for update in tests.get((slot, code), ()):
            unmet[update] -= 1
            target, new = updates[update]
            if not unmet[update] and new not in held[target]:
                held[target].add(new)
                pending.append((target, new))
    return {name: frozenset(sorted(codes)) for name, codes in held.items()}


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
