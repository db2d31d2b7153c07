"""Tabulated values: what cannot be an IR expression is a table over run-time indices.

Real and set variables, rows of constant tables and everything computed from them are kept as a `Tab`
until the entries are categorical; then they become one `ir.Lookup`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

from altac import ir
from altac.ir.operators import OPERATORS
from altac.ir.traversal import nodes
from altac.semantics import limits
from altac.semantics.failures import Failure, TooLarge
from altac.semantics.types import CategoricalDomain
from altac.semantics.values import Dim, Hole, Rt, SymbolV, Tab, Value, code_of, value_of
from altac.source import Span


def as_tab(value: Value) -> Tab:
    """Any value as a table: a run-time expression over its own codes, a constant over nothing."""
    if isinstance(value, Tab):
        return value
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
    tabs = [as_tab(o) for o in operands]
    dims: list[Dim] = []
    places: dict[Any, int] = {}
    for tab in tabs:
        for dim in tab.dims:
            key = (dim.rt.key, dim.low, dim.size)
            if key not in places:
                places[key] = len(dims)
                dims.append(dim)
    total = 1
    for dim in dims:
        total *= dim.size
        if total > limits.TABLE:
            raise TooLarge(dims)
    maps = [[(places[d.rt.key, d.low, d.size], d.size) for d in tab.dims] for tab in tabs]
    entries: list[Value | Hole] = []
    for index in product(*(range(d.size) for d in dims)):
        arguments = []
        hole = None
        for tab, places_of in zip(tabs, maps, strict=True):
            offset = 0
            for place, size in places_of:
                offset = offset * size + index[place]
            entry = tab.entries[offset]
            if isinstance(entry, Hole):
                hole = entry
                break
            arguments.append(entry)
        if hole is not None:
            entries.append(hole)
            continue
        try:
            entries.append(function(*arguments))
        except Failure as failure:
            entries.append(Hole(failure.reason))
    return Tab(tuple(dims), entries)


def choose(condition: Rt, then: Value, orelse: Value, is_head: Callable[[str], bool]) -> Tab:
    """``then`` where ``condition`` holds, else ``orelse``; what fails in one of them is no error where the other counts."""
    parts = [
        _protected(as_tab(then), condition.expr, is_head),
        _protected(as_tab(orelse), ir.Not(condition.expr), is_head),
    ]
    # A hole that is not chosen does not count, so entries are tried in boxes.
    boxes: list[Any] = [Tab(part.dims, [(entry,) for entry in part.entries]) for part in parts]  # type: ignore[misc]
    chosen = tabulate(lambda c, a, b: a if c else b, condition, *boxes)
    return Tab(chosen.dims, [entry[0] if isinstance(entry, tuple) else entry for entry in chosen.entries])


def _protected(tab: Tab, condition: ir.Expr, is_head: Callable[[str], bool]) -> Tab:
    """``tab`` with indices that are read only where ``condition`` holds, if reading them may be an error."""

    def protected(dim: Dim) -> Dim:
        domain = dim.rt.domain
        inside = dim.low <= domain.low and domain.low + domain.size <= dim.low + dim.size
        if inside and not _may_fail(dim.rt.expr, is_head):
            return dim
        expr = ir.IfExpr(condition, dim.rt.expr, ir.Const(dim.low), dim.rt.expr.span)
        return Dim(Rt(expr, domain), dim.low, dim.size)

    return Tab(tuple(map(protected, tab.dims)), tab.entries)


def _may_fail(expr: ir.Expr, is_head: Callable[[str], bool]) -> bool:
    """Whether evaluation may be an error."""
    for part in nodes(expr):
        match part:
            case ir.Read(name=name) if is_head(name):
                return True
            case ir.Arithmetic(op=op, right=right):
                undefined = OPERATORS[op].undefined
                if undefined and not (isinstance(right, ir.Const) and right.value not in undefined):
                    return True
            case ir.Lookup():
                return True
            case _:
                pass
    return False


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
