"""Plain evaluation of expressions whose lets have been put in place, with an account of what is read."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from altac.ir import (
    And,
    Arithmetic,
    Assign,
    Compare,
    Const,
    Expr,
    If,
    IfExpr,
    Let,
    LetRead,
    Lookup,
    Member,
    MlpRules,
    Not,
    Or,
    Program,
    Read,
    Rule,
    Stmt,
)
from altac.source import Span

OPERATORS: dict[str, Callable[[int, int], int]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "min": min, "max": max,
    "//": operator.floordiv, "%": operator.mod,
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


class Undefined(Exception):
    """The expression has no value: a division by zero, a missing table entry."""


@dataclass(frozen=True, eq=False)
class Update:
    """An update of the target, its expression without let reads."""

    value: Expr
    span: Span | None


@dataclass(frozen=True, eq=False)
class Choice:
    """A condition, and the updates on either side of it, the last first."""

    condition: Expr
    then: Chain
    orelse: Chain


#: Statements as a list from the last to the first; None is the empty list.
Chain = tuple[Update | Choice, "Chain"] | None


def slice_of(body: tuple[Stmt, ...], target: str) -> Chain:
    """The statements of ``body`` that decide about ``target``, the last first, lets put in place."""
    return _slice(body, target, {})


def _slice(body: tuple[Stmt, ...], target: str, lets: Mapping[str, Expr]) -> Chain:
    lets = dict(lets)
    chain: Chain = None
    for statement in body:
        match statement:
            case Let(name=name, value=value):
                lets[name] = resolve(value, lets)
            case Assign(target=name, value=value, span=span):
                if name == target:
                    chain = Update(resolve(value, lets), span), None
            case If(condition=condition, then=then, orelse=orelse):
                first, second = _slice(then, target, lets), _slice(orelse, target, lets)
                if first or second:
                    chain = Choice(resolve(condition, lets), first, second), chain
    return chain


def resolve(expr: Expr, lets: Mapping[str, Expr]) -> Expr:
    """``expr`` with the values of lets in place of their reads; shared, not copied."""
    match expr:
        case Const() | Read():
            return expr
        case LetRead(name=name):
            return lets[name]
        case Not(operand=operand):
            return Not(resolve(operand, lets))
        case And(left=left, right=right):
            return And(resolve(left, lets), resolve(right, lets))
        case Or(left=left, right=right):
            return Or(resolve(left, lets), resolve(right, lets))
        case Arithmetic(op=op, left=left, right=right):
            return Arithmetic(op, resolve(left, lets), resolve(right, lets))
        case Compare(op=comparison, left=left, right=right):
            return Compare(comparison, resolve(left, lets), resolve(right, lets))
        case Member(operand=operand, values=values):
            return Member(resolve(operand, lets), values)
        case IfExpr(condition=condition, then=then, orelse=orelse):
            return IfExpr(resolve(condition, lets), resolve(then, lets), resolve(orelse, lets))
        case Lookup(indices=indices, lows=lows, shape=shape, table=table):
            return Lookup(tuple(resolve(i, lets) for i in indices), lows, shape, table, expr.missing)


def evaluate(expr: Expr, read: Callable[[str], int]) -> int:
    """The value of an expression without let reads, ``read`` called for each slot as it is read.

    Raises:
        Undefined: it has none.
    """
    match expr:
        case Const(value=value):
            return value
        case Read(name=name):
            return read(name)
        case Not(operand=operand):
            return 1 - evaluate(operand, read)
        case And(left=left, right=right):
            return evaluate(right, read) if evaluate(left, read) else 0
        case Or(left=left, right=right):
            return 1 if evaluate(left, read) else evaluate(right, read)
        case IfExpr(condition=condition, then=then, orelse=orelse):
            return evaluate(then if evaluate(condition, read) else orelse, read)
        case Member(operand=operand, values=values):
            return int(evaluate(operand, read) in values)
        case Arithmetic(op=op, left=left, right=right) | Compare(op=op, left=left, right=right):
            a, b = evaluate(left, read), evaluate(right, read)
            if op in ("//", "%") and b == 0:
                raise Undefined
            return int(OPERATORS[op](a, b))
        case Lookup():
            entry = lookup(expr, [evaluate(i, read) for i in expr.indices])
            if entry is None:
                raise Undefined
            return entry
        case LetRead():
            raise AssertionError("lets are put in place first")


def lookup(expr: Lookup, indices: list[int]) -> int | None:
    """The entry at ``indices``, None if there is none."""
    offset = 0
    for value, low, size in zip(indices, expr.lows, expr.shape, strict=True):
        if not low <= value < low + size:
            return None
        offset = offset * size + value - low
    return expr.table[offset]


class NextValue:
    """The next value of one variable as a function of a way to read slots."""

    def __init__(self, program: Program, target: str) -> None:
        self.domain = program.domain(target)
        self.chain: Chain = None
        self.rules: list[Rule] = []
        #: Where the update stands that the last call came to.
        self.span: Span | None = None
        if isinstance(program.mlp, MlpRules):
            self.rules = [r for r in program.mlp.rules if r.target == target]
        else:
            self.chain = slice_of(program.mlp.body, target)

    def __call__(self, read: Callable[[str], int]) -> int | None:
        """The new value, None if it stays as it is.

        Raises:
            Undefined: an error is reached: no value, two rules with different new values, an update out of range.
        """
        self.span = None
        value = self._by_rules(read) if self.rules else self._by_code(read)
        if value is not None and not self.domain.low <= value < self.domain.low + self.domain.size:
            raise Undefined
        return value

    def _by_rules(self, read: Callable[[str], int]) -> int | None:
        found: int | None = None
        for rule in self.rules:
            if all(read(name) == code for name, code in rule.antecedent):
                if found not in (None, rule.value):
                    raise Undefined
                found, self.span = rule.value, rule.span
        return found

    def _by_code(self, read: Callable[[str], int]) -> int | None:
        pending = [self.chain]  # blocks inside out
        while pending:
            link = pending.pop()
            if link is not None:
                item, before = link
                pending.append(before)
                if isinstance(item, Update):
                    self.span = item.span
                    return evaluate(item.value, read)
                pending.append(item.then if evaluate(item.condition, read) else item.orelse)
        return None
