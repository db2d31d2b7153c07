"""What decides about the next value of one variable: the part of the MLP that updates it, and its evaluation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from altac.ir.evaluate import Undefined, evaluate
from altac.ir.expressions import Expr
from altac.ir.program import Assign, If, Let, MlpCode, MlpRules, Program, Rule, Stmt
from altac.ir.traversal import substitute
from altac.source import Span


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
                lets[name] = substitute(value, lets)
            case Assign(target=name, value=value, span=span):
                if name == target:
                    chain = Update(substitute(value, lets), span), None
            case If(condition=condition, then=then, orelse=orelse):
                first, second = _slice(then, target, lets), _slice(orelse, target, lets)
                if first or second:
                    chain = Choice(substitute(condition, lets), first, second), chain
    return chain


class NextValue:
    """The next value of one variable as a function of a way to read slots."""

    def __init__(self, program: Program, target: str) -> None:
        self.domain = program.domain(target)
        self.chain: Chain = None
        self.rules: tuple[Rule, ...] = ()
        #: Where the update stands that the last call came to.
        self.span: Span | None = None
        match program.mlp:
            case MlpRules(rules=rules):
                self.rules = tuple(r for r in rules if r.target == target)
            case MlpCode(body=body):
                self.chain = slice_of(body, target)

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
                match item:
                    case Update(value=value, span=span):
                        self.span = span
                        return evaluate(value, lambda slot: read(slot.name))
                    case Choice(condition=condition, then=then, orelse=orelse):
                        pending.append(then if evaluate(condition, lambda slot: read(slot.name)) else orelse)
        return None
