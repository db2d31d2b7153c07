"""Components, made at random or taken from the standard library, and their instances."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from tests.random_sources.declarations import Declarations, Initial, Lines, Space
from tests.random_sources.meaning import (
    BOOL,
    Env,
    Expr,
    Fail,
    Function,
    Procedure,
    Scope,
    Slot,
    Statement,
    Type,
    Updates,
    Value,
    integers,
)
from tests.random_sources.statements import indented


@dataclass
class Item:
    """A declaration, and what of the MLP stands there, with the names around it."""

    lines: Lines
    code: tuple[tuple[Statement, ...], Callable[[Env], Env]] | None = None


@dataclass(frozen=True)
class Component:
    """A component that is made once and used several times: ``written`` are its arguments but for ``watched``, a variable
    of the program with values 0..2."""

    name: str
    space: Space
    written: Mapping[str, str]
    bound: Mapping[str, Value]
    watches: bool
    code: tuple[Statement, ...] | None


class Components(Declarations):
    """``space`` is the program's own, ``items`` its declarations."""

    def __init__(self, rng: random.Random, reckless: float) -> None:
        super().__init__(rng, reckless)
        self.space = Space(Scope())
        self.items: list[Item] = []

    def add(self, lines: Lines) -> None:
        self.items.append(Item(lines))

    def component(self, known: Scope) -> Component:
        """A component with variables, a head, a procedure, and perhaps MLP code of its own."""
        rng, name, limit = self.rng, self.fresh("Part"), self.rng.randint(1, 3)
        most = Expr("most", integers(limit, limit), lambda env: env.name("most"), loose=True)
        space = Space(known.compile_time().child(most), own=True)
        inner = space.scope.compile_time()
        written = {"most": str(limit)}
        lines = self.variable(space, inner, "value", "0..most", integers(0, limit))
        if self.chance(0.5):
            text, type_ = rng.choice([("-1..1", integers(-1, 1)), *((t.name, t) for t in self.types.values())])
            written["T"] = text
            lines += self.variable(space, inner, "held", "T", type_)
        watches = self.chance(0.5)
        if watches:
            watched = Expr("watched", integers(0, 2), lambda env: env.name("watched"), entries=3, exact=True)
            space.scope.leaves.append(watched)
        if self.chance(0.5):
            lines += self.head(space)
        if self.chance(0.3):
            lines += self.function(space)
        lines += self.procedure(space)
        code = self.block(space.scope, 1, 2) if self.chance(0.5) else None
        if code is not None:
            lines += ["mlp {", *indented(self.lines(code)), "}"]
        parameters = ", ".join([*written, *["watched"] * watches])
        self.add([f"component {name}({parameters}) {{", *indented(lines), "}"])
        return Component(name, space, written, {"most": limit}, watches, code)

    def use(self, component: Component) -> None:
        """An instance, whose parts the program can mention from now on."""
        name, scope, space = self.fresh("use_"), self.space.scope, component.space
        arguments = [f"{key}: {text}" for key, text in component.written.items()]
        names = dict(component.bound)
        if component.watches:
            fitting = [t for t in scope.targets if t.type == integers(0, 2)]
            if not fitting:
                return
            target = self.rng.choice(fitting)
            arguments.append(f"watched: {target.text}")
            names["watched"] = Slot(target.resolve(Env({})))

        def home(env: Env) -> Env:
            return Env(env.slots, names, f"{name}.")

        code = None if component.code is None else (component.code, home)
        self.items.append(Item([f"use {name} = {component.name}({', '.join(arguments)})"], code))
        for inner, initial in space.initials.items():
            self.instance_variable(f"{name}.{inner}", replace(initial, home=home))
        for head, _ in space.scope.risky:
            scope.risky.append((self.space.read(f"{name}.{head.text}", head.type), None))
        for procedure in space.scope.procedures:
            scope.procedures.append(replace(procedure, name=f"{name}.{procedure.name}", home=home))
        own = [f for f in space.scope.functions if f.home == space.home]
        scope.functions += [replace(f, name=f"{name}.{f.name}", home=home) for f in own]

    def instance_variable(self, name: str, initial: Initial) -> None:
        """A variable of an instance."""
        self.space.initials[name] = initial
        self.space.scope.leaves.append(self.space.read(name, initial.type))
        self.space.scope.targets.append(self.space.target(name, initial.type))

    # the standard library

    def mark(self) -> None:
        """An instance of `std.marks.Mark`."""
        scope, start = self.space.scope, self.rng.randint(0, 2)
        self.add(["import std.marks" + self.rng.choice(["", " as marks"])])
        self.add([f"use mark = marks.Mark(start: {start})"])
        for name, place in (("mark.here", start), ("mark.leftmost", 0)):
            self.instance_variable(name, Initial(BOOL, self.at_position(place), self.space.home))
        leftmost = self.space.read("mark.leftmost", BOOL)
        first = Expr("not mark.leftmost", BOOL, lambda env: not leftmost.run(env), 4)
        scope.risky.append((self.space.read("mark.left", BOOL), first))

        def move(env: Env, updates: Updates) -> Env:
            updates["mark.here"] = not env.slot("mark.leftmost") and env.slot("mark.left")
            return env

        scope.procedures.append(Procedure("mark.move", (), frozenset(), (Statement((), move),), self.space.home))

    @staticmethod
    def at_position(place: int) -> Expr:
        return Expr("", BOOL, lambda env: env.name("position") == place)

    def counter(self) -> None:
        """An instance of `std.counting.Count`."""
        scope, most = self.space.scope, self.rng.randint(1, 3)
        starts = [v for v in self.space.variables if v.type == BOOL]
        keys = [v for v in self.space.variables if v.type.categorical]
        if not starts:
            return
        key, start = self.rng.choice(keys).text, self.rng.choice(starts).text
        self.add(["import std.counting as counts"])
        self.add([f"use counted = counts.Count(query: {key}, key: {key}, start: {start}, most: {most})"])
        buckets = tuple(sorted(Fraction(1, n) for n in range(1, most + 3)))
        mean = self.space.read("counted.mean", Type("real", min(buckets), 1, buckets=buckets))
        scope.leaves.append(mean)
        body = Expr(
            "", integers(0, most), lambda env: _counted(mean.run(env), most), entries=most + 1
        )  # fmt: skip
        scope.functions.append(Function("counted.value", (), (), body, self.space.home))


def _counted(mean: Value, most: int) -> int:
    """What `std.counting` makes of a mean: the bucket after the last count stands for no count."""
    assert isinstance(mean, int | Fraction)
    count = math.floor(1 / Fraction(mean) + Fraction(1, 2)) - 1
    if count > most:
        raise Fail
    return count
