"""The MLP: blocks to IR statements, with functions inlined, loops unrolled and known conditions folded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from altac import ir
from altac.semantics import errors, operators
from altac.semantics.operators import OperandError
from altac.semantics.scopes import Env
from altac.semantics.tables import TooLarge, tabulate
from altac.semantics.values import (
    POISON,
    FnV,
    Hole,
    OpenSet,
    Rt,
    Tab,
    Value,
    describe,
    kind,
    show,
)  # fmt: skip
from altac.syntax import tree

if TYPE_CHECKING:
    from altac.semantics.checker import Checker, Slot

#: Statements of the MLP after inlining and unrolling.
LIMIT = 200_000


class Statements:
    def __init__(self, checker: Checker) -> None:
        self.checker = checker
        self.evaluate = checker.evaluate
        self.count = 0
        self.lets = 0

    def block(self, node: tree.Block, env: Env) -> tuple[ir.Stmt, ...]:
        """The statements of a block."""
        inner = env.child()
        result: list[ir.Stmt] = []
        for statement in node.statements:
            self.count += 1
            if self.count > LIMIT:
                raise errors.GiveUp(errors.TooManyStatements(span=statement.span, limit=LIMIT))
            match statement:
                case tree.Let():
                    self.let(statement, inner, result)
                case tree.Assign():
                    self.assign(statement, inner, result)
                case tree.For(names=names, iterable=iterable, body=body):
                    for each in self.evaluate.each(names, iterable, inner):
                        result.extend(self.block(body, each))
                case tree.ExprStmt(value=tree.If() as branch):
                    self.branch(branch, inner, result)
                case tree.ExprStmt(value=tree.Match() as match):
                    self.match(match, inner, result)
                case tree.ExprStmt(value=tree.Call() as call):
                    self.call(call, inner, result)
                case tree.ExprStmt(value=value):
                    if self.evaluate(value, inner) is not POISON:
                        self.checker.report(errors.NoEffect(span=value.span))
        return tuple(result)

    def let(self, node: tree.Let, env: Env, result: list[ir.Stmt]) -> None:
        for name in node.names:
            if name.text != "_" and (name.text in env.names or self.checker.declared(name.text, env.space)):
                self.checker.report(errors.Shadowing(span=name.span, name=name.text))
                env.names[name.text] = POISON
                return
        value = self.evaluate(node.value, env)
        if node.type is not None and value is not POISON:
            value = self.checker.checked(value, self.checker.types.of(node.type, env), node.value)
        value = self.held(value, result, node)
        if isinstance(value, tuple):
            value = tuple(self.held(v, result, node) for v in value)
        self.evaluate.bind(node.names, value, env, node.value.span)

    def held(self, value: Value, result: list[ir.Stmt], node: tree.Node) -> Value:
        """A run-time value computed once, where the ``let`` stands."""
        if not isinstance(value, Rt) or isinstance(value.expr, (ir.Read, ir.Const, ir.LetRead)):
            return value
        self.lets += 1
        name = f"let{self.lets}"
        result.append(ir.Let(name, value.expr, node.span))
        return Rt(ir.LetRead(name, node.span), value.domain)

    def assign(self, node: tree.Assign, env: Env, result: list[ir.Stmt]) -> None:
        target = self.evaluate(node.target, env)
        value = self.evaluate(node.value, env)
        if target is POISON:
            return
        slot = self.checker.slot_of(target)
        if slot is None or slot.is_head:
            self.checker.report(errors.cannot_assign(node.target, target, slot))
            return
        self.checker.written.add(slot.name)
        if value is POISON:
            return
        expr = self.coerce(value, slot, node.value)
        if expr is not None:
            result.append(ir.Assign(slot.name, expr, node.span))

    def coerce(self, value: Value, slot: Slot, node: tree.Expr) -> ir.Expr | None:
        """``value`` as a code of the slot's domain; reports what does not fit."""
        domain = slot.domain
        if domain is None:
            return None
        span = node.span
        value, _ = self.checker.resolve_pair(value, self.checker.read(slot, span), node)
        if value is POISON:
            return None
        try:
            if isinstance(domain, ir.RealDomain):
                return operators.rt(self._lookup(tabulate(lambda v: nearest(domain, v), value), span)).expr
            if isinstance(domain, (ir.SetDomain, OpenSet)):
                return self._set(value, slot, node)
        except OperandError:
            self.checker.report(errors.Mismatch(span=span, expected=describe(domain), found=kind(value)))
            return None
        except TooLarge as large:
            self.checker.report(errors.table_too_large(span, large))
            return None
        value = self.checker.checked(value, domain, node, runtime=True)
        return None if value is POISON else operators.rt(value).expr

    def _lookup(self, tab: Tab, span: Any) -> Value:
        from altac.semantics.tables import settle

        value = settle(tab, span)
        if isinstance(value, Tab):
            raise OperandError
        return value

    def _set(self, value: Value, slot: Slot, node: tree.Expr) -> ir.Expr | None:
        domain = slot.domain
        assert isinstance(domain, (ir.SetDomain, OpenSet))
        element = domain.element

        def code(item: Value) -> Any:
            if not isinstance(item, frozenset):
                raise OperandError
            return self.checker.set_codes(item, element)

        tab = tabulate(code, value)
        family = self.checker.family(slot)
        known = {s: i for i, s in enumerate(family)}
        table: list[int | None] = []
        for entry in tab.entries:
            if isinstance(entry, Hole) or entry is None:
                table.append(None)
                continue
            if entry not in known and isinstance(domain, OpenSet) or (slot.open and entry not in known):
                self.checker.grow(slot, entry, node.span)
            table.append(known.get(entry))
        if not tab.dims:
            if table[0] is None and not slot.open:
                self.checker.report(errors.NotInFamily(span=node.span, name=slot.name, value=show(value)))
                return None
            return ir.Const(table[0] or 0, node.span)
        from altac.semantics.tables import lookup

        return lookup(tab.dims, tuple(table), ir.IntDomain(0, max(0, len(family) - 1)), "not-in-family", node.span).expr

    def branch(self, node: tree.If, env: Env, result: list[ir.Stmt]) -> None:
        condition = self.evaluate(node.condition, env)
        if condition is not POISON and not operators.is_bool(condition):
            self.checker.report(errors.NotBool(span=node.condition.span, found=kind(condition), context="`if`"))
            condition = POISON
        if isinstance(condition, bool):
            chosen = node.then if condition else node.orelse
            if chosen is not None:
                result.extend(self.block(chosen, env))
            return
        then = self.block(node.then, env)
        orelse = self.block(node.orelse, env) if node.orelse is not None else ()
        if condition is not POISON and (then or orelse):
            result.append(ir.If(condition.expr, then, orelse, node.span))

    def match(self, node: tree.Match, env: Env, result: list[ir.Stmt]) -> None:
        subject = self.evaluate(node.subject, env)
        if subject is POISON:
            for arm in node.arms:
                self.block(arm.body, env)
            return
        subject = (
            tuple(self.held(s, result, node) for s in subject)
            if isinstance(subject, tuple)
            else self.held(subject, result, node)
        )
        arms = self.checker.patterns.arms(node, subject, env)
        if arms is None:
            for arm in node.arms:
                self.block(arm.body, env)
            return
        chain: tuple[ir.Stmt, ...] = ()
        for test, body in reversed(arms):
            if test is False:
                continue
            statements = self.block(body, env)
            if test is True:
                chain = statements
            elif statements or chain:
                chain = (ir.If(test.expr, statements, chain, body.span),)
        result.extend(chain)

    def call(self, node: tree.Call, env: Env, result: list[ir.Stmt]) -> None:
        function = self.evaluate(node.function, env)
        if not isinstance(function, FnV):
            if self.evaluate(node, env) is not POISON:
                self.checker.report(errors.NoEffect(span=node.span))
            return
        body = function.decl.body
        if not isinstance(body, tree.Block) or self.checker.is_pure(body, function.namespace):
            if self.evaluate(node, env) is not POISON:
                self.checker.report(errors.NoEffect(span=node.span))
            return
        bound = self.evaluate.arguments(node, function.decl.parameters, function.namespace, env, function.decl.name)
        if bound is None:
            return
        inner = env.call(function.namespace, bound)
        if inner.depth > errors.CALL_DEPTH:
            raise errors.GiveUp(
                errors.RecursionTooDeep(span=node.span, name=function.decl.name.text, limit=errors.CALL_DEPTH)
            )
        result.extend(self.block(body, inner))


def nearest(domain: ir.RealDomain, value: Value) -> int:
    """The index of the bucket nearest to ``value``; halfway, the larger."""
    if not operators.number(value):
        raise OperandError
    best = 0
    for i, bucket in enumerate(domain.buckets):
        if abs(bucket - value) <= abs(domain.buckets[best] - value):
            best = i
    return best
