"""Heads: what they compare, what they fetch, and where they look."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from itertools import count
from typing import Literal

from altac import ir
from altac.diagnostics.declaration_errors import (
    BadKey,
    BadOffsets,
    BadQuery,
    Disjoint,
    HeadNeedsBuckets,
    HeadPart,
    HeadReadsHead,
    HeadValue,
    QueryKey,
    RuntimeOffset,
)
from altac.diagnostics.type_errors import Mismatch
from altac.semantics import operators
from altac.semantics.context import Context
from altac.semantics.expressions import evaluate
from altac.semantics.failures import OperandError
from altac.semantics.fitting import fit, resolve, set_codes
from altac.semantics.names import slot_of
from altac.semantics.scopes import Env
from altac.semantics.slots import Slot
from altac.semantics.type_expressions import type_of
from altac.semantics.types import CategoricalDomain, OpenReal, OpenSet, Type, describe
from altac.semantics.values import (
    POISON,
    Namespace,
    Poison,
    RangeV,
    Value,
    code_of,
    depends_on_run,
    is_runtime,
    values_of,
)
from altac.semantics.wording import kind
from altac.syntax import tree


def head(context: Context, space: Namespace, decl: tree.HeadDecl) -> Slot:
    """The head that ``decl`` declares; without a domain or an `ir.Head` if something is wrong with it."""
    slot = Slot(space.prefix + decl.name.text, decl)
    context.slots[slot.name] = slot
    env = Env(space, runtime=True)
    value = _part(context, decl.value, env, "value", decl)
    key = _part(context, decl.key, env, "key", decl)
    query = _part(context, decl.query, env, "query", decl, key)
    offsets = _offsets(context, decl.offsets, env)
    relative = decl.query is None and decl.key is None
    if (decl.query is None) != (decl.key is None) or decl.value is None or (relative and decl.offsets is None):
        return slot
    declared = type_of(context, decl.type, Env(space)) if decl.type is not None else None
    if value is None or value.domain is None or isinstance(declared, Poison) or isinstance(offsets, Poison):
        return slot
    slot.domain = _domain(context, value.domain, declared, decl, decl.value)
    if slot.domain is None:
        return slot
    if decl.query is not None and decl.key is not None:
        if query is None or query.domain is None or key is None or key.domain is None:
            return slot
        if not _comparable(context, query.domain, key.domain, decl.query, decl.key):
            return slot
    names = (None if query is None else query.name, None if key is None else key.name)
    slot.head = ir.Head(slot.name, *names, value.name, offsets, slot.domain, decl.name.span)
    return slot


def _part(
    context: Context,
    node: tree.Expr | None,
    env: Env,
    role: Literal["query", "key", "value"],
    decl: tree.HeadDecl,
    key: Slot | None = None,
) -> Slot | None:
    """The variable that is a part of a head; None, and a report, if it is none. A query, which meets ``key``, may be a
    constant."""
    if node is None:
        return None
    value = evaluate(context, node, env)
    if value is POISON:
        return None
    slot = slot_of(value)
    if slot is not None:
        if slot.is_head:
            name = decl.name.text
            context.report(HeadReadsHead(span=node.span, head=name, other=slot.name, role=role, declared=slot.span))
            return None
        return slot
    if role == "query" and not depends_on_run(value):
        return None if key is None or key.domain is None else _constant(context, value, key.domain, node)
    context.report(HeadPart(span=node.span, role=role, found=kind(value), constant=not depends_on_run(value)))
    return None


def _constant(context: Context, value: Value, key: ir.Domain | OpenSet, node: tree.Expr) -> Slot | None:
    """The hidden variable that holds a constant query for ``key``; None, and a report, if it can be none."""
    value = resolve(context, value, key if isinstance(key, (ir.EnumDomain, ir.TokenDomain)) else None)
    if value is POISON:
        return None
    if isinstance(key, ir.TokenDomain) and isinstance(value, (int, str)):
        value = fit(context, value, key, node)
        if value is POISON:
            return None
    code = code_of(value)
    if code is not None:
        return _hidden(context, operators.rt(value).domain, code)
    codes: frozenset[int] | None = None
    if isinstance(key, (ir.BoolDomain, ir.IntDomain, ir.EnumDomain, ir.TokenDomain)) and not isinstance(value, str):
        with suppress(OperandError):
            among = isinstance(value, RangeV)  # which may be longer than what the key can be
            items = [v for v in values_of(key) if operators.contains(v, value)] if among else operators.items_of(value)
            codes = set_codes(frozenset(items), _element(key, items))
            if codes is not None:
                return _hidden(context, ir.SetDomain(_element(key, items), (codes,)), 0)
    context.report(QueryKey(span=node.span, query=kind(value), key=describe(key)))
    return None


def _element(key: CategoricalDomain, items: Iterable[Value]) -> CategoricalDomain:
    """The type of the members of a constant set of ``items``, which are compared with ``key`` as values."""
    numbers = [i for i in items if isinstance(i, int)]
    return ir.IntDomain(min(numbers), max(numbers)) if isinstance(key, ir.IntDomain) and numbers else key


def _hidden(context: Context, domain: ir.Domain, code: int) -> Slot:
    """The hidden variable that holds the constant ``code``."""
    label = f"constant {ir.label(domain, code)}"
    same = (
        label if i == 1 else f"{label} ({i})" for i in count(1)
    )  # the members of several enums, a number and a token
    name = next(n for n in same if n not in context.slots or context.slots[n].domain == domain)
    return context.slots.setdefault(name, Slot(name, None, domain, ir.Initial("constant", (code,))))


def _domain(
    context: Context, value: ir.Domain | OpenSet, declared: Type | None, decl: tree.HeadDecl, node: tree.Expr
) -> ir.Domain | None:
    """What a head holds that fetches ``value``; None, and a report, if it cannot."""
    if isinstance(declared, ir.RealDomain):
        if isinstance(value, (ir.RealDomain, ir.IntDomain, ir.BoolDomain)):
            return declared
        context.report(HeadValue(span=node.span, found=describe(value)))
        return None
    if isinstance(value, ir.RealDomain) or isinstance(declared, OpenReal):
        context.report(HeadNeedsBuckets(span=decl.name.span, name=decl.name.text))
        return None
    if isinstance(value, (ir.SetDomain, OpenSet)):
        context.report(HeadValue(span=node.span, found=describe(value)))
        return None
    if declared is not None and declared != value:
        span = decl.type.span if decl.type else decl.span
        hint = "a head has the type of the value that it copies: leave the type out"
        context.report(Mismatch(span=span, expected=describe(value), found=describe(declared), hint=hint))
        return None
    return value


def _comparable(
    context: Context, query: ir.Domain | OpenSet, key: ir.Domain | OpenSet, query_node: tree.Expr, key_node: tree.Expr
) -> bool:
    """Whether a key can be what is queried; reports why not."""
    if isinstance(key, (ir.RealDomain, ir.SetDomain, OpenSet)):
        context.report(BadKey(span=key_node.span, found=describe(key)))
        return False
    if isinstance(query, ir.RealDomain):
        context.report(BadQuery(span=query_node.span, found=describe(query)))
        return False
    element = query.element if isinstance(query, (ir.SetDomain, OpenSet)) else query
    if isinstance(element, ir.IntDomain) and isinstance(key, ir.IntDomain):
        if element.low > key.high or key.low > element.high:
            context.report(Disjoint(span=query_node.span, query=describe(element), key=describe(key)))
            return False
        return True
    if element != key:
        same_file = query_node.span.source == key_node.span.source
        span = query_node.span.to(key_node.span) if same_file else query_node.span
        context.report(QueryKey(span=span, query=describe(query), key=describe(key)))
        return False
    return True


def _offsets(context: Context, node: tree.Expr | None, env: Env) -> frozenset[int] | Poison | None:
    """Where a head looks, relative to its own position; None for anywhere."""
    if node is None:
        return None
    value = evaluate(context, node, env)
    if isinstance(value, Poison):
        return value
    if is_runtime(value):
        return context.fail(RuntimeOffset(span=node.span))
    items: tuple[Value, ...]
    try:
        items = (value,) if operators.is_int(value) else operators.items_of(value)
    except OperandError:
        items = ()
    offsets = [i for i in items if isinstance(i, int) and not isinstance(i, bool)]
    if not offsets or len(offsets) != len(items):
        return context.fail(BadOffsets(span=node.span))
    return frozenset(offsets)
