"""Programs built by hand, as IR: what the checker would make of the examples of the design, and a few more.

Read expressions have spans into the one-word source of their name, so that tests can tell which read failed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

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
    Frame,
    Head,
    If,
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

BOOL = BoolDomain()


def span(text: str) -> Span:
    """A place that reads ``text``."""
    return Span(Source("<built>", text), 0, len(text))


def const(domain: Domain, name: str, code: int) -> Variable:
    """A variable with a constant initial code."""
    return Variable(name, domain, Initial("constant", (code,)), span(name))


def by_token(domain: Domain, name: str, codes: Iterable[int]) -> Variable:
    """A variable whose initial code depends on the token."""
    return Variable(name, domain, Initial("token", tuple(codes)), span(name))


def by_position(domain: Domain, name: str, codes: Iterable[int]) -> Variable:
    """A variable whose initial code depends on the position."""
    return Variable(name, domain, Initial("position", tuple(codes)), span(name))


def tokens(*names: str | int) -> TokenDomain:
    """A vocabulary; a name ending in ``_`` is a blank in text."""
    return TokenDomain(tuple(Symbol(n, "" if str(n).endswith("_") else str(n)) for n in names))


def enum(name: str, *members: str) -> EnumDomain:
    """An enum whose members are spelled like their names."""
    return EnumDomain(name, tuple(Symbol(m, m) for m in members))


def read(name: str) -> Read:
    return Read(name, span(name))


def equal(name: str, code: int) -> Expr:
    return Compare("==", read(name), Const(code))


def plus(left: Expr, right: int) -> Expr:
    return Arithmetic("+", left, Const(right))


def at(name: str, value: Variable, *offsets: int) -> Head:
    """A head that selects by offset alone."""
    return Head(name, None, None, value.name, frozenset(offsets), value.domain, span(name))


def attend(name: str, query: str, key: str, value: Variable, offsets: Sequence[int] | None = None) -> Head:
    """A categorical head."""
    allowed = None if offsets is None else frozenset(offsets)
    return Head(name, query, key, value.name, allowed, value.domain, span(name))


def parity_relative() -> Program:
    """The first example of the design."""
    parity = by_token(BOOL, "parity", (0, 1, 0))
    done = by_token(BOOL, "done", (0, 0, 1))
    body = If(
        And(Not(read("done")), read("done_left")),
        (
            Assign("parity", Compare("!=", read("parity"), read("parity_left"))),
            Assign("done", Const(1)),
        ),
    )
    return Program(
        "parity", tokens(0, 1, "START"), (parity, done), (at("parity_left", parity, -1), at("done_left", done, -1)),
        MlpCode((body,)), "parity", halt=equal("done", 1),
    )  # fmt: skip


def parity_rules() -> Program:
    """Parity from left to right, as the three transition rules of the paper plus those of `done`."""
    program = parity_relative()
    rules = []
    for old in (0, 1):
        for left in (0, 1):
            if old != old ^ left:
                antecedent = (("done", 0), ("done_left", 1), ("parity", old), ("parity_left", left))
                rules.append(Rule(antecedent, "parity", old ^ left, span(f"parity {old}{left}")))
    rules.append(Rule((("done", 0), ("done_left", 1)), "done", 1, span("done")))
    return Program(
        "parity", program.tokens, program.variables, program.heads, MlpRules(tuple(rules)), "parity", program.halt
    )


def parity_absolute(size: int = 12) -> Program:
    """Parity by position: each position looks up its left neighbour by its index."""
    index = IntDomain(0, size - 1)
    parity = by_token(BOOL, "parity", (0, 1))
    done = by_position(BOOL, "done", (int(i == 0) for i in range(size)))
    here = by_position(index, "here", range(size))
    left = by_position(index, "left", (max(i - 1, 0) for i in range(size)))
    body = If(
        Not(read("done")),
        (
            If(
                read("done_left"),
                (
                    Assign("parity", Compare("!=", read("parity"), read("parity_left"))),
                    Assign("done", Const(1)),
                ),
            ),
        ),
    )
    heads = (attend("parity_left", "left", "here", parity), attend("done_left", "left", "here", done))
    return Program(
        "parity_absolute", IntDomain(0, 1), (parity, done, here, left), heads, MlpCode((body,)), "parity",
        halt=equal("done", 1), positions=size,
    )  # fmt: skip


def parity_sum(maximum: int = 50) -> Program:
    """Parity by averaging: one of n ones and a start token is 1/(n + 1) of them."""
    buckets = RealDomain(tuple(Fraction(1, n) for n in range(maximum + 1, 0, -1)))
    start = by_token(RealDomain((Fraction(0), Fraction(1))), "start", (0, 0, 1))
    counted = by_token(BOOL, "counted", (0, 1, 1))
    query = const(BOOL, "query", 1)
    parity = const(BOOL, "parity", 0)
    table = tuple((b.denominator - 1) % 2 for b in buckets.buckets)
    mlp = MlpCode((Assign("parity", Lookup((read("x"),), (0,), (buckets.size,), table)),))
    head = Head("x", "query", "counted", "start", None, buckets, span("x"))
    return Program(
        "parity_sum", tokens(0, 1, "START"), (start, counted, query, parity), (head,), mlp, "parity", max_layers=1
    )


def set_query() -> Program:
    """Each position asks for the kinds in its set: the mark of the only match, and the mean of all marks.

    The set then grows by rule: {0} -> {0, 2} -> {1, 3}.
    """
    kind = IntDomain(0, 3)
    family = SetDomain(kind, (frozenset({0}), frozenset({0, 2}), frozenset({1, 3}), frozenset()))
    halves = RealDomain(tuple(Fraction(n, 2) for n in range(-4, 5)))
    wanted = by_token(family, "wanted", (0, 1, 2, 3))
    kinds = by_token(kind, "kind", (0, 1, 2, 3))
    mark = by_token(IntDomain(-2, 2), "mark", (-2, 2, 1, 0))
    only = const(IntDomain(-2, 2), "only", 0)
    middle = const(halves, "middle", 4)
    alone = by_token(BOOL, "alone", (1, 0, 0, 0))
    body: tuple[Stmt, ...] = (
        If(read("alone"), (Assign("only", read("match")),)),
        If(Compare("!=", read("wanted"), Const(3)), (Assign("middle", read("mean")),)),
        If(
            Compare("<", read("wanted"), Const(2)),
            (Assign("wanted", Arithmetic("+", read("wanted"), Const(1))), Assign("alone", Const(0))),
        ),
    )
    heads = (
        Head("match", "wanted", "kind", "mark", None, mark.domain, span("match")),
        Head("mean", "wanted", "kind", "mark", None, halves, span("mean")),
    )
    return Program(
        "set_query", IntDomain(0, 3), (wanted, kinds, mark, only, middle, alone), heads, MlpCode(body), "only",
        max_layers=3,
    )  # fmt: skip


def subleq(low: int = -16, high: int = 16, size: int = 16) -> Program:
    """The SUBLEQ machine of the design."""
    word, address = IntDomain(low, high), IntDomain(0, size - 1)
    states = enum("State", "Fetch", "Execute", "Branch", "Done")
    fetch, execute, branch, done = range(4)
    cell = by_token(word, "cell", range(low, high + 1))
    here = by_position(address, "here", range(size))
    pc, pc_b, pc_c = (const(address, n, i) for i, n in enumerate(("pc", "pc_b", "pc_c")))
    source, target = const(address, "from", 0), const(address, "to", 0)
    state, jump = const(states, "state", fetch), const(BOOL, "jump", 0)
    heads = tuple(
        attend(name, query, "here", cell)
        for name, query in (("a", "pc"), ("b", "pc_b"), ("c", "pc_c"), ("cell_a", "from"), ("cell_b", "to"))
    )

    def jump_to(address: Expr) -> tuple[Stmt, ...]:
        return (
            Assign("pc", address, span("pc <- address")),
            Assign("pc_b", plus(address, 1), span("pc_b <- address + 1")),
            Assign("pc_c", plus(address, 2), span("pc_c <- address + 2")),
            Assign("state", Const(fetch)),
        )

    negative = Or(Compare("<", read("a"), Const(0)), Compare("<", read("b"), Const(0)))
    fetching = If(
        negative,
        (Assign("state", Const(done)),),
        (
            Assign("from", read("a"), span("from <- a")),
            Assign("to", read("b"), span("to <- b")),
            Assign("state", Const(execute)),
        ),
    )
    executing: tuple[Stmt, ...] = (
        Let("difference", Arithmetic("-", read("cell_b"), read("cell_a"))),
        Assign("jump", Compare("<=", LetRead("difference"), Const(0))),
        If(
            Compare("==", read("here"), read("to")),
            (Assign("cell", Arithmetic("-", read("cell"), read("cell_a")), span("cell <- cell - cell_a")),),
        ),
        Assign("state", Const(branch)),
    )
    branching = If(
        Not(read("jump")),
        jump_to(plus(read("pc"), 3)),
        (If(Compare("<", read("c"), Const(0)), (Assign("state", Const(done)),), jump_to(read("c"))),),
    )
    body = If(
        equal("state", fetch),
        (fetching,),
        (If(equal("state", execute), executing, (If(equal("state", branch), (branching,)),)),),
    )
    return Program(
        "subleq", word, (cell, here, pc, pc_b, pc_c, source, target, state, jump), heads, MlpCode((body,)), "cell",
        halt=equal("state", done), positions=size,
    )  # fmt: skip


def countdown() -> Program:
    """A causal program: appends one less than the last token until 0. The mean of all so far is computed too."""
    number = IntDomain(0, 9)
    value = by_token(number, "value", range(10))
    one = const(BOOL, "one", 1)
    mean = const(RealDomain(tuple(Fraction(n, 2) for n in range(19))), "mean", 0)
    head = Head("average", "one", "one", "value", None, mean.domain, span("average"))
    body = (
        Assign("mean", read("average")),
        If(Compare(">", read("value"), Const(0)), (Assign("value", Arithmetic("-", read("value"), Const(1))),)),
    )
    return Program(
        "countdown", number, (value, one, mean), (head,), MlpCode(body), "value", max_layers=1,
        causal=Causal(stop=0, limit=8),
    )  # fmt: skip


def framed() -> Program:
    """Words with a frame of fixed length; the output leaves blanks out."""
    vocabulary = tokens("START", "jump", "turn left", "END", "PAD_")
    actions = EnumDomain("Action", (Symbol("NONE", ""), Symbol("JUMP", "I_JUMP"), Symbol("LEFT", "I_LEFT")))
    action = by_token(actions, "action", (0, 1, 2, 0, 0))
    return Program(
        "framed", vocabulary, (action,), (), MlpCode(()), "action", max_layers=0,
        frame=Frame((0,), (3,), 4, 8), text="words", positions=8,
    )  # fmt: skip


def windows() -> Program:
    """Lookups by key within ranges of offsets, and windows without a key."""
    letter = IntDomain(0, 2)
    kind = by_token(letter, "kind", (0, 1, 2))
    place = by_position(IntDomain(0, 39), "place", range(40))
    found = const(IntDomain(-1, 39), "found", -1)
    share = const(RealDomain(tuple(Fraction(n, 4) for n in range(5))), "share", 0)
    marked = by_token(BOOL, "marked", (0, 1, 1))
    heads = (
        Head("near", "kind", "kind", "place", frozenset(range(-20, 0)), place.domain, span("near")),
        Head("window", None, None, "marked", frozenset(range(-12, 13)), share.domain, span("window")),
        Head("pair", "kind", "kind", "marked", frozenset({-2, -1, 1, 2}), share.domain, span("pair")),
    )
    body = (
        If(
            And(Compare("==", read("place"), Const(3)), Member(read("kind"), frozenset({2}))),
            (Assign("found", read("near")),),
        ),
        Assign("share", read("window")),
    )
    return Program(
        "windows", letter, (kind, place, found, share, marked), heads, MlpCode(body), "found", max_layers=1,
        positions=40,
    )  # fmt: skip


ALL = (
    parity_relative, parity_rules, parity_absolute, parity_sum, set_query, subleq, countdown, framed, windows,
)  # fmt: skip
