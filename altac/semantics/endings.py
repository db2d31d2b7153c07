"""What comes out of a program: its output, when it halts, how long it runs and generates."""

from __future__ import annotations

from altac import ir
from altac.diagnostics.declaration_errors import BadCount, BadHalt, BadOutput, CausalOutput, OutputType
from altac.diagnostics.type_errors import NotBool
from altac.ir.traversal import slots_read
from altac.semantics import operators
from altac.semantics.context import Context
from altac.semantics.expressions import evaluate
from altac.semantics.names import slot_of
from altac.semantics.scopes import Env
from altac.semantics.slots import Slot
from altac.semantics.tokens import token
from altac.semantics.type_expressions import integer
from altac.semantics.types import CategoricalDomain, describe
from altac.semantics.values import POISON, Rt
from altac.semantics.wording import kind
from altac.syntax import tree


def output(context: Context, decl: tree.OutputDecl | None) -> Slot | None:
    """The variable that is the output; None, and a report, if it cannot be."""
    if decl is None:
        return None
    value = evaluate(context, decl.value, Env(context.main, runtime=True))
    if value is POISON:
        return None
    slot = slot_of(value)
    if slot is None or slot.is_head or slot.domain is None:
        context.report(BadOutput(span=decl.value.span, found="a head" if slot else kind(value)))
        return None
    if not isinstance(slot.domain, CategoricalDomain):
        context.report(OutputType(span=decl.value.span, found=describe(slot.domain)))
        return None
    return slot


def halt(context: Context, decl: tree.HaltDecl | None) -> ir.Expr | None:
    """The condition on which a position has halted; None, and a report, if it is none."""
    if decl is None:
        return None
    node = decl.condition
    value = evaluate(context, node, Env(context.main, runtime=True))
    if value is POISON:
        return None
    if not operators.is_bool(value):
        context.report(NotBool(span=node.span, found=kind(value), context="`halt when`"))
        return None
    read = slots_read(value.expr) if isinstance(value, Rt) else frozenset()
    slots = [context.slots[name] for name in read]
    if len(slots) != 1 or slots[0].is_head or not isinstance(slots[0].domain, CategoricalDomain):
        context.report(BadHalt(span=node.span, found=", ".join(sorted(read)) or "nothing"))
        return None
    return operators.rt(value).expr


def layers(context: Context, decl: tree.LayersDecl | None) -> int | None:
    """The number of layers that a program runs; None if it is not declared."""
    return None if decl is None else _count(context, decl.count, "the number of layers")


def causal(context: Context, decl: tree.CausalDecl | None, output: Slot | None) -> ir.Causal | None:
    """How a program generates: until a token, and to a limit; None if it does not."""
    if decl is None:
        return None
    stop = token(context, decl.until, "`until`") if decl.until is not None else None
    limit = _count(context, decl.limit, "the limit") if decl.limit is not None else None
    tokens = context.tokens
    if output is not None and output.domain is not None and tokens is not None:
        both_integers = isinstance(tokens, ir.IntDomain) and isinstance(output.domain, ir.IntDomain)
        if output.domain != tokens and not both_integers:
            context.report(CausalOutput(span=decl.span, found=describe(output.domain)))
    return ir.Causal(stop, limit)


def _count(context: Context, node: tree.Expr, what: str) -> int | None:
    found = integer(context, node, Env(context.main), what)
    if found is not None and found < 0:
        context.report(BadCount(span=node.span, what=what, count=found))
    return found
