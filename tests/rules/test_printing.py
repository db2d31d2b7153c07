"""Rules as a table, as JSON and as a program that parses back."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from altac.ir import Program
from altac.rules import RuleSet, expand
from altac.rules.printing import rules_json, rules_program, rules_table
from altac.semantics import check
from altac.source import Source
from tests import programs

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").rglob("*.alta"))


def parsed(text: str) -> Program:
    checked = check(Source("rules", text))
    assert not checked.problems, [p.render_title() for p in checked.problems]
    assert checked.program is not None
    return checked.program


def meaning(program: Program, ruleset: RuleSet) -> object:
    """The rules with slots by number, so that renamed slots do not matter."""
    number = {s.name: i for i, s in enumerate(program.slots)}
    return {(tuple((number[n], c) for n, c in r.antecedent), number[r.target], r.value) for r in ruleset.rules}, len(
        ruleset.resets
    )


def parses_back(program: Program) -> None:
    ruleset = expand(program)
    again = parsed("\n".join(rules_program(program, ruleset)))
    assert meaning(again, expand(again)) == meaning(program, ruleset)
    for one, other in zip(program.variables, again.variables, strict=True):
        assert one.initial == other.initial
        assert one.domain.size == other.domain.size
    for head, back in zip(program.heads, again.heads, strict=True):
        assert (head.offsets, head.domain.size) == (back.offsets, back.domain.size)
    assert (again.tokens, again.frame, again.text) == (program.tokens, program.frame, program.text)
    assert (again.positions, again.max_layers, again.causal) == (
        program.positions, program.max_layers, program.causal,
    )  # fmt: skip
    assert len(again.tests) == len(program.tests)


@pytest.mark.parametrize("make", [m for m in programs.ALL if m != programs.subleq], ids=lambda make: make.__name__)
def test_built_programs_parse_back(make: Callable[[], Program]) -> None:
    parses_back(make())


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples_parse_back(path: Path) -> None:
    checked = check(Source(str(path), path.read_text()))
    if checked.program is None:  # a module
        assert all(p.code == "no-program" for p in checked.problems), checked.problems
        return
    parses_back(checked.program)


def test_the_table_of_parity() -> None:
    program = programs.parity_relative()
    assert list(rules_table(program, expand(program))) == [
        "parity: 2 rules",
        "  false -> true   if done = false, done_left = true, parity_left = true",
        "   true -> false  if done = false, done_left = true, parity_left = true",
        "",
        "done: 1 rule",
        "  false -> true  if done_left = true",
        "",
        "parity_left: 2 resets of false, true",
        "done_left: 2 resets of false, true",
        "7 rules in all: 3 updates, 4 resets",
    ]


def test_json_has_values_as_outputs_have_them() -> None:
    program = programs.set_query()
    data = json.loads(json.dumps(rules_json(program, expand(program))))
    assert data["rules"][0] == {"antecedent": {"wanted": [0]}, "target": "wanted", "value": [0, 2], "line": None}
    assert {"head": "match", "value": -2} in data["resets"]
    assert {r["value"] for r in data["rules"] if r["target"] == "middle"} >= {"-3/2", 2}
