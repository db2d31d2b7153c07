"""Tabulated values: what cannot be an IR expression is a table over run-time indices.

Real and set variables, rows of constant tables and everything computed from them are kept as a `Tab`
until the entries are categorical; then they become one `ir.Lookup`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from math import prod
from typing import Any

from altac import ir
from altac.ir.operators import OPERATORS
from altac.ir.traversal import nodes
from altac.semantics import limits
from altac.semantics.failures import Failure, TooLarge
from altac.semantics.types import CategoricalDomain
from altac.semantics.values import (
    Dim,
    Hole,
    ListV,
    MapV,
    RecordV,
    Rt,
    SymbolV,
    Tab,
    Value,
    code_of,
    depends_on_run,
    value_of,
)
from altac.source import Span


def as_tab(value: Value) -> Tab:
    """Any value as a table: a run-time expression over its own codes, what holds such over the codes of all of them, a
    constant over nothing."""
    match value:
        case Tab():
            return value
        case tuple() if depends_on_run(value):
            return tabulate(lambda *items: items, *value)
        case ListV(items=items) if depends_on_run(value):
            return tabulate(lambda *items: ListV(items), *items)
        case RecordV(names=names, items=items) if depends_on_run(value):
            return tabulate(lambda *items: RecordV(names, items), *items)
        case MapV(entries=entries) if depends_on_run(value):
            return tabulate(lambda *values: MapV(dict(zip(entries, values, strict=True))), *entries.values())
        case _:
            pass
    if isinstance(value, Rt):
        domain = value.domain
        if domain.size > limits.TABLE:
            raise TooLarge((Dim(value, domain.low, domain.size),))
        return Tab(
            (Dim(value, domain.low, domain.size),),
            [value_of(domain, c) for c in range(domain.low, domain.low + domain.size)],
        )
    return Tab((), [value])


def tabulate(function: Callable[..., Value], *operands: Value) -> Tab:
    """``function`` of the operands, entry by entry; a `Failure` or a `Hole` operand gives a hole."""
    dims, rows = _together(*map(as_tab, operands))
    return Tab(dims, [_entry(function, row) for row in rows])


def _entry(function: Callable[..., Value], arguments: tuple[Value | Hole, ...]) -> Value | Hole:
    for argument in arguments:
        if isinstance(argument, Hole):
            return argument
    try:
        return function(*arguments)
    except Failure as failure:
        return Hole(failure.reason)


def choose(condition: Rt, then: Value, orelse: Value, is_head: Callable[[str], bool]) -> Tab:
    """``then`` where ``condition`` holds, else ``orelse``; what fails in one of them is no error where the other counts."""
    first = _protected(as_tab(then), condition.expr, is_head)
    second = _protected(as_tab(orelse), ir.Not(condition.expr), is_head)
    dims, rows = _together(as_tab(condition), first, second)
    return Tab(dims, [one if holds else other for holds, one, other in rows])


def _protected(tab: Tab, condition: ir.Expr, is_head: Callable[[str], bool]) -> Tab:
    """``tab`` with indices that are read only where ``condition`` holds, if reading them may be an error."""

    def protected(dim: Dim) -> Dim:
        domain = dim.rt.domain
        inside = dim.low <= domain.low and domain.low + domain.size <= dim.low + dim.size
        if inside and not any(_may_fail(part, is_head) for part in nodes(dim.rt.expr)):
            return dim
        expr = ir.IfExpr(condition, dim.rt.expr, ir.Const(dim.low), dim.rt.expr.span)
        return Dim(Rt(expr, domain), dim.low, dim.size)

    return Tab(tuple(map(protected, tab.dims)), tab.entries)


def _may_fail(part: ir.Expr, is_head: Callable[[str], bool]) -> bool:
    """Whether evaluation may be an error at this node itself."""
    if isinstance(part, ir.Read):
        return is_head(part.name)
    if isinstance(part, ir.Arithmetic):
        undefined = OPERATORS[part.op].undefined
        return bool(undefined) and not (isinstance(part.right, ir.Const) and part.right.value not in undefined)
    return isinstance(part, ir.Lookup)


def _together(*tabs: Tab) -> tuple[tuple[Dim, ...], Iterator[tuple[Value | Hole, ...]]]:
    """The indices of all tables, each once, and for each of their values in turn the entries of the tables.

    Raises:
        TooLarge: these are more than a table may have.
    """
    dims: list[Dim] = []
    places: dict[Any, int] = {}
    for tab in tabs:
        for dim in tab.dims:
            key = (dim.rt.key, dim.low, dim.size)
            if key not in places:
                places[key] = len(dims)
                dims.append(dim)
    if prod(dim.size for dim in dims) > limits.TABLE:
        raise TooLarge(dims)
    maps = [(tab.entries, [(places[d.rt.key, d.low, d.size], d.size) for d in tab.dims]) for tab in tabs]

    def entry(
        entries: Sequence[Value | Hole], places_of: list[tuple[int, int]], index: tuple[int, ...]
    ) -> Value | Hole:
        offset = 0
        for place, size in places_of:
            offset = offset * size + index[place]
        return entries[offset]

    indices = product(*(range(d.size) for d in dims))
    return tuple(dims), (tuple(entry(*pair, index) for pair in maps) for index in indices)


def settle(tab: Tab, span: Span | None) -> Value:
    """A run-time expression if all entries are categorical of one type; otherwise the table itself."""
    present = [e for e in tab.entries if not isinstance(e, Hole)]
    if not tab.dims:
        return present[0] if present else tab
    domain = common_domain(present)
    if domain is None:
        return tab
    table = tuple(None if isinstance(e, Hole) else code_of(e) for e in tab.entries)
    reasons = [e.reason for e in tab.entries if isinstance(e, Hole)]
    return lookup(tab.dims, table, domain, reasons[0] if reasons else "table-index", span)


def lookup(
    dims: Sequence[Dim], table: tuple[int | None, ...], domain: CategoricalDomain, missing: ir.Missing,
    span: Span | None,
) -> Rt:  # fmt: skip
    """The IR expression that picks an entry of ``table``."""
    expr = ir.Lookup(
        tuple(d.rt.expr for d in dims), tuple(d.low for d in dims), tuple(d.size for d in dims), table, missing, span
    )
    return Rt(expr, domain)


def common_domain(values: Sequence[Value]) -> CategoricalDomain | None:
    """The categorical domain of all ``values``, or None."""
    if not values:
        return None
    first = values[0]
    if isinstance(first, bool):
        return ir.BoolDomain() if all(isinstance(v, bool) for v in values) else None
    if isinstance(first, int):
        numbers = [v for v in values if isinstance(v, int) and not isinstance(v, bool)]
        return ir.IntDomain(min(numbers), max(numbers)) if len(numbers) == len(values) else None
    if isinstance(first, SymbolV):
        if all(isinstance(v, SymbolV) and v.domain == first.domain for v in values):
            return first.domain
    return None
