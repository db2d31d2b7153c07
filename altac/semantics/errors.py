"""The checker's diagnostics in one place, and how the ones with suggestions are made."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from altac.diagnostics.declaration_errors import *  # noqa: F403
from altac.diagnostics.declaration_errors import CannotAssign
from altac.diagnostics.name_errors import *  # noqa: F403
from altac.diagnostics.name_errors import UnknownArgument, UnknownMember, UnknownModule, UnknownName, UnknownParam
from altac.diagnostics.problem import Problem, did_you_mean
from altac.diagnostics.type_errors import *  # noqa: F403
from altac.diagnostics.type_errors import TableTooLarge
from altac.source import Span

if TYPE_CHECKING:
    from altac.semantics.tables import TooLarge
    from altac.syntax import tree

#: Nested calls of procedures.
CALL_DEPTH = 120


class GiveUp(Exception):
    """A limit is reached: checking stops with this problem."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem


def unknown_name(span: Span, name: str, known: Iterable[str]) -> Problem:
    """An unknown name, with the known one it most resembles."""
    return UnknownName(span=span, name=name, suggestion=did_you_mean(name, known))


def unknown_member(name: tree.Name, known: Iterable[str], of: str) -> Problem:
    """An unknown name behind a dot."""
    return UnknownMember(span=name.span, name=name.text, of=of, suggestion=did_you_mean(name.text, known))


def unknown_module(span: Span, name: str, known: Iterable[str]) -> Problem:
    """A module that the standard library does not have."""
    return UnknownModule(span=span, name=name, suggestion=did_you_mean(name, known))


def unknown_argument(name: tree.Name, known: Iterable[str], of: str) -> Problem:
    """A named argument without a parameter."""
    return UnknownArgument(span=name.span, name=name.text, of=of, suggestion=did_you_mean(name.text, known))


def unknown_param(name: str, known: Iterable[str]) -> Problem:
    """A value from outside for a parameter that does not exist."""
    return UnknownParam(name=name, suggestion=did_you_mean(name, known))


def table_too_large(span: Span, large: TooLarge) -> Problem:
    """A tabulation over too many combinations."""
    from altac.semantics.tables import LIMIT

    count = 1
    for dim in large.dims:
        count *= dim.size
    reads = ", ".join(f"{dim.rt.slot or 'a value'} ({dim.size})" for dim in large.dims)
    return TableTooLarge(span=span, reads=reads, count=count, limit=LIMIT)


def cannot_assign(node: tree.Expr, target: Any, slot: Any) -> Problem:
    """An update of something that is not a variable."""
    from altac.semantics.values import is_runtime, kind

    what = "a head" if slot is not None else "not a variable" if is_runtime(target) else f"a constant ({kind(target)})"
    return CannotAssign(span=node.span, name=node.span.text, what=what)
