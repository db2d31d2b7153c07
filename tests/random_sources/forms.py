"""Forms of expressions that all types share: if, match, let, tables and functions.

An expression is made top down: first its type, then a form, then parts of the types that the form wants.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import product

from tests.random_sources.basics import Basics
from tests.random_sources.meaning import (
    ATOM,
    BOOL,
    LOOSE,
    OR,
    Env,
    Expr,
    Fail,
    Function,
    Kind,
    Scope,
    Table,
    Thunk,
    Type,
    Value,
    combined,
    integers,
)

#: Entries of the tables that reals and sets become, and values of an integer, at most.
MOST = 200


class Forms(Basics, ABC):
    """What needs no more than that there are expressions of every type."""

    @abstractmethod
    def truth(self, scope: Scope, depth: int) -> Expr:
        """A bool."""

    @abstractmethod
    def integer(self, scope: Scope, depth: int) -> Expr:
        """An integer."""

    @abstractmethod
    def within(self, scope: Scope, depth: int, low: int, high: int) -> Expr:
        """An integer in ``low..high``."""

    @abstractmethod
    def symbol(self, type_: Type, scope: Scope, depth: int) -> Expr:
        """A member of an enum, or a token."""

    @abstractmethod
    def number(self, scope: Scope, depth: int) -> Expr:
        """A real, or an integer where a real may stand."""

    @abstractmethod
    def collection(self, element: Type, scope: Scope, depth: int) -> Expr:
        """A set."""

    def of(self, type_: Type, scope: Scope, depth: int) -> Expr:
        """An expression whose values all fit ``type_``."""
        match type_.kind:
            case "bool":
                return self.truth(scope, depth)
            case "int":
                return self.within(scope, depth, int(type_.low), int(type_.high))
            case "enum" | "token":
                return self.symbol(type_, scope, depth)
            case "real":
                return self.number(scope, depth)
            case "set":
                assert type_.element is not None
                return self.collection(type_.element, scope, depth)

    def leaf(self, scope: Scope, fits: Callable[[Expr], bool]) -> Expr | None:
        """Something to read. A head that may be undefined is mostly read behind its condition."""
        found = [e for e in scope.leaves if fits(e)]
        risky = [(e, guard) for e, guard in scope.risky if fits(e)]
        if risky and self.chance(0.3):
            head, guard = self.rng.choice(risky)
            if self.chance(self.reckless):
                return replace(head, safe=False, exact=False)
            if guard is not None:
                return self.guarded(head, guard, scope)
        return self.rng.choice(found) if found else None

    def guarded(self, head: Expr, guard: Expr, scope: Scope) -> Expr:
        other = self.of(head.type, scope, 0)
        chosen = self.choice(guard, replace(head, safe=True, exact=False), other)
        return chosen

    def choice(self, condition: Expr, then: Expr, orelse: Expr, lets: str = "") -> Expr:
        """``if condition { lets then } else { orelse }``"""
        type_ = self.joint([then, orelse])
        text = f"if {condition.at(OR)} {{ {lets}{then.text} }} else "
        text += orelse.text if orelse.text.startswith("if ") else f"{{ {orelse.text} }}"

        def run(env: Env) -> Value:
            return then.run(env) if condition.run(env) else orelse.run(env)

        return combined(text, type_, run, condition, then, orelse, level=LOOSE)

    def composed(self, type_: Type, scope: Scope, depth: int) -> Expr | None:
        """Forms that every type has: if, match, tables, functions."""
        match self.rng.randrange(6):
            case 0 | 1:
                condition = self.truth(scope, depth - 1)
                return self.choice(condition, self.of(type_, scope, depth - 1), self.of(type_, scope, depth - 1))
            case 2:
                return self.match(type_, scope, depth)
            case 3:
                return self.lookup(type_, scope, depth)
            case 4:
                return self.call(type_, scope, depth)
            case _:
                return self.with_let(type_, scope, depth)

    def with_let(self, type_: Type, scope: Scope, depth: int) -> Expr:
        """A block with a let."""
        name = self.fresh("part")
        held = self.integer(scope, 0)
        if not held.safe:
            held = self.literal(0, integers(0, 0))
        local = Expr(name, held.type, lambda env: env.name(name), ATOM, held.entries, held.loose)
        inner = self.of(type_, scope.child(local), depth - 1)
        other = self.of(type_, scope, 0)
        chosen = self.choice(self.truth(scope, 0), inner, other, f"let {name} = {held.text}; ")
        return replace(chosen, run=lambda env: chosen.run(env.bind({name: Thunk(held, env)})))

    def joint(self, parts: Sequence[Expr]) -> Type:
        """The type of all of ``parts``."""
        if parts[0].type.kind not in ("int", "real"):
            return parts[0].type
        kind: Kind = "int" if all(p.type.kind == "int" for p in parts) else "real"
        return Type(kind, min(p.type.low for p in parts), max(p.type.high for p in parts))

    # patterns

    def arms(self, subjects: Sequence[Expr], count: int) -> list[tuple[str, frozenset[tuple[Value, ...]]]]:
        """Patterns that together cover all values of the subjects, each with the values that come to it."""
        spaces = [s.type.values for s in subjects]
        left: set[tuple[Value, ...]] = set(product(*spaces))
        arms: list[tuple[str, frozenset[tuple[Value, ...]]]] = []
        while left:
            if len(arms) == count - 1:
                arms.append(("_", frozenset(left)))
                break
            parts, accepted = zip(*(self.pattern(space) for space in spaces), strict=True)
            covered = left & set(product(*accepted))
            if not covered:
                continue
            text = parts[0] if len(parts) == 1 else "(" + ", ".join(parts) + ")"
            arms.append((text, frozenset(covered)))
            left -= covered
        return arms

    def pattern(self, space: list[Value]) -> tuple[str, set[Value]]:
        """A pattern for one subject, and the values that it stands for."""
        if self.chance(0.2):
            return "_", set(space)
        if isinstance(space[0], int) and not isinstance(space[0], bool) and self.chance(0.4):
            low = self.rng.choice(space)
            high = self.rng.randint(low, space[-1])
            return f"{low}..{high}", set(range(low, high + 1))
        chosen = self.rng.sample(space, self.rng.randint(1, min(3, len(space))))
        return " | ".join(self.literal(v, BOOL, bare=True).text for v in chosen), set(chosen)

    def subjects(self, scope: Scope, most: int = 2) -> list[Expr]:
        found = [e for e in scope.leaves if e.exact and e.type.categorical and e.type.size <= 8]
        return self.rng.sample(found, min(len(found), self.rng.randint(1, most)))

    def match(self, type_: Type, scope: Scope, depth: int) -> Expr | None:
        subjects = self.subjects(scope)
        if not subjects:
            return None
        arms = self.arms(subjects, self.rng.randint(2, 4))
        bodies = [self.of(type_, scope, depth - 1) for _ in arms]
        subject = subjects[0].text if len(subjects) == 1 else "(" + ", ".join(s.text for s in subjects) + ")"
        shown = [
            f"{pattern} => {{ {body.text} }}"
            if self.chance(0.5) or body.text[0] in "{-"
            else f"{pattern} => {body.text}"
            for (pattern, _), body in zip(arms, bodies, strict=True)
        ]
        text = f"match {subject} {{ {self.rng.choice([', ', '; ']).join(shown)} }}"

        def run(env: Env) -> Value:
            value = tuple(s.run(env) for s in subjects)
            return next(body for (_, covered), body in zip(arms, bodies, strict=True) if value in covered).run(env)

        deciding = subjects if len(arms) > 1 else ()
        return combined(text, self.joint(bodies), run, *deciding, *bodies, level=LOOSE)

    # tables and functions

    def lookup(self, type_: Type, scope: Scope, depth: int) -> Expr | None:
        """A table indexed by a run-time value."""
        tables = [t for t in scope.tables if t.item.kind == type_.kind and t.item.name == type_.name]
        tables = [t for t in tables if t.item.element == type_.element]
        if not tables:
            return None
        table = self.rng.choice(tables)
        fields = table.fields and (self.rng.choice(table.fields),)
        keys = [self.key(table, scope, depth)]
        text = f"{table.text}[{keys[0].text}]"
        if table.shape == "rows":
            column = self.within(scope, depth - 1, 0, 1)
            known = column.loose or keys[0].loose  # then a missing entry is refused
            keys.append(self.literal(0, integers(0, 0)) if known else column)
            text += f"[{keys[1].text}]"
        elif fields:
            text += f".{fields[0]}"

        def run(env: Env) -> Value:
            parts = [k.run(env) for k in keys]
            entry = (*parts, *fields) if len(parts) + len(fields) > 1 else parts[0]
            if entry not in table.entries:
                raise Fail
            return table.entries[entry]

        reached = [
            table.key.low <= k.type.low and k.type.high <= table.key.high for k in keys[:1] if k.type.kind == "int"
        ]
        safe = all(reached) and table.shape in ("list", "records")
        return combined(
            text, table.item, run, *keys, safe=safe or (table.shape == "map" and len(table.entries) == table.key.size)
        )

    def key(self, table: Table, scope: Scope, depth: int) -> Expr:
        if table.key.kind != "int":
            key = self.of(table.key, scope, depth - 1)
            whole = len(table.entries) == table.key.size
            return key if whole or not key.loose else self.literal(self.rng.choice(list(table.entries)), table.key)
        key = self.integer(scope, depth - 1)
        touches = key.type.high >= table.key.low and key.type.low <= table.key.high
        inside = table.key.low <= key.type.low and key.type.high <= table.key.high
        if inside or (touches and not key.loose and self.chance(self.reckless)):
            return key
        return self.within(scope, depth - 1, int(table.key.low), int(table.key.high))

    def call(self, type_: Type, scope: Scope, depth: int) -> Expr | None:
        """A call of a function, with arguments by position or name."""
        found = [f for f in scope.functions if f.body.type.kind == type_.kind and f.body.type.name == type_.name]
        found = [f for f in found if f.body.type.element == type_.element]
        if not found:
            return None
        return self.call_of(self.rng.choice(found), scope, depth)

    def call_of(self, function: Function, scope: Scope, depth: int) -> Expr:
        given = len(function.parameters) - (self.rng.randint(0, len(function.defaults)) if function.defaults else 0)
        arguments = [self.of(t, scope, depth - 1) for _, t in function.parameters[:given]]
        named = self.rng.randint(0, given) if self.chance(0.3) else given
        shown = [a.text for a in arguments[:named]]
        rest = [f"{n}: {a.text}" for (n, _), a in zip(function.parameters[named:given], arguments[named:], strict=True)]
        self.rng.shuffle(rest)
        missing = function.defaults[len(function.defaults) - (len(function.parameters) - given) :]

        def run(env: Env) -> Value:
            home = function.home(env)
            names: dict[str, Value] = {}
            for (name, _), argument in zip(function.parameters[:given], arguments, strict=True):
                names[name] = Thunk(argument, env)
            for (name, _), default in zip(function.parameters[given:], missing, strict=True):
                names[name] = Thunk(default, home)
            return function.body.run(home.bind(names))

        text = f"{function.name}({', '.join(shown + rest)})"
        found = combined(text, function.body.type, run, *arguments, function.body)
        return replace(found, loose=True)
