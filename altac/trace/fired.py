"""Which updates the MLP makes at one position, why, and from what: the statements on the path that it takes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from altac.interpreter.analysis import deep_recursion
from altac.interpreter.failures import Failed, Place
from altac.ir import Assign, Expr, If, Let, MlpCode, MlpRules, Program, Read, Stmt
from altac.source import Span

Reads = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Condition:
    """A condition around an update: where it stands, and whether it held."""

    span: Span | None
    held: bool


@dataclass(frozen=True)
class Update:
    """An update that was reached. ``reads`` are the slots that its conditions and its value read, with their
    codes, in the order of reading: with ``target`` and ``value`` they are the transition rule that applied.
    ``lands`` is false if a later update of the same path overwrites it."""

    target: str
    value: int
    span: Span | None
    conditions: tuple[Condition, ...]
    reads: Reads
    lands: bool


class Fired:
    """The updates of a program's MLP by state; equal states are evaluated once."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._known: dict[tuple[int | None, ...], tuple[Update, ...]] = {}
        self._names = tuple(s.name for s in program.slots)

    def at(self, values: Callable[[str], int | None]) -> tuple[Update, ...]:
        """The updates at a position where ``values`` gives the code of every slot after attention (None: undefined).

        Where the MLP fails, those that it reached before.
        """
        key = tuple(map(values, self._names))
        found = self._known.get(key)
        if found is None:
            with deep_recursion():
                path = _Path(self.program, values, lambda _: 0, 0, 0, "")
                with suppress(Failed):
                    path.follow()
            found = self._known[key] = _landed(path.updates)
        return found


def _landed(updates: list[Update]) -> tuple[Update, ...]:
    last = {u.target: i for i, u in enumerate(updates)}
    return tuple(
        u if last[u.target] == i else Update(u.target, u.value, u.span, u.conditions, u.reads, False)
        for i, u in enumerate(updates)
    )


@dataclass
class _Path(Place):
    """Evaluates like `Place`, and remembers what was read and updated."""

    reads: dict[str, int] = field(default_factory=dict)
    updates: list[Update] = field(default_factory=list)
    lets_read: dict[str, dict[str, int]] = field(default_factory=dict)  # let -> what its value read

    def follow(self) -> None:
        match self.program.mlp:
            case MlpCode(body):
                self._body(body, {}, (), {})
            case MlpRules(rules):
                for rule in rules:
                    if all(self.slot(name, Read(name, rule.span)) == code for name, code in rule.antecedent):
                        self.updates.append(Update(rule.target, rule.value, rule.span, (), rule.antecedent, True))

    def slot(self, name: str, read: Read | None) -> int:
        code = super().slot(name, read)
        self.reads[name] = code
        return code

    def let(self, name: str, lets: dict[str, int]) -> int:
        self.reads |= self.lets_read[name]
        return super().let(name, lets)

    def _read(self, expr: Expr, lets: dict[str, int]) -> tuple[int, dict[str, int]]:
        """The value of an expression, and the slots that it read."""
        self.reads = {}
        value = self.evaluate(expr, lets)
        return value, self.reads

    def _body(
        self, body: tuple[Stmt, ...], lets: dict[str, int], conditions: tuple[Condition, ...], around: dict[str, int]
    ) -> None:
        """``conditions`` are those around the block, ``around`` what they read."""
        lets = dict(lets)
        for stmt in body:
            match stmt:
                case Let(name, value):
                    lets[name], self.lets_read[name] = self._read(value, lets)
                case Assign(target, value, span):
                    code, reads = self._read(value, lets)
                    self.update(target, code, stmt)
                    self.updates.append(Update(target, code, span, conditions, tuple((around | reads).items()), True))
                case If(condition, then, orelse):
                    truth, reads = self._read(condition, lets)
                    self._body(
                        then if truth else orelse,
                        lets,
                        (*conditions, Condition(condition.span, bool(truth))),
                        around | reads,
                    )
