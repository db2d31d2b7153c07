"""``rules`` blocks."""

from __future__ import annotations

from altac import ir
from altac.diagnostics.declaration_errors import RuleConflict, RuleOldValue, RuleSlot, RuleTwice
from altac.diagnostics.type_errors import NotStatic
from altac.semantics.assignments import stored
from altac.semantics.context import Context
from altac.semantics.expressions import evaluate
from altac.semantics.names import slot_of
from altac.semantics.scopes import Env
from altac.semantics.slots import Slot
from altac.semantics.values import POISON, Namespace
from altac.syntax import tree


def transition_rules(context: Context, blocks: list[tuple[Namespace, tree.RulesDecl]]) -> tuple[ir.Rule, ...]:
    """The transition rules of all ``rules`` blocks, each with the namespace that it stands in."""
    found = [_rule(context, decl, Env(space, runtime=True)) for space, block in blocks for decl in block.rules]
    rules = tuple(rule for rule in found if rule is not None)
    _report_conflicts(context, rules)
    return rules


def _rule(context: Context, decl: tree.RuleDecl, env: Env) -> ir.Rule | None:
    antecedent: dict[str, int] = {}
    sound = True
    for slot_node, value_node in decl.antecedent:
        slot = slot_of(evaluate(context, slot_node, env))
        if slot is None:
            context.report(RuleSlot(span=slot_node.span))
            sound = False
            continue
        code = _code(context, slot, value_node, env)
        if code is None:
            sound = False
        elif slot.name in antecedent:
            context.report(RuleTwice(span=slot_node.span, name=slot.name))
            sound = False
        else:
            antecedent[slot.name] = code
    target = slot_of(evaluate(context, decl.target, env))
    if target is None or target.is_head:
        context.report(RuleSlot(span=decl.target.span))
        return None
    value = _code(context, target, decl.value, env)
    if value is None or not sound:
        return None
    if target.name not in antecedent:
        context.report(RuleOldValue(span=decl.span, name=target.name))
        return None
    return ir.Rule(tuple(antecedent.items()), target.name, value, decl.span)


def _code(context: Context, slot: Slot, node: tree.Expr, env: Env) -> int | None:
    value = evaluate(context, node, env)
    expr = None if value is POISON else stored(context, value, slot, node)
    if expr is None or isinstance(expr, ir.Const):
        return None if expr is None else expr.value
    context.report(NotStatic(span=node.span, what="a value in a rule"))
    return None


def _report_conflicts(context: Context, rules: tuple[ir.Rule, ...]) -> None:
    """Report identical antecedents with different results."""
    seen: dict[tuple[str, frozenset[tuple[str, int]]], ir.Rule] = {}
    for rule in rules:
        other = seen.setdefault((rule.target, frozenset(rule.antecedent)), rule)
        if other.value != rule.value and rule.span is not None:
            context.report(RuleConflict(span=rule.span, name=rule.target, other=other.span))
