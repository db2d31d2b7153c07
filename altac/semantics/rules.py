"""``rules`` blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from altac import ir
from altac.semantics import errors
from altac.semantics.operators import OperandError
from altac.semantics.scopes import Env, Namespace
from altac.semantics.statements import nearest
from altac.semantics.values import POISON, OpenSet, code_of, describe, kind, show
from altac.syntax import tree

if TYPE_CHECKING:
    from altac.semantics.checker import Checker, Slot


def rule_table(checker: Checker, blocks: list[tuple[Namespace, tree.RulesDecl]]) -> tuple[ir.Rule, ...]:
    """The transition rules of all ``rules`` blocks."""
    found: list[ir.Rule] = []
    for space, block in blocks:
        for decl in block.rules:
            rule = _rule(checker, decl, Env(space, runtime=True))
            if rule is not None:
                found.append(rule)
    _conflicts(checker, found)
    return tuple(found)


def _rule(checker: Checker, decl: tree.RuleDecl, env: Env) -> ir.Rule | None:
    antecedent: list[tuple[str, int]] = []
    sound = True
    for slot_node, value_node in decl.antecedent:
        slot = checker.slot_of(checker.evaluate(slot_node, env))
        if slot is None:
            checker.report(errors.RuleSlot(span=slot_node.span))
            sound = False
            continue
        code = _code(checker, slot, value_node, env)
        if code is None:
            sound = False
        elif slot.name in dict(antecedent):
            checker.report(errors.RuleTwice(span=slot_node.span, name=slot.name))
            sound = False
        else:
            antecedent.append((slot.name, code))
    target = checker.slot_of(checker.evaluate(decl.target, env))
    if target is None or target.is_head:
        checker.report(errors.RuleSlot(span=decl.target.span))
        return None
    checker.written.add(target.name)
    value = _code(checker, target, decl.value, env)
    if value is None or not sound:
        return None
    if target.name not in dict(antecedent):
        checker.report(errors.RuleOldValue(span=decl.span, name=target.name))
        return None
    return ir.Rule(tuple(antecedent), target.name, value, decl.span)


def _code(checker: Checker, slot: Slot, node: tree.Expr, env: Env) -> int | None:
    value = checker.evaluate(node, env)
    if value is POISON or slot.domain is None:
        return None
    value, _ = checker.resolve_pair(value, checker.read(slot, node.span), node)
    if value is POISON:
        return None
    domain: Any = slot.domain
    try:
        if isinstance(domain, ir.RealDomain):
            return nearest(domain, value)
        if isinstance(domain, (ir.SetDomain, OpenSet)):
            codes = checker.set_codes(value, domain.element)
            if codes is not None and slot.open and codes not in checker.family(slot):
                checker.grow(slot, codes, node.span)
            if codes in checker.family(slot):
                return checker.family(slot).index(codes)
            checker.report(errors.NotInFamily(span=node.span, name=slot.name, value=show(value)))
            return None
    except OperandError:
        checker.report(errors.Mismatch(span=node.span, expected=describe(domain), found=kind(value)))
        return None
    value = checker.checked(value, domain, node)
    if value is POISON:
        return None
    code = code_of(value)
    if code is None:
        checker.report(errors.NotStatic(span=node.span, what="a value in a rule"))
    return code


def _conflicts(checker: Checker, rules: list[ir.Rule]) -> None:
    """Report identical antecedents with different results."""
    seen: dict[Any, ir.Rule] = {}
    for rule in rules:
        key = (rule.target, frozenset(rule.antecedent))
        other = seen.setdefault(key, rule)
        if other.value != rule.value and rule.span is not None:
            checker.report(errors.RuleConflict(span=rule.span, name=rule.target, other=other.span))
