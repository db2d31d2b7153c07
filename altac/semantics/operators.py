"""Operators on values: exact on what is known, IR expressions on what is not."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import TypeGuard

from altac import ir
from altac.ir.operators import OPERATORS
from altac.semantics import limits
from altac.semantics.failures import Failure, OperandError
from altac.semantics.tables import settle, tabulate
from altac.semantics.values import (
    AmbiguousV,
    BuiltinV,
    ComponentV,
    FnV,
    ListV,
    MapV,
    Poison,
    RangeV,
    RecordV,
    Rt,
    ScopeV,
    SymbolV,
    Tab,
    TypeV,
    Value,
    code_of,
    depends_on_run,
    values_of,
)
from altac.semantics.wording import kind, ordered
from altac.source import Span


def number(value: Value) -> TypeGuard[int | Fraction]:
    """Whether ``value`` is a compile-time number (bools are not)."""
    return isinstance(value, (int, Fraction)) and not isinstance(value, bool)


def known(op: str, a: Value, b: Value) -> Value:
    """``a op b`` of compile-time values. Raises `OperandError` or `Failure`."""
    if op in ("==", "!="):
        return equal(a, b) == (op == "==")
    if op in ("in", "not in"):
        return contains(a, b) == (op == "in")
    if op == "xor":
        if isinstance(a, bool) and isinstance(b, bool):
            return a != b
        raise OperandError
    if op == "..":
        return _range(_token_name(a), _token_name(b))
    if op == "+" and isinstance(a, (ListV, RangeV)) and isinstance(b, (ListV, RangeV)):
        first, second = items_of(a), items_of(b)
        if len(first) + len(second) > limits.LENGTH:
            raise OperandError("this list is too long")
        return ListV((*first, *second))
    if op == "+" and isinstance(a, str) and isinstance(b, str):
        if len(a) + len(b) > limits.LENGTH:
            raise OperandError("this string is too long")
        return a + b
    if not (number(a) and number(b)):
        raise OperandError(
            "write `int(...)` to count a bool as 0 or 1" if isinstance(a, bool) or isinstance(b, bool) else ""
        )
    return arithmetic(op, a, b)


def _range(a: Value, b: Value) -> RangeV:
    """``a..b``. Raises `OperandError`."""
    if isinstance(a, int) and isinstance(b, int) and not isinstance(a, bool) and not isinstance(b, bool):
        return RangeV(a, b)
    if isinstance(a, str) and isinstance(b, str) and len(a) == len(b) == 1:
        return RangeV(ord(a), ord(b), letters=True)
    raise OperandError('a range goes from an integer to an integer, or from a letter to a letter: `"a".."z"`')


def _token_name(value: Value) -> Value:
    """The literal that names a token; other values as they are."""
    if isinstance(value, SymbolV) and isinstance(value.domain, ir.TokenDomain):
        return value.domain.tokens[value.index].name
    return value


def arithmetic(op: str, a: int | Fraction, b: int | Fraction) -> Value:
    """``a op b`` of two numbers."""
    row = OPERATORS.get(op)  # type: ignore[call-overload]
    undefined = frozenset({0}) if op == "/" else row.undefined if row is not None else frozenset()
    if op in ("+", "-", "*", "/") and _bits(a) + _bits(b) > limits.BITS:
        raise OperandError("the exact result has too many digits")
    if b in undefined:
        raise Failure("division-by-zero")
    if op == "/":
        return Fraction(a) / b
    if row is None:
        raise OperandError
    result = row.apply(a, b)
    return bool(result) if row.form == "comparison" else result


def _bits(value: int | Fraction) -> int:
    return value.numerator.bit_length() + value.denominator.bit_length()


def equal(a: Value, b: Value) -> bool:
    """Equality of compile-time values of one type. Raises `OperandError` for values that can never be equal."""
    if number(a) and number(b):
        return bool(a == b)
    if isinstance(a, SymbolV) and isinstance(a.domain, ir.TokenDomain) and isinstance(b, (str, int)):
        return token_named(a.domain, b) == a
    if isinstance(b, SymbolV) and isinstance(b.domain, ir.TokenDomain) and isinstance(a, (str, int)):
        return token_named(b.domain, a) == b
    if kind(a) != kind(b):
        raise OperandError
    return bool(a == b)


def token_named(domain: ir.TokenDomain, name: Value) -> SymbolV:
    """The token whose name is the literal ``name``. Raises `OperandError` if there is none."""
    for index, symbol in enumerate(domain.tokens):
        if symbol.name == name and isinstance(symbol.name, int) == isinstance(name, int) and not isinstance(name, bool):
            return SymbolV(domain, index)
        if isinstance(name, str) and str(symbol.name) == name:
            return SymbolV(domain, index)
    raise OperandError("there is no such token; the tokens are " + ", ".join(str(t.name) for t in domain.tokens[:20]))


def items_of(value: Value) -> tuple[Value, ...]:
    """The items of a compile-time collection. Raises `OperandError`."""
    match value:
        case ListV(items=items):
            return items
        case tuple():
            return value
        case RangeV():
            if value.size > limits.LENGTH:
                raise OperandError(f"a range that is gone through has at most {limits.LENGTH:,} items")
            return tuple(value)
        case frozenset():
            return tuple(ordered(value))
        case MapV(entries=entries):
            return tuple(entries)
        case TypeV(type=ir.BoolDomain() | ir.IntDomain() | ir.EnumDomain() | ir.TokenDomain() as domain):
            return tuple(values_of(domain))
        case str():
            return tuple(value)
        case (
            bool() | int() | Fraction() | RecordV() | SymbolV() | AmbiguousV() | TypeV() | BuiltinV() | FnV()
            | ComponentV() | ScopeV() | Rt() | Tab() | Poison()
        ):  # fmt: skip
            raise OperandError("it must be a list, a tuple, a range, a set, a map or a string known at compile time")


def contains(a: Value, b: Value) -> bool:
    """``a in b``. Raises `OperandError` for values that can never be in it; a token is in a range if its name is."""
    if isinstance(b, RangeV):
        name = _token_name(a)
        if name is a and not (isinstance(a, str) if b.letters else number(a)):
            raise OperandError
        return name in b
    return any(equal(a, item) for item in items_of(b))


def interval(value: int | Rt) -> tuple[int, int]:
    """The least and largest value of an integer."""
    if isinstance(value, Rt):
        return value.domain.low, value.domain.low + value.domain.size - 1
    return value, value


def is_int(value: Value) -> TypeGuard[int | Rt]:
    """Whether ``value`` is an integer, known or not."""
    if isinstance(value, Rt):
        return isinstance(value.domain, ir.IntDomain)
    return isinstance(value, int) and not isinstance(value, bool)


def is_bool(value: Value) -> TypeGuard[bool | Rt]:
    """Whether ``value`` is a bool, known or not."""
    return isinstance(value, bool) or (isinstance(value, Rt) and isinstance(value.domain, ir.BoolDomain))


def rt(value: Value) -> Rt:
    """A categorical value as a run-time expression."""
    if isinstance(value, Rt):
        return value
    code = code_of(value)
    assert code is not None
    if isinstance(value, SymbolV):
        return Rt(ir.Const(code), value.domain)
    return Rt(ir.Const(code), ir.BoolDomain() if isinstance(value, bool) else ir.IntDomain(code, code))


def binary(op: str, a: Value, b: Value, span: Span) -> Value:
    """``a op b`` of any values. Raises `OperandError`, `Failure` (constants only) or `TooLarge`."""
    if not isinstance(a, (Rt, Tab)) and not isinstance(b, (Rt, Tab)):
        if op in ("==", "!=", "in", "not in") and (depends_on_run(a) or depends_on_run(b)):
            return _of_items(op, a, b, span)
        return known(op, a, b)
    if op in ("in", "not in"):
        return _member(op, a, b, span)
    if op in ("==", "!="):
        a, b = literal_token(a, b), literal_token(b, a)
    if isinstance(a, Tab) or isinstance(b, Tab) or isinstance(a, Fraction) or isinstance(b, Fraction) or op == "/":
        return settle(tabulate(lambda x, y: known(op, x, y), a, b), span)
    if op == "xor":
        if is_bool(a) and is_bool(b):
            return Rt(ir.Compare("!=", rt(a).expr, rt(b).expr, span), ir.BoolDomain())
        raise OperandError
    if op in ("==", "!="):
        if is_int(a) != is_int(b) or (not is_int(a) and kind(a) != kind(b)) or not categorical(a, b):
            raise OperandError
        return Rt(ir.Compare(op, rt(a).expr, rt(b).expr, span), ir.BoolDomain())  # type: ignore[arg-type]
    if not (is_int(a) and is_int(b)):
        raise OperandError("write `int(...)` to count a bool as 0 or 1" if is_bool(a) or is_bool(b) else "")
    row = OPERATORS.get(op)  # type: ignore[call-overload]
    if row is None:
        raise OperandError
    if row.form == "comparison":
        return Rt(ir.Compare(op, rt(a).expr, rt(b).expr, span), ir.BoolDomain())  # type: ignore[arg-type]
    if b in row.undefined:
        raise Failure("division-by-zero")
    domain = ir.IntDomain(*row.bounds(interval(a), interval(b)))
    return Rt(ir.Arithmetic(op, rt(a).expr, rt(b).expr, span), domain)  # type: ignore[arg-type]


def hinted(op: str, a: Value, b: Value, span: Span) -> Value:
    """As `binary`; an `OperandError` says what is written instead, where that is known."""
    try:
        return binary(op, a, b, span)
    except OperandError as error:
        raise OperandError(error.hint or _instead(op, a, b)) from None


def _instead(op: str, a: Value, b: Value) -> str:
    if kind(a) == kind(b) == "set":
        return "sets are combined with `union(a, b)`, `intersect(a, b)` and `minus(a, b)`"
    if op in ("in", "not in") and isinstance(b, frozenset) and any(isinstance(item, RangeV) for item in b):
        return "membership of a range is written without braces: `x in 1..3`"
    if {kind(a), kind(b)} == {"Token", "int"}:
        return "write `int(...)` for the number that a token is"
    domain = next(
        (v.domain for v in (a, b) if isinstance(v, (Rt, SymbolV)) and isinstance(v.domain, ir.EnumDomain)), None
    )
    if domain is None or not (is_int(a) or is_int(b) or isinstance(a, str) or isinstance(b, str)):
        return ""
    if op in ("==", "!=", "in", "not in"):
        return f"write the member itself, such as `{domain.members[0].name}`"
    return "write `int(...)` for the number of a member, which begins at 0"


def categorical(*values: Value) -> bool:
    """Whether all ``values`` have codes, known or not."""
    return all(isinstance(v, Rt) or code_of(v) is not None for v in values)


def literal_token(value: Value, other: Value) -> Value:
    """``value``, or the token that it names if ``other`` is a token. Raises `OperandError` if there is none."""
    if isinstance(value, (int, str)) and not isinstance(value, bool):
        domain = other.domain if isinstance(other, (Rt, SymbolV)) else None
        if isinstance(domain, ir.TokenDomain):
            return token_named(domain, value)
    return value


def _member(op: str, a: Value, b: Value, span: Span) -> Value:
    if isinstance(a, Rt) and not isinstance(b, (Rt, Tab)):
        items: tuple[Value, ...]
        items = tuple(v for v in values_of(a.domain) if contains(v, b)) if isinstance(b, RangeV) else items_of(b)
        codes = set()
        for item in items:
            item = literal_token(item, a)
            if isinstance(item, (Rt, Tab)):
                return _any_equal(op, a, items, span)
            if is_int(a) != is_int(item) or (not is_int(a) and kind(a) != kind(item)):
                raise OperandError
            codes.add(code_of(item))
        member = Rt(ir.Member(a.expr, frozenset(c for c in codes if c is not None), span), ir.BoolDomain())
        return member if op == "in" else negate(member, span)
    if isinstance(b, (ListV, tuple)) and depends_on_run(b):
        return _any_equal(op, a, items_of(b), span)
    return settle(tabulate(lambda x, y: known(op, x, y), a, b), span)


def _of_items(op: str, a: Value, b: Value, span: Span) -> Value:
    """``a op b`` of collections whose items depend on the run."""
    if op in ("in", "not in"):
        if depends_on_run(b):
            return _any_equal(op, a, items_of(b), span)
        return settle(tabulate(lambda x, y: known(op, x, y), a, b), span)
    if kind(a) != kind(b):
        raise OperandError
    if isinstance(a, MapV) or isinstance(b, MapV):
        return settle(tabulate(lambda x, y: known(op, x, y), a, b), span)
    names = [v.names if isinstance(v, RecordV) else () for v in (a, b)]
    first, second = (v.items if isinstance(v, RecordV) else items_of(v) for v in (a, b))
    result: Value = len(first) == len(second) and names[0] == names[1]
    for x, y in zip(first, second, strict=False):
        result = conjunction(result, binary("==", x, y, span), span)
    return result if op == "==" else negate(result, span)


def _any_equal(op: str, a: Value, items: tuple[Value, ...], span: Span) -> Value:
    result: Value = False
    for item in items:
        result = disjunction(result, binary("==", a, item, span), span)
    return result if op == "in" else negate(result, span)


def negate(value: Value, span: Span) -> Value:
    """``not value``"""
    if isinstance(value, bool):
        return not value
    if isinstance(value, Rt) and isinstance(value.domain, ir.BoolDomain):
        return Rt(ir.Not(value.expr, span), ir.BoolDomain())
    raise OperandError


def disjunction(a: Value, b: Value, span: Span) -> bool | Rt:
    """``a or b``; ``b`` must not have been needed where ``a`` is true. Raises `OperandError` for other than bools."""
    if not (is_bool(a) and is_bool(b)):
        raise OperandError
    if isinstance(a, bool):
        return True if a else b
    if b is False:
        return a
    return Rt(ir.Or(a.expr, rt(b).expr, span), ir.BoolDomain())


def conjunction(a: Value, b: Value, span: Span) -> bool | Rt:
    """``a and b``. Raises `OperandError` for other than bools."""
    if not (is_bool(a) and is_bool(b)):
        raise OperandError
    if isinstance(a, bool):
        return b if a else False
    if b is True:
        return a
    return Rt(ir.And(a.expr, rt(b).expr, span), ir.BoolDomain())


def unary_minus(value: Value, span: Span) -> Value:
    """``-value``"""
    if number(value):
        return -value
    if isinstance(value, Rt) and is_int(value):
        return binary("-", 0, value, span)
    if isinstance(value, Tab):
        return settle(tabulate(lambda x: known("-", 0, x), value), span)
    raise OperandError


def round_half_up(value: int | Fraction) -> int:
    """The nearest integer, halves up."""
    return math.floor(value + Fraction(1, 2))


def lift(function: Callable[..., Value], *values: Value, span: Span) -> Value:
    """``function`` of compile-time values applied to values of any kind."""
    if any(isinstance(v, (Rt, Tab)) for v in values):
        return settle(tabulate(function, *values), span)
    return function(*values)
