"""Where everything is in the residual stream, and which dimensions the parts of the MLP read.

One residual dimension per (variable, code) and per (categorical head, code), one scalar per
numerical head (appendix A.2 of the ALTA paper). The MLP reads *features*: the residual stream, then a one-hot over
the buckets of every numerical head, then the predicates of the first feature layer, if there is one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from altac.ir import BoolDomain, Domain, Head, IntDomain, Program, RealDomain, SetDomain, Variable
from altac.ir.evaluate import halting

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Layout:
    """Residual and feature dimensions of ``program``.

    ``reachable`` tells for every variable the codes it can ever hold; attention and means consider only those.
    """

    program: Program
    reachable: Mapping[str, tuple[int, ...]]

    @cached_property
    def offsets(self) -> dict[str, int]:
        """The first residual dimension of every slot."""
        found, at = {}, 0
        for slot in self.program.slots:
            found[slot.name] = at
            at += 1 if is_numerical(slot) else slot.domain.size
        return found

    @cached_property
    def width(self) -> int:
        """The width of the residual stream."""
        return sum(1 if is_numerical(slot) else slot.domain.size for slot in self.program.slots)

    @cached_property
    def numerical(self) -> tuple[Head, ...]:
        """The heads whose output is a mean."""
        return tuple(h for h in self.program.heads if is_numerical(h))

    @cached_property
    def buckets(self) -> dict[str, int]:
        """The first feature of the buckets of every numerical head."""
        found, at = {}, self.width
        for head in self.numerical:
            found[head.name] = at
            at += head.domain.size
        return found

    @cached_property
    def features(self) -> int:
        """The number of features before any predicates: residual dimensions and buckets."""
        return self.width + sum(h.domain.size for h in self.numerical)

    @cached_property
    def feature_of_code(self) -> Array:
        """The feature of every (slot, code): variables, then heads, codes ascending."""
        parts = [
            np.arange(slot.domain.size) + (self.buckets if is_numerical(slot) else self.offsets)[slot.name]
            for slot in self.program.slots
        ]
        return np.concatenate(parts) if parts else np.zeros(0, np.int64)

    def dims(self, slot: str, codes: Array | tuple[int, ...] | range | None = None) -> Array:
        """The residual dimensions of ``codes`` (default: all) of a variable or categorical head."""
        domain = self.program.domain(slot)
        wanted = np.arange(domain.size) if codes is None else np.asarray(codes, np.int64) - domain.low
        return self.offsets[slot] + wanted


def is_numerical(slot: Variable | Head) -> bool:
    """Whether a slot is one scalar of the residual stream, rather than one-hot."""
    return isinstance(slot, Head) and isinstance(slot.domain, RealDomain)


def numbers(domain: Domain) -> tuple[Fraction, ...]:
    """The number that each code of a real, integer or boolean domain stands for."""
    match domain:
        case RealDomain(buckets=buckets):
            return buckets
        case IntDomain() | BoolDomain():
            return tuple(Fraction(c) for c in range(domain.low, domain.low + domain.size))
    raise TypeError(f"the values of {domain} are no numbers")


def matches(query: Domain, key: Domain) -> Array:
    """Which query codes select which key codes, shape (query codes, key codes): equality of values, or membership."""
    keys = np.arange(key.low, key.low + key.size)
    if isinstance(query, SetDomain):
        found = np.zeros((query.size, key.size), bool)
        for i, codes in enumerate(query.family):
            found[i] = np.isin(keys, sorted(codes))
        return found
    matches: Array = np.arange(query.low, query.low + query.size)[:, None] == keys[None, :]
    return matches


def halting_codes(program: Program) -> tuple[str, tuple[int, ...]] | None:
    """The variable of the halting condition and the codes that satisfy it; None without a condition.

    A code at which the condition cannot be evaluated does not satisfy it.
    """
    found = halting(program)
    if found is None:
        return None
    name, holds = found
    return name, tuple(code for code, value in holds.items() if value)
