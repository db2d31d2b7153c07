"""Expressions and MLP code as closures over views.

An expression over few slots is tabulated once, over all combinations of their codes, and is then a
single gather. Other nodes become numpy operations. Conditions split views, so a guarded
part sees only the positions that its guard lets through. Errors are only marked (`Store.flag`), with some value
inside the expression's bounds put in their place; `altac.interpreter.failures` finds out what happened.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from altac.interpreter.operations import (
    Code,
    Run,
    Slot,
    Step,
    arithmetic,
    assign,
    bind_let,
    compare,
    conditional,
    connective,
    let_key,
    lookup,
    member,
    negate,
    read_let,
    read_slot,
    truth_of,
)
from altac.interpreter.store import Array, Store, Value, View, dtype_for
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
    Not,
    Or,
    Program,
    Read,
    Stmt,
)
from altac.ir.traversal import lets_read, nodes, slots_read

#: Combinations of codes up to which an expression is tabulated.
TABLE_LIMIT = 1 << 16


def slots_of(program: Program) -> dict[str, Slot]:
    """All variables and heads by name."""
    found = {v.name: Slot(v.domain.low, v.domain.low + v.domain.size - 1, False) for v in program.variables}
    found |= {h.name: Slot(h.domain.low, h.domain.low + h.domain.size - 1, True) for h in program.heads}
    return found


@dataclass(frozen=True)
class _Scope:
    """The enclosing lets by name, and in order of binding, untabulated, to rebuild them over a table's grid."""

    codes: Mapping[str, Code]
    slots: Mapping[str, frozenset[str]]
    uses: Mapping[str, frozenset[str]]  # the lets that a let's value needs, itself included
    order: tuple[tuple[str, Code, frozenset[str]], ...]

    def bind(self, name: str, value: Expr, code: Code, plain: Code) -> _Scope:
        slots = slots_read(value, self.slots)
        uses = self.needs(value) | {name}
        return _Scope(
            {**self.codes, name: code},
            {**self.slots, name: slots},
            {**self.uses, name: uses},
            (*self.order, (name, plain, slots)),
        )

    def needs(self, expr: Expr) -> frozenset[str]:
        """The lets that ``expr`` needs, directly or through others."""
        return frozenset().union(*(self.uses[name] for name in lets_read(expr)))


_EMPTY = _Scope({}, {}, {}, ())


