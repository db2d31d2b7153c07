"""Type expressions to domains."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from altac import ir
from altac.semantics import errors, operators
from altac.semantics.operators import OperandError
from altac.semantics.scopes import Env
from altac.semantics.values import (
    POISON,
    OpenReal,
    OpenSet,
    RangeV,
    ScopeV,
    StaticType,
    TypeV,
    Value,
    is_runtime,
    kind,
    show,
)  # fmt: skip
from altac.syntax import tree

if TYPE_CHECKING:
    from altac.semantics.checker import Checker

#: Values of one integer type, buckets of one real, sets of one family.
SIZE_LIMIT = 1 << 16


class Types:
    def __init__(self, checker: Checker) -> None:
        self.checker = checker

    def of(self, node: tree.TypeExpr, env: Env) -> Any:
        """The domain, `OpenSet`, `OpenReal` or `StaticType` that ``node`` names; POISON if it names none."""
        match node:
            case tree.NamedType(path=path):
                return self.named(path, node, env)
            case tree.RangeType(low=low, high=high):
                return self.range(low, high, node, env)
            case tree.RealType(buckets=buckets):
                return self.real(buckets, env)
            case tree.SetType(element=element, family=family):
                return self.set(element, family, node, env)

    def named(self, path: tuple[tree.Name, ...], node: tree.TypeExpr, env: Env) -> Any:
        first, *rest = path
        if not rest and first.text == "real" and not self.checker.declared("real", env.space):
            return OpenReal()
        if not rest and first.text in ("int", "string") and first.text not in env.names:
            return StaticType(first.text)
        value: Value = self.checker.evaluate(tree.Ref(first.span, first.text), env)
        for name in rest:
            if value is POISON:
                return POISON
            if not isinstance(value, ScopeV):
                self.checker.report(errors.NotAType(span=node.span, found=kind(value)))
                return POISON
            value = self.checker.member(value, name, env)
        if value is POISON:
            return POISON
        if isinstance(value, RangeV) and 0 < value.size <= SIZE_LIMIT:  # an argument of a component
            return ir.IntDomain(value.low, value.high)
        if not isinstance(value, TypeV):
            self.checker.report(errors.NotAType(span=node.span, found=kind(value)))
            return POISON
        return value.type

    def integer(self, node: tree.Expr, env: Env, what: str) -> int | None:
        value = self.checker.evaluate(node, env)
        if value is POISON:
            return None
        if is_runtime(value):
            self.checker.report(errors.NotStatic(span=node.span, what=what))
            return None
        if not operators.is_int(value):
            self.checker.report(errors.Mismatch(span=node.span, expected="an integer", found=kind(value)))
            return None
        return int(value)

    def range(self, low: tree.Expr, high: tree.Expr, node: tree.TypeExpr, env: Env) -> Any:
        a, b = self.integer(low, env, "a bound of a type"), self.integer(high, env, "a bound of a type")
        if a is None or b is None:
            return POISON
        if a > b:
            self.checker.report(errors.EmptyRange(span=node.span, low=a, high=b))
            return POISON
        if b - a >= SIZE_LIMIT:
            self.checker.report(errors.TypeTooLarge(span=node.span, size=b - a + 1, limit=SIZE_LIMIT))
            return POISON
        return ir.IntDomain(a, b)

    def real(self, buckets: tree.Expr, env: Env) -> Any:
        value = self.checker.evaluate(buckets, env)
        if value is POISON:
            return POISON
        try:
            items = operators.items_of(value)
        except OperandError:
            self.checker.report(
                errors.NotIterable(
                    span=buckets.span, found=kind(value), hint="list the buckets, as in `real in {0, 1/2, 1}`"
                )
            )
            return POISON
        if not items or not all(operators.number(i) for i in items):
            self.checker.report(errors.BadBuckets(span=buckets.span))
            return POISON
        if len(items) > SIZE_LIMIT:
            self.checker.report(errors.TypeTooLarge(span=buckets.span, size=len(items), limit=SIZE_LIMIT))
            return POISON
        return ir.RealDomain(tuple(sorted({Fraction(i) for i in items})))

    def set(self, element: tree.TypeExpr, family: tree.Expr | None, node: tree.TypeExpr, env: Env) -> Any:
        domain = self.of(element, env)
        if domain is POISON:
            return POISON
        if not isinstance(domain, (ir.BoolDomain, ir.IntDomain, ir.EnumDomain, ir.TokenDomain)):
            self.checker.report(errors.BadElement(span=element.span))
            return POISON
        if family is None:
            return OpenSet(domain)
        value = self.checker.evaluate(family, env)
        if value is POISON:
            return POISON
        try:
            sets = [self.checker.set_codes(s, domain) for s in operators.items_of(value)]
        except OperandError:
            self.checker.report(errors.Mismatch(span=family.span, expected="a list of sets", found=kind(value)))
            return POISON
        if not sets or any(s is None for s in sets):
            self.checker.report(
                errors.Mismatch(span=family.span, expected="a list of sets of the element type", found=show(value))
            )
            return POISON
        if len(sets) > SIZE_LIMIT:
            self.checker.report(errors.TypeTooLarge(span=family.span, size=len(sets), limit=SIZE_LIMIT))
            return POISON
        return ir.SetDomain(domain, tuple(dict.fromkeys(s for s in sets if s is not None)))
