"""``match``: patterns to tests, exhaustiveness, unreachable arms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from math import prod

from altac import ir
from altac.diagnostics.type_errors import (
    CannotMatch,
    MatchTooLarge,
    NotExhaustive,
    NotStatic,
    PatternNever,
    PatternShape,
    PatternType,
    UnreachableArm,
)
from altac.semantics import limits, operators
from altac.semantics.context import Context
from altac.semantics.failures import OperandError
from altac.semantics.fitting import resolve_both
from altac.semantics.values import POISON, RangeV, Rt, Tab, Value, code_of, is_runtime, values_of
from altac.semantics.wording import kind, show
from altac.syntax import tree


@dataclass(frozen=True)
class Arm:
    """The body of an arm, and whether it applies given that no earlier one does."""

    test: bool | Rt
    body: tree.Block


@dataclass(frozen=True)
class _Subject:
    """What is matched: its items (one, unless it is a tuple) and the values that each may have."""

    items: tuple[Value, ...]
    spaces: tuple[list[Value], ...]
    is_tuple: bool
    general: bool


#: The value of a pattern's expression.
Constant = Callable[[tree.Expr], Value]


def arms(context: Context, node: tree.Match, subject: Value, constant: Constant, general: bool) -> list[Arm] | None:
    """The arms that can apply, in order, up to the first that surely does; None if something is wrong with them. A
    ``general`` match is evaluated for other subjects too, so an arm that this one never reaches is no mistake."""
    items = subject if isinstance(subject, tuple) else (subject,)
    spaces = []
    for item in items:
        space = _values(item)
        if space is None:
            context.report(CannotMatch(span=node.subject.span, found=kind(item)))
            return None
        spaces.append(space)
    total = prod(map(len, spaces))
    if total > limits.MATCH:
        context.report(MatchTooLarge(span=node.subject.span, count=total, limit=limits.MATCH))
        return None
    matched = _Subject(items, tuple(spaces), isinstance(subject, tuple), general)
    left = set(product(*spaces))
    found: list[Arm] = []
    sound, wild = True, False
    for arm in node.arms:
        covered: set[tuple[Value, ...]] = set()
        test: bool | Rt = False
        for pattern in arm.patterns:
            accepted = _accepted(context, pattern, matched, constant)
            if accepted is None:
                sound = False
                continue
            covered |= set(product(*accepted))
            test = operators.disjunction(test, _test(matched, accepted, arm), arm.span)
        fresh = covered & left
        if sound and not fresh and any(isinstance(i, Rt) for i in items) and (wild or not general):
            context.report(UnreachableArm(span=arm.patterns[0].span.to(arm.patterns[-1].span)))
        left -= covered
        wild = wild or any(isinstance(pattern, tree.WildcardPattern) for pattern in arm.patterns)
        found.append(Arm(True if sound and fresh and not left else test, arm.body))
    if not sound:
        return None
    if left:
        context.report(NotExhaustive(span=node.subject.span, missing=_missing(left)))
        return None
    return _possible(found)


def _missing(left: set[tuple[Value, ...]]) -> str:
    shown = sorted(left, key=str)[:5] if len(left) > 5 else sorted(left, key=lambda values: tuple(map(_rank, values)))
    text = ", ".join(show(values[0] if len(values) == 1 else values) for values in shown)
    return text + (f" and {len(left) - len(shown)} more" if len(left) > len(shown) else "")


def _rank(value: Value) -> int:
    code = code_of(value)
    return code if code is not None else 0


def _possible(arms: list[Arm]) -> list[Arm]:
    result = []
    for arm in arms:
        if arm.test is not False:
            result.append(arm)
        if arm.test is True:
            break
    return result


def _values(item: Value) -> list[Value] | None:
    """The values that ``item`` may have, or None if it cannot be matched."""
    if isinstance(item, Rt):
        return values_of(item.domain) if item.domain.size <= limits.MATCH else None
    if isinstance(item, Tab | tuple) or (code_of(item) is None and not isinstance(item, str)):
        return None
    return [item]


def _accepted(
    context: Context, pattern: tree.Pattern, subject: _Subject, constant: Constant
) -> list[list[Value]] | None:
    """The values that a pattern accepts, item by item; None if it is wrong."""
    match pattern:
        case tree.WildcardPattern():
            return list(subject.spaces)
        case tree.TuplePattern(items=parts):
            if not subject.is_tuple or len(parts) != len(subject.items):
                count = len(subject.items) if subject.is_tuple else 1
                context.report(PatternShape(span=pattern.span, parts=len(parts), subject=count))
                return None
            result = []
            for alternatives, item, space in zip(parts, subject.items, subject.spaces, strict=True):
                chosen: list[Value] = []
                for alternative in alternatives:
                    one = _accepted(context, alternative, _Subject((item,), (space,), False, subject.general), constant)
                    if one is None:
                        return None
                    chosen.extend(v for v in one[0] if v not in chosen)
                result.append(chosen)
            return result
        case tree.ValuePattern(value=node):
            if subject.is_tuple:
                context.report(PatternShape(span=pattern.span, parts=1, subject=len(subject.items)))
                return None
            found = _equal(context, node, constant(node), subject)
            return None if found is None else [found]


def _equal(context: Context, node: tree.Expr, value: Value, subject: _Subject) -> list[Value] | None:
    """Those of the values of a subject of one item that a constant pattern accepts; None if it is wrong."""
    item, space = subject.items[0], subject.spaces[0]
    value, _ = resolve_both(context, value, item)
    if value is POISON:
        return None
    if is_runtime(value):
        context.report(NotStatic(span=node.span, what="a pattern"))
        return None
    try:
        value = operators.literal_token(value, item)
        if isinstance(value, RangeV):
            found = [v for v in space if operators.contains(v, value)]
        else:
            found = [v for v in space if operators.equal(v, value)]
            if not found and kind(value) != kind(item) and not (operators.is_int(value) and operators.is_int(item)):
                raise OperandError
    except OperandError:
        context.report(PatternType(span=node.span, found=kind(value), subject=kind(item)))
        return None
    if not found and isinstance(item, Rt) and not subject.general:
        low, high = item.domain.low, item.domain.low + item.domain.size - 1
        context.report(PatternNever(span=node.span, value=show(value), subject=f"{low}..{high}"))
        return None
    return found


def _test(subject: _Subject, accepted: list[list[Value]], arm: tree.Arm) -> bool | Rt:
    """Whether the subject is among the accepted values."""
    test: bool | Rt = True
    span = arm.patterns[0].span
    for item, chosen, space in zip(subject.items, accepted, subject.spaces, strict=True):
        if len(chosen) == len(space):
            continue
        if not isinstance(item, Rt):
            return False
        codes = frozenset(c for c in map(code_of, chosen) if c is not None)
        part: bool | Rt
        if len(codes) == 1:
            (code,) = codes
            part = Rt(ir.Compare("==", item.expr, ir.Const(code), span), ir.BoolDomain())
        else:
            part = Rt(ir.Member(item.expr, codes, span), ir.BoolDomain()) if codes else False
        test = operators.conjunction(test, part, span)
    return test
