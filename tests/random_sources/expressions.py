"""Random expressions: integers, symbols, reals and sets."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

from tests.random_sources.forms import MOST
from tests.random_sources.meaning import (
    BOOL,
    COMPARISON,
    MINUS,
    PRODUCT,
    SUM,
    Env,
    Expr,
    Fail,
    Scope,
    Symbol,
    Type,
    Value,
    combined,
    integers,
    reals,
)
from tests.random_sources.truths import Truths

ARITHMETIC: dict[str, tuple[int, Callable[[Any, Any], Any]]] = {
    "+": (SUM, lambda a, b: a + b), "-": (SUM, lambda a, b: a - b), "*": (PRODUCT, lambda a, b: a * b),
}  # fmt: skip
SET_OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "union": lambda a, b: a | b, "intersect": lambda a, b: a & b, "minus": lambda a, b: a - b,
}  # fmt: skip


class Expressions(Truths):
    """Expressions of every type."""

    # integers

    def integer(self, scope: Scope, depth: int) -> Expr:
        found = self._integer(scope, depth)
        if found.type.size <= MOST:
            return found
        divisor = self.rng.randint(2, 6)
        return combined(
            f"{found.at(PRODUCT)} % {divisor}", integers(0, divisor - 1), lambda env: found.run(env) % divisor, found,
            level=PRODUCT,
        )  # fmt: skip

    def _integer(self, scope: Scope, depth: int) -> Expr:
        rng = self.rng
        if depth <= 0:
            found = self.leaf(scope, lambda e: e.type.kind == "int")
            if found is not None and self.chance(0.85):
                return found
            value = rng.randint(-4, 6)
            return self.literal(value, integers(value, value))
        match rng.randrange(11):
            case 0 | 1 | 2:
                return self.arithmetic(scope, depth)
            case 3:
                return self.quotient(scope, depth)
            case 4:
                return self.extremum(scope, depth)
            case 5:
                return self.signed(self.integer(scope, depth - 1))
            case 6:
                return self.converted(scope, depth)
            case 7:
                return self.summed(scope, depth)
            case 8:
                return self.measured(scope, depth)
            case 9:
                found = self.composed(integers(-3, 5), scope, depth)
                return self.integer(scope, depth - 1) if found is None else found
            case _:
                return self.integer(scope, 0)

    def within(self, scope: Scope, depth: int, low: int, high: int) -> Expr:
        if self.chance(0.2):
            return self.literal(self.rng.randint(low, high), integers(low, high))
        found = self.integer(scope, depth)
        if low <= found.type.low and found.type.high <= high:
            return found
        return self.clamped(found, low, high)

    def clamped(self, part: Expr, low: int, high: int) -> Expr:
        """``part`` where it is in ``low..high``, and something else in there where it is not."""
        type_, size = integers(low, high), high - low + 1
        names = [n for n, t in self.aliases.items() if (t.low, t.high) == (low, high)]
        kind = self.rng.random()
        if kind < 0.3:
            text = f"{part.at(PRODUCT)} % {size} {'+' if low >= 0 else '-'} {abs(low)}"
            return combined(text, type_, lambda env: part.run(env) % size + low, part, level=SUM)
        if kind < 0.5:
            inside = combined(
                f"{part.at(SUM)} in {low}..{high}",
                BOOL,
                lambda env: low <= part.run(env) <= high,
                part,
                level=COMPARISON,
            )
            other = self.literal(self.rng.randint(low, high), type_)
            return replace(self.choice(inside, part, other), type=type_)
        text = f"max({low}, min({part.text}, {high}))" if kind < 0.8 else f"min([max({part.text}, {low}), {high}])"
        if names and self.chance(0.5):
            text = f"{self.rng.choice(names)}({text})"
        return combined(text, type_, lambda env: max(low, min(part.run(env), high)), part)

    def arithmetic(self, scope: Scope, depth: int) -> Expr:
        op = self.rng.choice(["+", "+", "-", "-", "*"])
        level, compute = ARITHMETIC[op]
        a, b = self.integer(scope, depth - 1), self.integer(scope, depth - 1)
        corners = [compute(x, y) for x in (a.type.low, a.type.high) for y in (b.type.low, b.type.high)]
        return combined(
            f"{a.at(level)} {op} {b.at(level + 1)}", integers(min(corners), max(corners)),
            lambda env: compute(a.run(env), b.run(env)), a, b, level=level,
        )  # fmt: skip

    def quotient(self, scope: Scope, depth: int) -> Expr:
        """``div`` or ``%``, seldom by something that may be 0."""
        op = self.rng.choice(["div", "%"])
        a, b = self.integer(scope, depth - 1), self.integer(scope, 0)
        risky = b.exact and b.type.size > 1 and self.chance(self.reckless)
        if b.type.low <= 0 <= b.type.high and not risky:
            value = self.rng.choice([-3, -2, 1, 2, 3, 4])
            b = self.literal(value, integers(value, value))
        divisors = [d for d in range(int(b.type.low), int(b.type.high) + 1) if d]
        corners = [x // d for x in (a.type.low, a.type.high) for d in divisors]
        type_ = integers(math.floor(min(corners)), math.floor(max(corners)))
        if op == "%":
            type_ = integers(min(0, min(divisors) + 1), max(0, max(divisors) - 1))

        def run(env: Env) -> Value:
            x, y = a.run(env), b.run(env)
            if y == 0:
                raise Fail
            return x // y if op == "div" else x % y

        return combined(f"{a.at(PRODUCT)} {op} {b.at(PRODUCT + 1)}", type_, run, a, b, level=PRODUCT, safe=not risky)

    def extremum(self, scope: Scope, depth: int) -> Expr:
        name, choose = self.rng.choice([("min", min), ("max", max)])
        parts = [self.integer(scope, depth - 1) for _ in range(self.rng.randint(2, 3))]
        shown = ", ".join(p.text for p in parts)
        type_ = integers(choose(p.type.low for p in parts), choose(p.type.high for p in parts))  # type: ignore[arg-type]
        text = f"{name}([{shown}])" if self.chance(0.2) else f"{name}({shown})"
        return combined(text, type_, lambda env: choose(p.run(env) for p in parts), *parts)

    def signed(self, part: Expr) -> Expr:
        low, high = int(part.type.low), int(part.type.high)
        if self.chance(0.5):
            return combined(f"-{part.at(MINUS)}", integers(-high, -low), lambda env: -part.run(env), part, level=MINUS)
        type_ = integers(0 if low <= 0 <= high else min(abs(low), abs(high)), max(abs(low), abs(high)))
        return combined(f"abs({part.text})", type_, lambda env: abs(part.run(env)), part)

    def converted(self, scope: Scope, depth: int) -> Expr:
        """``int`` of a bool, a member of an enum, or a token that is a number."""
        token = self.types.get("Token")
        if token is not None and self.chance(0.4):
            part = self.symbol(token, scope, depth - 1)
            names = {i: int(m) for i, m in enumerate(token.members) if m.lstrip("-").isdecimal()}
            safe = len(names) == len(token.members)
            if safe or (names and not part.loose and self.chance(self.reckless)):

                def run(env: Env) -> Value:
                    number = part.run(env).number
                    if number not in names:
                        raise Fail
                    return names[number]

                type_ = integers(min(names.values()), max(names.values()))
                return combined(f"int({part.text})", type_, run, part, safe=safe)
        enums = self.enums()
        if enums and self.chance(0.5):
            enum = self.rng.choice(enums)
            part = self.symbol(enum, scope, depth - 1)
            return combined(
                f"int({part.text})", integers(0, len(enum.members) - 1), lambda env: part.run(env).number, part
            )
        part = self.truth(scope, depth - 1)
        return combined(f"int({part.text})", integers(0, 1), lambda env: int(part.run(env)), part)

    def summed(self, scope: Scope, depth: int) -> Expr:
        over = self.iteration(scope, comprehension=True)
        part = self.integer(scope.child(*over.leaves), depth - 1)
        count = len(over.rounds)
        return combined(
            f"sum([{part.text} {over.clause}])",
            integers(int(count * part.type.low), int(count * part.type.high)),
            lambda env: sum(part.run(env.bind(r)) for r in over.rounds), part,
        )  # fmt: skip

    def measured(self, scope: Scope, depth: int) -> Expr:
        """A rounded real, or the size of a set."""
        elements = [e.type.element for e in scope.leaves if e.type.kind == "set" and e.type.element is not None]
        if elements and self.chance(0.4):
            element = self.rng.choice(elements)
            held = self.collection(element, scope, depth - 1)
            return combined(f"len({held.text})", integers(0, element.size), lambda env: len(held.run(env)), held)
        part = self.number(scope, depth - 1)
        half = Fraction(1, 2)
        type_ = integers(math.floor(part.type.low + half), math.floor(part.type.high + half))
        return combined(f"round({part.text})", type_, lambda env: math.floor(part.run(env) + half), part)

    # enums and tokens

    def symbol(self, type_: Type, scope: Scope, depth: int) -> Expr:
        if depth > 0 and self.chance(0.5):
            if type_.kind == "token" and self.chance(0.2) and {"0", "1"} <= {*type_.members}:
                number = self.within(scope, depth - 1, 0, 1)
                chosen = [Symbol("Token", type_.members.index(name)) for name in ("0", "1")]
                return combined(f"Token({number.text})", type_, lambda env: chosen[number.run(env)], number)
            if type_.kind == "enum" and self.chance(0.2):
                index = self.within(scope, depth - 1, 0, len(type_.members) - 1)
                return combined(
                    f"{type_.name}({index.text})", type_, lambda env: type_.values[index.run(env)], index
                )  # fmt: skip
            found = self.composed(type_, scope, depth)
            if found is not None:
                return found
        leaf = self.leaf(scope, lambda e: e.type.kind == type_.kind and e.type.name == type_.name)
        if leaf is not None and self.chance(0.7):
            return leaf
        return self.literal(self.rng.choice(type_.values), type_)

    # reals

    def number(self, scope: Scope, depth: int) -> Expr:
        rng = self.rng
        if depth <= 0:
            found = self.leaf(scope, lambda e: e.type.kind == "real")
            if found is not None and self.chance(0.7):
                return found
            if self.chance(0.3):
                return self.integer(scope, 0)
            value = Fraction(rng.randint(-4, 8), rng.choice([1, 2, 3, 4]))
            return self.literal(value if value.denominator > 1 else int(value), reals(value, value))
        match rng.randrange(6):
            case 0 | 1:
                return self.real_arithmetic(scope, depth)
            case 2:
                return self.ratio(scope, depth)
            case 3:
                name, choose = rng.choice([("min", min), ("max", max)])
                a, b = self.number(scope, depth - 1), self.number(scope, 0)
                type_ = reals(choose(a.type.low, b.type.low), choose(a.type.high, b.type.high))
                found = combined(f"{name}({a.text}, {b.text})", type_, lambda env: choose(a.run(env), b.run(env)), a, b)
            case 4:
                composed = self.composed(reals(0, 1), scope, depth)
                found = self.number(scope, 0) if composed is None else composed
            case _:
                a = self.number(scope, depth - 1)
                found = combined(
                    f"-{a.at(MINUS)}", reals(-a.type.high, -a.type.low), lambda env: -a.run(env), a, level=MINUS
                )
        return found if found.entries <= MOST else self.number(scope, 0)

    def real_arithmetic(self, scope: Scope, depth: int) -> Expr:
        op = self.rng.choice(["+", "-", "*"])
        level, compute = ARITHMETIC[op]
        a, b = self.number(scope, depth - 1), self.number(scope, 0)
        corners = [compute(x, y) for x in (a.type.low, a.type.high) for y in (b.type.low, b.type.high)]
        found = combined(
            f"{a.at(level)} {op} {b.at(level + 1)}", reals(min(corners), max(corners)),
            lambda env: compute(a.run(env), b.run(env)), a, b, level=level,
        )  # fmt: skip
        return found if found.entries <= MOST else a

    def ratio(self, scope: Scope, depth: int) -> Expr:
        """A quotient, seldom by something that may be 0."""
        a, b = self.number(scope, depth - 1), self.integer(scope, 0)
        risky = b.exact and b.type.size > 1 and self.chance(self.reckless)
        if (b.type.low <= 0 <= b.type.high and not risky) or a.entries * b.entries > MOST:
            value = self.rng.randint(1, 4)
            b, risky = self.literal(value, integers(value, value)), False
        divisors = [d for d in range(int(b.type.low), int(b.type.high) + 1) if d]
        corners = [Fraction(x) / d for x in (a.type.low, a.type.high) for d in divisors]

        def run(env: Env) -> Value:
            x, y = a.run(env), b.run(env)
            if y == 0:
                raise Fail
            return Fraction(x) / y

        text = f"{a.at(PRODUCT)} / {b.at(PRODUCT + 1)}"
        return combined(text, reals(min(corners), max(corners)), run, a, b, level=PRODUCT, safe=not risky)

    # sets

    def collection(self, element: Type, scope: Scope, depth: int) -> Expr:
        type_ = Type("set", element=element)
        if depth <= 0:
            found = self.leaf(scope, lambda e: e.type.kind == "set" and e.type.element == element)
            if found is not None and self.chance(0.6):
                return found
            chosen = self.rng.sample(element.values, self.rng.randint(0, min(2, element.size)))
            shown = ", ".join(self.literal(v, element).text for v in chosen)
            return replace(self.literal(frozenset(chosen), type_), text=f"{{{shown}}}")
        match self.rng.randrange(4):
            case 0:
                parts = [self.of(element, scope, depth - 1) for _ in range(self.rng.randint(1, 2))]
                text = "{" + ", ".join(p.text for p in parts) + "}"
                found = combined(text, type_, lambda env: frozenset(p.run(env) for p in parts), *parts)
            case 1:
                over = self.iteration(scope, comprehension=True)
                part = self.of(element, scope.child(*over.leaves), 0)
                found = combined(
                    f"{{{part.text} {over.clause}}}", type_,
                    lambda env: frozenset(part.run(env.bind(r)) for r in over.rounds), part,
                )  # fmt: skip
                found = replace(found, entries=found.entries ** min(2, len(over.rounds)))
            case 2:
                composed = self.composed(type_, scope, depth)
                found = self.collection(element, scope, 0) if composed is None else composed
            case _:
                name = self.rng.choice(list(SET_OPERATIONS))
                a, b = self.collection(element, scope, depth - 1), self.collection(element, scope, 0)
                found = combined(
                    f"{name}({a.text}, {b.text})", type_,
                    lambda env: SET_OPERATIONS[name](a.run(env), b.run(env)),
                    a, b,
                )  # fmt: skip
        return found if found.entries <= MOST else self.collection(element, scope, 0)
