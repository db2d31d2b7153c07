"""Exact expansion of MLP code to transition rules: optimisation level 0.

Section 2.3 and appendix A.1 of the ALTA paper. Every update is enumerated along its paths: a branch
is taken on a variable only where the program reads it, given what was read before.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from math import prod

from altac.deep import deeply
from altac.diagnostics.problem import AltacError
from altac.diagnostics.rules_errors import TooManyRules
from altac.ir import (
    And,
    Arithmetic,
    Assign,
    Compare,
    Const,
    Domain,
    Expr,
    If,
    IfExpr,
    Let,
    LetRead,
    Lookup,
    Member,
    MlpCode,
    MlpRules,
    Not,
    Or,
    Program,
    Read,
    RealDomain,
    Rule,
    Stmt,
)
from altac.ir.evaluate import Undefined
from altac.ir.operators import OPERATORS, BinaryOp
from altac.ir.slices import NextValue
from altac.limits import DEFAULT, Limits
from altac.rules.disjoint import disjoint_rules
from altac.rules.meter import Meter
from altac.rules.ruleset import Reset, RuleSet
from altac.source import Span

#: Random descents for the estimate of a number of paths.
_DESCENTS = 100

_Values = Callable[[], Iterator[int]]
_Update = tuple[int, Span | None] | None
_Updates = Callable[[], Iterator[_Update]]


def expand(program: Program, limits: Limits = DEFAULT) -> RuleSet:
    """The transition rules of ``program``, with a reset for every value of every categorical head.

    Raises:
        AltacError: the enumeration of an update takes more branches than the limits allow.
    """
    return deeply(lambda: _expand(program, limits))


def _expand(program: Program, limits: Limits) -> RuleSet:
    match program.mlp:
        case MlpRules(rules=given):
            rules = disjoint_rules(program, given, limits)
        case MlpCode(body=body):
            meter = Meter(limits)
            for variable in program.variables:
                _refuse_hopeless(program, variable.name, limits.branches)
            found = (r for v in program.variables for r in _Expansion(program, v.name, meter).rules(body))
            rules = tuple(meter.held(found))
    resets = tuple(
        Reset(h.name, code)
        for h in program.heads
        if not isinstance(h.domain, RealDomain)
        for code in range(h.domain.low, h.domain.low + h.domain.size)
    )
    return RuleSet(rules, resets)


def count_rules(program: Program, limits: Limits = DEFAULT) -> Counter[tuple[str, Span | None]]:
    """How many rules `expand` gives for each target and each place of an update, counted one by one without being kept; resets
    count for their head.

    Raises:
        AltacError: the enumeration of an update takes more branches than the limits allow.
    """
    return deeply(lambda: _count(program, limits))


def _count(program: Program, limits: Limits) -> Counter[tuple[str, Span | None]]:
    found: Counter[tuple[str, Span | None]] = Counter()
    match program.mlp:
        case MlpRules(rules=given):
            found.update((rule.target, rule.span) for rule in disjoint_rules(program, given, limits))
        case MlpCode(body=body):
            meter = Meter(limits)
            for variable in program.variables:
                _refuse_hopeless(program, variable.name, limits.branches)
            for variable in program.variables:
                leaves = _Expansion(program, variable.name, meter).leaves(body)
                found.update((variable.name, span) for before, value, span in leaves if before != value)
    found.update({(h.name, None): h.domain.size for h in program.heads if not isinstance(h.domain, RealDomain)})
    return found


def expand_target(program: Program, target: str, meter: Meter) -> tuple[Rule, ...]:
    """The transition rules of one target; see `expand`. ``meter`` may count several targets."""
    match program.mlp:
        case MlpRules(rules=given):
            return disjoint_rules(program, tuple(r for r in given if r.target == target), meter.limits)
        case MlpCode(body=body):
            _refuse_hopeless(program, target, meter.limits.branches)
            return deeply(lambda: tuple(meter.held(_Expansion(program, target, meter).rules(body))))


def _refuse_hopeless(program: Program, target: str, budget: int) -> None:
    """Estimates the paths of a target by random descents: the mean of the product of the numbers of choices met on
    the way is their number (Knuth, 1975). Far beyond the budget there is no point in starting.

    Raises:
        AltacError: the estimate is more than twice the budget.
    """
    domains = {s.name: s.domain for s in program.slots}
    evaluate, rng = NextValue(program, target), random.Random(0)
    path: dict[str, int] = {}

    def read(name: str) -> int:
        if name not in path:
            path[name] = rng.randrange(domains[name].low, domains[name].low + domains[name].size)
        return path[name]

    total, most, where, names = 0, 0, None, [target]
    for _ in range(_DESCENTS):
        path.clear()
        with suppress(Undefined):
            evaluate(read)
            read(target)
        count = prod(domains[n].size for n in path)
        total += count
        if count > most:
            most, where, names = count, evaluate.span, list(path)
    if total > 2 * budget * _DESCENTS:
        support = ", ".join(f"{n} ({domains[n].size})" for n in names)
        count = int(float(f"{total / _DESCENTS:.1e}"))
        raise AltacError(TooManyRules(span=where, target=target, support=support, count=count, budget=budget))


def states(program: Program, target: str, budget: int = DEFAULT.branches) -> Iterator[tuple[dict[str, int], int]]:
    """Every way to read what decides about ``target``, and its new value: what has been read, by slot. The
    mapping is reused; copy it to keep it.

    Raises:
        AltacError: there are too many.
    """
    if isinstance(program.mlp, MlpRules):
        yield from _states_of_rules(program, target, budget)
        return
    _refuse_hopeless(program, target, budget)
    expansion = _Expansion(program, target, Meter(Limits(branches=budget)))
    for _, value, _ in expansion.leaves(program.mlp.body, unchanged=True):
        yield expansion.path, value


def _states_of_rules(program: Program, target: str, budget: int) -> Iterator[tuple[dict[str, int], int]]:
    """Evaluates the rules again and again, each time with the next choice of what is read."""
    evaluate, meter = NextValue(program, target), Meter(Limits(branches=budget))
    domains = {s.name: s.domain for s in program.slots}
    path: dict[str, int] = {}

    def read(name: str) -> int:
        return path.setdefault(name, domains[name].low)

    while True:
        meter.left -= 1
        if meter.left < 0:
            _Expansion(program, target, meter).give_up(target, None)
        with suppress(Undefined):
            new = evaluate(read)
            old = read(target)
            yield path, old if new is None else new
        while path:
            name, code = path.popitem()
            if code + 1 < domains[name].low + domains[name].size:
                path[name] = code + 1
                break
        else:
            return


class _Expansion:
    """The rules of one target. Expressions and blocks become generators that extend and retract
    ``path``, the values read so far in the order of reading."""

    def __init__(self, program: Program, target: str, meter: Meter) -> None:
        self.program = program
        self.target = target
        self.meter = meter
        self.path: dict[str, int] = {}
        self.domains: dict[str, Domain] = {s.name: s.domain for s in program.slots}

    def rules(self, body: tuple[Stmt, ...]) -> Iterator[Rule]:
        for before, value, span in self.leaves(body):
            if before != value:
                yield Rule(tuple(self.path.items()), self.target, value, span)

    def leaves(self, body: tuple[Stmt, ...], unchanged: bool = False) -> Iterator[tuple[int, int, Span | None]]:
        """The old and the new value and the place of the update, while ``path`` has what is read; with ``unchanged``
        also where there is no update. Paths that end in an error are left out."""
        first = _update_of(body, self.target)
        old = self.read(self.target, first.span if first else None)
        if first is None:
            for before in old() if unchanged else ():
                yield before, before, None
            return
        domain = self.domains[self.target]
        updates = self.block(body, {})
        for update in updates():
            if update is None:
                if unchanged:
                    for before in old():
                        yield before, before, None
                continue
            value, span = update
            if not domain.low <= value < domain.low + domain.size:
                continue  # an error when reached: no rule
            for before in old():
                yield before, value, span

    def read(self, name: str, span: Span | None) -> _Values:
        domain = self.domains[name]
        codes = range(domain.low, domain.low + domain.size)
        path, meter = self.path, self.meter

        def values() -> Iterator[int]:
            known = path.get(name)
            if known is not None:
                yield known
                return
            meter.left -= len(codes)
            if meter.left < 0:
                self.give_up(name, span)
            for code in codes:
                path[name] = code
                yield code
            del path[name]

        return values

    def give_up(self, name: str, span: Span | None) -> None:
        names = [*self.path, name]
        sizes = [self.domains[n].size for n in names]
        support = ", ".join(f"{n} ({s})" for n, s in zip(names, sizes, strict=True))
        budget = self.meter.limits.branches
        raise AltacError(TooManyRules(span=span, target=self.target, support=support, count=prod(sizes), budget=budget))

    # --- blocks -------------------------------------------------------------------------------

    def block(self, body: tuple[Stmt, ...], lets: dict[str, _Values]) -> _Updates:
        """The last update of the target on each path through ``body``, None where there is none."""
        lets = dict(lets)
        before: _Updates = _no_update
        for statement in body:
            match statement:
                case Let(name=name, value=value):
                    lets[name] = self.expression(value, lets)
                case Assign(target=target, value=value, span=span):
                    if target == self.target:
                        before = self.assignment(self.expression(value, lets), span)
                case If(condition=condition, then=then, orelse=orelse):
                    if _assigns(then, self.target) or _assigns(orelse, self.target):
                        before = self.branch(
                            self.expression(condition, lets), self.block(then, lets), self.block(orelse, lets), before
                        )
        return before

    def assignment(self, values: _Values, span: Span | None) -> _Updates:
        def updates() -> Iterator[_Update]:
            for value in values():
                yield value, span

        return updates

    def branch(self, condition: _Values, then: _Updates, orelse: _Updates, before: _Updates) -> _Updates:
        def updates() -> Iterator[_Update]:
            for holds in condition():
                for update in then() if holds else orelse():
                    if update is None:
                        yield from before()
                    else:
                        yield update

        return updates

    # --- expressions --------------------------------------------------------------------------

    def expression(self, expr: Expr, lets: dict[str, _Values]) -> _Values:
        match expr:
            case Const(value=value):
                return lambda: iter((value,))
            case Read(name=name, span=span):
                return self.read(name, span)
            case LetRead(name=name):
                return lets[name]
            case Not(operand=operand):
                inner = self.expression(operand, lets)
                return lambda: (1 - v for v in inner())
            case And(left=left, right=right):
                return _choice(self.expression(left, lets), self.expression(right, lets), lambda: iter((0,)))
            case Or(left=left, right=right):
                return _choice(self.expression(left, lets), lambda: iter((1,)), self.expression(right, lets))
            case IfExpr(condition=condition, then=then, orelse=orelse):
                return _choice(
                    self.expression(condition, lets), self.expression(then, lets), self.expression(orelse, lets)
                )
            case Arithmetic(op=op, left=left, right=right) | Compare(op=op, left=left, right=right):
                return _binary(op, self.expression(left, lets), self.expression(right, lets))
            case Member(operand=operand, values=members):
                inner = self.expression(operand, lets)
                return lambda: (int(v in members) for v in inner())
            case Lookup(indices=indices, lows=lows, shape=shape, table=table):
                return _lookup([self.expression(i, lets) for i in indices], lows, shape, table)


def _no_update() -> Iterator[_Update]:
    yield None


def _choice(condition: _Values, then: _Values, orelse: _Values) -> _Values:
    def values() -> Iterator[int]:
        for holds in condition():
            yield from then() if holds else orelse()

    return values


def _binary(op: BinaryOp, left: _Values, right: _Values) -> _Values:
    row = OPERATORS[op]
    apply, undefined = row.apply, row.undefined

    def values() -> Iterator[int]:
        for a in left():
            for b in right():
                if b not in undefined:
                    yield apply(a, b)

    return values


def _lookup(
    indices: list[_Values], lows: tuple[int, ...], shape: tuple[int, ...], table: tuple[int | None, ...]
) -> _Values:
    def values(i: int = 0, offset: int = 0) -> Iterator[int]:
        if i == len(indices):
            entry = table[offset]
            if entry is not None:
                yield entry
            return
        for v in indices[i]():
            index = v - lows[i]
            if 0 <= index < shape[i]:
                yield from values(i + 1, offset * shape[i] + index)

    return values


def _assigns(body: tuple[Stmt, ...], target: str) -> bool:
    return _update_of(body, target) is not None


def _update_of(body: tuple[Stmt, ...], target: str) -> Assign | None:
    """The first update of ``target`` in ``body``."""
    for statement in body:
        match statement:
            case Assign(target=name) if name == target:
                return statement
            case If(then=then, orelse=orelse):
                found = _update_of(then, target) or _update_of(orelse, target)
                if found is not None:
                    return found
            case Assign() | Let():
                pass
    return None
