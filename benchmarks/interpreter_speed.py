"""Speed of the interpreter: a stack machine about the size of SCAN's parser, and programs without a uniform state.

    python benchmarks/interpreter_speed.py [SEQUENCES]

The machine keeps its control state (pointers, what they point at) the same at all positions, as state
machines in this model do; `local` gives every position a state of its own, which is the slow case.
"""

from __future__ import annotations

import random
import sys
import time

from altac.interpreter import run
from altac.ir import (
    And,
    Arithmetic,
    Assign,
    Compare,
    Const,
    Expr,
    Head,
    If,
    Initial,
    IntDomain,
    Let,
    LetRead,
    Lookup,
    MlpCode,
    Program,
    Read,
    Stmt,
    Variable,
)

LENGTH, LAYERS = 50, 150
ADDRESS, SYMBOL, COUNT = IntDomain(0, LENGTH - 1), IntDomain(0, 23), IntDomain(0, LAYERS)


def const(name: str, domain: IntDomain, code: int = 0) -> Variable:
    return Variable(name, domain, Initial("constant", (code,)))


def machine() -> Program:
    """Walks over its cells with two pointers and a stack, rewriting cells through a table of three symbols."""
    rng = random.Random(1)
    here = Variable("here", ADDRESS, Initial("position", tuple(range(LENGTH))))
    cell = Variable("cell", SYMBOL, Initial("token", tuple(range(24))))
    stack = const("stack", SYMBOL)
    variables = [here, cell, stack, const("count", COUNT), const("next", ADDRESS), const("mode", IntDomain(0, 5))]
    variables += [const(f"top{i}", ADDRESS, 10 - i) for i in range(4)]
    heads = [Head("token", "next", "here", "cell", None, SYMBOL)]
    heads += [Head(f"stack{i}", f"top{i}", "here", "stack", None, SYMBOL) for i in range(4)]
    symbols = (Read("stack1"), Read("stack2"), Read("token"))
    reduced = Lookup(symbols, (0, 0, 0), (24, 24, 24), tuple(rng.choice((0, 0, *range(24))) for _ in range(24**3)))
    shift: list[Stmt] = [
        If(Compare("==", Read("here"), Read("top0")), (Assign("stack", Read("token")),)),
        Assign("next", wrap(Arithmetic("+", Read("next"), Const(1)))),
        *(Assign(f"top{i}", wrap(Arithmetic("+", Read(f"top{i}"), Const(1)))) for i in range(4)),
    ]
    reduce: list[Stmt] = [
        If(Compare("==", Read("here"), Read("top2")), (Assign("stack", LetRead("to")),)),
        *(Assign(f"top{i}", wrap(Arithmetic("-", Read(f"top{i}"), Const(1)))) for i in range(4)),
    ]
    mark: Expr = And(Compare("==", Read("here"), Read("next")), Compare("!=", Read("stack3"), Read("cell")))
    body: list[Stmt] = [
        Let("to", reduced),
        If(Compare("==", LetRead("to"), Const(0)), tuple(shift), tuple(reduce)),
        If(mark, (Assign("cell", Arithmetic("%", Arithmetic("+", Read("cell"), Read("mode")), Const(24))),)),
        Assign("mode", Arithmetic("%", Arithmetic("+", Read("mode"), Read("stack1")), Const(6))),
        Assign("count", Arithmetic("+", Read("count"), Const(1))),
    ]
    halt = Compare("==", Read("count"), Const(LAYERS))
    return Program(
        "machine", SYMBOL, tuple(variables), tuple(heads), MlpCode(tuple(body)), "stack", halt, positions=LENGTH
    )


def wrap(value: Expr) -> Expr:
    return Arithmetic("%", value, Const(LENGTH))


def local() -> Program:
    """Every position chases pointers of its own."""
    here = Variable("here", ADDRESS, Initial("position", tuple(range(LENGTH))))
    link = Variable("link", ADDRESS, Initial("token", tuple(range(LENGTH))))
    seen = Variable("seen", ADDRESS, Initial("token", tuple(range(LENGTH))))
    heads = (
        Head("jump", "link", "here", "link", None, ADDRESS),
        Head("left", None, None, "seen", frozenset({-1}), ADDRESS),
        Head("there", "link", "here", "seen", None, ADDRESS),
    )
    mixed = Arithmetic("%", Arithmetic("+", Read("there"), Read("left")), Const(LENGTH))
    body: tuple[Stmt, ...] = (
        Assign("link", wrap(Arithmetic("+", Read("jump"), Const(1)))),
        If(Compare(">", Read("here"), Const(0)), (Assign("seen", mixed),)),
    )
    return Program(
        "local", ADDRESS, (here, link, seen), heads, MlpCode(body), "seen", max_layers=LAYERS, positions=LENGTH
    )


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_910
    for build in (machine, local):
        program = build()
        rng = random.Random(2)
        inputs = [tuple(rng.randrange(program.tokens.size) for _ in range(LENGTH)) for _ in range(count)]
        start = time.perf_counter()
        results = run(program, inputs)
        seconds = time.perf_counter() - start
        layers = sum(r.layers for r in results) * LENGTH
        assert not any(r.error for r in results), next(r.error for r in results if r.error)
        print(
            f"{program.name}: {count} sequences of {LENGTH}, {LAYERS} layers: {seconds:.2f} s, "
            f"{seconds / layers * 1e9:.1f} ns a position and layer"
        )


if __name__ == "__main__":
    main()
