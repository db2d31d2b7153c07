"""A second interpreter, as slow and as plain as possible: one position at a time, no arrays, exact rationals.

It follows section 2 of the design and "When a run ends" of the language reference word by word, and shares no code
with `altac.interpreter`. Tests compare the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from altac.ir import (
    And,
    Arithmetic,
    Assign,
    BoolDomain,
    Compare,
    Const,
    Expr,
    Head,
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
    RealDomain,
    SetDomain,
    Stmt,
)

Values = dict[str, int]


@dataclass(frozen=True)
class Fault:
    """An error: its code and its place. ``detail`` is the name or value the message is about."""

    code: str
    layer: int
    position: int
    detail: str


@dataclass(frozen=True)
class Outcome:
    """What `altac.interpreter.Result` should agree with; ``fault`` stands for its error."""

    output: tuple[int, ...]
    layers: int
    halted: bool
    fault: Fault | None = None


class _Stop(Exception):
    def __init__(self, code: str, detail: str) -> None:
        self.code, self.detail = code, detail


def run(program: Program, tokens: tuple[int, ...], max_layers: int | None = None, safety: int = 1000) -> Outcome:
    """The outcome for one input of token indices."""
    if program.causal is None:
        return _run(program, tokens, max_layers, safety)
    sequence, layers, halted = tokens, 0, True
    made: tuple[int, ...] = ()
    while sequence and not (made and sequence[-1] == program.causal.stop):
        if program.causal.limit is not None and len(sequence) >= program.causal.limit:
            break
        if len(sequence) == (4096 if program.positions is None else program.positions):
            return Outcome(made, layers, halted, Fault("generation-limit", layers, -1, str(len(made))))
        step = _run(program, sequence, max_layers, safety)
        if step.fault is not None:
            made = made if step.fault.code in ("layer-limit", "never-halts") else ()
            return Outcome(made, step.layers, False, step.fault)
        token = step.output[-1] - program.tokens.low
        if token not in range(program.tokens.size):
            fault = Fault("generated-no-token", step.layers, len(sequence) - 1, "")
            return Outcome(made, step.layers, False, fault)
        layers, halted = max(layers, step.layers), halted and step.halted
        made = (*made, step.output[-1])
        sequence = (*sequence, token)
    return Outcome(made, layers, halted)


def _run(program: Program, tokens: tuple[int, ...], max_layers: int | None, safety: int) -> Outcome:
    limit = program.max_layers if max_layers is None else max_layers
    state = [_initial(program, token, i) for i, token in enumerate(tokens)]
    history = [state]
    layer = 0

    def finish(layers: int, halted: bool) -> Outcome:
        return Outcome(tuple(values[program.output] for values in state), layers, halted)

    while True:
        for i, values in enumerate(state):
            try:
                _halts(program, values)
            except _Stop as stop:
                return Outcome((), layer, False, Fault(stop.code, layer, i, stop.detail))
        if program.halt is not None and all(_halts(program, values) for values in state):
            return finish(layer, True)
        if limit is not None and layer == limit:
            return finish(layer, False)
        if limit is None and layer == safety:
            return Outcome(finish(layer, False).output, layer, False, Fault("layer-limit", layer, -1, ""))
        layer += 1
        after = []
        for i in range(len(state)):
            try:
                after.append(_Position(program, state, i).step())
            except _Stop as stop:
                return Outcome((), layer, False, Fault(stop.code, layer, i, stop.detail))
        if after == state and limit is None:
            return finish(layer, False)
        state = after
        history.append(state)
        before = max((2**k for k in range(20) if 2**k < layer), default=0)
        if limit is None and before and state == history[before] and not _all_halt(program, state):
            return Outcome(finish(layer, False).output, layer, False, Fault("never-halts", layer, -1, str(before)))


def _initial(program: Program, token: int, position: int) -> Values:
    index = {"constant": 0, "token": token, "position": position}
    return {v.name: v.initial.values[index[v.initial.by]] for v in program.variables}


def _all_halt(program: Program, state: list[Values]) -> bool:
    try:
        return program.halt is not None and all(_halts(program, values) for values in state)
    except _Stop:
        return True  # an error, which the next round reports


def _halts(program: Program, values: Values) -> bool:
    if program.halt is None:
        return False
    return bool(_Position(program, [values], 0).value(program.halt, {}))


class _Position:
    """One position in one layer."""

    def __init__(self, program: Program, state: list[Values], here: int) -> None:
        self.program, self.state, self.here = program, state, here

    def step(self) -> Values:
        new = dict(self.state[self.here])
        if isinstance(self.program.mlp, MlpCode):
            self.block(self.program.mlp.body, {}, new)
            return new
        applied: dict[str, int] = {}
        for rule in self.program.mlp.rules:
            if all(self.slot(name) == code for name, code in rule.antecedent):
                if applied.setdefault(rule.target, rule.value) != rule.value:
                    raise _Stop("rule-conflict", rule.target)
                new[rule.target] = rule.value
        return new

    def block(self, body: tuple[Stmt, ...], lets: dict[str, int], new: Values) -> None:
        lets = dict(lets)
        for stmt in body:
            if isinstance(stmt, Let):
                lets[stmt.name] = self.value(stmt.value, lets)
            elif isinstance(stmt, If):
                self.block(stmt.then if self.value(stmt.condition, lets) else stmt.orelse, lets, new)
            elif isinstance(stmt, Assign):
                value = self.value(stmt.value, lets)
                domain = self.program.variable(stmt.target).domain
                if value < domain.low or value >= domain.low + domain.size:
                    raise _Stop("update-out-of-range", f"{stmt.target} {value}")
                new[stmt.target] = value

    def value(self, expr: Expr, lets: dict[str, int]) -> int:
        if isinstance(expr, Const):
            return expr.value
        if isinstance(expr, Read):
            return self.slot(expr.name)
        if isinstance(expr, LetRead):
            return lets[expr.name]
        if isinstance(expr, Not):
            return 0 if self.value(expr.operand, lets) else 1
        if isinstance(expr, And):
            return self.value(expr.right, lets) if self.value(expr.left, lets) else 0
        if isinstance(expr, Or):
            return 1 if self.value(expr.left, lets) else self.value(expr.right, lets)
        if isinstance(expr, IfExpr):
            return self.value(expr.then if self.value(expr.condition, lets) else expr.orelse, lets)
        if isinstance(expr, Member):
            return 1 if self.value(expr.operand, lets) in expr.values else 0
        if isinstance(expr, Lookup):
            return self.lookup(expr, lets)
        a = self.value(expr.left, lets)
        b = self.value(expr.right, lets)
        if isinstance(expr, Compare):
            truth = {"==": a == b, "!=": a != b, "<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}
            return 1 if truth[expr.op] else 0
        assert isinstance(expr, Arithmetic)
        if expr.op in ("//", "%"):
            if b == 0:
                raise _Stop("division-by-zero", "")
            return a // b if expr.op == "//" else a % b
        results = {"+": a + b, "-": a - b, "*": a * b, "min": min(a, b), "max": max(a, b)}
        return results[expr.op]

    def lookup(self, expr: Lookup, lets: dict[str, int]) -> int:
        table: object = _nested(expr.table, expr.shape)
        codes = {
            "table-index": "missing-table-entry",
            "conversion": "failed-conversion",
            "not-in-family": "set-not-in-family",
            "division-by-zero": "division-by-zero",
        }
        indices = [self.value(index, lets) for index in expr.indices]
        for index, low, size in zip(indices, expr.lows, expr.shape, strict=True):
            if index < low or index >= low + size:
                raise _Stop(codes[expr.missing], "")
            assert isinstance(table, list)
            table = table[index - low]
        if table is None:
            raise _Stop(codes[expr.missing], "")
        assert isinstance(table, int)
        return table

    def slot(self, name: str) -> int:
        for head in self.program.heads:
            if head.name == name:
                return self.head(head)
        return self.state[self.here][name]

    def head(self, head: Head) -> int:
        selected = [j for j in range(len(self.state)) if self.selects(head, j)]
        if isinstance(head.domain, RealDomain):
            if not selected:
                raise _Stop("undefined-read", head.name)
            mean = sum((self.real(head, j) for j in selected), Fraction(0)) / len(selected)
            return _nearest(head.domain, mean)
        if len(selected) != 1:
            raise _Stop("undefined-read", head.name)
        return self.state[selected[0]][head.value]

    def selects(self, head: Head, j: int) -> bool:
        if self.program.causal is not None and j > self.here:
            return False
        if head.offsets is not None and j - self.here not in head.offsets:
            return False
        if head.query is None or head.key is None:
            return True
        query, key = self.state[self.here][head.query], self.state[j][head.key]
        domain = self.program.variable(head.query).domain
        return key in domain.family[query] if isinstance(domain, SetDomain) else key == query

    def real(self, head: Head, j: int) -> Fraction:
        code = self.state[j][head.value]
        domain = self.program.variable(head.value).domain
        if isinstance(domain, RealDomain):
            return domain.buckets[code]
        return Fraction(bool(code)) if isinstance(domain, BoolDomain) else Fraction(code)


def _nearest(domain: RealDomain, value: Fraction) -> int:
    """The index of the nearest bucket; of the larger of two equally near."""
    best = 0
    for i, bucket in enumerate(domain.buckets):
        if abs(bucket - value) <= abs(domain.buckets[best] - value):
            best = i
    return best


def _nested(table: tuple[int | None, ...], shape: tuple[int, ...]) -> object:
    """A flat table in row-major order as nested lists."""
    if not shape:
        return table[0]
    step = len(table) // shape[0] if shape[0] else 0
    return [_nested(table[i * step : (i + 1) * step], shape[1:]) for i in range(shape[0])]
