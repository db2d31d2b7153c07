"""Values in messages: their kind, and how they are written."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from altac import ir
from altac.semantics.types import type_name
from altac.semantics.values import (
    AmbiguousV,
    BuiltinV,
    ComponentV,
    FnV,
    Hole,
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
)


def kind(value: Value) -> str:
    """The type of a value as messages name it."""
    match value:
        case bool():
            return "bool"
        case int():
            return "int"
        case Fraction():
            return "real"
        case str():
            return "string"
        case ListV():
            return "list"
        case tuple():
            return "tuple"
        case RecordV():
            return "record"
        case frozenset():
            return "set"
        case MapV():
            return "map"
        case RangeV():
            return "range"
        case SymbolV(domain=domain):
            return type_name(domain)
        case AmbiguousV():
            return "name"
        case TypeV() | BuiltinV(name="int"):
            return "type"
        case FnV() | BuiltinV():
            return "function"
        case ComponentV():
            return "component"
        case ScopeV(kind=what):
            return what
        case Rt(domain=domain):
            return type_name(domain)
        case Tab(entries=entries):
            kinds = {kind(e) for e in entries if not isinstance(e, Hole)}
            if kinds == {"int", "real"}:
                return "real"
            return " or ".join(sorted(kinds)) if kinds else "nothing"
        case Poison():
            return "POISON"


def show(value: Value, limit: int = 60) -> str:
    """A compile-time value as it is written in the language, cut at ``limit`` characters."""
    text = _show(value)
    return text if len(text) <= limit else text[: limit - 3] + "..."


def _show(value: Value) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int() | Fraction():
            return str(value)
        case str():
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t") + '"'
        case ListV(items=items):
            return "[" + _join(items) + "]"
        case tuple():
            return "(" + _join(value) + ("," if len(value) == 1 else "") + ")"
        case RecordV(names=names, items=items):
            return "(" + ", ".join(f"{n}: {_show(v)}" for n, v in zip(names, items, strict=True)) + ")"
        case frozenset():
            return "{" + _join(ordered(value)) + "}"
        case MapV(entries=entries):
            return "{" + ", ".join(f"{_show(k)}: {_show(v)}" for k, v in list(entries.items())[:20]) + "}"
        case RangeV(low=low, high=high, letters=letters):
            return f"{_show(chr(low))}..{_show(chr(high))}" if letters else f"{low}..{high}"
        case SymbolV(domain=domain, index=index):
            return ir.label(domain, index)
        case TypeV(name=name) | BuiltinV(name=name) | ScopeV(name=name) | AmbiguousV(name=name):
            return name
        case FnV(decl=decl):
            return decl.name.text
        case ComponentV(decl=decl):
            return decl.name.text
        case Rt() | Tab() | Poison():
            return "a run-time value"


def _join(items: Iterable[Value]) -> str:
    return ", ".join(_show(v) for v in list(items)[:20])


def ordered(values: frozenset[Value]) -> list[Value]:
    """The members of a set in a fixed order: numbers ascending, symbols by index, others by their text."""
    return sorted(values, key=_order)


def _order(value: Value) -> tuple[int, int | Fraction, str]:
    if isinstance(value, (int, Fraction)):
        return (0, value, "")
    if isinstance(value, SymbolV):
        return (1, value.index, "")
    return (2, 0, _show(value))
