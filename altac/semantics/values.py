"""What expressions evaluate to.

Three layers, from most to least known:

* a compile-time *value*: ``bool``, ``int``, ``Fraction``, ``str``, ``tuple``, ``frozenset`` (a set), `ListV`,
  `RecordV`, `MapV`, `RangeV`, `SymbolV` (enum member or token), types, functions, modules, instances;
* a `Tab`: a table of compile-time values, indexed by run-time expressions (a real variable, a row of a
  constant table picked by a variable);
* an `Rt`: a run-time expression of the IR with its categorical type.

`Cond` chooses between two values of any layer by a run-time condition. `POISON` stands for something that
has already been reported.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from altac import ir

if TYPE_CHECKING:
    from altac.semantics.scopes import Namespace
    from altac.source import Span
    from altac.syntax import tree


class _Poison:
    """The type of `POISON`."""

    def __repr__(self) -> str:
        return "POISON"


POISON: Final = _Poison()

#: Any result of evaluation; see the module's text.
Value = Any


@dataclass(frozen=True)
class ListV:
    items: tuple[Value, ...]


@dataclass(frozen=True)
class RecordV:
    names: tuple[str, ...]
    items: tuple[Value, ...]

    def get(self, name: str) -> Value:
        """The value of field ``name``; KeyError if there is none."""
        try:
            return self.items[self.names.index(name)]
        except ValueError:
            raise KeyError(name) from None


class MapV:
    """A map; keeps the order of insertion."""

    __slots__ = ("entries",)

    def __init__(self, entries: dict[Value, Value]) -> None:
        self.entries = entries

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MapV) and self.entries == other.entries

    def __hash__(self) -> int:
        return hash(frozenset(self.entries.items()))


@dataclass(frozen=True)
class RangeV:
    """The integers ``low..high``, both included; empty if high < low."""

    low: int
    high: int

    @property
    def size(self) -> int:
        """How many integers there are (``len`` has a limit)."""
        return max(0, self.high - self.low + 1)

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.low, self.high + 1))

    def __contains__(self, value: object) -> bool:
        return isinstance(value, (int, Fraction)) and value.denominator == 1 and self.low <= value <= self.high


class SymbolV:
    """A member of an enum, or a token that is not a plain integer."""

    __slots__ = ("domain", "index")

    def __init__(self, domain: ir.EnumDomain | ir.TokenDomain, index: int) -> None:
        self.domain = domain
        self.index = index

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, SymbolV)
            and self.index == other.index
            and (self.domain is other.domain or self.domain == other.domain)
        )

    def __hash__(self) -> int:
        return hash(("symbol", self.index))

    def __repr__(self) -> str:
        return f"SymbolV({ir.label(self.domain, self.index)})"


@dataclass(frozen=True)
class AmbiguousV:
    """A bare name that several enums (or an enum and the tokens) share; the context's type decides."""

    name: str
    candidates: tuple[SymbolV, ...]
    span: Span


@dataclass(frozen=True)
class OpenSet:
    """``set of element`` whose family is to be inferred."""

    element: ir.Domain


@dataclass(frozen=True)
class OpenReal:
    """``real`` without buckets."""


@dataclass(frozen=True)
class StaticType:
    """A type that only compile-time values have: ``int``, ``string``."""

    name: str


Type = ir.Domain | OpenSet | OpenReal | StaticType


@dataclass(frozen=True)
class TypeV:
    type: Type
    name: str


@dataclass(frozen=True)
class BuiltinV:
    name: str


class FnV:
    """A function or procedure with the namespace it was declared in."""

    __slots__ = ("decl", "namespace")

    def __init__(self, decl: tree.FnDecl, namespace: Namespace) -> None:
        self.decl = decl
        self.namespace = namespace


class ComponentV:
    __slots__ = ("decl", "namespace")

    def __init__(self, decl: tree.ComponentDecl, namespace: Namespace) -> None:
        self.decl = decl
        self.namespace = namespace


class ScopeV:
    """An imported module or a component instance: names behind a dot."""

    __slots__ = ("kind", "name", "namespace")

    def __init__(self, kind: str, name: str, namespace: Namespace) -> None:
        self.kind = kind
        self.name = name
        self.namespace = namespace


class UnitV:
    """The result of a procedure call."""


UNIT: Final = UnitV()

CategoricalDomain = ir.BoolDomain | ir.IntDomain | ir.EnumDomain | ir.TokenDomain


class Rt:
    """A run-time expression. ``domain`` is its categorical type (for integers an interval that holds all its
    values); ``slot`` names the variable it is, if it is just a variable."""

    __slots__ = ("_key", "depth", "domain", "expr", "size", "slot")

    size: int
    depth: int

    def __init__(
        self, expr: ir.Expr, domain: CategoricalDomain, *children: Rt, slot: str | None = None, weight: int = 1
    ) -> None:
        self.expr = expr
        self.domain = domain
        self.slot = slot
        self.size = weight + sum(c.size for c in children)
        self.depth = 1 + max((c.depth for c in children), default=0)
        self._key: Any = None

    @property
    def key(self) -> Any:
        """What the expression is, spans left out: equal keys mean equal values."""
        if self._key is None:
            self._key = spanless(self.expr)
        return self._key


