"""Going through expressions and statements: parts, rebuilding, what is read and what is updated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from altac.ir.expressions import (
    And,
    Arithmetic,
    Compare,
    Const,
    Expr,
    IfExpr,
    LetRead,
    Lookup,
    Member,
    Not,
    Or,
    Read,
)
from altac.ir.program import Assign, If, Let, MlpCode, Program, Stmt

NO_LETS: Mapping[str, frozenset[str]] = {}


def children(expr: Expr) -> tuple[Expr, ...]:
    """The direct parts of an expression, in order of evaluation."""
    match expr:
        case Const() | Read() | LetRead():
            return ()
        case Not(operand) | Member(operand):
            return (operand,)
        case And(left, right) | Or(left, right) | Arithmetic(_, left, right) | Compare(_, left, right):
            return (left, right)
        case IfExpr(condition, then, orelse):
            return (condition, then, orelse)
        case Lookup(indices):
            return indices


def rebuild(expr: Expr, parts: tuple[Expr, ...]) -> Expr:
    """``expr`` with other parts, as many as it has; itself if they are the same."""
    if all(new is old for new, old in zip(parts, children(expr), strict=True)):
        return expr
    match expr:
        case Const() | Read() | LetRead():
            return expr
        case Not() | Member():
            return replace(expr, operand=parts[0])
        case And() | Or() | Arithmetic() | Compare():
            return replace(expr, left=parts[0], right=parts[1])
        case IfExpr():
            return replace(expr, condition=parts[0], then=parts[1], orelse=parts[2])
        case Lookup():
            return replace(expr, indices=parts)


def nodes(expr: Expr) -> Iterator[Expr]:
    """An expression and all its parts, without recursion; a whole before its parts."""
    pending = [expr]
    while pending:
        found = pending.pop()
        yield found
        pending += reversed(children(found))


def slots_read(expr: Expr, lets: Mapping[str, frozenset[str]] = NO_LETS) -> frozenset[str]:
    """The variables and heads that ``expr`` may read; ``lets`` gives those of the enclosing lets."""
    found: set[str] = set()
    for node in nodes(expr):
        if isinstance(node, Read):
            found.add(node.name)
        elif isinstance(node, LetRead):
            found |= lets[node.name]
    return frozenset(found)


def lets_read(expr: Expr) -> frozenset[str]:
    """The lets that ``expr`` reads itself."""
    return frozenset(node.name for node in nodes(expr) if isinstance(node, LetRead))


def substitute(expr: Expr, lets: Mapping[str, Expr]) -> Expr:
    """``expr`` with the values of lets in place of their reads; shared, not copied."""
    if isinstance(expr, LetRead):
        return lets[expr.name]
    return rebuild(expr, tuple(substitute(part, lets) for part in children(expr)))


def expressions(body: tuple[Stmt, ...]) -> Iterator[Expr]:
    """The expressions of statements: values and conditions, in program order, without recursion."""
    pending = list(reversed(body))
    while pending:
        match pending.pop():
            case Let(value=value) | Assign(value=value):
                yield value
            case If(condition, then, orelse):
                yield condition
                pending += reversed(then + orelse)


def updates(program: Program) -> list[tuple[str, frozenset[str]]]:
    """For every update in the MLP, its target and the slots on which its happening and its value depend."""
    if not isinstance(program.mlp, MlpCode):
        return [(rule.target, frozenset(name for name, _ in rule.antecedent)) for rule in program.mlp.rules]
    found: list[tuple[str, frozenset[str]]] = []
    nothing: frozenset[str] = frozenset()
    pending = [(program.mlp.body, nothing, dict[str, frozenset[str]]())]
    while pending:  # without recursion: a chain of `else if` nests as deep as it is long
        block, guard, lets = pending.pop()
        inside = []
        for stmt in block:
            match stmt:
                case Let(name, value):
                    lets[name] = slots_read(value, lets)
                case Assign(target, value):
                    found.append((target, guard | slots_read(value, lets)))
                case If(condition, then, orelse):
                    inner = guard | slots_read(condition, lets)
                    inside += [(then, inner, dict(lets)), (orelse, inner, dict(lets))]
        pending += reversed(inside)
    return found
