"""``match``: patterns to tests, exhaustiveness, unreachable arms."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

from altac import ir
from altac.semantics import errors, operators
from altac.semantics.operators import OperandError
from altac.semantics.scopes import Env
from altac.semantics.values import POISON, RangeV, Rt, Tab, Value, code_of, is_runtime, kind, show, value_of
from altac.syntax import tree

if TYPE_CHECKING:
    from altac.semantics.checker import Checker

#: Combinations of values for which a match on a tuple is checked to be exhaustive.
LIMIT = 200_000

#: The values an item of the subject may have, by position; None stands for any.
_Accepts = frozenset[Any]


class Patterns:
    def __init__(self, checker: Checker) -> None:
        self.checker = checker

    def arms(self, node: tree.Match, subject: Value, env: Env) -> list[tuple[Any, tree.Block]] | None:
        """Each arm's test (True, False or an `Rt`) given that no earlier arm applied, with its body."""
        items = subject if isinstance(subject, tuple) else (subject,)
        spaces = []
        for item in items:
            space = self._values(item)
            if space is None:
                self.checker.report(errors.CannotMatch(span=node.subject.span, found=kind(item)))
                return None
            spaces.append(space)
        total = 1
        for space in spaces:
            total *= len(space)
        if total > LIMIT:
            self.checker.report(errors.MatchTooLarge(span=node.subject.span, count=total, limit=LIMIT))
            return None
        left = set(product(*spaces))
        arms: list[tuple[Any, tree.Block]] = []
        sound = True
        for arm in node.arms:
            covered: set[tuple[Any, ...]] = set()
            test: Value = False
            for pattern in arm.patterns:
                accepted = self._accepted(pattern, items, spaces, env, isinstance(subject, tuple))
                if accepted is None:
                    sound = False
                    continue
                covered |= set(product(*accepted))
                test = operators.disjunction(test, self._test(items, accepted, spaces, arm), arm.span)
            fresh = covered & left
            if sound and not fresh and any(isinstance(i, Rt) for i in items):
                self.checker.report(errors.UnreachableArm(span=arm.patterns[0].span.to(arm.patterns[-1].span)))
            left -= covered
            arms.append((True if sound and fresh and not left else test, arm.body))
        if not sound:
            return None
        if left:
            missing = sorted(left, key=str)[:5] if len(left) > 5 else sorted(left, key=lambda v: tuple(map(_rank, v)))
            text = ", ".join(_show(m) for m in missing) + (
                f" and {len(left) - len(missing)} more" if len(left) > len(missing) else ""
            )
            self.checker.report(errors.NotExhaustive(span=node.subject.span, missing=text))
            return None
        return _possible(arms)

    def _values(self, item: Value) -> list[Any] | None:
        if isinstance(item, Rt):
            if item.domain.size > LIMIT:
                return None
            return [value_of(item.domain, c) for c in range(item.domain.low, item.domain.low + item.domain.size)]
        if isinstance(item, Tab | tuple) or (code_of(item) is None and not isinstance(item, str)):
            return None
        return [item]

    def _accepted(
        self, pattern: tree.Pattern, items: tuple[Value, ...], spaces: list[list[Any]], env: Env, is_tuple: bool
    ) -> list[list[Any]] | None:
        match pattern:
            case tree.WildcardPattern():
                return list(spaces)
            case tree.TuplePattern(items=parts):
                if not is_tuple or len(parts) != len(items):
                    self.checker.report(
                        errors.PatternShape(span=pattern.span, parts=len(parts), subject=len(items) if is_tuple else 1)
                    )
                    return None
                result = []
                for alternatives, item, space in zip(parts, items, spaces, strict=True):
                    chosen: list[Any] = []
                    for alternative in alternatives:
                        one = self._accepted(alternative, (item,), [space], env, False)
                        if one is None:
                            return None
                        chosen.extend(v for v in one[0] if v not in chosen)
                    result.append(chosen)
                return result
            case tree.ValuePattern(value=node):
                if is_tuple:
                    self.checker.report(errors.PatternShape(span=pattern.span, parts=1, subject=len(items)))
                    return None
                return self._constant(node, items[0], spaces[0], env)

    def _constant(self, node: tree.Expr, item: Value, space: list[Any], env: Env) -> list[list[Any]] | None:
        value = self.checker.evaluate(node, env)
        if value is POISON:
            return None
        value, _ = self.checker.resolve_pair(value, item, node)
        if value is POISON:
            return None
        if is_runtime(value):
            self.checker.report(errors.NotStatic(span=node.span, what="a pattern"))
            return None
        try:
            value = operators._literal_token(value, item)
            if isinstance(value, RangeV):
                if not operators.is_int(item):
                    raise OperandError
                found = [v for v in space if v in value]
            else:
                found = [v for v in space if operators.equal(v, value)]
                if not found and kind(value) != kind(item) and not (operators.is_int(value) and operators.is_int(item)):
                    raise OperandError
        except OperandError:
            self.checker.report(errors.PatternType(span=node.span, found=kind(value), subject=kind(item)))
            return None
        if not found and isinstance(item, Rt):
            self.checker.report(
                errors.PatternNever(
                    span=node.span,
                    value=show(value),
                    subject=f"{item.domain.low}..{item.domain.low + item.domain.size - 1}",
                )
            )
            return None
        return [found]

    def _test(
        self, items: tuple[Value, ...], accepted: list[list[Any]], spaces: list[list[Any]], arm: tree.Arm
    ) -> Value:
        test: Value = True
        span = arm.patterns[0].span
        for item, chosen, space in zip(items, accepted, spaces, strict=True):
            if len(chosen) == len(space):
                continue
            if not isinstance(item, Rt):
                return False
            codes = frozenset(c for c in map(code_of, chosen) if c is not None)
            part: Value
            if len(codes) == 1:
                (code,) = codes
                part = Rt(ir.Compare("==", item.expr, ir.Const(code), span), ir.BoolDomain(), item)
            else:
                part = Rt(ir.Member(item.expr, codes, span), ir.BoolDomain(), item) if codes else False
            test = operators.conjunction(test, part, span)
        return test


def _possible(arms: list[tuple[Any, tree.Block]]) -> list[tuple[Any, tree.Block]]:
    """The arms that can be chosen, up to the first that surely is."""
    result = []
    for test, body in arms:
        if test is not False:
            result.append((test, body))
        if test is True:
            break
    return result


def _rank(value: Any) -> Any:
    code = code_of(value)
    return code if code is not None else 0


def _show(values: tuple[Any, ...]) -> str:
    return show(values[0]) if len(values) == 1 else show(values)
