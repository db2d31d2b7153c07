"""The MLP: blocks to IR statements, with functions inlined, loops unrolled and known conditions folded."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import assert_never

from altac import ir
from altac.diagnostics.name_errors import Shadowing, TooManyStatements
from altac.diagnostics.type_errors import NoEffect, NotBool
from altac.semantics import limits, operators, patterns
from altac.semantics.access import bind
from altac.semantics.assignments import stored, target
from altac.semantics.context import Context
from altac.semantics.expressions import called, each, evaluate
from altac.semantics.functions import is_pure
from altac.semantics.limits import GiveUp
from altac.semantics.scopes import Env
from altac.semantics.type_expressions import typed
from altac.semantics.values import POISON, FnV, Rt, Value
from altac.semantics.wording import kind
from altac.syntax import tree


class Statements:
    """One passage through the code of the MLP."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self._count = 0
        self._lets: Counter[str] = Counter()

    def block(self, node: tree.Block, env: Env) -> tuple[ir.Stmt, ...]:
        """The statements of a block. Raises `GiveUp` at a limit."""
        inner = env.child()
        result: list[ir.Stmt] = []
        for statement in node.statements:
            self._count += 1
            if self._count > limits.STATEMENTS:
                raise GiveUp(TooManyStatements(span=statement.span, limit=limits.STATEMENTS))
            match statement:
                case tree.Let():
                    self._let(statement, inner, result)
                case tree.Assign():
                    self._assign(statement, inner, result)
                case tree.For(names=names, iterable=iterable, body=body):
                    for item in each(self.context, names, iterable, inner):
                        if item is not None:
                            result.extend(self.block(body, item))
                case tree.ExprStmt(value=value):
                    self._expression(value, inner, result)
                case _:
                    assert_never(statement)
        return tuple(result)

    def _let(self, node: tree.Let, env: Env, result: list[ir.Stmt]) -> None:
        for name in node.names:
            if name.text != "_" and (name.text in env.names or env.space.declares(name.text)):
                decl = next((d for s in env.space.chain() if (d := s.declarations.get(name.text)) is not None), None)
                updates = isinstance(decl, tree.VarDecl) and name.text not in env.names and len(node.names) == 1
                update = f"{name.text} <- {' '.join(node.value.span.text.split())}" if updates else ""
                env.names[name.text] = self.context.fail(Shadowing(span=name.span, name=name.text, update=update))
                return
        value = evaluate(self.context, node.value, env)
        value = typed(self.context, value, node.type, env, node.value)
        names = [name.text for name in node.names]
        bind(self.context, node.names, self._held(value, result, node, names), env, node.value.span)

    def _held(self, value: Value, result: list[ir.Stmt], node: tree.Node, names: list[str]) -> Value:
        """``value``, or its items, with what depends on the run computed once, where ``node`` stands, under ``names``
        (or a single name for all of it)."""
        if isinstance(value, tuple):
            of_items = names if len(names) == len(value) else names[:1] * len(value)
            return tuple([self._let_of(item, result, node, n) for item, n in zip(value, of_items, strict=True)])
        return self._let_of(value, result, node, names[0])

    def _let_of(self, value: Value, result: list[ir.Stmt], node: tree.Node, called: str) -> Value:
        if not isinstance(value, Rt) or isinstance(value.expr, (ir.Read, ir.Const, ir.LetRead)):
            return value
        self._lets[called] += 1
        name = called if self._lets[called] == 1 else f"{called} ({self._lets[called]})"
        result.append(ir.Let(name, value.expr, node.span))
        return Rt(ir.LetRead(name, node.span), value.domain)

    def _assign(self, node: tree.Assign, env: Env, result: list[ir.Stmt]) -> None:
        place = evaluate(self.context, node.target, env)
        value = evaluate(self.context, node.value, env)
        slot = target(self.context, place, node.target)
        expr = None if slot is None else stored(self.context, value, slot, node.value)
        if slot is not None and expr is not None:
            result.append(ir.Assign(slot.name, expr, node.span))

    def _expression(self, node: tree.Expr, env: Env, result: list[ir.Stmt]) -> None:
        """What may stand alone: branches, and calls of procedures."""
        match node:
            case tree.If():
                self._branch(node, env, result)
            case tree.Match():
                self._match(node, env, result)
            case tree.Call():
                self._call(node, env, result)
            case _:
                self._without_effect(node, env)

    def _without_effect(self, node: tree.Expr, env: Env) -> None:
        if evaluate(self.context, node, env) is not POISON:
            self.context.report(NoEffect(span=node.span))

    def _branch(self, node: tree.If, env: Env, result: list[ir.Stmt]) -> None:
        condition = evaluate(self.context, node.condition, env)
        if condition is not POISON and not operators.is_bool(condition):
            span = node.condition.span
            condition = self.context.fail(NotBool(span=span, found=kind(condition), context="`if`"))
        if isinstance(condition, bool):
            chosen = node.then if condition else node.orelse
            if chosen is not None:
                result.extend(self.block(chosen, env))
            return
        then = self.block(node.then, env)
        orelse = self.block(node.orelse, env) if node.orelse is not None else ()
        if isinstance(condition, Rt) and (then or orelse):
            result.append(ir.If(condition.expr, then, orelse, node.span))

    def _match(self, node: tree.Match, env: Env, result: list[ir.Stmt]) -> None:
        subject = self._held(evaluate(self.context, node.subject, env), result, node, ["the matched value"])
        arms = None
        if subject is not POISON:
            values = partial(evaluate, self.context, env=env.of_pattern())
            arms = patterns.arms(self.context, node, subject, values, env.general)
        if arms is None:
            for arm in node.arms:
                inner = env.child()
                inner.names.update((p.value.name, POISON) for p in arm.patterns if isinstance(p, tree.ValuePattern)
                                   and isinstance(p.value, tree.Ref))  # fmt: skip
                self.block(arm.body, inner)
            return
        chain: tuple[ir.Stmt, ...] = ()
        for chosen in reversed(arms):
            statements = self.block(chosen.body, env)
            if isinstance(chosen.test, bool):
                chain = statements
            elif statements or chain:
                chain = (ir.If(chosen.test.expr, statements, chain, chosen.body.span),)
        result.extend(chain)

    def _call(self, node: tree.Call, env: Env, result: list[ir.Stmt]) -> None:
        function = evaluate(self.context, node.function, env)
        body = function.decl.body if isinstance(function, FnV) else None
        if (
            not isinstance(function, FnV)
            or not isinstance(body, tree.Block)
            or is_pure(self.context, body, function.namespace)
        ):
            self._without_effect(node, env)
            return
        inner = called(self.context, function, node, env)
        if inner is not None:
            result.extend(self.block(body, inner))
