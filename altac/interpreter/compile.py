"""Expressions and MLP code as closures over views.

An expression over few slots is tabulated once, over all combinations of their codes, and is then a
single gather. Other nodes become numpy operations. Conditions split views, so a guarded
part sees only the positions that its guard lets through. Errors are only marked (`Store.flag`), with some value
inside the expression's bounds put in their place; `altac.interpreter.explain` finds out what happened.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from altac.interpreter.analysis import Interval, arithmetic_interval, lets_read, slots_read
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

#: Combinations of codes up to which an expression is tabulated.
TABLE_LIMIT = 1 << 16

_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "==": np.equal, "!=": np.not_equal, "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal,
}  # fmt: skip
_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "min": np.minimum, "max": np.maximum,
    "//": np.floor_divide, "%": np.remainder,
}  # fmt: skip

Run = Callable[[View], Value]
Step = Callable[[View], None]


@dataclass(frozen=True)
class Code:
    """A compiled expression: how to evaluate it, bounds of its value, and whether it can fail."""

    run: Run
    bounds: Interval
    fails: bool


@dataclass(frozen=True)
class Slot:
    """A variable or head as seen by the compiler."""

    low: int
    high: int
    is_head: bool

    @property
    def codes(self) -> int:
        """The number of codes in a table, with one more for an undefined head."""
        return self.high - self.low + 1 + self.is_head


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
                    steps.append(_let(name, code))
                case Assign(target, value):
                    steps.append(_assign(target, self.slots[target], self.expression(value, scope)))
                case If():
                    steps.append(self._branches(stmt, scope))

        def run(view: View) -> None:
            for step in steps:
                step(view)

        return run

    def _branches(self, stmt: If, scope: _Scope) -> Step:
        """An `if` with all its `else if`s, without nesting a call for each."""
        arms: list[tuple[Run, Step]] = []
        last: tuple[Stmt, ...] = (stmt,)
        while len(last) == 1 and isinstance(last[0], If):
            arm = last[0]
            arms.append((_truth(self.expression(arm.condition, scope)), self.block(arm.then, scope)))
            last = arm.orelse
        otherwise = self.block(last, scope) if last else None

        def run(view: View) -> None:
            for i, (condition, body) in enumerate(arms, 1):
                held = condition(view)
                inside = view.where(held)
                if inside is not None:
                    body(inside)
                    if i == len(arms) and otherwise is None:
                        return
                    rest = view.where(_negate(held))
                    if rest is None:
                        return
                    view = rest
            if otherwise is not None:
                otherwise(view)

        return run

    # expressions

    def expression(self, expr: Expr, scope: _Scope = _EMPTY) -> Code:
        """``expr`` as a table where that pays, otherwise as operations on its parts."""
        if isinstance(expr, Const | Read | LetRead):
            return self.plain(expr, scope, tables=True)
        slots = sorted(slots_read(expr, scope.slots))
        if slots and prod(self.slots[s].codes for s in slots) <= self.table_limit and _cost(expr) > 2 * len(slots):
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

        def run(view: View) -> Value:
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

        return Code(run, plain.bounds, plain.fails)

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
            view.cache[_let_key(name)] = let.run(view)
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
                return _read(name, self.slots[name])
            case LetRead(name):
                return _let_read(name, scope.codes[name].bounds)
            case Not(operand):
                negated = part(operand)
                truth = _truth(negated)
                return Code(lambda view: _negate(truth(view)), (0, 1), negated.fails)
            case And(left, right):
                return _connective(part(left), part(right), stop_at=False)
            case Or(left, right):
                return _connective(part(left), part(right), stop_at=True)
            case Arithmetic(op, left, right):
                return _arithmetic(op, part(left), part(right))
            case Compare(op, left, right):
                return _compare(op, part(left), part(right))
            case Member(operand, values):
                return _member(part(operand), values)
            case IfExpr(condition, then, orelse):
                return _if_expression(part(condition), part(then), part(orelse))
            case Lookup():
                return _lookup(expr, [part(i) for i in expr.indices])


def _no_heads(store: Store, head: str, rows: Array | None) -> Array:
    raise AssertionError(f"a table's grid holds every head it needs, but not {head}")


def _cost(expr: Expr) -> int:
    """The number of nodes."""
    match expr:
        case Const() | Read() | LetRead():
            return 1
        case Not(operand) | Member(operand):
            return 1 + _cost(operand)
        case And(left, right) | Or(left, right) | Arithmetic(_, left, right) | Compare(_, left, right):
            return 1 + _cost(left) + _cost(right)
        case IfExpr(condition, then, orelse):
            return 1 + _cost(condition) + _cost(then) + _cost(orelse)
        case Lookup(indices):
            return 1 + sum(map(_cost, indices))


def _let_key(name: str) -> str:
    return f"let {name}"  # no slot has a blank in its name


def _let(name: str, code: Code) -> Step:
    key = _let_key(name)

    def run(view: View) -> None:
        view.cache[key] = code.run(view)

    return run


def _let_read(name: str, bounds: Interval) -> Code:
    key = _let_key(name)

    def run(view: View) -> Value:
        found = view.inherited(key)
        assert found is not None, name
        return found

    return Code(run, bounds, False)


def _assign(target: str, slot: Slot, code: Code) -> Step:
    checked = code.bounds[0] < slot.low or code.bounds[1] > slot.high
    dtype = dtype_for(slot.low, slot.high)

    def run(view: View) -> None:
        value = code.run(view)
        if checked:
            wrong = (np.asarray(value) < slot.low) | (np.asarray(value) > slot.high)
            if wrong.any():
                view.store.flag(view, wrong)
                value = np.where(wrong, slot.low, value)
        view.store.write(view, target, value if isinstance(value, int) else value.astype(dtype, copy=False))

    return run


def _read(name: str, slot: Slot) -> Code:
    if not slot.is_head:
        return Code(lambda view: view.raw(name), (slot.low, slot.high), False)
    undefined = slot.high + 1

    def run(view: View) -> Value:
        codes = view.raw(name)
        missing = codes == undefined
        if missing.any():
            view.store.flag(view, missing)
            return np.where(missing, codes.dtype.type(slot.low), codes)
        return codes

    return Code(run, (slot.low, slot.high), True)


def _truth(code: Code) -> Run:
    """The value of a boolean expression as a boolean array (or 0, 1)."""

    def run(view: View) -> Value:
        value = code.run(view)
        return value if isinstance(value, int) or value.dtype == bool else value != 0

    return run


def _negate(value: Value) -> Value:
    return 1 - value if isinstance(value, int) else ~value


def _number(value: Value, dtype: np.dtype[Any]) -> Value:
    return value if isinstance(value, int) else value.astype(dtype, copy=False)


def _connective(left: Code, right: Code, stop_at: bool) -> Code:
    """`and` (stops at false) or `or` (stops at true): the right operand is met only where the left one leaves it open."""
    first, second = _truth(left), _truth(right)
    combine: Any = np.logical_or if stop_at else np.logical_and

    def eager(view: View) -> Value:
        a = first(view)
        if isinstance(a, int):
            return a if bool(a) == stop_at else second(view)
        return combine(a, second(view))  # type: ignore[no-any-return]

    def guarded(view: View) -> Value:
        a = first(view)
        if isinstance(a, int):
            return a if bool(a) == stop_at else second(view)
        inside = view.where(~a if stop_at else a)
        if inside is None:
            return a
        b = second(inside)
        if not stop_at:
            return view.merge([(inside, b)], np.dtype(bool))
        rest = view.where(a)
        return view.merge([(inside, b)] if rest is None else [(inside, b), (rest, 1)], np.dtype(bool))

    return Code(guarded if right.fails else eager, (0, 1), left.fails or right.fails)


def _arithmetic(op: str, left: Code, right: Code) -> Code:
    bounds = arithmetic_interval(op, left.bounds, right.bounds)
    low = min(bounds[0], left.bounds[0], right.bounds[0], 0)
    high = max(bounds[1], left.bounds[1], right.bounds[1], 1)
    dtype = dtype_for(low, high)
    function = _ARITHMETIC[op]
    divides = op in ("//", "%")
    by_zero = divides and right.bounds[0] <= 0 <= right.bounds[1]

    def run(view: View) -> Value:
        a, b = _number(left.run(view), dtype), _number(right.run(view), dtype)
        wrong: Any = None
        if by_zero:
            wrong = np.asarray(b) == 0
            if wrong.any():
                view.store.flag(view, wrong)
                b = np.where(wrong, 1, b).astype(dtype)
            else:
                wrong = None
        if isinstance(a, int) and isinstance(b, int):
            a = np.asarray(a, dtype).reshape((1,) * (1 if view.flat is not None else 2))
        result: Array = function(a, b)
        if wrong is not None:
            result = np.where(wrong, bounds[0], result)
        return result

    return Code(run, bounds, left.fails or right.fails or by_zero)


def _compare(op: str, left: Code, right: Code) -> Code:
    low, high = min(left.bounds[0], right.bounds[0]), max(left.bounds[1], right.bounds[1])
    dtype = dtype_for(low, high)
    function = _COMPARE[op]

    def run(view: View) -> Value:
        a, b = _number(left.run(view), dtype), _number(right.run(view), dtype)
        result = function(a, b)
        return int(result) if np.ndim(result) == 0 else result

    return Code(run, (0, 1), left.fails or right.fails)


def _member(operand: Code, values: frozenset[int]) -> Code:
    low, high = operand.bounds
    inside = sorted(v for v in values if low <= v <= high)
    table = np.zeros(high - low + 1, bool) if high - low < 1 << 20 else None
    if table is not None:
        table[[v - low for v in inside]] = True

    def run(view: View) -> Value:
        value = operand.run(view)
        if isinstance(value, int):
            return int(value in values)
        if table is not None:
            return table[value.astype(np.intp) - low]
        return np.isin(value, inside)

    return Code(run, (0, 1), operand.fails)


def _if_expression(condition: Code, then: Code, orelse: Code) -> Code:
    truth = _truth(condition)
    bounds = min(then.bounds[0], orelse.bounds[0]), max(then.bounds[1], orelse.bounds[1])
    dtype = dtype_for(*bounds)

    def run(view: View) -> Value:
        held = truth(view)
        parts = []
        for mask, code in ((held, then), (_negate(held), orelse)):
            part = view.where(mask)
            if part is not None:
                parts.append((part, code.run(part)))
        return view.merge(parts, dtype)

    return Code(run, bounds, condition.fails or then.fails or orelse.fails)


def _lookup(expr: Lookup, indices: list[Code]) -> Code:
    entries = [e for e in expr.table if e is not None]
    bounds = (min(entries), max(entries)) if entries else (0, 0)
    table = np.array([bounds[0] if e is None else e for e in expr.table] or [0], dtype_for(*bounds))
    absent = np.array([e is None for e in expr.table] or [True]) if len(entries) < len(expr.table) or not entries else None
    strides = [prod(expr.shape[i + 1 :]) for i in range(len(expr.shape))]
    checks = [
        code.bounds[0] < low or code.bounds[1] > low + size - 1
        for code, low, size in zip(indices, expr.lows, expr.shape, strict=True)
    ]

    wide = [
        np.dtype(object if max(map(abs, (*code.bounds, low))) >= 1 << 62 else np.intp)
        for code, low in zip(indices, expr.lows, strict=True)
    ]

    def run(view: View) -> Value:
        index: Any = np.zeros((1,) * (1 if view.flat is not None else 2), np.intp)
        for code, low, size, stride, check, dtype in zip(
            indices, expr.lows, expr.shape, strides, checks, wide, strict=True
        ):
            local: Any = _number(code.run(view), dtype) - low
            if check:
                wrong = np.asarray((local < 0) | (local >= size))
                if wrong.any():
                    view.store.flag(view, wrong)
                    local = np.where(wrong, 0, local).astype(np.intp)
            index = index + local * stride
        if absent is not None:
            wrong = absent[index]
            if wrong.any():
                view.store.flag(view, wrong)
        return table[index]  # type: ignore[no-any-return]

    return Code(run, bounds, absent is not None or any(checks) or any(c.fails for c in indices))
