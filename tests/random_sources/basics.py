"""What expressions of all types are made with: names, constants, and compile-time data to go through."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from tests.random_sources.meaning import (
    ATOM,
    BOOL,
    MINUS,
    PRODUCT,
    Env,
    Expr,
    Scope,
    Symbol,
    Table,
    Type,
    Value,
    integers,
    literal,
    reals,
)


@dataclass(frozen=True)
class Iteration:
    """What a comprehension or ``for`` goes through: the text of names and iterable, the values of the names each time, and
    what they offer to read. ``condition`` is the end of a comprehension's clause, and already true of the rounds."""

    names: str
    iterable: str
    rounds: tuple[Mapping[str, Value], ...]
    leaves: tuple[Expr, ...]
    condition: str = ""

    @property
    def clause(self) -> str:
        return f"for {self.names} in {self.iterable}{self.condition}"


class Basics:
    """``types`` has the enums and ``Token`` by name, ``shared`` the members that several of them have, ``aliases`` names of
    integer types. ``reckless`` is the chance that something is read or computed that may have no value."""

    def __init__(self, rng: random.Random, reckless: float) -> None:
        self.rng = rng
        self.reckless = reckless
        self.types: dict[str, Type] = {}
        self.shared: set[str] = set()
        self.aliases: dict[str, Type] = {}
        self.count = 0

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def fresh(self, stem: str) -> str:
        self.count += 1
        return f"{stem}{self.count}"

    def literal(self, value: Value, type_: Type, bare: bool = False) -> Expr:
        """A constant. A member that several enums have is written with its enum, and a number or string with its type if it
        is a token, unless ``bare``: the text beside it tells what it is."""
        text = literal(value, self.types)
        level = ATOM
        if isinstance(value, frozenset):
            text = "{" + ", ".join(self.literal(v, type_).text for v in sorted(value)) + "}"
        if isinstance(value, Symbol) and value.type == "Token" and not (bare or text.isidentifier()):
            text = f"Token({text})"
        if isinstance(value, Symbol) and value.type != "Token" and not (bare and self.chance(0.7)):
            if text in self.shared or self.chance(0.15):
                text = f"{value.type}.{text}"
        if isinstance(value, Fraction) and value.denominator in (1, 2, 4, 5) and value >= 0 and self.chance(0.5):
            text = str(float(value))
        elif isinstance(value, Fraction | int) and not isinstance(value, bool):
            level = PRODUCT if "/" in text else MINUS if value < 0 else ATOM
            type_ = Type(type_.kind, value, value)
        return Expr(text, type_, lambda env: value, level, loose=True)

    def iteration(self, scope: Scope, comprehension: bool = False) -> Iteration:
        """Something of compile time to go through."""
        found = self.rounds(scope)
        first = found.leaves[0]
        if not comprehension or first.type.kind != "int" or self.chance(0.7):
            return found
        value = self.rng.randint(-1, 2)
        kept = tuple(r for r in found.rounds if first.run(Env({}, r)) != value)
        return Iteration(found.names, found.iterable, kept, found.leaves, f" if {first.text} != {value}")

    def rounds(self, scope: Scope) -> Iteration:
        rng, name, other = self.rng, self.fresh("i"), self.fresh("j")
        tables = [t for t in scope.tables if t.item.categorical]
        if tables and self.chance(0.5):
            return self.through(rng.choice(tables), name, other)
        match rng.randrange(4):
            case 0 if self.enums():
                enum = rng.choice(self.enums())
                return self.over(name, enum.name, [{name: v} for v in enum.values])
            case 1:
                chosen = rng.sample(range(-3, 4), rng.randint(1, 3))
                shown = ", ".join(map(str, chosen))
                text, values = rng.choice(
                    [
                        (f"[{shown}]", chosen),
                        (f"reversed([{shown}])", chosen[::-1]),
                        (f"{{{shown}}}", sorted(chosen)),
                        (f"sorted([{shown}])", sorted(chosen)),
                        (f"[{shown}] + [4]", [*chosen, 4]),
                    ]
                )
                return self.over(name, text, [{name: v} for v in values])
            case _:
                low = rng.randint(-2, 2)
                high = low + rng.randint(0, 2)
                return self.over(name, f"{low}..{high}", [{name: v} for v in range(low, high + 1)])

    def through(self, table: Table, name: str, other: str) -> Iteration:
        """Through the entries, keys or rows of a table."""
        entries, low = table.entries, self.rng.randint(-2, 2)
        match table.shape:
            case "map":
                return self.over(name, table.text, [{name: key} for key in entries])
            case "records":
                rows = [{f: v for (i, f), v in entries.items() if i == row} for row in {i for i, _ in entries}]
                parts = {f"{name}.{f}": f for f in table.fields}
                return self.over(name, table.text, [{name: row} for row in rows], parts)
            case "rows":
                firsts = [entries[i, 0] for i in sorted({i for i, _ in entries})]
                return self.over(name, table.text, [{name: (v,)} for v in firsts], {f"{name}[0]": 0})
            case "list":
                pass
        values = list(entries.values())
        match self.rng.randrange(4):
            case 0:
                rounds = [{name: i, other: v} for i, v in enumerate(values)]
                return self.over(f"({name}, {other})", f"enumerate({table.text})", rounds)
            case 1:
                rounds = [{name: v, other: low + i} for i, v in enumerate(values[:3])]
                return self.over(f"({name}, {other})", f"zip({table.text}, {low}..{low + 2})", rounds)
            case 2:
                return self.over(name, f"{table.text}[0..1]", [{name: v} for v in values[:2]])
            case _:
                return self.over(name, table.text, [{name: v} for v in values])

    def over(
        self, names: str, iterable: str, rounds: list[dict[str, Value]], parts: Mapping[str, Value] | None = None
    ) -> Iteration:
        """An iteration; ``parts`` are what can be read of the one name: texts with an index or field."""
        if parts is None:
            leaves = [self.local(key, [r[key] for r in rounds]) for key in rounds[0]]
        else:
            leaves = [self.part(text, names, key, [r[names][key] for r in rounds]) for text, key in parts.items()]
        return Iteration(names, iterable, tuple(rounds), tuple(leaves))

    def part(self, text: str, name: str, key: Value, values: Sequence[Value]) -> Expr:
        return Expr(text, self.type_of(values), lambda env: env.name(name)[key], loose=True)

    def local(self, name: str, values: Sequence[Value]) -> Expr:
        """A name with one of ``values``, known when the program is checked."""
        return Expr(name, self.type_of(values), lambda env: env.name(name), loose=True)

    def type_of(self, values: Sequence[Value]) -> Type:
        match values[0]:
            case bool():
                return BOOL
            case int():
                return integers(min(values), max(values))
            case Fraction():
                return reals(min(values), max(values))
            case Symbol(name):
                return self.types[name]
        raise TypeError(values)

    def enums(self) -> list[Type]:
        return [t for t in self.types.values() if t.kind == "enum"]
