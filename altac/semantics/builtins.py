"""Built-in functions and conversions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, Literal, NoReturn, get_args

from altac import ir
from altac.semantics import operators
from altac.semantics.failures import Failure, OperandError
from altac.semantics.operators import is_bool, is_int, items_of, lift, number
from altac.semantics.tables import settle, tabulate
from altac.semantics.types import OpenReal, OpenSet, StaticType, Type
from altac.semantics.values import BuiltinName, BuiltinV, ListV, RangeV, Rt, SymbolV, Tab, Value
from altac.semantics.wording import show
from altac.source import Span

#: The functions that no file need declare.
FUNCTIONS: Mapping[str, BuiltinV] = {name: BuiltinV(name) for name in get_args(BuiltinName)}


def call(name: BuiltinName, values: list[Value], span: Span) -> Value:
    """The builtin ``name`` of ``values``. Raises `OperandError`, `Failure` or `TooLarge`."""
    match name:
        case "len":
            (value,) = _exactly(values, 1)
            return lift(lambda v: len(items_of(v)), value, span=span)
        case "min" | "max":
            return _extremum(name, _spread(values), span)
        case "abs":
            (value,) = _exactly(values, 1)
            if isinstance(value, Rt):
                return _extremum("max", [value, operators.unary_minus(value, span)], span)
            return lift(lambda v: abs(_number(v)), value, span=span)
        case "round":
            (value,) = _exactly(values, 1)
            return value if is_int(value) else lift(lambda v: operators.round_half_up(_number(v)), value, span=span)
        case "sum":
            total: Value = 0
            for item in items_of(_exactly(values, 1)[0]):
                total = operators.binary("+", total, item, span)
            return total
        case "any" | "all":
            result: Value = name == "all"
            join = operators.conjunction if name == "all" else operators.disjunction
            for item in items_of(_exactly(values, 1)[0]):
                if not is_bool(item):
                    raise OperandError("every item must be a bool")
                result = join(result, item, span)
            return result
        case "int":
            (value,) = _exactly(values, 1)
            return _to_int(value, span)
        case "zip":
            return ListV(tuple(zip(*map(items_of, values), strict=False)))
        case "enumerate":
            return ListV(tuple(enumerate(items_of(_exactly(values, 1)[0]))))
        case "sorted":
            return lift(_sorted, _exactly(values, 1)[0], span=span)
        case "reversed":
            return lift(lambda v: ListV(tuple(reversed(items_of(v)))), _exactly(values, 1)[0], span=span)
        case "union":
            return _of_sets(frozenset.union, values, span)
        case "intersect":
            return _of_sets(frozenset.intersection, values, span)
        case "minus":
            return _of_sets(frozenset.difference, values, span)


_Set = frozenset[Value]


def _of_sets(function: Callable[[_Set, _Set], _Set], values: list[Value], span: Span) -> Value:
    def of(a: Value, b: Value) -> Value:
        if not isinstance(a, frozenset) or not isinstance(b, frozenset):
            raise OperandError("both must be sets")
        return function(a, b)

    return lift(of, *_exactly(values, 2), span=span)


def _exactly(values: list[Value], count: int) -> list[Value]:
    if len(values) != count:
        raise OperandError(f"it takes {count} argument{'s' if count != 1 else ''}")
    return values


def _spread(values: list[Value]) -> list[Value]:
    if len(values) == 1 and isinstance(values[0], (ListV, tuple, frozenset, RangeV)):
        values = list(items_of(values[0]))
    if not values:
        raise OperandError("there is nothing to choose from")
    return values


def _extremum(name: Literal["min", "max"], values: list[Value], span: Span) -> Value:
    choose = min if name == "min" else max
    result = values[0]
    for value in values[1:]:
        if is_int(result) and is_int(value) and (isinstance(result, Rt) or isinstance(value, Rt)):
            result = operators.binary(name, result, value, span)
        else:
            result = lift(lambda a, b: choose(_number(a), _number(b)), result, value, span=span)
    if not (number(result) or isinstance(result, (Rt, Tab))):
        raise OperandError
    return result


def _number(value: Value) -> int | Fraction:
    if not number(value):
        raise OperandError("it takes numbers")
    return value


def _sorted(value: Value) -> Value:
    try:
        return ListV(tuple(sorted(items_of(value), key=_order)))
    except TypeError:
        raise OperandError("all items must be of one type") from None


def _order(value: Value) -> Any:
    """What to sort ``value`` by: members of enums by their index, collections item by item."""
    if isinstance(value, (bool, int, Fraction, str)):
        return value
    return value.index if isinstance(value, SymbolV) else tuple(map(_order, items_of(value)))


def _to_int(value: Value, span: Span) -> Value:
    """bool, enum and integer tokens to integers; reals that are whole."""
    if isinstance(value, Rt):
        match value.domain:
            case ir.BoolDomain():
                return Rt(value.expr, ir.IntDomain(0, 1))
            case ir.EnumDomain(members=members):
                return Rt(value.expr, ir.IntDomain(0, len(members) - 1))
            case ir.IntDomain():
                return value
            case ir.TokenDomain():
                return settle(tabulate(_known_int, value), span)
    return lift(_known_int, value, span=span)


def _known_int(value: Value) -> int:
    if isinstance(value, SymbolV):
        if isinstance(value.domain, ir.EnumDomain):
            return value.index
        name = value.domain.tokens[value.index].name
        if isinstance(name, str) and name.lstrip("-").isdecimal():
            name = int(name)
        if not isinstance(name, int):
            _fail(value)
        return name
    if isinstance(value, (bool, int)):
        return int(value)
    if isinstance(value, Fraction):
        if value.denominator != 1:
            _fail(value)
        return int(value)
    raise OperandError("`int` takes a bool, an enum member, a token or a whole number")


def convert(target: Type, value: Value, span: Span) -> Value:
    """``Type(value)``: to an enum by index, to a token by its integer, to a range by value."""
    match target:
        case ir.BoolDomain():
            return lift(_to_bool, value, span=span)
        case ir.EnumDomain(members=members):
            if not (is_int(value) or isinstance(value, Tab)):
                raise OperandError("an enum is made from the index of its member")
            return lift(
                lambda v: SymbolV(target, v) if isinstance(v, int) and 0 <= v < len(members) else _fail(v),
                value,
                span=span,
            )
        case ir.TokenDomain():
            if isinstance(value, (int, str)) and not isinstance(value, bool):
                return operators.token_named(target, value)
            if not isinstance(value, (Rt, Tab)) or isinstance(value, Rt) and not is_int(value):
                raise OperandError("a token is made from its integer")
            return lift(lambda v: _token_of(target, v), value, span=span)
        case ir.IntDomain(low=low, high=high):
            number = _to_int(value, span)
            if (
                isinstance(number, Rt)
                and low <= operators.interval(number)[0]
                and operators.interval(number)[1] <= high
            ):
                return number
            return lift(lambda v: v if low <= v <= high else _fail(v), number, span=span)
        case ir.RealDomain() | ir.SetDomain() | OpenReal() | OpenSet() | StaticType():
            raise OperandError("nothing converts to this type")


def _to_bool(value: Value) -> bool:
    found = _known_int(value)
    return bool(found) if found in (0, 1) else _fail(value)


def _fail(value: Value) -> NoReturn:
    raise Failure("conversion", show(value))


def _token_of(domain: ir.TokenDomain, value: Value) -> SymbolV:
    try:
        return operators.token_named(domain, value)
    except OperandError:
        _fail(value)
