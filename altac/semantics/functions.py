"""Which functions give a value, and which update variables."""

from __future__ import annotations

from altac.semantics import limits
from altac.semantics.context import Context
from altac.semantics.names import declared
from altac.semantics.values import FnV, Namespace, ScopeV
from altac.syntax import tree


def is_pure(context: Context, body: tree.Block, space: Namespace, depth: int = 0) -> bool:
    """Whether a block is lets and then an expression, rather than updates."""
    if not body.statements or depth > limits.NESTING:
        return bool(body.statements)
    last = body.statements[-1]
    if not all(isinstance(s, tree.Let) for s in body.statements[:-1]) or not isinstance(last, tree.ExprStmt):
        return False
    match last.value:
        case tree.If(then=then, orelse=orelse):
            return orelse is not None and all(is_pure(context, b, space, depth + 1) for b in (then, orelse))
        case tree.Match(arms=arms):
            return bool(arms) and all(is_pure(context, a.body, space, depth + 1) for a in arms)
        case tree.Call(function=function):
            called = _named(context, function, space)
            if called is None or not isinstance(called.decl.body, tree.Block):
                return True
            return is_pure(context, called.decl.body, called.namespace, depth + 1)
        case _:
            return True


def _named(context: Context, node: tree.Expr, space: Namespace) -> FnV | None:
    """The function that ``node`` names in ``space``, if it names one; reports nothing."""
    match node:
        case tree.Ref(name=name):
            for around in space.chain():
                if name in around.bound:
                    return None
                if name in around.declarations:
                    return _function(around, name)
        case tree.FieldAccess(base=tree.Ref(name=base), field=field):
            for around in space.chain():
                inner = around.modules.get(base)
                if inner is None and isinstance(around.declarations.get(base), tree.UseDecl):
                    scope = declared(context, around, base)
                    inner = scope.namespace if isinstance(scope, ScopeV) else None
                if inner is not None:
                    return _function(inner, field.text)
        case _:
            pass
    return None


def _function(space: Namespace, name: str) -> FnV | None:
    decl = space.declarations.get(name)
    return FnV(decl, space) if isinstance(decl, tree.FnDecl) else None
