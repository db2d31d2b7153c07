"""Instances of components."""

from __future__ import annotations

from pathlib import Path

from altac.diagnostics.name_errors import ComponentRecursion, NotAComponent, TooManyInstances
from altac.diagnostics.type_errors import NotStatic
from altac.semantics import limits
from altac.semantics.context import Context
from altac.semantics.expressions import arguments, evaluate
from altac.semantics.imports import enter
from altac.semantics.limits import GiveUp
from altac.semantics.names import slot_of
from altac.semantics.scopes import Env
from altac.semantics.slots import Slot
from altac.semantics.values import POISON, ComponentV, Namespace, ScopeV, Value, is_runtime
from altac.semantics.wording import kind
from altac.syntax import tree


def instance(context: Context, space: Namespace, decl: tree.UseDecl) -> Value:
    """The instance that a ``use`` declares: a namespace of its own, in which the arguments are bound."""
    component = evaluate(context, decl.component, Env(space))
    if component is POISON:
        return POISON
    if not isinstance(component, ComponentV):
        return context.fail(NotAComponent(span=decl.component.span, found=kind(component)))
    inside = sum(isinstance(s.declarations.get(n), tree.UseDecl) for s, n in context.in_progress)
    if inside > limits.NESTING:
        raise GiveUp(ComponentRecursion(span=decl.span, name=component.decl.name.text))
    context.instances += 1
    if context.instances > limits.INSTANCES:
        raise GiveUp(TooManyInstances(span=decl.span, limit=limits.INSTANCES))
    around = component.namespace
    given = arguments(context, decl, component.decl.parameters, around, Env(space, runtime=True), component.decl.name)
    if given is None:
        return POISON
    bound: dict[str, Value | Slot] = {}
    for name, value in given.items():
        slot = slot_of(value)
        if slot is None and is_runtime(value):
            return context.fail(NotStatic(span=decl.span, what=f"the argument `{name}` of a component"))
        bound[name] = value if slot is None else slot
    inner = Namespace(f"{space.prefix}{decl.name.text}.", around, bound=bound)
    enter(context, inner, component.decl.body, Path())
    return ScopeV("component instance", decl.name.text, inner)
