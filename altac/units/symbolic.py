"""The decision diagram of a variable's next value, by symbolic evaluation of the program.

Expressions evaluate to integer sums (`Sum`) as far as that goes; a test of a sum of one slot becomes a test of
the slot, of several slots a test of the sum. What the program does not read on a path is not tested there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from altac.ir import (
    And,
    Arithmetic,
    Compare,
    Domain,
    Expr,
    IfExpr,
    Lookup,
    Member,
    MlpRules,
    Not,
    Or,
    Program,
    Read,
    Rule,
)
from altac.ir.evaluate import Undefined, evaluate
from altac.ir.operators import OPERATORS, BinaryOp
from altac.ir.slices import Chain, Update, slice_of
from altac.ir.traversal import children
from altac.source import Span
from altac.units.diagram import Codes, Diagrams, Node, Sum
from altac.units.reachable import Reachable

Path = Mapping[str, Codes]
Then = Callable[[Sum, Path], Node]
Antecedent = tuple[tuple[str, int], ...]


class Symbolic:
    """Evaluates one program on slots with ``reachable`` codes.

    A test of a sum of several slots has at most ``sum_values`` values; beyond it slots are tested one by one (0:
    always). ``spans`` has the places of the updates by target and new code.
    """

    def __init__(self, program: Program, diagrams: Diagrams, reachable: Reachable, sum_values: int) -> None:
        self.program = program
        self.diagrams = diagrams
        self.sum_values = sum_values
        self.reachable = reachable
        self.domains: dict[str, Domain] = {s.name: s.domain for s in program.slots}
        self.spans: dict[tuple[str, int], dict[Span, None]] = {}
        self._support: dict[int, tuple[Expr, frozenset[str]]] = {}
        self._tables: dict[tuple[int, str], dict[int, int | None]] = {}

    def diagram(self, target: str) -> Node:
        """What happens to ``target`` in one step."""
        if isinstance(self.program.mlp, MlpRules):
            return self._rules([(r.antecedent, r) for r in self.program.mlp.rules if r.target == target])
        return self._chain(slice_of(self.program.mlp.body, target), target, {}, lambda _: self.diagrams.keep)

    def _rules(self, rules: list[tuple[Antecedent, Rule]]) -> Node:
        """The diagram of rules that each have the given tests left.

        The first test left of any of them is one that the program makes.
        """
        self.diagrams.work.spend(len(rules))
        for left, rule in rules:
            if not left:
                return self._update(Sum(rule.value), rule.target, rule.span)
        if not rules:
            return self.diagrams.keep
        slot = rules[0][0][0][0]
        by_code: dict[int, list[tuple[Antecedent, Rule]]] = {}
        for left, _ in rules:
            by_code.update({code: [] for name, code in left if name == slot})
        others: list[tuple[Antecedent, Rule]] = []
        for left, rule in rules:
            code = dict(left).get(slot)
            rest = tuple(test for test in left if test[0] != slot)
            for group in [*by_code.values(), others] if code is None else [by_code[code]]:
                group.append((rest, rule))
        self.diagrams.spend(sum(map(len, by_code.values())))
        possible = self._codes(slot, {})
        parts = [(frozenset({code}), self._rules(group)) for code, group in by_code.items() if code in possible]
        remaining = possible - frozenset(by_code)
        if remaining:
            parts.append((remaining, self._rules(others)))
        return self.diagrams.slot(slot, parts)

    # --- statements ---------------------------------------------------------------------------

    def _chain(self, chain: Chain, target: str, path: Path, rest: Callable[[Path], Node]) -> Node:
        if chain is None:
            return rest(path)
        item, before = chain
        if isinstance(item, Update):
            return self._value(item.value, path, lambda v, _: self._update(v, target, item.span))

        def earlier(path: Path) -> Node:
            return self._chain(before, target, path, rest)

        return self._value(
            item.condition,
            path,
            lambda v, p: self._test(
                v,
                p,
                lambda p: self._chain(item.then, target, p, earlier),
                lambda p: self._chain(item.orelse, target, p, earlier),
            ),
        )

    def _update(self, value: Sum, target: str, span: Span | None) -> Node:
        domain = self.domains[target]

        def leaf(code: int) -> Node:
            if not domain.low <= code < domain.low + domain.size:
                return self.diagrams.free
            if span is not None:
                self.spans.setdefault((target, code), {})[span] = None
            return self.diagrams.leaf(code)

        return self._by_value(value, {}, lambda code, _: leaf(code))

    # --- expressions --------------------------------------------------------------------------

    def _value(self, expr: Expr, path: Path, then: Then) -> Node:
        open_slots = [s for s in self._support_of(expr) if len(self._codes(s, path)) > 1]
        if len(open_slots) < 2:
            return self._tabulate(expr, open_slots, path, then)
        match expr:
            case Not(operand=operand):
                return self._value(operand, path, lambda v, p: self._apply(v, p, lambda a: 1 - a, then))
            case Member(operand=operand, values=values):
                return self._value(operand, path, lambda v, p: self._apply(v, p, lambda a: int(a in values), then))
            case And(left=left, right=right):
                return self._value(
                    left,
                    path,
                    lambda v, p: self._test(v, p, lambda p: self._value(right, p, then), lambda p: then(Sum(0), p)),
                )
            case Or(left=left, right=right):
                return self._value(
                    left,
                    path,
                    lambda v, p: self._test(v, p, lambda p: then(Sum(1), p), lambda p: self._value(right, p, then)),
                )
            case IfExpr(condition=condition, then=first, orelse=second):
                return self._value(
                    condition,
                    path,
                    lambda v, p: self._test(
                        v, p, lambda p: self._value(first, p, then), lambda p: self._value(second, p, then)
                    ),
                )
            case Arithmetic(op=op, left=left, right=right) | Compare(op=op, left=left, right=right):
                return self._value(
                    left,
                    path,
                    lambda a, p: self._value(right, p, lambda b, p: self._binary(op, self._within(a, p), b, p, then)),
                )
            case Lookup():
                return self._indices(expr, 0, (), path, then)
            case _:
                raise AssertionError("reads and constants have at most one open slot")

    def _tabulate(self, expr: Expr, open_slots: list[str], path: Path, then: Then) -> Node:
        """An expression of at most one slot that is not known yet, by trying its values."""
        known = {s: next(iter(self._codes(s, path))) for s in self._support_of(expr) if s not in open_slots}
        if not open_slots:
            value = _try(expr, known)
            return self.diagrams.free if value is None else then(Sum(value), path)
        (slot,) = open_slots
        key = (id(expr), slot)
        table = {} if known else self._tables.setdefault(key, {})
        codes = self._codes(slot, path)
        self.diagrams.work.spend(len(codes))
        for code in codes:
            if code not in table:
                table[code] = _try(expr, {**known, slot: code})
        values = {c: v for c in sorted(codes) if (v := table[c]) is not None}
        if not values:
            return self.diagrams.free
        if len(values) == len(codes):
            return then(_single(slot, values), path)
        good = frozenset(values)
        return self.diagrams.slot(
            slot, [(codes - good, self.diagrams.free), (good, then(_single(slot, values), {**path, slot: good}))]
        )

    def _binary(self, op: BinaryOp, a: Sum, b: Sum, path: Path, then: Then) -> Node:
        row = OPERATORS[op]
        self.diagrams.work.spend(1 + sum(len(term) for _, term in (*a.terms, *b.terms)))
        match row.form:
            case "sum":
                return then(_add(a, b, 1), path)
            case "difference":
                return then(_add(a, b, -1), path)
            case "product" if not a.terms:
                return then(_scale(b, a.constant), path)
            case "product" if not b.terms:
                return then(_scale(a, b.constant), path)
            case "product":
                return self._by_value(a, path, lambda v, p: then(_scale(self._within(b, p), v), p))
            case "least" | "greatest":
                return self._test(
                    _add(a, b, -1),
                    path,
                    lambda p: then(self._within(a, p), p),
                    lambda p: then(self._within(b, p), p),
                    (lambda d: d <= 0) if row.form == "least" else (lambda d: d >= 0),
                )
            case "pointwise":

                def by(right: int, p: Path) -> Node:
                    if right in row.undefined:
                        return self.diagrams.free
                    return self._apply(self._within(a, p), p, lambda left: row.apply(left, right), then)

                return self._by_value(b, path, by)
            case "comparison":
                return self._apply(_add(a, b, -1), path, lambda d: row.apply(d, 0), then)

    def _indices(self, expr: Lookup, i: int, before: tuple[Sum, ...], path: Path, then: Then) -> Node:
        if i < len(expr.indices):
            return self._value(expr.indices[i], path, lambda v, p: self._indices(expr, i + 1, (*before, v), p, then))
        return self._look_up(expr.table, expr.lows, expr.shape, before, path, then)

    def _look_up(
        self, table: tuple[int | None, ...], lows: tuple[int, ...], shape: tuple[int, ...], indices: tuple[Sum, ...],
        path: Path, then: Then,
    ) -> Node:  # fmt: skip
        """Settles one index after the other; indices with the same rows stay together."""
        indices = tuple(self._within(v, path) for v in indices)
        if not indices:
            (entry,) = table
            return self.diagrams.free if entry is None else then(Sum(entry), path)
        first, low = indices[0], lows[0]
        size = len(table) // shape[0] if shape[0] else 0
        if len(indices) == 1:
            return self._apply(first, path, lambda v: table[v - low] if 0 <= v - low < len(table) else None, then)
        rows: dict[tuple[int | None, ...], int] = {}

        def row(value: int) -> int:
            if not 0 <= value - low < shape[0]:
                return -1
            return rows.setdefault(table[(value - low) * size : (value - low + 1) * size], len(rows))

        def rest(number: int, p: Path) -> Node:
            if number < 0:
                return self.diagrams.free
            return self._look_up(list(rows)[number], lows[1:], shape[1:], indices[1:], p, then)

        return self._apply(first, path, row, lambda v, p: self._by_value(v, p, rest))

    # --- sums ---------------------------------------------------------------------------------

    def _apply(self, value: Sum, path: Path, function: Callable[[int], int | None], then: Then) -> Node:
        """A function of a sum: of one slot again a sum, of several a branch by its results."""
        if not value.terms:
            result = function(value.constant)
            return self.diagrams.free if result is None else then(Sum(result), path)
        if len(value.terms) == 1:
            slot, term = value.terms[0]
            self.diagrams.work.spend(len(term))
            results = {code: function(value.constant + v) for code, v in term.items()}
            good = {code: r for code, r in results.items() if r is not None}
            if not good:
                return self.diagrams.free
            if len(good) == len(results):
                return then(_single(slot, good), path)
            allowed = frozenset(good)
            return self.diagrams.slot(
                slot,
                [
                    (frozenset(results) - allowed, self.diagrams.free),
                    (allowed, then(_single(slot, good), {**path, slot: allowed})),
                ],
            )
        return self._branch(value, path, function, lambda r, p: then(Sum(r), p))

    def _test(
        self, value: Sum, path: Path, then: Callable[[Path], Node], orelse: Callable[[Path], Node],
        holds: Callable[[int], bool] = bool,
    ) -> Node:  # fmt: skip
        return self._branch(value, path, lambda v: int(holds(v)), lambda r, p: then(p) if r else orelse(p))

    def _by_value(self, value: Sum, path: Path, then: Callable[[int, Path], Node]) -> Node:
        return self._branch(value, path, lambda v: v, then)

    def _branch(
        self, value: Sum, path: Path, function: Callable[[int], int | None], then: Callable[[int, Path], Node]
    ) -> Node:
        """A test whose children depend on ``function`` of the sum."""
        if not value.terms:
            result = function(value.constant)
            return self.diagrams.free if result is None else then(result, path)
        slot, term = value.terms[0]
        self.diagrams.spend(len(term) if len(value.terms) > 1 else 1)
        self.diagrams.work.spend(len(term))
        if len(value.terms) == 1:
            groups: dict[int | None, set[int]] = {}
            for code, v in term.items():
                groups.setdefault(function(value.constant + v), set()).add(code)
            return self.diagrams.slot(
                slot,
                [
                    (frozenset(codes), self.diagrams.free if r is None else then(r, {**path, slot: frozenset(codes)}))
                    for r, codes in groups.items()
                ],
            )
        low, high = value.range()
        if high - low < self.sum_values:
            made: dict[int, Node] = {}
            nodes: dict[int, Node] = {}
            self.diagrams.work.spend(high - low)
            for v in value.values():
                r = function(v)
                if r is None:
                    nodes[v] = self.diagrams.free
                else:
                    if r not in made:
                        made[r] = then(r, path)
                    nodes[v] = made[r]
            return self.diagrams.sum(value, nodes)
        steps: dict[int, set[int]] = {}
        for code, v in term.items():
            steps.setdefault(v, set()).add(code)
        return self.diagrams.slot(
            slot,
            [
                (
                    frozenset(codes),
                    self._branch(
                        Sum(value.constant + v, value.terms[1:]), {**path, slot: frozenset(codes)}, function, then
                    ),
                )
                for v, codes in steps.items()
            ],
        )

    def _within(self, value: Sum, path: Path) -> Sum:
        """The sum restricted to the codes that ``path`` allows."""
        terms = []
        constant = value.constant
        for slot, term in value.terms:
            allowed = path.get(slot)
            if allowed is not None and len(allowed) < len(term):
                term = {c: v for c, v in term.items() if c in allowed}
            if len(set(term.values())) == 1:
                constant += next(iter(term.values()))
            else:
                terms.append((slot, term))
        return Sum(constant, tuple(terms))

    def _codes(self, slot: str, path: Path) -> Codes:
        known = path.get(slot)
        return self.reachable[slot] if known is None else known

    def _support_of(self, expr: Expr) -> frozenset[str]:
        found = self._support.get(id(expr))
        if found is None:
            if isinstance(expr, Read):
                names = frozenset({expr.name})
            else:
                names = frozenset().union(*(self._support_of(c) for c in children(expr)))
            found = self._support[id(expr)] = expr, names
        return found[1]


def _try(expr: Expr, values: Mapping[str, int]) -> int | None:
    try:
        return evaluate(expr, lambda read: values[read.name])
    except Undefined:
        return None


def _single(slot: str, values: Mapping[int, int]) -> Sum:
    if len(set(values.values())) == 1:
        return Sum(next(iter(values.values())))
    return Sum(0, ((slot, values),))


def _scale(value: Sum, factor: int) -> Sum:
    if factor == 0:
        return Sum(0)
    terms = tuple((slot, {c: v * factor for c, v in term.items()}) for slot, term in value.terms)
    return Sum(value.constant * factor, terms)


def _add(a: Sum, b: Sum, sign: int) -> Sum:
    constant = a.constant + sign * b.constant
    terms: dict[str, Mapping[int, int]] = dict(a.terms)
    for slot, term in b.terms:
        before = terms.get(slot)
        if before is None:
            terms[slot] = {c: sign * v for c, v in term.items()}
        else:
            terms[slot] = {c: before[c] + sign * v for c, v in term.items() if c in before}
    kept = []
    for slot, term in terms.items():
        if len(set(term.values())) == 1:
            constant += next(iter(term.values()))
        else:
            kept.append((slot, term))
    return Sum(constant, tuple(kept))
