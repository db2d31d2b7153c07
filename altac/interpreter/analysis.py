"""What can be known about a program before it runs: ranges of expressions, slots read, uniform slots."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

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
    MlpCode,
    Not,
    Or,
    Program,
    Read,
    Stmt,
)

Interval = tuple[int, int]


@contextmanager
def deep_recursion(limit: int = 50_000) -> Iterator[None]:
    """Lets Python functions recurse over long `else if` chains and unrolled sums.

    Calls between Python functions use no C stack from Python 3.11 on, so a high limit is safe.
    """
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, limit))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def arithmetic_interval(op: str, left: Interval, right: Interval) -> Interval:
    """Bounds of ``left op right``, over the pairs for which it is defined (0, 0 if there are none)."""
    (a, b), (c, d) = left, right
    if op == "+":
        return a + c, b + d
    if op == "-":
        return a - d, b - c
    if op == "min":
        return min(a, c), min(b, d)
    if op == "max":
        return max(a, c), max(b, d)
    if op == "*":
        corners = [x * y for x in (a, b) for y in (c, d)]
        return min(corners), max(corners)
    divisors = [(lo, hi) for lo, hi in ((max(c, 1), d), (c, min(d, -1))) if lo <= hi]
    if not divisors:
        return 0, 0
    if op == "//":  # on each sign of the divisor monotone in either operand, so the corners bound it
        corners = [x // y for x in (a, b) for pair in divisors for y in pair]
        return min(corners), max(corners)
    low = min(min(lo + 1, 0) if lo < 0 else 0 for lo, _ in divisors)
    high = max(hi - 1 if hi > 0 else 0 for _, hi in divisors)
    return low, high


def slots_read(expr: Expr, lets: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """The variables and heads that ``expr`` may read; ``lets`` gives those of the enclosing lets."""
    match expr:
        case Const():
            return frozenset()
        case Read(name):
            return frozenset((name,))
        case LetRead(name):
            return lets[name]
        case Not(operand) | Member(operand):
            return slots_read(operand, lets)
        case And(left, right) | Or(left, right) | Arithmetic(_, left, right) | Compare(_, left, right):
            return slots_read(left, lets) | slots_read(right, lets)
        case IfExpr(condition, then, orelse):
            return slots_read(condition, lets) | slots_read(then, lets) | slots_read(orelse, lets)
        case Lookup(indices):
            return frozenset().union(*(slots_read(i, lets) for i in indices))


def lets_read(expr: Expr) -> frozenset[str]:
    """The lets that ``expr`` reads itself."""
    match expr:
        case Const() | Read():
            return frozenset()
        case LetRead(name):
            return frozenset((name,))
        case Not(operand) | Member(operand):
            return lets_read(operand)
        case And(left, right) | Or(left, right) | Arithmetic(_, left, right) | Compare(_, left, right):
            return lets_read(left) | lets_read(right)
        case IfExpr(condition, then, orelse):
            return lets_read(condition) | lets_read(then) | lets_read(orelse)
        case Lookup(indices):
            return frozenset().union(*(lets_read(i) for i in indices))


def updates(program: Program) -> list[tuple[str, frozenset[str]]]:
    """For every update in the MLP, its target and the slots on which its happening and its value depend."""
    if not isinstance(program.mlp, MlpCode):
        return [(rule.target, frozenset(name for name, _ in rule.antecedent)) for rule in program.mlp.rules]
    found: list[tuple[str, frozenset[str]]] = []

    def walk(block: tuple[Stmt, ...], guard: frozenset[str], lets: Mapping[str, frozenset[str]]) -> None:
        lets = dict(lets)
        for stmt in block:
            match stmt:
                case Let(name, value):
                    lets[name] = slots_read(value, lets)
                case Assign(target, value):
                    found.append((target, guard | slots_read(value, lets)))
                case If(condition, then, orelse):
                    inner = guard | slots_read(condition, lets)
                    walk(then, inner, lets)
                    walk(orelse, inner, lets)

    walk(program.mlp.body, frozenset(), {})
    return found


def uniform_slots(program: Program) -> frozenset[str]:
    """Slots that hold the same value at all positions of a sequence, in every layer.

    These are the greatest set of variables with a constant initial value whose updates depend only on slots of the
    set, and of heads without offsets whose query is in the set: such a head selects the same positions from
    everywhere. The control state of a machine (program counter, stack pointers, what they point at) is of this
    kind, so it is stored and computed once per sequence instead of once per position.
    """
    uniform = {v.name for v in program.variables if len(set(v.initial.values)) == 1}
    if program.causal is None:
        uniform |= {h.name for h in program.heads if h.offsets is None}
    found = updates(program)
    while True:
        lost = {target for target, reads in found if target in uniform and not reads <= uniform}
        lost |= {h.name for h in program.heads if h.name in uniform and h.query is not None and h.query not in uniform}
        if not lost:
            return frozenset(uniform)
        uniform -= lost


def assigned_variables(program: Program) -> frozenset[str]:
    """The variables that some update of the MLP targets."""
    return frozenset(target for target, _ in updates(program))
