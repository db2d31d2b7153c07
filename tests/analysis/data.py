"""What the tests of the analysis share: runs taken apart with `altac.trace`, and rules applied one state at a time."""

from __future__ import annotations

import random
from collections import Counter

from altac.api import check_source
from altac.interpreter import run
from altac.ir import Head, Program, Rule
from altac.source import Source
from altac.trace import collect
from tests.random_programs import Options, random_inputs, random_program

#: One input of the MLP: the code of every slot, None for a head without a value.
State = tuple[int | None, ...]


def program(text: str) -> Program:
    """The program of a text."""
    found, problems = check_source(Source("text.alta", text))
    assert found is not None, [p.render_title() for p in problems]
    return found.ir


def states(program: Program, inputs: list[tuple[int, ...]], max_layers: int | None = None) -> Counter[State]:
    """What the MLP reads, one input, layer and position at a time."""
    found: Counter[State] = Counter()
    for tokens in inputs:
        for snapshot in collect(program, tokens, max_layers).snapshots:
            if snapshot.when == "attention":
                for position in range(len(snapshot.tokens)):
                    found[tuple(snapshot.values[s.name][position] for s in program.slots)] += 1
    return found


def applies(program: Program, rule: Rule, state: State) -> bool:
    """Whether all conjuncts hold."""
    values = dict(zip((s.name for s in program.slots), state, strict=True))
    return all(values[name] == code for name, code in rule.antecedent)


def reads_nothing(program: Program, rule: Rule, state: State) -> bool:
    """Whether the rule reads a head without a value, when it tests variables first."""
    values = dict(zip((s.name for s in program.slots), state, strict=True))
    heads = {s.name for s in program.slots if isinstance(s, Head)}
    for name, code in sorted(rule.antecedent, key=lambda c: c[0] in heads):
        if values[name] is None:
            return True
        if values[name] != code:
            return False
    return False


def sound_inputs(rng: random.Random, program: Program, count: int = 6) -> list[tuple[int, ...]]:
    """Random inputs on which a program succeeds; empty if it can never stop."""
    if program.halt is None and program.max_layers is None:
        return []
    inputs = random_inputs(rng, program, count)
    return [i for i, r in zip(inputs, run(program, inputs, limit=40), strict=True) if r.error is None]


def random_cases(seed: int, options: Options, count: int) -> list[tuple[Program, list[tuple[int, ...]]]]:
    """Random programs, each with inputs on which it succeeds."""
    rng = random.Random(seed)
    found: list[tuple[Program, list[tuple[int, ...]]]] = []
    while len(found) < count:
        made = random_program(rng, options)
        inputs = sound_inputs(rng, made)
        if inputs:
            found.append((made, inputs))
    return found
