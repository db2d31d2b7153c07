"""Transition rules give what the code gives that they stand for, dense or searched."""

from __future__ import annotations

import itertools
import random
import time
from dataclasses import replace

import pytest

from altac.interpreter import engine, run, transitions
from altac.interpreter.machine import Machine
from altac.ir import Arithmetic, Assign, Compare, Const, If, IntDomain, MlpCode, MlpRules, Program, Rule
from tests import programs
from tests.programs import attend, by_position, by_token, const, read

SIZE = 12
DIGIT = IntDomain(0, SIZE - 1)


def code() -> Program:
    """Adds what a pointer points at, from some digit on, and moves the pointer."""
    x = by_token(DIGIT, "x", range(SIZE))
    here = by_position(DIGIT, "here", range(SIZE))
    pointer = by_token(DIGIT, "pointer", (5 * i % SIZE for i in range(SIZE)))
    mode = const(DIGIT, "mode", 2)
    there = attend("there", "pointer", "here", x)
    total = Arithmetic("%", Arithmetic("+", read("x"), read("there")), Const(SIZE))
    body = (
        If(Compare(">", read("x"), read("mode")), (Assign("x", total),)),
        Assign("pointer", Arithmetic("%", Arithmetic("+", read("pointer"), read("x")), Const(SIZE))),
    )
    return Program("code", DIGIT, (x, here, pointer, mode), (there,), MlpCode(body), "x", max_layers=20, positions=SIZE)


def as_rules() -> Program:
    found = []
    for x, mode, there in itertools.product(range(SIZE), repeat=3):
        if x > mode:
            found.append(Rule((("x", x), ("mode", mode), ("there", there)), "x", (x + there) % SIZE))
    for x, pointer in itertools.product(range(SIZE), repeat=2):
        found.append(Rule((("pointer", pointer), ("x", x)), "pointer", (pointer + x) % SIZE))
    random.Random(1).shuffle(found)
    return replace(code(), mlp=MlpRules(tuple(found)))


@pytest.mark.parametrize("dense", [1 << 20, 0])
def test_rules_do_what_the_code_does(dense: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transitions, "DENSE_LIMIT", dense)
    rng = random.Random(2)
    inputs = [tuple(rng.randrange(SIZE) for _ in range(SIZE)) for _ in range(50)]
    program = as_rules()
    found = engine.run(program, inputs, limit=99, machine=Machine(program))
    assert all(r.error is None for r in found)
    assert found == run(code(), inputs)


def test_tens_of_thousands_of_rules_are_no_loop() -> None:
    """A loop over the rules in every layer would take minutes."""
    wide = IntDomain(0, 199)
    x, y = by_token(wide, "x", range(200)), const(wide, "y", 0)
    found = tuple(Rule((("y", b), ("x", a)), "y", (a + b) % 200) for a in range(200) for b in range(200))
    program = Program("wide", wide, (x, y), (), MlpRules(found), "y", max_layers=300)
    start = time.perf_counter()
    (result,) = run(program, [range(200)])
    assert result.output == tuple(300 * a % 200 for a in range(200))
    assert time.perf_counter() - start < 20


def test_no_rules_change_nothing() -> None:
    program = replace(programs.parity_relative(), mlp=MlpRules(()))
    assert run(program, [(1, 0)], 3)[0].output == (1, 0)
