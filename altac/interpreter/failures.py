"""What happened at one position where the array interpreter met an error: the first one in program order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from altac.diagnostics.problem import Problem
from altac.diagnostics.runtime_errors import (
    DivisionByZero,
    FailedConversion,
    MissingEntry,
    NotInFamily,
    RuleConflict,
    UndefinedRead,
    UpdateOutOfRange,
)
from altac.ir import (
    Assign,
    BoolDomain,
    Const,
    Domain,
    EnumDomain,
    Expr,
    If,
    IntDomain,
    Let,
    Lookup,
    MlpCode,
    Program,
    Read,
    RealDomain,
    SetDomain,
    Stmt,
    TokenDomain,
    label,
)
from altac.ir.evaluate import Undefined, evaluate


class Failed(Exception):
    """Carries the problem out of the evaluation."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


def type_text(domain: Domain) -> str:
    """How a domain is named in a message."""
    match domain:
        case BoolDomain():
            return "bool"
        case IntDomain(low, high):
            return f"{low}..{high}"
        case EnumDomain(name):
            return name
        case TokenDomain():
            return "Token"
        case RealDomain():
            return "real"
        case SetDomain(element=element):
            return f"set of {type_text(element)}"


@dataclass
class Place:
    """One position of one input in one layer, with the values it holds there.

    ``values`` gives the code of a slot, None for an undefined head; ``selected`` the number of positions a head
    selects.
    """

    program: Program
    values: Callable[[str], int | None]
    selected: Callable[[str], int]
    layer: int
    position: int
    input: str
    seen: dict[str, str] = field(default_factory=dict)

    def slot(self, name: str, read: Read | None) -> int:
        """The code of a variable or head; fails if it is undefined."""
        domain = self.program.domain(name)
        code = self.values(name)
        if code is None:
            head = self.program.head(name)
            raise Failed(
                UndefinedRead(
                    span=read.span if read else None, head=name, selected=self.selected(name),
                    numerical=isinstance(domain, RealDomain), head_span=head.span, **self.context(),
                )
            )  # fmt: skip
        self.seen[name] = label(domain, code)
        return code

    def context(self) -> dict[str, Any]:
        """The fields that every run-time problem has."""
        shown = ", ".join(f"{name} = {text}" for name, text in self.seen.items())
        return {"layer": self.layer, "position": self.position, "input": self.input, "state": shown}

    def let(self, name: str, lets: dict[str, int]) -> int:
        """The value of an enclosing let."""
        self.seen[name] = str(lets[name])
        return lets[name]

    def evaluate(self, expr: Expr, lets: dict[str, int]) -> int:
        """The value of an expression; raises `Failed`."""
        try:
            return evaluate(expr, lambda read: self.slot(read.name, read), lambda read: self.let(read.name, lets))
        except Undefined as undefined:
            raise Failed(self._problem(undefined)) from None

    def _problem(self, undefined: Undefined) -> Problem:
        expr = undefined.expr
        if not isinstance(expr, Lookup):
            return DivisionByZero(span=expr.span if expr else None, **self.context())
        shown = []
        for index, value in zip(expr.indices, undefined.operands, strict=True):
            if isinstance(index, Read):
                shown.append(f"{index.name} = {label(self.program.domain(index.name), value)}")
            else:
                shown.append(str(value))
        text = ", ".join(shown)
        match expr.missing:
            case "division-by-zero":
                return DivisionByZero(span=expr.span, **self.context())
            case "conversion":
                return FailedConversion(span=expr.span, index=text, **self.context())
            case "not-in-family":
                return NotInFamily(span=expr.span, index=text, **self.context())
            case "table-index":
                return MissingEntry(span=expr.span, index=text, **self.context())

    def block(self, body: tuple[Stmt, ...], lets: dict[str, int]) -> None:
        """Run statements for their errors; updates only have their range checked."""
        lets = dict(lets)
        for stmt in body:
            self.seen.clear()
            match stmt:
                case Let(name, value):
                    lets[name] = self.evaluate(value, lets)
                case Assign(target, value):
                    self.update(target, self.evaluate(value, lets), stmt)
                case If(condition, then, orelse):
                    self.block(then if self.evaluate(condition, lets) else orelse, lets)

    def update(self, target: str, code: int, stmt: Assign) -> None:
        """Check the range of an update."""
        variable = self.program.variable(target)
        domain = variable.domain
        if not domain.low <= code < domain.low + domain.size:
            raise Failed(
                UpdateOutOfRange(
                    span=stmt.span, variable=target, value=code, type=type_text(domain),
                    variable_span=variable.span, **self.context(),
                )
            )  # fmt: skip

    def rules(self) -> None:
        """Test every rule in order, for its errors."""
        assert not isinstance(self.program.mlp, MlpCode)
        applied: dict[str, Any] = {}
        for rule in self.program.mlp.rules:
            self.seen.clear()
            if not all(self.slot(name, Read(name, rule.span)) == code for name, code in rule.antecedent):
                continue
            self.update(rule.target, rule.value, Assign(rule.target, Const(rule.value), rule.span))
            other = applied.setdefault(rule.target, rule)
            if other.value != rule.value:
                domain = self.program.domain(rule.target)
                raise Failed(
                    RuleConflict(
                        span=rule.span, variable=rule.target, value=label(domain, rule.value),
                        other_value=label(domain, other.value), other_span=other.span, **self.context(),
                    )
                )  # fmt: skip


def first_problem(place: Place) -> Problem | None:
    """The first error of the MLP at a place, in program order."""
    try:
        if isinstance(place.program.mlp, MlpCode):
            place.block(place.program.mlp.body, {})
        else:
            place.rules()
    except Failed as failed:
        return failed.problem
    return None