def spanless(expr: ir.Expr) -> Any:
    """A hashable form of ``expr`` without its spans."""
    match expr:
        case ir.Const(value=value):
            return value
        case ir.Read(name=name):
            return name
        case ir.LetRead(name=name):
            return ("let", name)
        case ir.Not(operand=operand):
            return ("not", spanless(operand))
        case ir.And(left=left, right=right):
            return ("and", spanless(left), spanless(right))
        case ir.Or(left=left, right=right):
            return ("or", spanless(left), spanless(right))
        case ir.Arithmetic(op=op, left=left, right=right) | ir.Compare(op=op, left=left, right=right):
            return (op, spanless(left), spanless(right))
        case ir.Member(operand=operand, values=values):
            return ("in", spanless(operand), values)
        case ir.IfExpr(condition=condition, then=then, orelse=orelse):
            return ("if", spanless(condition), spanless(then), spanless(orelse))
        case ir.Lookup(indices=indices, lows=lows, shape=shape, table=table):
            return ("lookup", tuple(map(spanless, indices)), lows, shape, table)


@dataclass(frozen=True)
class Hole:
    """An entry of a `Tab` that has no value, and why."""

    reason: ir.Missing


class Dim:
    """One index of a `Tab`: the codes ``low .. low + size - 1`` of ``rt``; others are errors when reached."""

    __slots__ = ("low", "rt", "size")

    def __init__(self, rt: Rt, low: int, size: int) -> None:
        self.rt = rt
        self.low = low
        self.size = size


class Tab:
    """Compile-time values (or holes) in row-major order over run-time indices."""

    __slots__ = ("dims", "entries", "slot")

    def __init__(self, dims: tuple[Dim, ...], entries: list[Value], slot: str | None = None) -> None:
        self.dims = dims
        self.entries = entries
        self.slot = slot


class Cond:
    """``then`` where the condition holds, else ``orelse``; used where the branches are not categorical."""

    __slots__ = ("condition", "orelse", "then")

    def __init__(self, condition: Rt, then: Value, orelse: Value) -> None:
        self.condition = condition
        self.then = then
        self.orelse = orelse


def is_runtime(value: Value) -> bool:
    """Whether the value depends on the run."""
    return isinstance(value, (Rt, Tab, Cond))


def value_of(domain: ir.Domain, code: int) -> Value:
    """The compile-time value that ``code`` stands for."""
    match domain:
        case ir.BoolDomain():
            return bool(code)
        case ir.IntDomain():
            return code
        case ir.EnumDomain() | ir.TokenDomain():
            return SymbolV(domain, code)
        case ir.RealDomain(buckets=buckets):
            return buckets[code]
        case ir.SetDomain(element=element, family=family):
            return frozenset(value_of(element, c) for c in family[code])


def values_of(domain: ir.Domain) -> list[Value]:
    """All values of a domain, by ascending code."""
    return [value_of(domain, code) for code in range(domain.low, domain.low + domain.size)]


def code_of(value: Value) -> int | None:
    """The code of a categorical compile-time value; None for other values."""
    if isinstance(value, int):
        return int(value)
    if isinstance(value, SymbolV):
        return value.index
    return None


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
            return domain_kind(domain)
        case AmbiguousV():
            return "name"
        case TypeV() | BuiltinV(name="int" | "bool"):
            return "type"
        case FnV() | BuiltinV():
            return "function"
        case ComponentV():
            return "component"
        case ScopeV(kind=what):
            return str(what)
        case UnitV():
            return "nothing"
        case Rt(domain=domain):
            return domain_kind(domain)
        case Tab(entries=entries):
            kinds = {kind(e) for e in entries if not isinstance(e, Hole)}
            if kinds == {"int", "real"}:
                return "real"
            return " or ".join(sorted(kinds)) if kinds else "nothing"
        case Cond(then=then, orelse=orelse):
            kinds = {kind(then), kind(orelse)} - {"POISON"}
            return "real" if kinds == {"int", "real"} else " or ".join(sorted(kinds))
        case _:
            return "POISON"


def domain_kind(domain: Type) -> str:
    """The name of a type without its range: ``int``, ``bool``, ``State``, ``Token``, ``real``, ``set``."""
    match domain:
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


def describe(domain: Type) -> str:
    """A type as it is written: ``0..15``, ``bool``, ``State``, ``real in {0, 1/2, 1}``, ``set of bool``."""
    match domain:
        case ir.IntDomain(low=low, high=high):
            return f"{low}..{high}"
        case ir.RealDomain(buckets=buckets):
            shown = ", ".join(map(str, buckets[:4])) + (", ..." if len(buckets) > 4 else "")
            return f"real in {{{shown}}}"
        case ir.SetDomain(element=element) | OpenSet(element=element):
            return f"set of {describe(element)}"
        case _:
            return domain_kind(domain)


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
        case RangeV(low=low, high=high):
            return f"{low}..{high}"
        case SymbolV(domain=domain, index=index):
            return ir.label(domain, index)
        case TypeV(name=name) | BuiltinV(name=name) | ScopeV(name=name) | AmbiguousV(name=name):
            return str(name)
        case FnV(decl=decl) | ComponentV(decl=decl):
            return str(decl.name.text)
        case _:
            return "a run-time value"


def _join(items: Any) -> str:
    return ", ".join(_show(v) for v in list(items)[:20])


def ordered(values: frozenset[Value]) -> list[Value]:
    """The members of a set in a fixed order: numbers ascending, symbols by index, others by their text."""
    return sorted(values, key=_order)


def _order(value: Value) -> tuple[int, Any, str]:
    if isinstance(value, (int, Fraction)):
        return (0, value, "")
    if isinstance(value, SymbolV):
        return (1, value.index, "")
    return (2, 0, _show(value))
