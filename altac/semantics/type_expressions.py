"""Type expressions to types."""

from __future__ import annotations

from fractions import Fraction

from altac import ir
from altac.diagnostics.type_errors import (
    BadBuckets,
    BadElement,
    EmptyRange,
    LeavesType,
    Mismatch,
    NotAType,
    NotIterable,
    NotStatic,
    TypeTooLarge,
)
from altac.semantics import limits, operators
from altac.semantics.context import Context
from altac.semantics.expressions import evaluate
from altac.semantics.failures import OperandError
from altac.semantics.fitting import BUCKETS, fit, set_codes
from altac.semantics.names import member
from altac.semantics.scopes import Env
from altac.semantics.types import OpenReal, OpenSet, StaticType, Type, describe
from altac.semantics.values import POISON, Poison, RangeV, Rt, ScopeV, Tab, TypeV, Value
from altac.semantics.wording import kind, show
from altac.syntax import tree


def type_of(context: Context, node: tree.TypeExpr, env: Env) -> Type | Poison:
    """The type that ``node`` names; POISON, and a report, if it names none."""
    match node:
        case tree.NamedType(path=path):
            return _named(context, path, node, env)
        case tree.RangeType(low=low, high=high):
            return _range(context, low, high, node, env)
        case tree.RealType(buckets=buckets):
            return _real(context, buckets, env)
        case tree.SetType(element=element, family=family):
            return _set(context, element, family, env)


def typed(context: Context, value: Value, node: tree.TypeExpr | None, env: Env, place: tree.Expr) -> Value:
    """``value``, which ``place`` gives, if it is of the type that ``node`` names in every run; POISON, and a report, if not."""
    if node is None or value is POISON:
        return value
    type_ = type_of(context, node, env)
    value = fit(context, value, type_, place)
    match type_:
        case ir.IntDomain(low=low, high=high) if operators.is_int(value):
            a, b = operators.interval(value)
            if a < low or b > high:
                return context.fail(LeavesType(span=place.span, value=f"{a}..{b}", low=low, high=high))
        case ir.RealDomain(buckets=buckets) if isinstance(value, (int, Fraction)) and value not in buckets:
            found = show(value)
            return context.fail(Mismatch(span=place.span, expected=describe(type_), found=found, hint=BUCKETS))
        case OpenSet(element=element) | ir.SetDomain(element=element) if isinstance(value, frozenset):
            if set_codes(value, element) is None:
                return context.fail(Mismatch(span=place.span, expected=describe(type_), found=show(value)))
        case _:
            pass
    return value


def integer(context: Context, node: tree.Expr, env: Env, what: str) -> int | None:
    """The integer that ``node`` is known to be; None, and a report that names ``what`` it is for, if it is none."""
    value = evaluate(context, node, env)
    if operators.is_int(value) and not isinstance(value, Rt):
        return value
    if isinstance(value, (Rt, Tab)):
        context.report(NotStatic(span=node.span, what=what))
    elif value is not POISON:
        context.report(Mismatch(span=node.span, expected="an integer", found=kind(value)))
    return None


def _named(context: Context, path: tuple[tree.Name, ...], node: tree.TypeExpr, env: Env) -> Type | Poison:
    first, *rest = path
    if not rest and first.text == "real" and not env.space.declares("real"):
        return OpenReal()
    if not rest and first.text in ("int", "string") and first.text not in env.names:
        return StaticType(first.text)
    value = evaluate(context, tree.Ref(first.span, first.text), env)
    for name in rest:
        if value is POISON:
            return POISON
        if not isinstance(value, ScopeV):
            return context.fail(NotAType(span=node.span, found=kind(value)))
        value = member(context, value, name, env)
    if isinstance(value, Poison):
        return POISON
    if isinstance(value, RangeV) and not value.letters and 0 < value.size <= limits.TYPE:  # an argument of a component
        return ir.IntDomain(value.low, value.high)
    if not isinstance(value, TypeV):
        return context.fail(NotAType(span=node.span, found=kind(value)))
    return value.type


def _range(context: Context, low: tree.Expr, high: tree.Expr, node: tree.TypeExpr, env: Env) -> Type | Poison:
    a, b = integer(context, low, env, "a bound of a type"), integer(context, high, env, "a bound of a type")
    if a is None or b is None:
        return POISON
    if a > b:
        return context.fail(EmptyRange(span=node.span, low=a, high=b))
    if b - a >= limits.TYPE:
        return context.fail(TypeTooLarge(span=node.span, size=b - a + 1, limit=limits.TYPE))
    return ir.IntDomain(a, b)


def _real(context: Context, buckets: tree.Expr, env: Env) -> Type | Poison:
    value = evaluate(context, buckets, env)
    if value is POISON:
        return POISON
    try:
        items = operators.items_of(value)
    except OperandError:
        hint = "list the buckets, as in `real in {0, 1/2, 1}`"
        return context.fail(NotIterable(span=buckets.span, found=kind(value), hint=hint))
    numbers = [item for item in items if operators.number(item)]
    if not numbers or len(numbers) != len(items):
        return context.fail(BadBuckets(span=buckets.span))
    if len(numbers) > limits.TYPE:
        return context.fail(TypeTooLarge(span=buckets.span, size=len(numbers), limit=limits.TYPE))
    return ir.RealDomain(tuple(sorted({Fraction(n) for n in numbers})))


def _set(context: Context, element: tree.TypeExpr, family: tree.Expr | None, env: Env) -> Type | Poison:
    domain = type_of(context, element, env)
    if isinstance(domain, Poison):
        return POISON
    if not isinstance(domain, (ir.BoolDomain, ir.IntDomain, ir.EnumDomain, ir.TokenDomain)):
        return context.fail(BadElement(span=element.span))
    if family is None:
        return OpenSet(domain)
    value = evaluate(context, family, env)
    if value is POISON:
        return POISON
    try:
        found = [set_codes(s, domain) for s in operators.items_of(value)]
    except OperandError:
        return context.fail(Mismatch(span=family.span, expected="a list of sets", found=kind(value)))
    sets = [s for s in found if s is not None]
    if not sets or len(sets) != len(found):
        expected = "a list of sets of the element type"
        return context.fail(Mismatch(span=family.span, expected=expected, found=show(value)))
    if len(sets) > limits.TYPE:
        return context.fail(TypeTooLarge(span=family.span, size=len(sets), limit=limits.TYPE))
    return ir.SetDomain(domain, tuple(dict.fromkeys(sets)))
