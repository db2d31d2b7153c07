"""Why an operation on values has no result; raised by those who compute, reported where the program says so."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from altac import ir
from altac.diagnostics.problem import Problem
from altac.diagnostics.type_errors import TableTooLarge
from altac.semantics import limits
from altac.semantics.values import Dim
from altac.source import Span


class OperandError(Exception):
    """An operation does not apply to values of these types. ``hint`` proposes the fix."""

    def __init__(self, hint: str = "") -> None:
        self.hint = hint


class Failure(Exception):
    """A computation has no value at some entry. ``value`` is what could not be converted, as it is written."""

    def __init__(self, reason: ir.Missing, value: str = "") -> None:
        self.reason = reason
        self.value = value


class TooLarge(Exception):
    """A table would have more than `limits.TABLE` entries."""

    def __init__(self, dims: Sequence[Dim]) -> None:
        self.dims = tuple(dims)

    def problem(self, span: Span) -> Problem:
        """What to report of a table that is made at ``span``."""
        names = ("a value" if dim.rt.slot is None else dim.rt.slot.name for dim in self.dims)
        reads = ", ".join(f"{name} ({dim.size})" for name, dim in zip(names, self.dims, strict=True))
        return TableTooLarge(span=span, reads=reads, count=prod(d.size for d in self.dims), limit=limits.TABLE)
