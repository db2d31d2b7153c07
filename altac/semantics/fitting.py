"""Values where a type is expected."""

from __future__ import annotations

from altac import ir
from altac.diagnostics.name_errors import Ambiguous
from altac.diagnostics.type_errors import Mismatch, OutOfRange
from altac.semantics import operators
from altac.semantics.context import Context
from altac.semantics.failures import OperandError
from altac.semantics.types import CategoricalDomain, OpenReal, OpenSet, StaticType, Type, describe
from altac.semantics.values import POISON, AmbiguousV, Poison, Rt, SymbolV, Value, code_of
from altac.semantics.wording import kind, show
from altac.syntax import tree


def resolve(context: Context, value: Value, type_: Type | None) -> Value:
    """``value``; of a name that several enums share, the member of the one that is expected."""
    if not isinstance(value, AmbiguousV):
        return value
    for candidate in value.candidates:
        if candidate.domain == type_:
            return candidate
    candidates = ", ".join(map(_qualified, value.candidates))
    return context.fail(Ambiguous(span=value.span, name=value.name, candidates=candidates))


def resolve_both(context: Context, left: Value, right: Value) -> tuple[Value, Value]:
    """Two values that are compared, each resolved by the type of the other."""
    return resolve(context, left, _domain(right)), resolve(context, right, _domain(left))


def _domain(value: Value) -> CategoricalDomain | None:
    return value.domain if isinstance(value, (Rt, SymbolV)) else None


def _qualified(symbol: SymbolV) -> str:
    name = ir.label(symbol.domain, symbol.index)
    return f"{symbol.domain.name}.{name}" if isinstance(symbol.domain, ir.EnumDomain) else f"Token {name}"


#: How to write a set where something else was found.
SETS = "a set is written `{...}`, and as the value of an arm or a block in parentheses: `({...})`"
#: What to do where the value of no variable has a type with buckets.
BUCKETS = "only variables keep to buckets: leave the type out"


def fit(context: Context, value: Value, type_: Type | Poison, node: tree.Expr) -> Value:
    """``value`` if it fits ``type_``, with literals turned into tokens; POISON and a report otherwise."""
    if isinstance(type_, Poison) or value is POISON:
        return POISON
    if isinstance(value, AmbiguousV):
        for candidate in value.candidates:
            if candidate.domain == type_:
                return candidate
    match type_:
        case ir.TokenDomain():
            if isinstance(value, (int, str)) and not isinstance(value, bool):
                try:
                    return operators.token_named(type_, value)
                except OperandError as error:
                    return context.fail(
                        Mismatch(span=node.span, expected="a token", found=show(value), hint=error.hint)
                    )
            fits = isinstance(value, (Rt, SymbolV)) and value.domain == type_
        case ir.IntDomain(low=low, high=high):
            fits = operators.is_int(value)
            if operators.is_int(value):
                a, b = operators.interval(value)
                if a > high or b < low:
                    found = str(a) if a == b else f"{a}..{b}"
                    return context.fail(OutOfRange(span=node.span, value=found, low=low, high=high))
        case ir.BoolDomain():
            fits = operators.is_bool(value)
        case ir.EnumDomain():
            fits = isinstance(value, (Rt, SymbolV)) and value.domain == type_
        case OpenReal() | ir.RealDomain():
            fits = operators.number(value)
        case StaticType(name=name):
            fits = kind(value) == name
        case OpenSet() | ir.SetDomain():
            fits = kind(value) == "set"
    if fits:
        return value
    hint = SETS if isinstance(type_, (OpenSet, ir.SetDomain)) else ""
    if (
        isinstance(type_, ir.EnumDomain)
        and isinstance(value, str)
        and value in map(str, (m.name for m in type_.members))
    ):
        hint = f"write the member without quotes: `{value}`"
    enum = isinstance(value, (Rt, SymbolV)) and isinstance(value.domain, ir.EnumDomain)
    if isinstance(type_, ir.IntDomain) and (operators.is_bool(value) or kind(value) == "Token" or enum):
        hint = "write `int(...)` to turn it into a number"
    elif isinstance(type_, ir.IntDomain) and kind(value) == "real":
        hint = "the whole part of a quotient is written `a div b`, the nearest integer `round(...)`"
    if isinstance(type_, ir.RealDomain) and kind(value) in ("real", "int"):
        hint = BUCKETS
    if isinstance(type_, ir.TokenDomain) and operators.is_int(value):
        hint = "write `Token(...)` to turn a number into its token"
    if isinstance(type_, ir.BoolDomain) and operators.is_int(value):
        hint = "write a comparison such as `... == 1`"
    return context.fail(Mismatch(span=node.span, expected=describe(type_), found=kind(value), hint=hint))


def set_codes(value: Value, element: ir.Domain) -> frozenset[int] | None:
    """The codes of a set's members; None if one is not of the element type. Raises `OperandError` for non-sets."""
    if not isinstance(value, frozenset):
        raise OperandError
    codes = set()
    for item in value:
        if isinstance(element, ir.TokenDomain):
            item = operators.literal_token(item, SymbolV(element, 0))
        code = code_of(item)
        right = (
            isinstance(item, SymbolV) and item.domain == element
            if isinstance(element, (ir.EnumDomain, ir.TokenDomain))
            else (isinstance(item, bool) == isinstance(element, ir.BoolDomain) and isinstance(item, int))
        )
        if code is None or not right or not element.low <= code < element.low + element.size:
            return None
        codes.add(code)
    return frozenset(codes)


def nearest(domain: ir.RealDomain, value: Value) -> int:
    """The index of the bucket nearest to ``value``; halfway, the larger. Raises `OperandError` for other than numbers."""
    if not operators.number(value):
        raise OperandError
    best = 0
    for i, bucket in enumerate(domain.buckets):
        if abs(bucket - value) <= abs(domain.buckets[best] - value):
            best = i
    return best
