"""Rules in reports: as text, as JSON, and by the lines that they come from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from altac.ir import Domain, Program, Rule, label
from altac.rules.printing import json_value
from altac.source import LINE_END


@dataclass(frozen=True)
class Line:
    """A line of a source file; ``text`` is what the span of one of its rules covers."""

    file: str
    number: int
    text: str


def line_of(rule: Rule) -> Line | None:
    """The line that a rule comes from; None for rules of programs without a text."""
    if rule.span is None:
        return None
    return Line(rule.span.source.name, rule.span.line, LINE_END.split(rule.span.text, 1)[0])


def counted(some: Iterable[Rule], all_rules: Iterable[Rule]) -> Iterator[tuple[Line, int, int]]:
    """The lines that ``some`` of the rules come from, in order, with their number and that of all from there."""
    totals: dict[tuple[str, int], int] = {}
    for rule in all_rules:
        line = line_of(rule)
        if line is not None:
            totals[line.file, line.number] = totals.get((line.file, line.number), 0) + 1
    found: dict[tuple[str, int], tuple[Line, int]] = {}
    for rule in some:
        line = line_of(rule)
        if line is not None:
            first, count = found.get((line.file, line.number), (line, 0))
            found[line.file, line.number] = first, count + 1
    for key in sorted(found):
        yield *found[key], totals[key]


def conjunct_text(program: Program, conjunct: tuple[str, int]) -> str:
    """``parity = true``"""
    name, code = conjunct
    return f"{name} = {label(program.domain(name), code)}"


def rule_text(program: Program, rule: Rule) -> str:
    """``done = false, done_left = true => done <- true``"""
    tests = ", ".join(conjunct_text(program, c) for c in rule.antecedent)
    return f"{tests} => {rule.target} <- {label(program.domain(rule.target), rule.value)}"


def rule_json(program: Program, rule: Rule) -> dict[str, Any]:
    """A rule as data, in the form of ``altac rules --format json``, with the file that it comes from."""
    line = line_of(rule)
    return {
        "antecedent": {n: json_value(program.domain(n), c) for n, c in rule.antecedent},
        "target": rule.target,
        "value": json_value(program.domain(rule.target), rule.value),
        "file": None if line is None else line.file,
        "line": None if line is None else line.number,
    }


def conjunct_json(program: Program, conjunct: tuple[str, int]) -> dict[str, Any]:
    """``{"name": "parity", "value": true}``"""
    name, code = conjunct
    domain: Domain = program.domain(name)
    return {"name": name, "value": json_value(domain, code)}
