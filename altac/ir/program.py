"""`Program`: what a checked source file means, as plain frozen data.

Semantics: section 2 of the design, sections 2.2 and 2.3 of the ALTA paper. A test can build a
program by hand; `altac.ir.validate` says what makes one well formed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from altac.ir.domains import Domain, IntDomain, Symbol, TextMode, TokenDomain
from altac.ir.expressions import Expr
from altac.source import Span


@dataclass(frozen=True)
class Initial:
    """The initial code of a variable: ``values[0]`` if constant, ``values[t]`` for token index ``t``
    (its index in `Program.tokens`), ``values[i]`` for position ``i``."""

    by: Literal["constant", "token", "position"]
    values: tuple[int, ...]


@dataclass(frozen=True)
class Variable:
    name: str
    domain: Domain
    initial: Initial
    span: Span | None = None
    doc: str = ""


@dataclass(frozen=True)
class Head:
    """Position ``i`` selects ``j`` when the code of ``key`` at ``j`` equals (for a set-valued query: is
    in) the code of ``query`` at ``i`` and ``j - i`` is in ``offsets`` (None: any).

    ``query``, ``key`` and ``value`` are names of variables. ``query`` and ``key`` are both None for a
    head that selects by offset alone. ``domain`` is that of the output: the value's own for a categorical
    head (undefined unless exactly one position is selected), a `RealDomain` for a numerical one (the mean of
    the selected values, undefined if none is selected), read in the MLP as its nearest bucket.
    Codes of query and key are compared as values: two integer domains by their integers.
    """

    name: str
    query: str | None
    key: str | None
    value: str
    offsets: frozenset[int] | None
    domain: Domain
    span: Span | None = None
    doc: str = ""


@dataclass(frozen=True)
class Assign:
    """``target <- value``; a value outside the target's domain is an error when reached."""

    target: str
    value: Expr
    span: Span | None = None


@dataclass(frozen=True)
class Let:
    """Binds ``name`` for the statements after it in the same block; evaluated where it stands."""

    name: str
    value: Expr
    span: Span | None = None


@dataclass(frozen=True)
class If:
    condition: Expr
    then: tuple[Stmt, ...]
    orelse: tuple[Stmt, ...] = ()
    span: Span | None = None


Stmt = Assign | Let | If


@dataclass(frozen=True)
class Rule:
    """``v1 = a, v2 = b, ... => target <- value``. The conjuncts are tested in order (so that an
    earlier one guards the read of a later one); the target's old value is among them."""

    antecedent: tuple[tuple[str, int], ...]
    target: str
    value: int
    span: Span | None = None


@dataclass(frozen=True)
class MlpCode:
    """The MLP as imperative code. All right-hand sides read the state before any update; of two updates
    of a variable on one path the later wins."""

    body: tuple[Stmt, ...]


@dataclass(frozen=True)
class MlpRules:
    """The MLP as transition rules. For each target at most one applies; two are an error when reached."""

    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class Frame:
    """Tokens put around every input, by token index: ``before``, the input, ``after``, then ``fill`` up to
    ``length`` tokens (no filling if ``fill`` is None)."""

    before: tuple[int, ...] = ()
    after: tuple[int, ...] = ()
    fill: int | None = None
    length: int = 0


@dataclass(frozen=True)
class Causal:
    """Causal mask, and a loop that appends the last position's output until ``stop`` or ``limit`` tokens."""

    stop: int | None
    limit: int | None


@dataclass(frozen=True)
class Test:
    """A ``test`` line: input as text or JSON items, expected output likewise."""

    input: str | tuple[str | int, ...]
    expected: str | tuple[str | int | bool, ...]
    span: Span | None = None


@dataclass(frozen=True)
class Program:
    """A checked program.

    ``tokens`` is the vocabulary in order: a `TokenDomain`, or an `IntDomain` when all tokens are
    consecutive integers. Token *indices* (0-based) are what inputs are made of. ``positions`` is the
    number of positions, None if no variable depends on the position. ``halt`` is an expression over one
    categorical variable. ``max_layers`` is the program's own limit.
    """

    name: str
    tokens: TokenDomain | IntDomain
    variables: tuple[Variable, ...]
    heads: tuple[Head, ...]
    mlp: MlpCode | MlpRules
    output: str
    halt: Expr | None = None
    max_layers: int | None = None
    positions: int | None = None
    frame: Frame = Frame()
    text: TextMode = "words"
    causal: Causal | None = None
    tests: tuple[Test, ...] = ()
    params: tuple[tuple[str, str], ...] = ()
    doc: str = field(default="", repr=False)

    def variable(self, name: str) -> Variable:
        """The variable called ``name``; KeyError if there is none."""
        for variable in self.variables:
            if variable.name == name:
                return variable
        raise KeyError(name)

    def head(self, name: str) -> Head:
        """The head called ``name``; KeyError if there is none."""
        for head in self.heads:
            if head.name == name:
                return head
        raise KeyError(name)

    @property
    def slots(self) -> tuple[Variable | Head, ...]:
        """The variables, then the heads: all that an expression can read."""
        return (*self.variables, *self.heads)

    @property
    def variable_names(self) -> tuple[str, ...]:
        return tuple(v.name for v in self.variables)

    def domain(self, name: str) -> Domain:
        """The domain of the variable or head called ``name``; KeyError if there is none."""
        for slot in self.slots:
            if slot.name == name:
                return slot.domain
        raise KeyError(name)

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """The tokens in order, as symbols."""
        if isinstance(self.tokens, TokenDomain):
            return self.tokens.tokens
        return tuple(Symbol(i, str(i)) for i in range(self.tokens.low, self.tokens.high + 1))
