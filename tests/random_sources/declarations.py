"""Random declarations: what a program has besides its MLP code."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from tests.random_sources.meaning import (
    AND,
    BOOL,
    COMPARISON,
    Env,
    Expr,
    Function,
    Procedure,
    Scope,
    Table,
    Target,
    Thunk,
    Type,
    Value,
    combined,
    integers,
    reals,
)
from tests.random_sources.statements import Statements, indented

Lines = list[str]


@dataclass(frozen=True)
class Initial:
    """How a variable starts: ``value`` of ``token`` and ``position``, where ``home`` gives the other names."""

    type: Type
    value: Expr
    home: Callable[[Env], Env]


@dataclass
class Space:
    """A file, or a component (``own``: its names stand behind the prefix of each instance), while it is made."""

    scope: Scope
    own: bool = False
    initials: dict[str, Initial] = field(default_factory=dict)

    def read(self, name: str, type_: Type) -> Expr:
        """A variable or head of this space."""
        return Expr(name, type_, lambda env: env.slot(self.full(env, name)), entries=type_.size, exact=True)

    def target(self, name: str, type_: Type) -> Target:
        return Target(name, type_, lambda env: self.full(env, name))

    def full(self, env: Env, name: str) -> str:
        return env.prefix + name if self.own else name

    def home(self, env: Env) -> Env:
        """The names around a declaration of this space, where it is used in the space itself."""
        return env if self.own else Env(env.slots)

    @property
    def variables(self) -> list[Expr]:
        return [e for e in self.scope.leaves if e.text in self.initials]


class Declarations(Statements):
    """``named`` has the types by the names that the program gives them; ``token`` is that of all tokens."""

    def __init__(self, rng: random.Random, reckless: float) -> None:
        super().__init__(rng, reckless)
        self.named: dict[str, Type] = {}
        self.token = integers(0, 1)
        self.positions: int | None = None

    # compile time

    def constant(self, scope: Scope) -> Lines:
        """A parameter or a constant."""
        if self.chance(0.15):
            return self.named_numbers(scope)
        value = self.integer(scope, 2) if self.chance(0.7) else self.truth(scope, 1)
        name, result = self.fresh("C"), value.run(Env({}))
        scope.leaves.append(Expr(name, self.type_of([result]), lambda env: result, loose=True))
        type_ = f": {result - 1}..{result + 2}" if value.type.kind == "int" and self.chance(0.2) else ""
        return [f"{self.rng.choice(['const', 'param'])} {name}{type_} = {value.text}"]

    def named_numbers(self, scope: Scope) -> Lines:
        """A map by strings, or a function that calls itself."""
        name, step = self.fresh("C"), self.rng.randint(-1, 2)
        if self.chance(0.5):
            text = f'{name}["slow"]'
            scope.leaves.append(Expr(text, integers(step, step), lambda env: step, loose=True))
            return [f'const {name} = {{"slow": {step}, "fa\\"st": {step} + 1}}']
        times, function = self.rng.randint(0, 3), self.fresh("f")
        total = step * times
        scope.leaves.append(Expr(f"{function}({times})", integers(total, total), lambda env: total, loose=True))
        return [f"fn {function}(n) = if n <= 0 {{ 0 }} else {{ {function}(n - 1) + {step} }}"]

    def table(self, scope: Scope) -> Lines:
        """A list, a map, a list of records or a list of lists."""
        rng, name, size = self.rng, self.fresh("TABLE"), self.rng.randint(2, 4)
        item = rng.choice([BOOL, integers(-2, 4), integers(0, 3), reals(0, 1), *self.types.values()])
        entries: dict[Value, Value]

        def entry() -> Value:
            return Fraction(rng.randint(1, 3), rng.choice([2, 4])) if item.kind == "real" else rng.choice(item.values)

        def shown(values: Sequence[Value]) -> str:
            return ", ".join(self.literal(v, item).text for v in values)

        key, enums = integers(0, size - 1), self.enums()
        match rng.choice(["list", "comprehension", "map", "records", "rows"]):
            case "map" if enums:
                key = rng.choice(enums)
                keys = key.values if self.chance(0.7) else rng.sample(key.values, rng.randint(1, key.size))
                entries = {k: entry() for k in keys}
                pairs = [f"{self.literal(k, key).text}: {shown([v])}" for k, v in entries.items()]
                table = Table(name, entries, key, self.held_type(item, entries), "map")
                text = f"{{{', '.join(pairs)}}}"
            case "records":
                fields = ("by", "at", "left")[: rng.randint(1, 3)]
                entries = {(i, f): entry() for i in range(size) for f in fields}
                table = Table(name, entries, key, self.held_type(item, entries), "records", fields)
                rows = ["(" + ", ".join(f"{f}: {shown([entries[i, f]])}" for f in fields) + ")" for i in range(size)]
                text = f"[{', '.join(rows)}]"
            case "rows":
                entries = {(i, j): entry() for i in range(size) for j in range(rng.randint(1, 3))}
                table = Table(name, entries, key, self.held_type(item, entries), "rows")
                rows = [f"[{shown([v for (k, _), v in entries.items() if k == i])}]" for i in range(size)]
                text = f"[{', '.join(rows)}]"
            case "comprehension":
                step, low = rng.randint(1, 3), rng.randint(-2, 1)
                entries = {i: step * (low + i) for i in range(size)}
                table = Table(name, entries, key, self.held_type(integers(0, 0), entries))
                text = f"[{step} * n for n in {low}..{low + 2 * size} if n < {low + size}]"
                if step == 1:
                    text = f"{low}..{low + size - 1}"
            case _:
                entries = {i: entry() for i in range(size)}
                table = Table(name, entries, key, self.held_type(item, entries))
                text = rng.choice([f"[{shown(list(entries.values()))}]", f"({shown(list(entries.values()))})"])
        scope.tables.append(table)
        return [f"const {name} = {text}"]

    def held_type(self, item: Type, entries: dict[Value, Value]) -> Type:
        return self.type_of(list(entries.values())) if item.kind in ("int", "real") else item

    def function(self, space: Space) -> Lines:
        """A function: an expression, or a block with a let."""
        name = self.fresh("f")
        parameters = [(self.fresh("p"), self.parameter_type()) for _ in range(self.rng.randint(0, 3))]
        inner = space.scope.child(*(self.argument(n, t) for n, t in parameters))
        local, held = self.fresh("part"), self.integer(inner, 1)
        block = held.safe and self.chance(0.3)
        if block:
            inner = inner.child(self.local_of(local, held), self.local_of(local, held))
        body = self.of(self.rng.choice([BOOL, integers(-2, 5), integers(0, 3), *self.types.values()]), inner, 2)
        run = body.run
        if block:
            body = Expr(
                body.text, body.type, lambda env: run(env.bind({local: Thunk(held, env)})), body.level, body.entries,
                body.loose, body.safe,
            )  # fmt: skip
        defaults: list[Expr] = []
        for _, type_ in reversed(parameters):
            if self.chance(0.6):
                break
            defaults.insert(0, self.literal(self.rng.choice(type_.values), type_))
        shown = [n for n, _ in parameters]
        for i, default in enumerate(defaults, len(parameters) - len(defaults)):
            shown[i] += f" = {default.text}"
        space.scope.functions.append(Function(name, tuple(parameters), tuple(defaults), body, space.home))
        head = f"fn {name}({', '.join(shown)})"
        if not block:
            return [f"{head} = {body.text}"]
        return [f"{head} {{", *indented([f"let {local} = {held.text}", body.text]), "}"]

    def parameter_type(self) -> Type:
        return self.rng.choice([BOOL, integers(-1, 3), integers(0, 4), *self.enums()])

    @staticmethod
    def argument(name: str, type_: Type) -> Expr:
        """A parameter, whose argument may be known when the program is checked."""
        return Expr(name, type_, lambda env: env.name(name), entries=type_.size, loose=True)

    def procedure(self, space: Space) -> Lines:
        """A procedure; one of its parameters may be a variable to update."""
        name, scope = self.fresh("step"), space.scope
        parameters = [(self.fresh("p"), self.parameter_type()) for _ in range(self.rng.randint(0, 2))]
        inner = scope.child(*(self.argument(n, t) for n, t in parameters))
        variables: set[str] = set()
        if self.chance(0.4):
            type_, bound = self.rng.choice(scope.targets).type, self.fresh("p")
            parameters.append((bound, type_))
            variables.add(bound)
            inner = inner.child(Expr(bound, type_, lambda env: env.name(bound), entries=type_.size))
            inner.targets = [*inner.targets, *[Target(bound, type_, lambda env: env.names[bound].name)] * 3]
        body = self.block(inner, 1, 2)
        scope.procedures.append(Procedure(name, tuple(parameters), frozenset(variables), body, space.home))
        return [f"fn {name}({', '.join(n for n, _ in parameters)}) {{", *indented(self.lines(body)), "}"]

    # types

    def variable_type(self) -> tuple[str, Type]:
        """How a type is written, and the type."""
        rng = self.rng
        if self.named and self.chance(0.3):
            return rng.choice(list(self.named.items()))
        kind = rng.choice(["bool", "int", "int", "int", "symbol", "real", "set"])
        if kind == "symbol":
            return rng.choice([("Token", self.token), *((t.name, t) for t in self.enums())])
        if kind == "real":
            return self.real_type()
        if kind == "set":
            return self.set_type()
        if kind == "bool":
            return "bool", BOOL
        low = rng.randint(-2, 1)
        high = low + rng.randint(1, 4)
        return f"{low}..{high}", integers(low, high)

    def real_type(self) -> tuple[str, Type]:
        rng = self.rng
        most = rng.randint(2, 4)
        text, buckets = f"{{n / {most} for n in 0..{most}}}", {Fraction(n, most) for n in range(most + 1)}
        if self.chance(0.6):
            buckets = {Fraction(rng.randint(-2, 4), rng.choice([1, 2, 3])) for _ in range(rng.randint(1, 4))}
            shown = [self.literal(b if b.denominator > 1 else int(b), reals(b, b)).text for b in buckets]
            text = f"{{{', '.join(shown)}}}" if self.chance(0.7) else f"[{', '.join(shown)}]"
        return f"real in {text}", Type("real", min(buckets), max(buckets), buckets=tuple(sorted(buckets)))

    def set_type(self) -> tuple[str, Type]:
        rng = self.rng
        low = rng.randint(-1, 1)
        element = rng.choice([integers(low, low + rng.randint(0, 2)), BOOL, *self.types.values()])
        written = f"{low}..{element.high}" if element.kind == "int" else element.name or "bool"
        every = Type("set", element=element)
        if self.chance(0.5):
            return f"set of {written}", every
        family = tuple(rng.sample(every.values, rng.randint(1, min(4, every.size))))
        shown = ", ".join(self.literal(s, every).text for s in family)
        return f"set of {written} in [{shown}]", Type("set", element=element, family=family)

    # variables

    def variable(self, space: Space, known: Scope, name: str, written: str, type_: Type) -> Lines:
        """A variable whose initial value is a function of what is ``known`` at compile time, and of token or position."""
        start = Scope(list(known.leaves), [], known.tables, known.functions)
        by = self.rng.choice(["constant", "token", "token"] + ["position"] * (self.positions is not None))
        if by == "token":
            start.leaves += [Expr("token", self.token, lambda env: env.name("token"), loose=True)] * 3
        elif by == "position" and self.positions is not None:
            here = integers(0, self.positions - 1)
            start.leaves += [Expr("position", here, lambda env: env.name("position"), loose=True)] * 3
        return self.declare(space, name, written, type_, self.initial(type_, start))

    def initial(self, type_: Type, scope: Scope) -> Expr:
        if type_.categorical:
            return self.of(type_, scope, 2)
        one, other = (self.literal(self.rng.choice(type_.values), type_) for _ in range(2))
        return self.choice(self.truth(scope, 1), one, other) if self.chance(0.6) else one

    def declare(self, space: Space, name: str, written: str, type_: Type, value: Expr) -> Lines:
        plain = type_.kind == "bool" or (value.text, written) == ("token", "Token")
        typed = "" if plain and self.chance(0.3) else f": {written}"
        space.initials[name] = Initial(type_, value, space.home)
        space.scope.leaves.append(space.read(name, type_))
        space.scope.targets.append(space.target(name, type_))
        return [f"var {name}{typed} = {value.text}"]

    # heads

    def head(self, space: Space) -> Lines:
        """A head of some kind; where it has a value is kept with it."""
        variables, name = space.variables, self.fresh("h")
        value = self.rng.choice([v for v in variables if v.type.kind != "set"])
        numerical = value.type.kind == "real" or (value.type.kind in ("bool", "int") and self.chance(0.3))
        written, type_ = self.real_type() if numerical else ("", value.type)
        text, always, guard = self.selection(variables, value, numerical)
        if always:
            space.scope.leaves.append(space.read(name, type_))
        else:
            space.scope.risky.append((space.read(name, type_), guard))
        return [f"head {name}{f': {written}' if written else ''} = {text}"]

    def selection(self, variables: list[Expr], value: Expr, numerical: bool) -> tuple[str, bool, Expr | None]:
        """The right side of a head, whether it always has a value, and else a condition under which it has one."""
        rng = self.rng
        here = next((v for v in variables if v.text == "here"), None)
        keys = [v for v in variables if v.type.categorical]
        key = rng.choice(keys)
        match rng.choice(["before", "beside", "pointer", "same", "constant", "set"]):
            case "before" if here is not None:
                guard = combined(f"{here.text} > 0", BOOL, lambda env: here.run(env) > 0, here, level=COMPARISON)
                return f"{value.text} at -1", False, guard
            case "beside":
                offsets = rng.choice(["0", "-1..0", "{-1, 0, 1}"] if numerical else ["0"])
                return f"{value.text} at {offsets}", True, None
            case "pointer" if here is not None:
                pointers = [
                    v for v in variables if v.type.kind == "int" and v.type.high >= 0 and v.type.low <= here.type.high
                ]
                query = rng.choice(pointers)
                guard = combined(
                    f"{query.text} >= 0 and {query.text} <= {here.text}", BOOL,
                    lambda env: 0 <= query.run(env) <= here.run(env), query, here, level=AND,
                )  # fmt: skip
                return f"attend(query: {query.text}, key: {here.text}, value: {value.text})", False, guard
            case "same":
                offsets = rng.choice([", at: -1..0", ""] if numerical else [", at: 0"])
                return f"attend(query: {key.text}, key: {key.text}, value: {value.text}{offsets})", True, None
            case "set":
                pairs = [
                    (q, k)
                    for q in variables
                    for k in keys
                    if q.type.element is not None and meet(q.type.element, k.type)
                ]
                if pairs:
                    query, key = rng.choice(pairs)
                    return f"attend(query: {query.text}, key: {key.text}, value: {value.text})", False, None
            case _:
                pass
        constant = self.literal(rng.choice(key.type.values), key.type)
        return f"attend(query: {constant.text}, key: {key.text}, value: {value.text})", False, None


def meet(element: Type, key: Type) -> bool:
    """Whether keys can be among the elements."""
    if element.kind == "int" and key.kind == "int":
        return element.low <= key.high and key.low <= element.high
    return (element.kind, element.name) == (key.kind, key.name)
