"""Variables: their types and initial values."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from altac import ir
from altac.diagnostics.declaration_errors import NoInitial, NoPositions, TokenAndPosition
from altac.diagnostics.type_errors import (
    Mismatch,
    NeedsType,
    NoBuckets,
    NotABucket,
    NotInFamily,
    NotStatic,
    StaticOnly,
)
from altac.semantics import operators
from altac.semantics.context import Context
from altac.semantics.expressions import evaluate
from altac.semantics.failures import OperandError
from altac.semantics.fitting import SETS, fit, nearest, set_codes
from altac.semantics.scopes import Env, InitialContext
from altac.semantics.slots import Slot
from altac.semantics.type_expressions import type_of
from altac.semantics.types import OpenReal, OpenSet, StaticType, describe
from altac.semantics.values import POISON, Namespace, Poison, SymbolV, Value, code_of, is_runtime, values_of
from altac.semantics.wording import kind, show
from altac.syntax import tree


@dataclass(frozen=True)
class _Values:
    """An initial value for every token, every position, or once."""

    by: Literal["constant", "token", "position"]
    values: list[Value]


def variable(context: Context, space: Namespace, decl: tree.VarDecl) -> Slot:
    """The variable that ``decl`` declares; without a domain or initial value if something is wrong with them."""
    name = decl.name.text
    slot = Slot(space.prefix + name, decl)
    context.slots[slot.name] = slot
    declared = _declared_type(context, space, decl)
    if decl.value is None:
        context.report(NoInitial(span=decl.span, name=name))
        return slot
    initial = _initial_values(context, space, decl.value, name)
    if isinstance(declared, Poison):
        return slot
    if initial is None:
        slot.domain = None if isinstance(declared, OpenSet) else declared
        return slot
    domain = declared if declared is not None else _inferred_type(context, initial.values, decl, decl.value)
    codes: list[int] | None
    if domain is None:
        return slot
    if isinstance(domain, OpenSet):
        codes = _inferred_family(context, slot, domain, initial.values, decl.value)
        if codes is None:
            return slot
        slot.domain = domain
    else:
        slot.domain = domain
        codes = _codes(context, initial.values, domain, name, decl.value)
    if codes is not None:
        slot.initial = ir.Initial(initial.by, tuple(codes))
    return slot


def _declared_type(context: Context, space: Namespace, decl: tree.VarDecl) -> ir.Domain | OpenSet | Poison | None:
    if decl.type is None:
        return None
    type_ = type_of(context, decl.type, Env(space))
    match type_:
        case OpenReal():
            return context.fail(NoBuckets(span=decl.type.span, name=decl.name.text))
        case StaticType(name=name):
            return context.fail(StaticOnly(span=decl.type.span, name=name))
        case _:
            return type_


def _initial_values(context: Context, space: Namespace, node: tree.Expr, name: str) -> _Values | None:
    """An initial value, once for every token or position that it depends on; None, and a report, if it is wrong."""
    tokens: list[Value] = values_of(context.tokens) if context.tokens is not None else [0]
    probe = InitialContext(tokens[0], 0)

    def at(token: Value, position: int) -> Value:
        probe.token, probe.position = token, position
        return evaluate(context, node, Env(space, initial=probe))

    by_token = [at(t, 0) for t in tokens]
    token_used, probe.token_used = probe.token_used, None
    by_position = []
    if probe.position_used or token_used is None:
        by_position = [at(tokens[0], i) for i in range(context.positions or 1)]
    position_used = probe.position_used
    if token_used is not None and position_used is not None:
        context.report(TokenAndPosition(span=node.span, name=name, token=token_used, position=position_used))
        return None
    if position_used is not None and context.positions is None:
        context.report(NoPositions(span=position_used, name=name))
        return None
    if token_used is not None and context.tokens is None:
        return None
    if token_used is not None:
        found = _Values("token", by_token)
    elif position_used is not None:
        found = _Values("position", by_position)
    else:
        found = _Values("constant", by_token[:1])
    if any(v is POISON for v in found.values):
        return None
    if any(is_runtime(v) for v in found.values):
        context.report(NotStatic(span=node.span, what="an initial value"))
        return None
    return found


def _inferred_type(context: Context, values: list[Value], decl: tree.VarDecl, node: tree.Expr) -> ir.Domain | None:
    """The type of a variable that is declared without one."""
    first = values[0]
    if all(isinstance(v, bool) for v in values):
        return ir.BoolDomain()
    if isinstance(first, SymbolV) and all(isinstance(v, SymbolV) and v.domain == first.domain for v in values):
        return first.domain
    if isinstance(node, tree.Ref) and node.name == "token" and context.tokens is not None:
        return context.tokens
    context.report(NeedsType(span=decl.name.span, name=decl.name.text, found=kind(first)))
    return None


def _inferred_family(
    context: Context, slot: Slot, domain: OpenSet, values: list[Value], node: tree.Expr
) -> list[int] | None:
    """Begin the family of a variable with its initial values; their codes."""
    try:
        found = [set_codes(v, domain.element) for v in values]
    except OperandError:
        found = [None]
    sets = [s for s in found if s is not None]
    if len(sets) != len(found):
        context.report(Mismatch(span=node.span, expected=describe(domain), found=kind(values[0])))
        return None
    slot.inferred = list(dict.fromkeys(sets))
    return [slot.inferred.index(s) for s in sets]


def _codes(context: Context, values: list[Value], domain: ir.Domain, name: str, node: tree.Expr) -> list[int] | None:
    codes = []
    for value in values:
        code = _code(context, value, domain, name, node)
        if code is None:
            return None
        codes.append(code)
    return codes


def _code(context: Context, value: Value, domain: ir.Domain, name: str, node: tree.Expr) -> int | None:
    if isinstance(domain, ir.RealDomain):
        if not operators.number(value):
            context.report(Mismatch(span=node.span, expected="a number", found=kind(value)))
            return None
        if Fraction(value) not in domain.buckets:
            near = str(domain.buckets[nearest(domain, value)])
            context.report(NotABucket(span=node.span, name=name, value=str(value), nearest=near))
            return None
        return domain.buckets.index(Fraction(value))
    if isinstance(domain, ir.SetDomain):
        try:
            codes = set_codes(value, domain.element)
        except OperandError:
            found = kind(value)
            context.report(Mismatch(span=node.span, expected=describe(domain), found=found, hint=SETS))
            return None
        if codes is None or codes not in domain.family:
            context.report(NotInFamily(span=node.span, name=name, value=show(value)))
            return None
        return domain.family.index(codes)
    return code_of(fit(context, value, domain, node))
