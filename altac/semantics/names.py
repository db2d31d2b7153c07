"""What names stand for."""

from __future__ import annotations

from collections.abc import Iterator

from altac import ir
from altac.diagnostics.name_errors import Cycle, TooComplex, UnknownMember, UnknownName
from altac.diagnostics.type_errors import OutsideInitial, SlotInConstant
from altac.semantics import builtins, limits
from altac.semantics.context import Context
from altac.semantics.limits import GiveUp
from altac.semantics.scopes import Env
from altac.semantics.slots import Slot
from altac.semantics.types import OpenSet
from altac.semantics.values import (
    POISON,
    AmbiguousV,
    Dim,
    Namespace,
    Rt,
    ScopeV,
    SymbolV,
    Tab,
    TypeV,
    Value,
    value_of,
)
from altac.source import Span
from altac.syntax import tree


def lookup(context: Context, name: str, span: Span, env: Env) -> Value:
    """What ``name`` stands for where it is written: the nearest declaration, a symbol, or what the language brings along."""
    if name in env.names:
        return env.names[name]
    if name in ("token", "position"):
        return _keyword(context, name, span, env)
    for space in env.space.chain():
        if name in space.bound:
            return _as_value(context, space.bound[name], span, env)
        if name in space.declarations:
            context.references[span] = space.declarations[name].name.span
            return _as_value(context, declared(context, space, name), span, env)
        if name in space.modules:
            return ScopeV("module", name, space.modules[name])
    candidates = symbols(context, name, env.space)
    if candidates:
        return candidates[0] if len(candidates) == 1 else AmbiguousV(name, tuple(candidates), span)
    if name == "bool":
        return TypeV(ir.BoolDomain(), "bool")
    if name == "Token":
        return POISON if context.tokens is None else TypeV(context.tokens, "Token")
    if name in builtins.FUNCTIONS:
        return builtins.FUNCTIONS[name]
    if any(s.lost is None or name in s.lost for s in env.space.chain()):
        return POISON
    known = [*env.names, *env.space.names(), *builtins.FUNCTIONS, "Token", "bool", "true", "false"]
    if env.initial is not None:
        known += ["token", "position"]
    if isinstance(context.tokens, ir.TokenDomain):
        known.extend(str(t.name) for t in context.tokens.tokens)
    return context.unknown(UnknownName, name, span, known, pattern=env.pattern)


def _keyword(context: Context, name: str, span: Span, env: Env) -> Value:
    initial = env.initial
    if initial is None:
        return context.fail(OutsideInitial(span=span, name=name))
    if name == "token":
        initial.token_used = initial.token_used or span
        return initial.token
    initial.position_used = initial.position_used or span
    return initial.position


def member(context: Context, scope: ScopeV, name: tree.Name, env: Env) -> Value:
    """``scope.name``"""
    space = scope.namespace
    if name.text in space.declarations:
        context.references[name.span] = space.declarations[name.text].name.span
        return _as_value(context, declared(context, space, name.text), name.span, env)
    if name.text in space.modules:
        return ScopeV("module", name.text, space.modules[name.text])
    symbol = next(_members(context, name.text, space), None)
    if symbol is not None:
        return symbol
    return context.unknown(UnknownMember, name.text, name.span, [*space.declarations, *space.members], of=scope.name)


def declared(context: Context, space: Namespace, name: str) -> Value | Slot:
    """The value of a declaration, found on first use."""
    if name in space.values:
        return space.values[name]
    decl = space.declarations[name]
    key = (space, name)
    if key in context.in_progress:
        cycle = [n for _, n in context.in_progress[context.in_progress.index(key) :]]
        space.values[name] = context.fail(Cycle(span=decl.name.span, cycle=" -> ".join([*cycle, name])))
        return POISON
    if len(context.in_progress) > limits.DECLARATIONS:
        raise GiveUp(TooComplex(span=decl.name.span))
    context.in_progress.append(key)
    try:
        value = context.define(context, space, decl)
    finally:
        context.in_progress.pop()
    return space.values.setdefault(name, value)


def symbols(context: Context, name: str, space: Namespace) -> list[SymbolV]:
    """The enum members and tokens called ``name`` that can be written in ``space``."""
    found: list[SymbolV] = []
    for around in space.chain():
        for holder in (around, *around.modules.values()):
            for symbol in _members(context, name, holder):
                if symbol not in found:
                    found.append(symbol)
    if isinstance(context.tokens, ir.TokenDomain):
        found.extend(SymbolV(context.tokens, i) for i in context.indices(context.tokens, name))
    return found


def _members(context: Context, name: str, space: Namespace) -> Iterator[SymbolV]:
    """The members called ``name`` of the enums of one namespace."""
    for enum in space.members.get(name, ()):
        value = declared(context, space, enum)
        if isinstance(value, TypeV) and isinstance(value.type, ir.EnumDomain):
            yield from (SymbolV(value.type, i) for i in context.indices(value.type, name))


# --- variables and heads --------------------------------------------------------------------------


def _as_value(context: Context, found: Value | Slot, span: Span, env: Env) -> Value:
    if not isinstance(found, Slot):
        return found
    if found.domain is None:
        return POISON
    if not env.runtime:
        return context.fail(SlotInConstant(span=span, name=found.name))
    return read(found, span)


def read(slot: Slot, span: Span) -> Value:
    """The value that a variable or head holds, as an expression; POISON if its declaration is wrong."""
    domain = slot.domain
    expr = ir.Read(slot.name, span)
    match domain:
        case None:
            return POISON
        case ir.RealDomain(buckets=buckets):
            return Tab((_codes(expr, slot, len(buckets)),), list(buckets), slot)
        case ir.SetDomain(element=element) | OpenSet(element=element):
            family = slot.family
            sets = [frozenset(value_of(element, c) for c in s) for s in family]
            return Tab((_codes(expr, slot, len(family)),), list(sets), slot)
        case ir.BoolDomain() | ir.IntDomain() | ir.EnumDomain() | ir.TokenDomain():
            return Rt(expr, domain, slot)


def _codes(expr: ir.Read, slot: Slot, size: int) -> Dim:
    return Dim(Rt(expr, ir.IntDomain(0, max(0, size - 1)), slot), 0, size)


def slot_of(value: Value) -> Slot | None:
    """The variable or head that ``value`` is a plain reference to."""
    return value.slot if isinstance(value, (Rt, Tab)) else None
