"""The JSON form: it reads back, on examples and random programs; what is no program is refused with its place."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import altac
from altac.ir import Arithmetic, Assign, Const, Expr, If, MlpCode, Read, Stmt
from altac.ir.json import VERSION, dump, load
from tests import programs
from tests.random_programs import random_program

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(
    p for p in (ROOT / "examples").rglob("*.alta") if "\nprogram " in "\n" + p.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_examples_read_back(path: Path) -> None:
    program = altac.load(path).ir
    text = dump(program)
    assert load(text) == program
    assert json.loads(text)["version"] == VERSION
    bare = load(dump(program, spans=False))
    assert dump(bare) == dump(program, spans=False)
    assert '"at"' not in dump(program, spans=False)


@pytest.mark.parametrize("seed", range(60))
def test_random_programs_read_back(seed: int) -> None:
    program = random_program(random.Random(seed))
    assert load(dump(program)) == program


def test_deep_programs_read_back() -> None:
    total: Expr = Read("parity")
    for _ in range(2_000):
        total = Arithmetic("+", total, Const(0))
    chain: tuple[Stmt, ...] = (Assign("parity", total),)
    for _ in range(1_999):
        chain = (If(Read("done"), (Assign("parity", Const(0)),), chain),)
    base = programs.parity_relative()
    program = replace(base, mlp=MlpCode(chain[:1]))
    text = dump(program, spans=False)
    assert text.count('{"set": "parity"') == 2_000
    assert dump(load(text), spans=False) == text


def changed(**fields: Any) -> str:
    return json.dumps({**json.loads(dump(programs.parity_relative())), **fields})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "no JSON"),
        ("[]", 'the "format" must be'),
        ("[" * 1_000_000, "nested too deeply"),
        (changed(version=99), "version 99"),
        (changed(variables=3), "variables: a list is needed"),
        (changed(variables=[{}]), 'variables.0: there is no "name"'),
        (changed(output=None), "output: a text is needed"),
        (changed(output="nothing"), "the output nothing is not a variable"),
        (changed(tokens="bool"), "tokens: a vocabulary"),
        (changed(tokens={"int": [0]}), "tokens.int: a list of two is needed"),
        (changed(mlp=[{"set": "parity", "to": {"**": [1, 2]}}]), "mlp.0.to: an object with one of the keys"),
        (changed(mlp=[{"set": "parity", "to": {"+": [1]}}]), "mlp.0.to: + takes 2 operands"),
        (changed(mlp=[{"set": "parity", "to": True}]), "mlp.0.to: an object with one of the keys"),
        (changed(mlp=[{"if": [], "else": []}]), "mlp.0: an `if` needs an arm"),
        (changed(mlp=[{"set": "parity", "to": {"read": "x"}}]), "a read of x"),
        (changed(rules=[]), 'either "mlp" or "rules"'),
        (changed(halt={"read": "done", "at": [0, 5]}), "halt"),
        (changed(text="letters"), 'text: one of "characters", "words" is needed'),
    ],
    ids=range(18),
)
def test_what_is_no_program_is_refused_with_its_place(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match="^") as caught:
        load(text)
    assert reason in str(caught.value)
