"""Random programs as source text, with what they mean."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.random_sources.components import Components, Item
from tests.random_sources.declarations import Initial
from tests.random_sources.layout import laid_out
from tests.random_sources.meaning import (
    ATOM,
    RANGE,
    Env,
    Expr,
    Fail,
    Scope,
    Statement,
    Type,
    Updates,
    Value,
    integers,
    run_block,
)
from tests.random_sources.statements import indented

#: Names that mean something in one place only, and are free elsewhere.
SOFT = ("text", "to", "input", "until", "limit")


@dataclass(frozen=True)
class RuleText:
    """A rule: conjuncts in order, target and value, by full names."""

    antecedent: tuple[tuple[str, Value], ...]
    target: str
    value: Value


@dataclass(frozen=True)
class Generated:
    """A program's text; ``step`` gives the new values of updated variables from those of all slots before the MLP, and
    raises `Fail` where there is none; ``initials`` are the variables by name, ``guards`` tells of each head
    that may be undefined under which condition it is not, if there is one."""

    text: str
    initials: Mapping[str, Initial]
    guards: Mapping[str, Expr | None]
    token: Type
    step: Callable[[Mapping[str, Value]], Updates]

    def undefined(self, head: str, slots: Mapping[str, Value]) -> bool:
        """Whether a head may be undefined beside these values."""
        if head not in self.guards:
            return False
        guard = self.guards[head]
        return guard is None or not guard.run(Env(slots))

    def starts(self, name: str, token: Value, position: int) -> Value:
        """The initial value of a variable."""
        initial = self.initials[name]
        return initial.value.run(initial.home(Env({})).bind({"token": token, "position": position}))


class Maker(Components):
    """Makes one program."""

    def __init__(self, rng: random.Random, reckless: float) -> None:
        super().__init__(rng, reckless)
        self.causal = self.chance(0.1)

    def generate(self) -> Generated:
        """The whole program."""
        rng, scope = self.rng, self.space.scope
        self.declare_types()
        for _ in range(rng.randint(0, 3)):
            self.add(self.constant(scope))
        for _ in range(rng.randint(0, 3)):
            self.add(self.table(scope))
        for _ in range(rng.randint(0, 2)):
            self.add(self.function(self.space))
        known = scope.compile_time()
        component = self.component(known) if self.chance(0.3) else None
        self.declare_variables(known)
        for _ in range(rng.randint(0, 3)):
            self.add(self.head(self.space))
        rules: list[RuleText] | None = None
        if self.chance(0.15):
            rules = self.rules()
        else:
            if component is not None:
                for _ in range(rng.randint(1, 2)):
                    self.use(component)
            if self.positions is not None and self.chance(0.15):
                self.mark()
            if self.chance(0.15):
                self.counter()
            for _ in range(rng.randint(0, 2)):
                self.add(self.function(self.space) if self.chance(0.5) else self.procedure(self.space))
            for _ in range(rng.randint(1, 2)):
                body = self.block(scope, 3, 4)
                self.items.append(Item(["mlp {", *indented(self.lines(body)), "}"], (body, self.space.home)))
        self.ending()
        rng.shuffle(self.items)
        lines = laid_out(rng, [["program random"], *(item.lines for item in self.items)])
        code = [item.code for item in self.items if item.code is not None]
        guards = {head.text: guard for head, guard in scope.risky}
        return Generated("\n".join(lines) + "\n", self.space.initials, guards, self.token, _step(code, rules))

    # types, tokens, variables

    def declare_types(self) -> None:
        rng = self.rng
        for i in range(rng.randint(0, 2)):
            name, count = f"State{i}", rng.randint(1, 4)
            stems = ["Idle", "Run", "Stop", "Done"] if self.chance(0.5) else [f"{m}{i}" for m in "WXYZ"]
            members = tuple(rng.sample(stems, count))
            self.shared |= {m for t in self.enums() for m in t.members if m in members}
            self.types[name] = Type("enum", name=name, members=members)
            shown = [m + (f' = "{m.lower()} {i}"' if self.chance(0.2) else "") for m in members]
            one = [f"enum {name} {{ {', '.join(shown)} }}"]
            self.add(one if self.chance(0.6) else [f"enum {name} {{", *indented(shown), "}"])
        if self.chance(0.75):
            self.positions = rng.randint(1, 5)
            if self.chance(0.4):
                self.add([f"param SIZE = {self.positions}"])
                self.add(["positions SIZE"])
            else:
                self.add([f"positions {self.positions}"])
        if self.chance(0.4):
            low = rng.randint(-2, 0)
            self.named["Word"] = self.aliases["Word"] = integers(low, low + rng.randint(1, 4))
            self.add([f"type Word = {low}..{self.named['Word'].high}"])
        if self.chance(0.2):
            text, type_ = self.real_type()
            self.named["Share"] = type_
            self.add([f"type Share = {text}"])
        self.declare_tokens()

    def declare_tokens(self) -> None:
        rng = self.rng
        kind = rng.choice(["range", "range", "alias", "names", "mixed", "spelled", "gap"])
        if kind == "alias" and "Word" in self.named:
            self.token = self.named["Word"]
            self.add(["tokens Word"])
        elif kind in ("range", "alias"):
            low = rng.randint(-1, 1)
            self.token = integers(low, low + rng.randint(0, 3))
            self.add(
                [
                    f"tokens {low}..{self.token.high}"
                    if self.chance(0.8)
                    else "tokens " + ", ".join(map(str, self.token.values))
                ]
            )
        else:
            names = ["a", "b", "START"][: rng.randint(1, 3)]
            strings = ['"+"', '"x y"'][: rng.randint(1, 2)]
            numbers = ["0", "1", "5"]
            parts = {"names": names, "mixed": names + strings + numbers[:2], "spelled": numbers[:2], "gap": numbers}[
                kind
            ]
            members = tuple(parts[:4])
            self.token = self.types["Token"] = Type("token", name="Token", members=members)
            spelled = [
                m + (f' = "<{i}>"' if kind == "spelled" or self.chance(0.2) else "") for i, m in enumerate(members)
            ]
            if kind == "mixed" and self.chance(0.3):
                spelled[-1] += "" if "=" in spelled[-1] else ' = ""'
            self.add(["tokens " + ", ".join(spelled)])
            if self.chance(0.2):
                self.add(["text words"])
        if self.chance(0.2):
            first = self.literal(self.token.values[0], self.token, bare=True).at(ATOM)
            fill = f", {first} to {self.positions}" if self.positions is not None and not self.causal else ""
            self.add([rng.choice([f"frame {first}, input", f"frame input, {first} * 1", f"frame input{fill}"])])
        if self.token.kind == "int":
            self.aliases["Token"] = self.token

    def declare_variables(self, known: Scope) -> None:
        rng = self.rng
        if self.positions is not None:
            here = Expr("position", integers(0, self.positions - 1), lambda env: env.name("position"))
            self.add(self.declare(self.space, "here", f"0..{self.positions - 1}", here.type, here))
            self.space.scope.targets.pop()  # so that it tells the place in all layers
        if self.causal or self.chance(0.3):
            token = Expr("token", self.token, lambda env: env.name("token"))
            self.add(self.declare(self.space, "symbol", "Token", self.token, token))
        names = [rng.choice(SOFT), *(f"v{i}" for i in range(4))]
        rng.shuffle(names)
        for name in names[: rng.randint(2, 4)]:
            self.add(self.variable(self.space, known, name, *self.variable_type()))
        self.add(
            self.variable(self.space, known, "flag", *rng.choice([("bool", Type("bool")), ("0..2", integers(0, 2))]))
        )

    # rules, and what ends a run

    def rules(self) -> list[RuleText]:
        rng, space = self.rng, self.space
        found: dict[tuple[str, frozenset[tuple[str, Value]]], RuleText] = {}
        lines = []
        readable = [
            *space.variables,
            *(e for e in space.scope.leaves if e.exact and e.text[0] == "h" and e.text != "here"),
        ]
        readable += [head for head, _ in space.scope.risky] * self.chance(0.3)
        for _ in range(rng.randint(1, 8)):
            target = rng.choice([t for t in space.scope.targets if t.text in space.initials])
            own = space.read(target.text, target.type)
            others = [e for e in rng.sample(readable, min(len(readable), rng.randint(0, 2))) if e.text != own.text]
            tests = [(e.text, rng.choice(e.type.values), e.type) for e in (own, *others)]
            value = rng.choice(target.type.values)
            if self.chance(0.5):
                rng.shuffle(tests)
            rule = RuleText(tuple((n, v) for n, v, _ in tests), target.text, value)
            key = target.text, frozenset(rule.antecedent)
            if found.setdefault(key, rule) is rule:
                shown = ", ".join(f"{n} = {self.literal(v, t, bare=True).at(RANGE)}" for n, v, t in tests)
                lines.append(f"{shown} => {target.text} <- {self.literal(value, target.type, bare=True).text}")
        self.add(["rules {", *indented(lines), "}"])
        return list(found.values())

    def ending(self) -> None:
        rng = self.rng
        categorical = [e for e in self.space.variables if e.type.categorical]
        output = "symbol" if self.causal else rng.choice(categorical).text
        self.add([f"output {output}"])
        halting = self.chance(0.6)
        if halting:
            one = rng.choice(categorical)
            if one.type.kind == "bool":
                text = rng.choice([one.text, f"not {one.text}"])
            else:
                value = rng.choice(one.type.values)
                bare, listed = (self.literal(value, one.type, bare=b).text for b in (True, False))
                text = rng.choice([f"{one.text} == {bare}", f"{one.text} != {bare}", f"{one.text} in [{listed}]"])
            self.add([f"halt when {text}"])
        if not halting or self.chance(0.3):
            self.add([f"layers {rng.randint(0, 4)}"])
        if self.causal:
            stop = self.literal(self.token.values[0], self.token, bare=True).text
            self.add([rng.choice([f"causal until {stop} limit 4", "causal limit 3"])])


def _step(
    code: list[tuple[tuple[Statement, ...], Callable[[Env], Env]]], rules: list[RuleText] | None
) -> Callable[[Mapping[str, Value]], Updates]:
    def step(slots: Mapping[str, Value]) -> Updates:
        updates: Updates = {}
        for body, home in code:
            run_block(body, home(Env(slots)), updates)
        env = Env(slots)
        for rule in rules or ():
            if all(env.slot(name) == value for name, value in rule.antecedent):
                if updates.setdefault(rule.target, rule.value) != rule.value:
                    raise Fail
        return updates

    return step


def random_source(rng: random.Random, reckless: float = 0.05) -> Generated:
    """One program."""
    return Maker(rng, reckless).generate()
