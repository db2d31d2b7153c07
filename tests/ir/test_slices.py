"""What decides about one variable: against the rules one by one, which are made in another way."""

from __future__ import annotations

import random

import numpy as np
import pytest

from altac.ir import Program
from altac.ir.evaluate import Undefined
from altac.ir.slices import NextValue
from altac.rules import apply_rules, expand
from tests import programs

PROGRAMS = (
    programs.parity_relative(), programs.parity_rules(), programs.parity_absolute(), programs.countdown(),
    programs.subleq(-3, 3, 3),
)  # fmt: skip


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.name)
def test_the_next_value_is_that_of_the_rules(program: Program) -> None:
    rng = random.Random(0)
    rules = expand(program)
    states = [
        {s.name: rng.randrange(s.domain.low, s.domain.low + s.domain.size) for s in program.slots} for _ in range(500)
    ]
    after = apply_rules(program, rules, {s.name: np.array([st[s.name] for st in states]) for s in program.slots})
    changed = 0
    for variable in program.variables:
        evaluate = NextValue(program, variable.name)
        for state, expected in zip(states, after[variable.name].tolist(), strict=True):
            try:
                new = evaluate(state.__getitem__)
            except Undefined:
                continue
            assert (state[variable.name] if new is None else new) == expected
            changed += expected != state[variable.name]
    assert changed
