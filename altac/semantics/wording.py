"""Values in messages: their kind, and how they are written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import islice

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
    text = ""
    for piece in _pieces(value):
        text += piece
        if len(text) > limit:  # of what follows there may be more than could be gone through
            return text[: limit - 3] + "..."
    return text


def _pieces(value: Value) -> Iterator[str]:
    """The text of a value, piece by piece."""
    match value:
        case bool():
            yield "true" if value else "false"
        case int() | Fraction():
            yield str(value)
        case str():
            yield '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t") + '"'
        case ListV(items=items):
            yield from _listed("[", [("", item) for item in items], "]")
        case tuple():
            yield from _listed("(", [("", item) for item in value], ",)" if len(value) == 1 else ")")
        case RecordV(names=names, items=items):
            yield from _listed("(", [(f"{n}: ", v) for n, v in zip(names, items, strict=True)], ")")
        case frozenset():
            yield from _listed("{", [("", item) for item in ordered(value)], "}")
        case MapV(entries=entries):
            yield from _listed("{", [(f"{show(k)}: ", v) for k, v in islice(entries.items(), 20)], "}")
        case RangeV(low=low, high=high, letters=letters):
            yield f"{show(chr(low))}..{show(chr(high))}" if letters else f"{low}..{high}"
        case SymbolV(domain=domain, index=index):
            yield ir.label(domain, index)
        case TypeV(name=name) | BuiltinV(name=name) | ScopeV(name=name) | AmbiguousV(name=name):
            yield name
        case FnV(decl=decl):
            yield decl.name.text
        case ComponentV(decl=decl):
            yield decl.name.text
        case Rt() | Tab() | Poison():
            yield "a run-time value"


def _listed(opening: str, items: Sequence[tuple[str, Value]], closing: str) -> Iterator[str]:
    yield opening
    for number, (label, item) in enumerate(items[:20]):
        yield f"{', ' if number else ''}{label}"
        yield from _pieces(item)
    yield closing


def ordered(values: frozenset[Value]) -> list[Value]:
    """The members of a set in a fixed order: numbers ascending, symbols by index, others by their text."""
    return sorted(values, key=_order)


def _order(value: Value) -> tuple[int, int | Fraction, str]:
    if isinstance(value, (int, Fraction)):
        return (0, value, "")
    if isinstance(value, SymbolV):
        return (1, value.index, "")
    return (2, 0, show(value, 1000))
