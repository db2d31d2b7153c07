"""What generated text means: values, types, and expressions that come with a function that computes them.

Nothing here is taken from altac: the functions are a second opinion on what the checker makes of the text.
Values are ``bool``, ``int``, ``Fraction``, ``frozenset`` and `Symbol` (a member of an enum, or a token that is no number).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, Literal, NamedTuple

Value = Any
Kind = Literal["bool", "int", "enum", "token", "real", "set"]

#: How tightly the parts of an expression hold together, loosest first.
LOOSE, OR, XOR, AND, NOT, COMPARISON, RANGE, SUM, PRODUCT, MINUS, ATOM = range(11)


class Fail(Exception):
    """The text has no value here: a head is undefined, an update out of range, an index not in its table."""


class Symbol(NamedTuple):
    type: str
    number: int


@dataclass(frozen=True)
class Type:
    """The values that something may have. ``low`` and ``high`` bound numbers; ``name`` is that of an enum and ``members`` are
    those of an enum or the tokens. ``family`` is None for a set variable whose sets are to be inferred."""

    kind: Kind
    low: int | Fraction = 0
    high: int | Fraction = 1
    name: str = ""
    members: tuple[str, ...] = ()
    buckets: tuple[Fraction, ...] = ()
    element: Type | None = None
    family: tuple[frozenset[Value], ...] | None = None

    @property
    def values(self) -> list[Value]:
        """All values of a type with few of them."""
        match self.kind:
            case "bool":
                return [False, True]
            case "int":
                return list(range(int(self.low), int(self.high) + 1))
            case "enum":
                return [Symbol(self.name, i) for i in range(len(self.members))]
            case "token":
                return [Symbol("Token", i) for i in range(len(self.members))]
            case "real":
                return list(self.buckets)
            case "set":
                return (
                    list(subsets(self.element.values if self.element else []))
                    if self.family is None
                    else [*self.family]
                )

    @property
    def size(self) -> int:
        """The number of values."""
        if self.kind == "int":
            return int(self.high) - int(self.low) + 1
        return len(self.values)

    @property
    def categorical(self) -> bool:
        return self.kind not in ("real", "set")

    def stored(self, value: Value) -> Value:
        """What a variable of this type holds after an update to ``value``."""
        match self.kind:
            case "int":
                if not self.low <= value <= self.high:
                    raise Fail
            case "real":
                return max(self.buckets, key=lambda b: (-abs(b - value), b))
            case "set":
                held = value <= frozenset(self.element.values if self.element else [])
                if not held or (self.family is not None and value not in self.family):
                    raise Fail
            case "bool" | "enum" | "token":
                pass
        return value


BOOL = Type("bool")


def integers(low: int, high: int) -> Type:
    return Type("int", low, high)


def reals(low: int | Fraction, high: int | Fraction) -> Type:
    return Type("real", low, high)


def subsets(values: list[Value]) -> list[frozenset[Value]]:
    found: list[frozenset[Value]] = [frozenset()]
    for value in values:
        found += [s | {value} for s in found]
    return found


class Undefined:
    """What a head holds where it has no value."""


class Slot(NamedTuple):
    """A variable that a parameter stands for, by its full name."""

    name: str


@dataclass(frozen=True)
class Thunk:
    """An argument, which is put in place of its parameter."""

    expr: Expr
    env: Env

    def value(self) -> Value:
        return self.expr.run(self.env)


@dataclass(frozen=True)
class Env:
    """Where text is evaluated: the values of variables and heads by full name, those of other names, and what goes
    before the names of the component's own variables."""

    slots: Mapping[str, Value]
    names: Mapping[str, Value] = field(default_factory=dict)
    prefix: str = ""

    def slot(self, name: str) -> Value:
        value = self.slots[name]
        if isinstance(value, Undefined):
            raise Fail
        return value

    def name(self, name: str) -> Value:
        value = self.names[name]
        match value:
            case Thunk():
                return value.value()
            case Slot():
                return self.slot(value.name)
            case _:
                return value

    def bind(self, names: Mapping[str, Value]) -> Env:
        return replace(self, names={**self.names, **names})


