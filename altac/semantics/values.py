"""What expressions evaluate to.

Three layers, from most to least known:

* a compile-time *value*: ``bool``, ``int``, ``Fraction``, ``str``, ``tuple``, ``frozenset`` (a set), `ListV`,
  `RecordV`, `MapV`, `RangeV`, `SymbolV` (enum member or token), types, functions, modules, instances;
* a `Tab`: a table of compile-time values, indexed by run-time expressions (a real variable, a row of a
  constant table picked by a variable);
* an `Rt`: a run-time expression of the IR with its categorical type.

`POISON` stands for something that has already been reported. `Value` is the union of all of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from enum import Enum
from fractions import Fraction
from typing import Any, Final, Literal, TypeAlias

from altac import ir
from altac.semantics.slots import Slot
from altac.semantics.types import CategoricalDomain, Type
from altac.source import Span
from altac.syntax import tree


class Poison(Enum):
    """The type of `POISON`."""

    POISON = "POISON"


POISON: Final = Poison.POISON


# --- data -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ListV:
    items: tuple[Value, ...]


@dataclass(frozen=True)
class RecordV:
    names: tuple[str, ...]
    items: tuple[Value, ...]


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
    """The integers ``low..high``, both included, or the characters with these numbers; empty if high < low."""

    low: int
    high: int
    letters: bool = False

    @property
    def size(self) -> int:
        """How many items there are (``len`` has a limit)."""
        return max(0, self.high - self.low + 1)

    def __iter__(self) -> Iterator[int | str]:
        return map(chr if self.letters else int, range(self.low, self.high + 1))

    def __contains__(self, value: object) -> bool:
        if self.letters:
            return isinstance(value, str) and len(value) == 1 and self.low <= ord(value) <= self.high
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


# --- what names stand for -------------------------------------------------------------------------

#: The declarations that give a name to something.
Named = (
    tree.ParamDecl
    | tree.ConstDecl
    | tree.TypeDecl
    | tree.EnumDecl
    | tree.VarDecl
    | tree.HeadDecl
    | tree.FnDecl
    | tree.ComponentDecl
    | tree.UseDecl
)


@dataclass(eq=False)
class Namespace:
    """The names of a file or of a component instance.

    ``prefix`` goes before the names of its slots (``stack.``); ``parent`` is the file a component was declared in;
    ``bound`` holds component arguments. Values of declarations are found on first use and kept in ``values``.
    ``members`` has the enums of this namespace by the names of their members. ``lost`` has the names that text with
    syntax errors may declare; None stands for any name (a failed import).
    """

    prefix: str
    parent: Namespace | None
    declarations: dict[str, Named] = field(default_factory=dict)
    bound: dict[str, Value | Slot] = field(default_factory=dict)
    modules: dict[str, Namespace] = field(default_factory=dict)
    values: dict[str, Value | Slot] = field(default_factory=dict)
    members: dict[str, list[str]] = field(default_factory=dict)
    body: tuple[tree.Decl, ...] = ()
    lost: set[str] | None = field(default_factory=set)

    def chain(self) -> Iterator[Namespace]:
        """This namespace and those around it, innermost first."""
        space: Namespace | None = self
        while space is not None:
            yield space
            space = space.parent

    def names(self) -> Iterator[str]:
        """All names that can be written here, for suggestions."""
        for space in self.chain():
            yield from space.declarations
            yield from space.bound
            yield from space.modules
            yield from space.members

    def declares(self, name: str) -> bool:
        """Whether ``name`` is declared here or around."""
        return any(name in s.declarations or name in s.bound or name in s.modules for s in self.chain())


@dataclass(frozen=True)
class TypeV:
    type: Type
    name: str


BuiltinName = Literal[
    "len", "min", "max", "abs", "round", "sum", "any", "all", "int", "zip", "enumerate", "sorted", "reversed",
    "union", "intersect", "minus",
]  # fmt: skip


@dataclass(frozen=True)
class BuiltinV:
    name: BuiltinName


class FnV:
    """A function or procedure with the namespace it was declared in."""

    __slots__ = ("decl", "namespace")

    def __init__(self, decl: tree.FnDecl, namespace: Namespace) -> None:
        self.decl = decl
        self.namespace = namespace


class ComponentV:
    """A component with the namespace it was declared in."""

    __slots__ = ("decl", "namespace")

    def __init__(self, decl: tree.ComponentDecl, namespace: Namespace) -> None:
        self.decl = decl
        self.namespace = namespace


class ScopeV:
    """An imported module or a component instance: names behind a dot."""

    __slots__ = ("kind", "name", "namespace")

    def __init__(self, kind: Literal["module", "component instance"], name: str, namespace: Namespace) -> None:
        self.kind = kind
        self.name = name
        self.namespace = namespace


# --- what depends on the run ----------------------------------------------------------------------


class Rt:
    """A run-time expression. ``domain`` is its categorical type (for integers an interval that holds all its
    values); ``slot`` is the variable or head that it reads, if it does just that."""

    __slots__ = ("_key", "domain", "expr", "slot")

    def __init__(self, expr: ir.Expr, domain: CategoricalDomain, slot: Slot | None = None) -> None:
        self.expr = expr
        self.domain = domain
        self.slot = slot
        self._key: Any = None

    @property
    def key(self) -> Any:
        """What the expression is, spans left out: equal keys mean equal values."""
        if self._key is None:
            self._key = _spanless(self.expr)
        return self._key


def _spanless(expr: ir.Expr) -> Any:
    """A hashable form of ``expr`` without its spans."""
    match expr:
        case ir.Const(value=value):
            return value
        case ir.Read(name=name):
            return name
        case ir.LetRead(name=name):
            return ("let", name)
        case ir.Not(operand=operand):
            return ("not", _spanless(operand))
        case ir.And(left=left, right=right):
            return ("and", _spanless(left), _spanless(right))
        case ir.Or(left=left, right=right):
            return ("or", _spanless(left), _spanless(right))
        case ir.Arithmetic(op=op, left=left, right=right) | ir.Compare(op=op, left=left, right=right):
            return (op, _spanless(left), _spanless(right))
        case ir.Member(operand=operand, values=values):
            return ("in", _spanless(operand), values)
        case ir.IfExpr(condition=condition, then=then, orelse=orelse):
            return ("if", _spanless(condition), _spanless(then), _spanless(orelse))
        case ir.Lookup(indices=indices, lows=lows, shape=shape, table=table):
            return ("lookup", tuple(map(_spanless, indices)), lows, shape, table)


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
    """Compile-time values (or holes) in row-major order over run-time indices; ``slot`` as in `Rt`."""

    __slots__ = ("dims", "entries", "slot")

    def __init__(self, dims: tuple[Dim, ...], entries: list[Value | Hole], slot: Slot | None = None) -> None:
        self.dims = dims
        self.entries = entries
        self.slot = slot


Value: TypeAlias = (
    bool | int | Fraction | str | tuple["Value", ...] | frozenset["Value"] | ListV | RecordV | MapV | RangeV | SymbolV
    | AmbiguousV | TypeV | BuiltinV | FnV | ComponentV | ScopeV | Rt | Tab | Poison
)  # fmt: skip


def is_runtime(value: Value) -> bool:
    """Whether the value depends on the run."""
    return isinstance(value, (Rt, Tab))


def depends_on_run(value: Value) -> bool:
    """Whether the value or, of a list, tuple, record or map, something in it depends on the run."""
    pending, seen = [value], set()  # lists may share their parts, so that there are many more ways to these than parts
    while pending:
        value = pending.pop()
        inner = _items_inside(value)
        if inner is None:
            if is_runtime(value):
                return True
        elif id(value) not in seen:
            seen.add(id(value))
            pending.extend(inner)
    return False


def extent(value: Value, most: int) -> int:
    """How many values an operation goes through that looks at all that is in ``value``; it is counted up to ``most``."""
    pending, count = [value], 0
    while pending and count < most:
        count += 1
        value = pending.pop()
        inner = _items_inside(value)
        if inner is None:
            inner = value if isinstance(value, frozenset) else ()
            count += len(value) // 8 if isinstance(value, str) else 0
        pending.extend(inner)
    return count


def _items_inside(value: Value) -> Collection[Value] | None:
    """What a list, tuple, record or map holds; None for another value."""
    match value:
        case tuple():
            return value
        case ListV(items=items) | RecordV(items=items):
            return items
        case MapV(entries=entries):
            return entries.values()
        case _:
            return None


# --- values and codes -----------------------------------------------------------------------------


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