class Compiler:
    """Turns expressions and blocks of one program into closures."""

    def __init__(
        self, slots: Mapping[str, Slot], table_limit: int = TABLE_LIMIT, table_after: int | None = None
    ) -> None:
        self.slots = slots
        self.table_limit = table_limit
        self.table_after = table_after  # evaluations before a table is made (None: as many as it has entries)

    # statements

    def block(self, body: tuple[Stmt, ...], scope: _Scope = _EMPTY) -> Step:
        """The statements of a block in order."""
        steps: list[Step] = []
        for stmt in body:
            match stmt:
                case Let(name, value):
                    code = self.expression(value, scope)
                    plain = self.plain(value, scope, tables=False)
                    scope = scope.bind(name, value, code, plain)
                    steps.append(bind_let(name, code))
                case Assign(target, value):
                    steps.append(assign(target, self.slots[target], self.expression(value, scope)))
                case If():
                    steps.append(self._branches(stmt, scope))

        def execute(view: View) -> None:
            for step in steps:
                step(view)

        return execute

    def _branches(self, stmt: If, scope: _Scope) -> Step:
        """An `if` with all its `else if`s, without nesting a call for each."""
        arms: list[tuple[Run, Step]] = []
        last: tuple[Stmt, ...] = (stmt,)
        while len(last) == 1 and isinstance(last[0], If):
            arm = last[0]
            arms.append((truth_of(self.expression(arm.condition, scope)), self.block(arm.then, scope)))
            last = arm.orelse
        otherwise = self.block(last, scope) if last else None

        def execute(view: View) -> None:
            for i, (condition, body) in enumerate(arms, 1):
                held = condition(view)
                inside = view.where(held)
                if inside is not None:
                    body(inside)
                    if i == len(arms) and otherwise is None:
                        return
                    rest = view.where(negate(held))
                    if rest is None:
                        return
                    view = rest
            if otherwise is not None:
                otherwise(view)

        return execute

    # expressions

    def expression(self, expr: Expr, scope: _Scope = _EMPTY) -> Code:
        """``expr`` as a table where that pays, otherwise as operations on its parts."""
        if isinstance(expr, Const | Read | LetRead):
            return self.plain(expr, scope, tables=True)
        slots = sorted(slots_read(expr, scope.slots))
        small = prod(self.slots[s].codes for s in slots) <= self.table_limit
        if slots and small and sum(1 for _ in nodes(expr)) > 2 * len(slots):
            return self._table(expr, slots, scope)
        return self.plain(expr, scope, tables=True)

    def _table(self, expr: Expr, slots: list[str], scope: _Scope) -> Code:
        """``expr`` tabulated over the product of the codes of ``slots``, once it has been evaluated that often."""
        plain = self.plain(expr, scope, tables=False)
        sizes = [self.slots[s].codes for s in slots]
        strides = [prod(sizes[i + 1 :]) for i in range(len(slots))]
        lets = [(n, code) for n, code, reads in scope.order if n in scope.needs(expr) and reads <= set(slots)]
        base = -sum(self.slots[s].low * stride for s, stride in zip(slots, strides, strict=True))
        pairs = list(zip(slots, strides, strict=True))
        remaining = self.table_after if self.table_after is not None else prod(sizes)
        table: Array | None = None
        failed: Array | None = None

        def evaluate(view: View) -> Value:
            nonlocal table, failed, remaining
            if table is None:
                remaining -= view.count
                if remaining > 0:
                    return plain.run(view)
                table, failed = self._tabulate(plain, slots, sizes, strides, lets)
            index: Any = base
            for slot, stride in pairs:
                codes = view.raw(slot).astype(np.intp)
                index = index + (codes * stride if stride != 1 else codes)
            if failed is not None:
                wrong = failed[index]
                if wrong.any():
                    view.store.flag(view, wrong)
            return table[index]  # type: ignore[no-any-return]

        return Code(evaluate, plain.bounds, plain.fails)

    def _tabulate(
        self, code: Code, slots: list[str], sizes: list[int], strides: list[int], lets: list[tuple[str, Code]]
    ) -> tuple[Array, Array | None]:
        """Value of ``code`` for every combination of codes, and where it fails (None: nowhere)."""
        size = prod(sizes)
        grid = Store({}, size, 1, _no_heads)
        combinations = np.arange(size)
        for slot, stride, count in zip(slots, strides, sizes, strict=True):
            info = self.slots[slot]
            column = (combinations // stride % count + info.low).astype(dtype_for(info.low, info.high + 1))
            (grid.heads if info.is_head else grid.values)[slot] = column[:, None]
        view = View(grid)
        for name, let in lets:
            view.cache[let_key(name)] = let.run(view)
        grid.bad = None  # a let that fails has failed before the expression is reached
        result = np.asarray(code.run(view))
        dtype = result.dtype if result.dtype == bool else dtype_for(*code.bounds)
        table = np.broadcast_to(result.reshape(-1), (size,)).astype(dtype)
        return table, None if grid.bad is None else grid.bad.reshape(-1)

    def plain(self, expr: Expr, scope: _Scope, tables: bool) -> Code:
        """``expr`` as an operation on its parts, which are tabulated where that pays if ``tables``."""

        def part(child: Expr) -> Code:
            return self.expression(child, scope) if tables else self.plain(child, scope, tables=False)

        match expr:
            case Const(value):
                return Code(lambda view: value, (value, value), False)
            case Read(name):
                return read_slot(name, self.slots[name])
            case LetRead(name):
                return read_let(name, scope.codes[name].bounds)
            case Not(operand):
                negated = part(operand)
                truth = truth_of(negated)
                return Code(lambda view: negate(truth(view)), (0, 1), negated.fails)
            case And(left, right):
                return connective(part(left), part(right), stop_at=False)
            case Or(left, right):
                return connective(part(left), part(right), stop_at=True)
            case Arithmetic(op, left, right):
                return arithmetic(op, part(left), part(right))
            case Compare(op, left, right):
                return compare(op, part(left), part(right))
            case Member(operand, values):
                return member(part(operand), values)
            case IfExpr(condition, then, orelse):
                return conditional(part(condition), part(then), part(orelse))
            case Lookup():
                return lookup(expr, [part(i) for i in expr.indices])


def _no_heads(store: Store, head: str, rows: Array | None) -> Array:
    raise AssertionError(f"a table's grid holds every head it needs, but not {head}")