@dataclass(frozen=True)
class Expr:
    """Text with its meaning.

    ``level`` is how tightly it holds together. ``entries`` bounds the table that it may become. ``loose`` tells that it may
    be known when the program is checked, and its type be narrower then; ``safe``, that it always has a value; ``exact``, that
    it is a variable or head, whose type is just that.
    """

    text: str
    type: Type
    run: Callable[[Env], Value]
    level: int = ATOM
    entries: int = 1
    loose: bool = False
    safe: bool = True
    exact: bool = False

    def at(self, level: int) -> str:
        """The text where something of ``level`` or tighter may stand."""
        return self.text if self.level >= level else f"({self.text})"


def combined(
    text: str, type_: Type, run: Callable[[Env], Value], *parts: Expr, level: int = ATOM, safe: bool = True
) -> Expr:
    """An expression made of ``parts``; ``safe`` if it has a value whenever they do."""
    entries = 1
    for part in parts:
        entries *= part.entries
    if type_.kind == "int":
        entries = type_.size if any(p.entries > 1 for p in parts) else 1
    elif type_.categorical:
        entries = type_.size if entries > 1 else 1
    loose = any(p.loose for p in parts)
    return Expr(text, type_, run, level, entries, loose, safe and all(p.safe for p in parts))


@dataclass(frozen=True)
class Table:
    """A list or map of compile time under a name: its values by key, which are of one type; ``fields`` for records, and
    ``rows`` for lists of lists."""

    text: str
    entries: Mapping[Value, Value]
    key: Type
    item: Type
    shape: Literal["list", "map", "records", "rows"] = "list"
    fields: tuple[str, ...] = ()


@dataclass(frozen=True)
class Function:
    """A pure function. Arguments stay inside the types of ``parameters``, the last ``defaults`` of which may be left out.
    ``home`` gives the names around its declaration where it is called."""

    name: str
    parameters: tuple[tuple[str, Type], ...]
    defaults: tuple[Expr, ...]
    body: Expr
    home: Callable[[Env], Env]


#: The new values of variables, by full name.
Updates = dict[str, Value]


@dataclass(frozen=True)
class Statement:
    """Lines of MLP code, and what they do: they add to the updates, and may bind names for the statements after them."""

    lines: tuple[str, ...]
    run: Callable[[Env, Updates], Env]


@dataclass(frozen=True)
class Target:
    """A variable that can be updated: how it is written, its type, and its full name."""

    text: str
    type: Type
    resolve: Callable[[Env], str]


@dataclass(frozen=True)
class Procedure:
    """A procedure. The parameters of ``variables`` are bound to variables of just their type."""

    name: str
    parameters: tuple[tuple[str, Type], ...]
    variables: frozenset[str]
    body: tuple[Statement, ...]
    home: Callable[[Env], Env]


@dataclass
class Scope:
    """What text may mention: things to read, heads with the condition under which they have a value, tables, functions,
    and, in MLP code, variables to update and procedures to call."""

    leaves: list[Expr] = field(default_factory=list)
    risky: list[tuple[Expr, Expr | None]] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    functions: list[Function] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    procedures: list[Procedure] = field(default_factory=list)

    def child(self, *leaves: Expr) -> Scope:
        """The same with more to read."""
        return replace(self, leaves=[*self.leaves, *leaves])

    def compile_time(self) -> Scope:
        """What it offers now, apart; for a scope that has no variables yet."""
        return Scope(list(self.leaves), [], list(self.tables), list(self.functions))


def run_block(statements: tuple[Statement, ...], env: Env, updates: Updates) -> None:
    for statement in statements:
        env = statement.run(env, updates)


def literal(value: Value, types: Mapping[str, Type]) -> str:
    """A value as it is written; ``types`` has the enums by name, and ``Token``."""
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case Fraction():
            return str(value) if value.denominator == 1 else f"{value.numerator} / {value.denominator}"
        case Symbol(name, index):
            return types[name].members[index]
        case frozenset():
            return "{" + ", ".join(literal(v, types) for v in sorted(value)) + "}"
        case _:
            raise TypeError(value)
