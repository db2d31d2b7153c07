"""Random bools."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from tests.random_sources.forms import MOST, Forms
from tests.random_sources.meaning import (
    AND,
    ATOM,
    BOOL,
    COMPARISON,
    NOT,
    OR,
    RANGE,
    XOR,
    Env,
    Expr,
    Scope,
    combined,
    integers,
    reals,
)

COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": lambda a, b: a == b, "!=": lambda a, b: a != b, "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
}  # fmt: skip


class Truths(Forms):
    """Bools: comparisons, membership, and what joins them."""

    def truth(self, scope: Scope, depth: int) -> Expr:
        rng = self.rng
        if depth <= 0:
            found = self.leaf(scope, lambda e: e.type.kind == "bool")
            if found is not None and self.chance(0.9):
                return found if self.chance(0.8) else self.negated(found)
            return self.comparison(scope, 0)
        form = rng.randrange(10)
        if form == 0:
            return self.negated(self.truth(scope, depth - 1))
        if form <= 2:
            return self.joined(
                rng.choice(["and", "or", "xor"]), self.truth(scope, depth - 1), self.truth(scope, depth - 1)
            )
        if form == 3:
            return self.quantified(scope, depth)
        if form == 4:
            found = self.composed(BOOL, scope, depth)
            if found is not None:
                return found
        if form == 5:
            return self.membership(scope, depth)
        if form == 6:
            return self.of_sets(scope, depth)
        return self.comparison(scope, depth)

    def negated(self, part: Expr) -> Expr:
        return combined(f"not {part.at(NOT)}", BOOL, lambda env: not part.run(env), part, level=NOT)

    def joined(self, op: str, a: Expr, b: Expr) -> Expr:
        level = {"and": AND, "or": OR, "xor": XOR}[op]
        runs: dict[str, Callable[[Env], bool]] = {
            "and": lambda env: a.run(env) and b.run(env),
            "or": lambda env: a.run(env) or b.run(env),
            "xor": lambda env: a.run(env) != b.run(env),
        }
        return combined(f"{a.at(level)} {op} {b.at(level + 1)}", BOOL, runs[op], a, b, level=level)

    def comparison(self, scope: Scope, depth: int) -> Expr:
        rng = self.rng
        kind = rng.choice(["int", "int", "int", "symbol", "bool", "real"])
        op = rng.choice(list(COMPARE))
        symbols = [t for t in self.types.values() if t.kind in ("enum", "token")]
        if kind == "symbol" and symbols:
            type_ = rng.choice(symbols)
            op = rng.choice(["==", "!="])
            a = self.symbol(type_, scope, depth - 1)
            b = self.literal(rng.choice(type_.values), type_, bare=a.exact)
            if depth > 0 and self.chance(0.2):
                b = self.symbol(type_, scope, depth - 1)
        elif kind == "bool" and depth > 0:
            op = rng.choice(["==", "!="])
            a, b = self.truth(scope, depth - 1), self.truth(scope, depth - 1)
        elif kind == "real" and depth > 0:
            a, b = self.number(scope, depth - 1), self.number(scope, 0)
        else:
            a, b = self.integer(scope, depth - 1), self.integer(scope, 0)
        if a.type.kind == "real" and a.entries * b.entries > MOST:
            b = self.literal(Fraction(1, 2), reals(0, 1))
        return combined(
            f"{a.at(RANGE)} {op} {b.at(RANGE)}", BOOL, lambda env: COMPARE[op](a.run(env), b.run(env)), a, b,
            level=COMPARISON,
        )  # fmt: skip

    def membership(self, scope: Scope, depth: int) -> Expr:
        """``in`` and ``not in`` what is known at compile time."""
        rng = self.rng
        op = rng.choice(["in", "not in"])
        choices = [*self.types.values(), integers(-3, 5)]
        type_ = rng.choice([t for t in choices if t.kind != "bool"])
        a = self.integer(scope, depth - 1) if type_.kind == "int" else self.symbol(type_, scope, depth - 1)
        chosen = rng.sample(type_.values, rng.randint(1, min(3, len(type_.values))))
        shown = ", ".join(self.literal(v, type_).text for v in chosen)
        text = f"{{{shown}}}" if self.chance(0.7) else f"[{shown}]"
        level = ATOM
        if type_.kind == "int" and self.chance(0.4):
            low = rng.randint(-3, 3)
            chosen, text, level = list(range(low, low + 3)), f"{low}..{low + 2}", RANGE
        held = Expr(text, type_, lambda env: chosen, level)
        return combined(
            f"{a.at(RANGE)} {op} {held.at(RANGE)}", BOOL, lambda env: (a.run(env) in chosen) == (op == "in"), a,
            level=COMPARISON,
        )  # fmt: skip

    def quantified(self, scope: Scope, depth: int) -> Expr:
        """``any`` or ``all`` of a comprehension or a list."""
        name, join = self.rng.choice([("any", any), ("all", all)])
        if self.chance(0.4):
            parts = [self.truth(scope, depth - 1) for _ in range(self.rng.randint(1, 3))]
            text = ", ".join(p.text for p in parts)
            return combined(f"{name}([{text}])", BOOL, lambda env: join(p.run(env) for p in parts), *parts)
        over = self.iteration(scope, comprehension=True)
        part = self.truth(scope.child(*over.leaves), depth - 1)
        return combined(
            f"{name}([{part.text} {over.clause}])", BOOL,
            lambda env: join(part.run(env.bind(r)) for r in over.rounds), part,
        )  # fmt: skip

    def of_sets(self, scope: Scope, depth: int) -> Expr:
        """A question about a set."""
        sets = {e.type.element for e in scope.leaves if e.type.kind == "set"}
        if not sets:
            return self.comparison(scope, depth)
        element = self.rng.choice(sorted((s for s in sets if s is not None), key=repr))
        held = self.collection(element, scope, depth - 1)
        if self.chance(0.6):
            part, op = self.of(element, scope, 0), self.rng.choice(["in", "not in"])
            if part.entries * held.entries <= MOST:
                return combined(
                    f"{part.at(RANGE)} {op} {held.at(RANGE)}", BOOL,
                    lambda env: (part.run(env) in held.run(env)) == (op == "in"), part, held, level=COMPARISON,
                )  # fmt: skip
        other, op = self.collection(element, scope, 0), self.rng.choice(["==", "!="])
        if other.entries * held.entries > MOST:
            other = self.literal(frozenset(), held.type)
        return combined(
            f"{held.at(RANGE)} {op} {other.at(RANGE)}", BOOL, lambda env: COMPARE[op](held.run(env), other.run(env)),
            held, other, level=COMPARISON,
        )  # fmt: skip
