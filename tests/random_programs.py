"""Random small valid programs, for comparing engines with each other.

`random_program` draws from any `random.Random`; `programs` is the same as a hypothesis strategy, so that
failures shrink. With ``reckless=0`` updates are kept inside their types and heads that may be undefined
are read behind guards only, so that most runs succeed; the default mixes in some errors. Restless programs have *clocks*:
variables that turn or run down whatever the others do, which nothing else need read. Most have no limit and a condition for
halting that is seldom met, so that their runs end in fixed points and cycles.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from fractions import Fraction

from hypothesis import strategies as st

from altac.ir import (
    And,
    Arithmetic,
    Assign,
    BoolDomain,
    Causal,
    Compare,
    Const,
    Domain,
    EnumDomain,
    Expr,
    Head,
    If,
    IfExpr,
    Initial,
    IntDomain,
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
    SetDomain,
    Stmt,
    Symbol,
    TokenDomain,
    Variable,
)
from altac.source import Source, Span


@dataclass(frozen=True)
class Options:
    """What may occur in a program. ``reckless`` is the chance that an update or a read goes unguarded, ``restless`` that
    a program has clocks."""

    numerical: bool = True
    sets: bool = True
    offsets: bool = True
    rules: bool = True
    causal: bool = True
    reckless: float = 0.1
    restless: float = 0.3
    depth: int = 3
    statements: int = 4


@dataclass(frozen=True)
class _Clock:
    """Counts up to the end of its domain, and begins again if it ``turns``; only ``when`` a variable has a value."""

    variable: str
    domain: IntDomain
    turns: bool
    when: tuple[str, int] | None

    def statement(self) -> Stmt:
        low, size = self.domain.low, self.domain.size
        after = Arithmetic("+", Read(self.variable), Const(1))
        value = Arithmetic("min", after, Const(self.domain.high))
        if self.turns:
            value = Arithmetic("+", Arithmetic("%", Arithmetic("-", after, Const(low)), Const(size)), Const(low))
        step = Assign(self.variable, value)
        return step if self.when is None else If(Compare("==", Read(self.when[0]), Const(self.when[1])), (step,))

    def rules(self) -> list[Rule]:
        first, last = self.domain.low, self.domain.high
        steps = [(code, code + 1) for code in range(first, last)] + [(last, first)] * self.turns
        guard = () if self.when is None else (self.when,)
        return [Rule(((self.variable, old), *guard), self.variable, new) for old, new in steps]


@dataclass
class _Maker:
    rng: random.Random
    options: Options
    tokens: TokenDomain | IntDomain = field(default_factory=lambda: IntDomain(0, 1))
    positions: int = 6
    variables: list[Variable] = field(default_factory=list)
    heads: list[Head] = field(default_factory=list)
    risky: set[str] = field(default_factory=set)
    count: int = 0

    # declarations

    def program(self) -> Program:
        rng = self.rng
        self.tokens = self.token_domain()
        for i in range(rng.randint(2, 5)):
            self.variable(f"v{i}", self.domain())
        here = Variable("here", IntDomain(0, self.positions - 1), Initial("position", tuple(range(self.positions))))
        self.variables.append(here)
        for i in range(rng.randint(0, 4)):
            self.head(f"h{i}")
        categorical = [v.name for v in self.variables if not isinstance(v.domain, RealDomain | SetDomain)]
        causal, output = None, rng.choice(categorical)
        if self.options.causal and rng.random() < 0.15:
            causal = rng.choice([Causal(0, None), *[Causal(s, rng.randint(1, self.positions + 1)) for s in (None, 0)]])
            output = "out"
            wide = isinstance(self.tokens, IntDomain) and rng.random() < 0.2
            self.variable(output, IntDomain(self.tokens.low - 1, 3) if wide else self.tokens)
        if self.options.rules and rng.random() < 0.25:
            mlp: MlpCode | MlpRules = self.transition_rules()
        else:
            mlp = MlpCode(self.block(self.options.statements, self.options.depth, ()))
        restless = rng.random() < self.options.restless
        if restless:
            clocks = [self.clock(f"clock{i}") for i in range(rng.randint(1, 3))]
            mlp = self.with_clocks(mlp, clocks)
            categorical += [c.variable for c in clocks]
        halt: Expr | None = None
        if rng.random() < (0.9 if restless else 0.6):
            name, domain = self.slot_domain(rng.choice(categorical))
            halt = Compare(rng.choice(["==", "!=", ">="]), Read(name), Const(self.code(domain)))
            if restless and rng.random() < 0.7:
                halt = Compare("<", Read(name), Const(domain.low + rng.choice([0, 0, 1])))
        layers = rng.randint(0, 5) if halt is None or rng.random() < (0.1 if restless else 0.4) else None
        return Program(
            "random", self.tokens, tuple(self.variables), tuple(self.heads), mlp, output, halt=halt,
            max_layers=layers, positions=self.positions, causal=causal,
        )  # fmt: skip

    def clock(self, name: str) -> _Clock:
        """A new variable that turns or runs down, at some positions or always, by itself or when another clock strikes."""
        rng = self.rng
        guards = [v for v in self.variables if not isinstance(v.domain, RealDomain | SetDomain)]
        guard = rng.choice([None, *guards]) if rng.random() < 0.6 else None
        domain = IntDomain(low := rng.randint(-2, 1), low + rng.randint(1, 6))
        self.variable(name, domain)
        when = None if guard is None else (guard.name, self.code(guard.domain))
        return _Clock(name, domain, rng.random() < 0.6, when)

    def with_clocks(self, mlp: MlpCode | MlpRules, clocks: list[_Clock]) -> MlpCode | MlpRules:
        if isinstance(mlp, MlpRules):
            return MlpRules(mlp.rules + tuple(rule for clock in clocks for rule in clock.rules()))
        body = list(mlp.body)
        for clock in clocks:
            body.insert(self.rng.randint(0, len(body)), clock.statement())
        return MlpCode(tuple(body))

    def token_domain(self) -> TokenDomain | IntDomain:
        if self.rng.random() < 0.5:
            low = self.rng.randint(-2, 1)
            return IntDomain(low, low + self.rng.randint(0, 3))
        return TokenDomain(tuple(Symbol(n, n) for n in ("a", "b", "c", "d")[: self.rng.randint(1, 4)]))

    def domain(self) -> Domain:
        rng = self.rng
        kinds = ["bool", "int", "int", "int", "enum", "token"]
        kinds += ["real"] * self.options.numerical + ["set"] * self.options.sets
        match rng.choice(kinds):
            case "bool":
                return BoolDomain()
            case "enum":
                return EnumDomain("E", tuple(Symbol(n, n) for n in "ABC"[: rng.randint(1, 3)]))
            case "token":
                return self.tokens
            case "real":
                return self.real_domain()
            case "set":
                element = IntDomain(low := rng.randint(-2, 0), low + rng.randint(0, 3))
                sets = {
                    frozenset(c for c in range(element.low, element.high + 1) if rng.random() < 0.5)
                    for _ in range(rng.randint(1, 3))
                }
                return SetDomain(element, tuple(sorted(sets, key=sorted)))
        low = rng.randint(-3, 1)
        return IntDomain(low, low + rng.randint(0, 5))

    def real_domain(self) -> RealDomain:
        values = {Fraction(self.rng.randint(-6, 6), self.rng.randint(1, 4)) for _ in range(self.rng.randint(1, 5))}
        return RealDomain(tuple(sorted(values)))

    def code(self, domain: Domain) -> int:
        return self.rng.randint(domain.low, domain.low + domain.size - 1)

    def variable(self, name: str, domain: Domain) -> None:
        by = self.rng.choice(["constant", "token", "position"])
        size = {"constant": 1, "token": self.tokens.size, "position": self.positions}[by]
        codes = tuple(self.code(domain) for _ in range(size))
        self.variables.append(Variable(name, domain, Initial(by, codes), self.span(name)))  # type: ignore[arg-type]

    def head(self, name: str) -> None:
        rng = self.rng
        value = rng.choice(self.variables)
        domain = value.domain
        numerical = isinstance(domain, RealDomain)
        if self.options.numerical and isinstance(domain, IntDomain | BoolDomain) and rng.random() < 0.3:
            numerical = True
        if numerical:
            domain = self.real_domain()
        offsets: frozenset[int] | None = None
        if self.options.offsets and rng.random() < 0.5:
            if rng.random() < 0.3:
                low = rng.randint(-12, 4)
                offsets = frozenset(range(low, low + rng.randint(9, 16)))
            else:
                offsets = frozenset(rng.sample(range(-3, 4), rng.randint(1, 3)))
        query, key = self.query_and_key()
        if query is None and offsets is None:
            offsets = frozenset({-1})
        always = numerical and query is not None and query == key and (offsets is None or 0 in offsets)
        if not always:
            self.risky.add(name)
        self.heads.append(Head(name, query, key, value.name, offsets, domain, self.span(name)))

    def query_and_key(self) -> tuple[str | None, str | None]:
        rng = self.rng
        if self.options.offsets and rng.random() < 0.3:
            return None, None
        key = rng.choice([v for v in self.variables if not isinstance(v.domain, RealDomain | SetDomain)])
        queries = [v for v in self.variables if self.comparable(v.domain, key.domain)]
        return rng.choice(queries).name, key.name

    @staticmethod
    def comparable(query: Domain, key: Domain) -> bool:
        if isinstance(query, SetDomain):
            return _Maker.comparable(query.element, key)
        if isinstance(query, IntDomain) or isinstance(key, IntDomain):
            return isinstance(query, IntDomain) and isinstance(key, IntDomain)
        return query == key

    # the MLP

    def span(self, text: str) -> Span:
        self.count += 1
        return Span(Source(f"<random {self.count}>", text), 0, len(text))

    def slots(self) -> list[Variable | Head]:
        return [*self.variables, *self.heads]

    def slot_domain(self, name: str) -> tuple[str, Domain]:
        for slot in self.slots():
            if slot.name == name:
                return slot.name, slot.domain
        raise KeyError(name)

    def block(self, statements: int, depth: int, lets: tuple[str, ...]) -> tuple[Stmt, ...]:
        found: list[Stmt] = []
        for _ in range(self.rng.randint(1, statements)):
            kind = self.rng.random()
            if kind < 0.2:
                self.count += 1
                name = f"let{self.count}"
                found.append(Let(name, self.number(depth - 1, lets), self.span(name)))
                lets = (*lets, name)
            elif kind < 0.55 and depth > 0:
                then = self.block(2, depth - 1, lets)
                orelse = self.block(2, depth - 1, lets) if self.rng.random() < 0.6 else ()
                found.append(If(self.truth(depth - 1, lets), then, orelse, self.span("if")))
            else:
                target = self.rng.choice(self.variables)
                value = self.fitting(target.domain, depth - 1, lets)
                found.append(Assign(target.name, value, self.span(f"{target.name} <-")))
        return tuple(found)

    def fitting(self, domain: Domain, depth: int, lets: tuple[str, ...]) -> Expr:
        """An expression that stays in ``domain``, most of the time."""
        rng = self.rng
        low, high = domain.low, domain.low + domain.size - 1
        if rng.random() < 0.25:
            return Const(self.code(domain))
        inside = [v for v in self.variables if low <= v.domain.low and v.domain.low + v.domain.size - 1 <= high]
        if inside and rng.random() < 0.25:
            return Read(rng.choice(inside).name)
        value = self.number(depth, lets)
        if rng.random() < self.options.reckless:
            return value
        if rng.random() < 0.5:
            return Arithmetic("max", Arithmetic("min", value, Const(high)), Const(low))
        return Arithmetic("+", Arithmetic("%", value, Const(domain.size)), Const(low))

    def reading(self, lets: tuple[str, ...]) -> Expr:
        """A slot or a let; a head that may be undefined mostly behind a guard."""
        rng = self.rng
        if lets and rng.random() < 0.25:
            return LetRead(rng.choice(lets))
        slot = rng.choice(self.slots())
        read = Read(slot.name, self.span(slot.name))
        if slot.name in self.risky and rng.random() >= self.options.reckless:
            position = rng.randint(0, self.positions - 1)
            guard = Compare(rng.choice([">", "==", ">="]), Read("here"), Const(position))
            return IfExpr(guard, read, Const(self.code(slot.domain)))
        return read

    def number(self, depth: int, lets: tuple[str, ...]) -> Expr:
        rng = self.rng
        if depth <= 0 or rng.random() < 0.25:
            return self.reading(lets) if rng.random() < 0.8 else Const(rng.randint(-4, 4))
        kind = rng.random()
        if kind < 0.5:
            op = rng.choice(["+", "-", "*", "//", "%", "min", "max"])
            left = self.number(depth - 1, lets)
            right = self.number(depth - 1, lets)
            if op in ("//", "%") and rng.random() >= self.options.reckless:
                right = Const(rng.choice([-3, -2, -1, 1, 2, 3]))
            return Arithmetic(op, left, right, self.span(op))  # type: ignore[arg-type]
        if kind < 0.7:
            return IfExpr(self.truth(depth - 1, lets), self.number(depth - 1, lets), self.number(depth - 1, lets))
        if kind < 0.9:
            return self.lookup(depth, lets)
        return self.truth(depth - 1, lets)

    def lookup(self, depth: int, lets: tuple[str, ...]) -> Expr:
        rng = self.rng
        careful = rng.random() >= self.options.reckless
        indices, lows, shape = [], [], []
        for _ in range(rng.randint(1, 2)):
            low, size = rng.randint(-2, 1), rng.randint(1, 5)
            index = self.number(depth - 2, lets)
            if careful:
                index = Arithmetic("+", Arithmetic("%", index, Const(size)), Const(low))
            indices.append(index)
            lows.append(low)
            shape.append(size)
        cells = 1
        for size in shape:
            cells *= size
        table = tuple(rng.randint(-3, 3) if careful or rng.random() < 0.8 else None for _ in range(cells))
        missing = rng.choice(["table-index", "conversion", "not-in-family", "division-by-zero"])
        return Lookup(tuple(indices), tuple(lows), tuple(shape), table, missing, self.span("lookup"))  # type: ignore[arg-type]

    def truth(self, depth: int, lets: tuple[str, ...]) -> Expr:
        rng = self.rng
        if depth <= 0 or rng.random() < 0.4:
            op = rng.choice(["==", "!=", "<", "<=", ">", ">="])
            return Compare(op, self.number(0, lets), self.number(0, lets))  # type: ignore[arg-type]
        kind = rng.random()
        if kind < 0.2:
            return Not(self.truth(depth - 1, lets))
        if kind < 0.45:
            return And(self.truth(depth - 1, lets), self.truth(depth - 1, lets))
        if kind < 0.7:
            return Or(self.truth(depth - 1, lets), self.truth(depth - 1, lets))
        if kind < 0.85:
            return Member(self.number(depth - 1, lets), frozenset(rng.sample(range(-4, 5), 3)))
        op = rng.choice(["==", "!=", "<", "<=", ">", ">="])
        return Compare(op, self.number(depth - 1, lets), self.number(depth - 1, lets))  # type: ignore[arg-type]

    def transition_rules(self) -> MlpRules:
        rng = self.rng
        found = []
        for _ in range(rng.randint(1, 12)):
            target = rng.choice(self.variables)
            antecedent = [(target.name, self.code(target.domain)), ("here", rng.randint(0, self.positions - 1))]
            slots = [s for s in self.slots() if s.name not in self.risky]
            if rng.random() < self.options.reckless * 3:
                slots = self.slots()
            for slot in rng.sample(slots, rng.randint(0, min(2, len(slots)))):
                antecedent.append((slot.name, self.code(slot.domain)))
            if rng.random() < 0.5:
                del antecedent[1]
            if rng.random() < self.options.reckless * 3:
                rng.shuffle(antecedent)
            antecedent = list(dict(reversed(antecedent)).items())[::-1]  # the first test of each slot
            found.append(Rule(tuple(antecedent), target.name, self.code(target.domain), self.span("rule")))
        return MlpRules(tuple(found))


def random_program(rng: random.Random, options: Options | None = None) -> Program:
    """One valid program."""
    return _Maker(rng, options or Options(), positions=rng.randint(1, 6)).program()


def random_inputs(rng: random.Random, program: Program, count: int = 6) -> list[tuple[int, ...]]:
    """Sequences of token indices of mixed lengths, up to the number of positions."""
    longest = program.positions if program.positions is not None else 6
    last = program.tokens.size - 1
    return [tuple(rng.randint(0, last) for _ in range(rng.randint(0, longest))) for _ in range(count)]


@st.composite
def programs_and_inputs(draw: st.DrawFn, options: Options | None = None) -> tuple[Program, list[tuple[int, ...]]]:
    """A program with inputs for it, as a hypothesis strategy."""
    rng = draw(st.randoms(use_true_random=False))
    program = random_program(rng, options)
    return program, random_inputs(rng, program)
