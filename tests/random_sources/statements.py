"""Random MLP code."""

from __future__ import annotations

from collections.abc import Sequence

from tests.random_sources.expressions import Expressions
from tests.random_sources.meaning import (
    AND,
    OR,
    Env,
    Expr,
    Procedure,
    Scope,
    Slot,
    Statement,
    Target,
    Thunk,
    Updates,
    Value,
    combined,
    integers,
    run_block,
)

INDENT = "    "


def indented(lines: Sequence[str]) -> list[str]:
    return [INDENT + line for line in lines]


class Statements(Expressions):
    """Statements and blocks of them. What they say about a target that cannot be updated so is left out."""

    def block(self, scope: Scope, depth: int, most: int = 3) -> tuple[Statement, ...]:
        found: list[Statement] = []
        for _ in range(self.rng.randint(1, most)):
            statement, scope = self.statement(scope, depth)
            found.append(statement)
        return tuple(found)

    def statement(self, scope: Scope, depth: int) -> tuple[Statement, Scope]:
        """A statement, and the scope of those after it."""
        kind = self.rng.random()
        if kind < 0.15:
            return self.let(scope, depth)
        if depth > 0 and kind < 0.35:
            return self.branch(scope, depth), scope
        if depth > 0 and kind < 0.45:
            return self.matching(scope, depth), scope
        if depth > 0 and kind < 0.52:
            return self.loop(scope, depth), scope
        if kind < 0.62 and scope.procedures:
            return self.procedure_call(self.rng.choice(scope.procedures), scope, depth), scope
        return self.assign(scope, depth), scope

    def assign(self, scope: Scope, depth: int) -> Statement:
        target = self.rng.choice(scope.targets)
        value = self.assigned(target, scope, depth)

        def run(env: Env, updates: Updates) -> Env:
            updates[target.resolve(env)] = target.type.stored(value.run(env))
            return env

        return Statement((f"{target.text} <- {value.text}",), run)

    def assigned(self, target: Target, scope: Scope, depth: int) -> Expr:
        type_ = target.type
        if type_.kind == "int" and self.chance(self.reckless):
            value = self.integer(scope, depth)
            if not value.loose and value.type.low <= type_.high and value.type.high >= type_.low:
                return value
        if type_.kind == "set" and type_.family is not None and self.chance(0.7):
            return self.literal(self.rng.choice(type_.family), type_)
        if type_.kind == "enum" and self.chance(0.3):
            return self.literal(self.rng.choice(type_.values), type_, bare=True)
        value = self.of(type_, scope, depth)
        if type_.family is not None and value.entries == 1:  # known when checked, and refused outside the family
            return self.literal(self.rng.choice(type_.family), type_)
        return value

    def let(self, scope: Scope, depth: int) -> tuple[Statement, Scope]:
        """``let`` of one value, or of the parts of a tuple; evaluated where it stands."""
        count = 2 if self.chance(0.2) else 1
        parts = [self.held(scope, depth) for _ in range(count)]
        names = [self.fresh("let_") for _ in parts]
        left = names[0] if count == 1 else f"({', '.join(names)})"
        right = parts[0].text if count == 1 else f"({', '.join(p.text for p in parts)})"
        if count == 1 and parts[0].type.kind == "bool" and self.chance(0.2):
            left += ": bool"

        def run(env: Env, updates: Updates) -> Env:
            return env.bind({name: part.run(env) for name, part in zip(names, parts, strict=True)})

        leaves = [self.local_of(name, part) for name, part in zip(names, parts, strict=True)]
        return Statement((f"let {left} = {right}",), run), scope.child(*leaves)

    def held(self, scope: Scope, depth: int) -> Expr:
        """The value of a let: one that may fail only if it is computed, since a name for a head, a real or a set is read late."""
        part = self.truth(scope, depth) if self.chance(0.4) else self.integer(scope, depth)
        if self.chance(0.15):
            part = self.number(scope, depth - 1)
        if not part.safe:
            part = self.literal(1, integers(1, 1))
        return part

    @staticmethod
    def local_of(name: str, part: Expr) -> Expr:
        return Expr(name, part.type, lambda env: env.name(name), entries=part.entries, loose=part.loose)

    def branch(self, scope: Scope, depth: int) -> Statement:
        """``if``, with ``else if`` and ``else`` or without; heads have a value behind their condition."""
        arms: list[tuple[Expr, tuple[Statement, ...]]] = []
        for _ in range(self.rng.randint(1, 2)):
            condition, inner = self.condition(scope, depth)
            body = self.block(inner, depth - 1, 2)
            if not condition.safe:  # it is evaluated only if it decides about an update
                body = (*body, self.assign(inner, 0))
            arms.append((condition, body))
        orelse = self.block(scope, depth - 1, 2) if self.chance(0.5) else ()
        lines: list[str] = []
        for i, (condition, body) in enumerate(arms):
            lines.append(f"{'} else ' if i else ''}if {condition.at(OR)} {{")
            lines += indented(self.lines(body))
        if orelse:
            lines += ["} else {", *indented(self.lines(orelse))]
        lines.append("}")

        def run(env: Env, updates: Updates) -> Env:
            for condition, body in arms:
                if condition.run(env):
                    run_block(body, env, updates)
                    return env
            run_block(orelse, env, updates)
            return env

        return Statement(tuple(lines), run)

    def condition(self, scope: Scope, depth: int) -> tuple[Expr, Scope]:
        """A condition, and the scope of what it protects."""
        guarded = [(head, guard) for head, guard in scope.risky if guard is not None]
        if not guarded or self.chance(0.5):
            return self.truth(scope, depth - 1), scope
        head, guard = self.rng.choice(guarded)
        inner = scope.child(*([head] * 3))
        if self.chance(0.5):
            return guard, inner
        further = self.truth(inner, depth - 1)
        both = combined(
            f"{guard.at(AND)} and {further.at(AND + 1)}", further.type, lambda env: guard.run(env) and further.run(env),
            guard, further, level=AND,
        )  # fmt: skip
        return both, inner

    def matching(self, scope: Scope, depth: int) -> Statement:
        subjects = self.subjects(scope)
        if not subjects:
            return self.assign(scope, depth)
        arms = [
            (p, covered, self.block(scope, depth - 1, 2)) for p, covered in self.arms(subjects, self.rng.randint(2, 4))
        ]
        shown = subjects[0].text if len(subjects) == 1 else f"({', '.join(s.text for s in subjects)})"
        lines = [f"match {shown} {{"]
        for pattern, _, body in arms:
            inner = self.lines(body)
            if len(body) == len(inner) == 1 and self.chance(0.6) and not inner[0].startswith("let"):
                lines.append(f"{INDENT}{pattern} => {inner[0]}")
            elif len(inner) == len(body) and self.chance(0.3):
                lines.append(f"{INDENT}{pattern} => {{ {'; '.join(inner)} }}")
            else:
                lines += [f"{INDENT}{pattern} => {{", *indented(indented(inner)), INDENT + "}"]
        lines.append("}")

        def run(env: Env, updates: Updates) -> Env:
            value = tuple(s.run(env) for s in subjects)
            run_block(next(body for _, covered, body in arms if value in covered), env, updates)
            return env

        return Statement(tuple(lines), run)

    def loop(self, scope: Scope, depth: int) -> Statement:
        over = self.iteration(scope)
        body = self.block(scope.child(*over.leaves), depth - 1, 2)
        names = over.names

        def run(env: Env, updates: Updates) -> Env:
            for values in over.rounds:
                run_block(body, env.bind(values), updates)
            return env

        return Statement((f"for {names} in {over.iterable} {{", *indented(self.lines(body)), "}"), run)

    def procedure_call(self, procedure: Procedure, scope: Scope, depth: int) -> Statement:
        arguments: list[Expr | Target] = []
        for name, type_ in procedure.parameters:
            if name in procedure.variables:
                fitting = [t for t in scope.targets if t.type == type_]
                if not fitting:
                    return self.assign(scope, depth)
                arguments.append(self.rng.choice(fitting))
            else:
                argument = self.of(type_, scope, depth - 1)
                known = self.literal(self.rng.choice(type_.values), type_)
                arguments.append(argument if argument.safe else known)  # one that fails does so where it is read
        shown = [f"{name}: {a.text}" for (name, _), a in zip(procedure.parameters, arguments, strict=True)]
        named = self.rng.randint(0, len(shown))
        shown[:named] = [a.text for a in arguments[:named]]

        def run(env: Env, updates: Updates) -> Env:
            names: dict[str, Value] = {}
            for (name, _), argument in zip(procedure.parameters, arguments, strict=True):
                is_target = isinstance(argument, Target)
                names[name] = Slot(argument.resolve(env)) if is_target else Thunk(argument, env)  # type: ignore[arg-type, union-attr]
            run_block(procedure.body, procedure.home(env).bind(names), updates)
            return env

        return Statement((f"{procedure.name}({', '.join(shown)})",), run)

    def lines(self, body: Sequence[Statement]) -> list[str]:
        """The lines of a body; short statements may share one."""
        found: list[str] = []
        joins = False
        for statement in body:
            if joins and len(statement.lines) == 1 and self.chance(0.1):
                found[-1] += f"; {statement.lines[0]}"
            else:
                found += statement.lines
            joins = len(statement.lines) == 1
        return found
