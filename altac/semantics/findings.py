"""What can be seen in a checked program: reads that are certain to be undefined, and what nothing reads."""

from __future__ import annotations

from collections.abc import Iterator

from altac import ir
from altac.diagnostics.declaration_errors import AlwaysUndefined, NeverRead
from altac.diagnostics.problem import Problem
from altac.ir.traversal import children, expressions, nodes, slots_read
from altac.source import Source


def undefined_reads(program: ir.Program) -> Iterator[Problem]:
    """Reads at every position of heads that select nothing at the first or at the last one.

    The first layer then fails on every input.
    """
    if not isinstance(program.mlp, ir.MlpCode):
        return
    mlp = program.mlp
    for read in _certain(mlp.body):
        slot = next(s for s in program.slots if s.name == read.name)
        if not isinstance(slot, ir.Head) or not slot.offsets:
            continue
        if max(slot.offsets) < 0:
            yield AlwaysUndefined(span=read.span, head=slot.name, place="first", side="before", declared=slot.span)
        elif min(slot.offsets) > 0:
            yield AlwaysUndefined(span=read.span, head=slot.name, place="last", side="after", declared=slot.span)


def _certain(body: tuple[ir.Stmt, ...]) -> Iterator[ir.Read]:
    """The reads that every path through ``body`` comes to."""
    for stmt in body:
        match stmt:
            case ir.Assign(value=value) | ir.Let(value=value):
                yield from _certain_in(value)
            case ir.If(condition=condition):
                yield from _certain_in(condition)


def _certain_in(expr: ir.Expr) -> Iterator[ir.Read]:
    match expr:
        case ir.Read():
            yield expr
        case ir.And(left=first) | ir.Or(left=first) | ir.IfExpr(condition=first):
            yield from _certain_in(first)
        case _:
            for part in children(expr):
                yield from _certain_in(part)


def never_read(program: ir.Program, source: Source) -> Iterator[Problem]:
    """Variables and heads of the file itself that nothing reads; components may offer more than is used."""
    used = {program.output}
    for head in program.heads:
        used |= {name for name in (head.query, head.key, head.value) if name is not None}
    if program.halt is not None:
        used |= slots_read(program.halt)
    match program.mlp:
        case ir.MlpCode(body=body):
            used |= {part.name for expr in expressions(body) for part in nodes(expr) if isinstance(part, ir.Read)}
        case ir.MlpRules(rules=rules):  # a rule names its target's old value in any case
            used |= {name for rule in rules for name, _ in rule.antecedent if name != rule.target}
    for slot in program.slots:
        if slot.name not in used and slot.span is not None and slot.span.source == source and "." not in slot.name:
            yield NeverRead(span=slot.span, name=slot.name, what="head" if isinstance(slot, ir.Head) else "variable")
