"""The values of declarations."""

from __future__ import annotations

from fractions import Fraction
from math import isfinite

from altac import ir
from altac.diagnostics.declaration_errors import BadParam, EmptyEnum, ParamType
from altac.diagnostics.name_errors import DuplicateMember
from altac.diagnostics.type_errors import NotStatic, TypeTooLarge
from altac.semantics import limits, operators
from altac.semantics.components import instance
from altac.semantics.context import Context
from altac.semantics.expressions import evaluate
from altac.semantics.fitting import resolve
from altac.semantics.heads import head
from altac.semantics.scopes import Env
from altac.semantics.slots import Slot
from altac.semantics.type_expressions import type_of, typed
from altac.semantics.values import POISON, ComponentV, FnV, Named, Namespace, Poison, TypeV, Value, is_runtime
from altac.semantics.variables import variable
from altac.semantics.wording import kind, show
from altac.source import Source, Span
from altac.syntax import tree
from altac.syntax.parser import parse


def define(context: Context, space: Namespace, decl: Named) -> Value | Slot:
    """The value of a declaration in ``space``; POISON, and a report, if something is wrong with it."""
    match decl:
        case tree.ParamDecl():
            return _param(context, space, decl)
        case tree.ConstDecl(value=node, type=type_):
            env = Env(space)
            return resolve(context, typed(context, evaluate(context, node, env), type_, env, node), None)
        case tree.TypeDecl(name=name, type=type_):
            named = type_of(context, type_, Env(space))
            return named if isinstance(named, Poison) else TypeV(named, name.text)
        case tree.EnumDecl():
            return _enum(context, decl)
        case tree.FnDecl():
            return FnV(decl, space)
        case tree.ComponentDecl():
            return ComponentV(decl, space)
        case tree.UseDecl():
            return instance(context, space, decl)
        case tree.VarDecl():
            return variable(context, space, decl)
        case tree.HeadDecl():
            return head(context, space, decl)


def _param(context: Context, space: Namespace, decl: tree.ParamDecl) -> Value:
    name = decl.name.text
    value = evaluate(context, decl.value, Env(space))
    if is_runtime(value):
        return context.fail(NotStatic(span=decl.value.span, what="a parameter"))
    if space is context.main and name in context.params:
        given = _given(context, name, Env(space))
        if given is POISON:
            return POISON
        if value is not POISON and kind(given) != kind(value):
            if not (operators.number(given) and kind(value) == "real"):
                return context.fail(ParamType(span=decl.name.span, name=name, expected=kind(value), found=show(given)))
        value = given
    return typed(context, value, decl.type, Env(space), decl.value)


def _given(context: Context, name: str, env: Env) -> Value:
    """A parameter from outside: a Python value, or text in the language."""
    raw = context.params[name]
    if isinstance(raw, (bool, int, Fraction)):
        return raw
    if isinstance(raw, float) and isfinite(raw):
        return Fraction(raw).limit_denominator(10**9)
    parsed = parse(Source(f"-D {name}", f"const {name} = {raw}"))
    match parsed.tree.declarations:
        case (tree.ConstDecl(value=node),) if not parsed.problems:
            value = evaluate(context, node, env)
            if not is_runtime(value):
                return value
    return context.fail(BadParam(name=name, text=str(raw)))


def _enum(context: Context, decl: tree.EnumDecl) -> Value:
    members: list[ir.Symbol] = []
    seen: dict[str, Span] = {}
    for member in decl.members:
        name = member.name.text
        if name in seen:
            context.report(DuplicateMember(span=member.name.span, name=name, enum=decl.name.text, other=seen[name]))
            continue
        seen[name] = member.name.span
        members.append(ir.Symbol(name, member.spelling.value if member.spelling is not None else name))
    if not members and context.faulty(decl.span):
        return POISON  # what stands there could not be read
    if not members:
        return context.fail(EmptyEnum(span=decl.span, name=decl.name.text))
    if len(members) > limits.TYPE:
        context.report(TypeTooLarge(span=decl.name.span, size=len(members), limit=limits.TYPE))
    return TypeV(ir.EnumDomain(decl.name.text, tuple(members)), decl.name.text)
