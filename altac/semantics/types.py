"""The types of the language: the domains of the IR, and those that only the checker knows."""

from __future__ import annotations

from dataclasses import dataclass

from altac import ir

CategoricalDomain = ir.BoolDomain | ir.IntDomain | ir.EnumDomain | ir.TokenDomain


@dataclass(frozen=True)
class OpenSet:
    """``set of element`` whose family is to be inferred."""

    element: CategoricalDomain


@dataclass(frozen=True)
class OpenReal:
    """``real`` without buckets."""


@dataclass(frozen=True)
class StaticType:
    """A type that only compile-time values have: ``int``, ``string``."""

    name: str


Type = ir.Domain | OpenSet | OpenReal | StaticType


def type_name(type_: Type) -> str:
    """The name of a type without its range: ``int``, ``bool``, ``State``, ``Token``, ``real``, ``set``."""
    match type_:
        case ir.BoolDomain():
            return "bool"
        case ir.IntDomain():
            return "int"
        case ir.EnumDomain(name=name) | StaticType(name=name):
            return name
        case ir.TokenDomain():
            return "Token"
        case ir.RealDomain() | OpenReal():
            return "real"
        case ir.SetDomain() | OpenSet():
            return "set"


def describe(type_: Type) -> str:
    """A type as it is written: ``0..15``, ``bool``, ``State``, ``real in {0, 1/2, 1}``, ``set of bool``."""
    match type_:
        case ir.IntDomain(low=low, high=high):
            return f"{low}..{high}"
        case ir.RealDomain(buckets=buckets):
            shown = ", ".join(map(str, buckets[:4])) + (", ..." if len(buckets) > 4 else "")
            return f"real in {{{shown}}}"
        case ir.SetDomain(element=element) | OpenSet(element=element):
            return f"set of {describe(element)}"
        case ir.BoolDomain() | ir.EnumDomain() | ir.TokenDomain() | OpenReal() | StaticType():
            return type_name(type_)
