"""Values on their way into a variable."""

from __future__ import annotations

from altac import ir
from altac.diagnostics.declaration_errors import CannotAssign
from altac.diagnostics.type_errors import FamilyTooLarge, Mismatch, NotInFamily
from altac.semantics import limits, operators
from altac.semantics.context import Context
from altac.semantics.failures import Failure, OperandError, TooLarge
from altac.semantics.fitting import SETS, fit, nearest, resolve, set_codes
from altac.semantics.limits import GiveUp
from altac.semantics.names import slot_of
from altac.semantics.slots import Slot
from altac.semantics.tables import lookup, settle, tabulate
from altac.semantics.types import OpenSet, describe
from altac.semantics.values import POISON, Tab, Value, is_runtime
from altac.semantics.wording import kind, show
from altac.source import Span
from altac.syntax import tree


def target(context: Context, value: Value, node: tree.Expr) -> Slot | None:
    """The variable that ``value`` is a reference to; None, and a report, if it is none."""
    if value is POISON:
        return None
    slot = slot_of(value)
    if slot is not None and not slot.is_head:
        return slot
    constant = "not a variable" if is_runtime(value) else f"a constant ({kind(value)})"
    what = "a head" if slot is not None else constant
    context.report(CannotAssign(span=node.span, name=node.span.text, what=what))
    return None


def stored(context: Context, value: Value, slot: Slot, node: tree.Expr) -> ir.Expr | None:
    """``value`` as a code of the slot's domain; None, and a report, if it does not fit."""
    domain = slot.domain
    value = resolve(context, value, domain)
    if domain is None or value is POISON:
        return None
    try:
        if isinstance(domain, ir.RealDomain):
            return _bucket(domain, value, node.span)
        if isinstance(domain, (ir.SetDomain, OpenSet)):
            return _member_of_family(context, value, slot, domain, node)
    except OperandError:
        hint = SETS if isinstance(domain, (ir.SetDomain, OpenSet)) else ""
        context.report(Mismatch(span=node.span, expected=describe(domain), found=kind(value), hint=hint))
        return None
    except TooLarge as large:
        context.report(large.problem(node.span))
        return None
    value = fit(context, value, domain, node)
    return None if value is POISON else operators.rt(value).expr


def _bucket(domain: ir.RealDomain, value: Value, span: Span) -> ir.Expr:
    found = settle(tabulate(lambda v: nearest(domain, v), value), span)
    if isinstance(found, Tab):
        raise OperandError
    return operators.rt(found).expr


def _member_of_family(
    context: Context, value: Value, slot: Slot, domain: ir.SetDomain | OpenSet, node: tree.Expr
) -> ir.Expr | None:
    """``value`` as an index into the family of ``slot``, to which it is added if the family is inferred."""
    known = {codes: i for i, codes in enumerate(slot.family)}

    def index(item: Value) -> int:
        codes = set_codes(item, domain.element)
        if codes is not None and codes not in known and isinstance(domain, OpenSet):
            _grow(slot, codes, node.span)
            known[codes] = len(known)
        if codes is None or codes not in known:
            raise Failure("not-in-family")
        return known[codes]

    tab = tabulate(index, value)
    table = tuple(entry if isinstance(entry, int) else None for entry in tab.entries)
    if tab.dims:
        last = max(0, len(known) - 1)
        return lookup(tab.dims, table, ir.IntDomain(0, last), "not-in-family", node.span).expr
    if table[0] is not None:
        return ir.Const(table[0], node.span)
    if isinstance(domain, OpenSet) or kind(value) != "set":
        hint = "" if kind(value) == "set" else SETS
        context.report(Mismatch(span=node.span, expected=describe(domain), found=show(value), hint=hint))
    else:
        context.report(NotInFamily(span=node.span, name=slot.name, value=show(value)))
    return None


def _grow(slot: Slot, entry: frozenset[int], span: Span) -> None:
    """Add a set to an inferred family."""
    if len(slot.inferred) >= limits.FAMILY:
        raise GiveUp(FamilyTooLarge(span=span, name=slot.name, limit=limits.FAMILY))
    slot.inferred.append(entry)
