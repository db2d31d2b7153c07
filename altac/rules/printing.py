"""Rules as a table, as JSON, and as the text of a program whose MLP is a ``rules`` block."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any

from altac.ir import (
    BoolDomain,
    Domain,
    EnumDomain,
    Head,
    IntDomain,
    Program,
    RealDomain,
    Rule,
    SetDomain,
    Symbol,
    TokenDomain,
    Variable,
    label,
)
from altac.ir.evaluate import halting
from altac.rules.ruleset import Reset, RuleSet
from altac.source import quoted
from altac.syntax.keywords import words

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")

#: Tests or tokens on a line before a break.
_WIDTH = 100


def rules_table(program: Program, ruleset: RuleSet) -> Iterator[str]:
    """The rules line by line, grouped by target, the old value on the left, resets last."""
    for title, rows in rule_groups(program, ruleset):
        yield title
        widths = [max(len(row[i]) for row in rows) for i in range(2)]
        yield from (f"  {old:>{widths[0]}} -> {new:<{widths[1]}}  if {tests}".rstrip() for old, new, tests in rows)
        yield ""
    yield from rule_totals(program, ruleset)


def rule_groups(program: Program, ruleset: RuleSet) -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    """The rules by target: a title, and the old value, the new value and the tests of each."""
    domains = {s.name: s.domain for s in program.slots}
    for variable in program.variables:
        rules = [r for r in ruleset.rules if r.target == variable.name]
        if rules:
            yield f"{variable.name}: {_count(len(rules), 'rule')}", [_row(rule, domains) for rule in rules]


def rule_totals(program: Program, ruleset: RuleSet) -> Iterator[str]:
    """What heads are reset from, and the number of all rules."""
    for head in program.heads:
        resets = [r for r in ruleset.resets if r.head == head.name]
        if resets:
            values = ", ".join(label(head.domain, r.value) for r in resets)
            yield f"{head.name}: {_count(len(resets), 'reset')} of {values}"
    yield f"{_count(len(ruleset), 'rule')} in all: {_count(len(ruleset.rules), 'update')}, " + _count(
        len(ruleset.resets), "reset"
    )


def _row(rule: Rule, domains: dict[str, Domain]) -> tuple[str, str, str]:
    tests = [f"{n} = {label(domains[n], c)}" for n, c in rule.antecedent if n != rule.target]
    domain = domains[rule.target]
    old = dict(rule.antecedent).get(rule.target)
    return (
        "any" if old is None else label(domain, old),
        label(domain, rule.value),
        ", ".join(tests) if tests else "always",
    )


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def rules_json(program: Program, ruleset: RuleSet) -> dict[str, Any]:
    """The rules as data for `json.dumps`: ``{"rules": [{"antecedent": {name: value}, "target", "value", "line"}],
    "resets": [{"head", "value"}]}``; values as in the outputs of a program, sets as lists, fractions as text."""
    domains = {s.name: s.domain for s in program.slots}

    def rule_json(rule: Rule) -> dict[str, Any]:
        return {
            "antecedent": {n: json_value(domains[n], c) for n, c in rule.antecedent},
            "target": rule.target,
            "value": json_value(domains[rule.target], rule.value),
            "line": None if rule.span is None else rule.span.line,
        }

    def reset_json(reset: Reset) -> dict[str, Any]:
        return {"head": reset.head, "value": json_value(domains[reset.head], reset.value)}

    return {"rules": list(map(rule_json, ruleset.rules)), "resets": list(map(reset_json, ruleset.resets))}


def json_value(domain: Domain, code: int) -> object:
    """A code as data for `json.dumps`: as in the outputs of a program, sets as lists, fractions as text."""
    match domain:
        case BoolDomain():
            return bool(code)
        case IntDomain():
            return code
        case EnumDomain(members=symbols) | TokenDomain(tokens=symbols):
            return symbols[code].name
        case RealDomain(buckets=buckets):
            value = buckets[code]
            return int(value) if value.denominator == 1 else str(value)
        case SetDomain(element=element, family=family):
            return [json_value(element, c) for c in sorted(family[code])]


def rules_program(program: Program, ruleset: RuleSet) -> Iterator[str]:
    """The lines of a complete program that means the same, its MLP given by its rules.

    Names that cannot stand in a text (those of components have dots) get underscores instead.
    """
    yield from _Text(program).lines(ruleset)


class _Text:
    def __init__(self, program: Program) -> None:
        self.program = program
        self.taken = set(words().keywords) | {"Token"}
        self.enums: dict[EnumDomain, str] = {}
        self.names = {s.name: self._name(s.name) for s in program.slots}
        for slot in program.slots:
            domain = slot.domain.element if isinstance(slot.domain, SetDomain) else slot.domain
            if isinstance(domain, EnumDomain) and domain not in self.enums:
                self.enums[domain] = self._name(domain.name)

    def _name(self, wanted: str) -> str:
        name = re.sub(r"[^A-Za-z0-9_]", "_", wanted)
        if not _NAME.match(name):
            name = "_" + name
        while name in self.taken:
            name += "_"
        self.taken.add(name)
        return name

    def lines(self, ruleset: RuleSet) -> Iterator[str]:
        program = self.program
        yield f"program {self._name(program.name)}"
        yield ""
        yield "tokens " + self.vocabulary()
        if program.text == "characters" or isinstance(program.tokens, IntDomain) or self._long():
            yield f"text {program.text}"
        if program.positions is not None:
            yield f"positions {program.positions}"
        yield from self.frame()
        for domain, name in self.enums.items():
            yield f"enum {name} {{ {', '.join(map(self.member, domain.members))} }}"
        yield ""
        yield from map(self.variable, program.variables)
        yield from map(self.head, program.heads)
        yield ""
        yield "rules {"
        for rule in ruleset.rules:
            tests = ", ".join(f"{self.names[n]} = {self.value(program.domain(n), c)}" for n, c in rule.antecedent)
            new = self.value(program.domain(rule.target), rule.value)
            yield f"    {tests} => {self.names[rule.target]} <- {new}"
        yield "}"
        yield ""
        yield f"output {self.names[program.output]}"
        if program.halt is not None:
            yield f"halt when {self.halt()}"
        if program.max_layers is not None:
            yield f"layers {program.max_layers}"
        if program.causal is not None:
            stop, limit = program.causal.stop, program.causal.limit
            until = "" if stop is None else f" until {self.token(stop)}"
            yield f"causal{until}" + ("" if limit is None else f" limit {limit}")
        for test in program.tests:
            expected = self.items(test.expected, program.domain(program.output))
            yield f"test {self.items(test.input, program.tokens)} => {expected}"

    def _long(self) -> bool:
        return any(len(s.spelling) > 1 for s in self.program.symbols)

    # --- values -------------------------------------------------------------------------------

    def value(self, domain: Domain, code: int) -> str:
        match domain:
            case EnumDomain(members=members):
                return f"{self.enums[domain]}.{members[code].name}"
            case TokenDomain(tokens=tokens):
                return _symbol(tokens[code].name)
            case SetDomain(element=element, family=family):
                return "{" + ", ".join(self.value(element, c) for c in sorted(family[code])) + "}"
            case RealDomain(buckets=buckets):
                return _real(buckets[code])
            case BoolDomain() | IntDomain():
                return label(domain, code)

    def type(self, domain: Domain) -> str:
        match domain:
            case BoolDomain():
                return "bool"
            case IntDomain(low=low, high=high):
                return f"{low}..{high}"
            case EnumDomain():
                return self.enums[domain]
            case TokenDomain():
                return "Token"
            case RealDomain(buckets=buckets):
                return f"real in {{{', '.join(map(_real, buckets))}}}"
            case SetDomain(element=element, family=family):
                sets = ", ".join(self.value(domain, i) for i in range(len(family)))
                return f"set of {self.type(element)} in [{sets}]"

    def token(self, index: int) -> str:
        return self.value(self.program.tokens, index + self.program.tokens.low)

    def items(self, items: str | tuple[str | int | bool, ...], domain: Domain) -> str:
        if isinstance(items, str):
            return quoted(items)
        shown = []
        for item in items:
            if isinstance(item, bool):
                shown.append("true" if item else "false")
            elif isinstance(item, int):
                shown.append(str(item))
            elif isinstance(domain, EnumDomain):
                shown.append(f"{self.enums[domain]}.{item}")
            else:
                shown.append(quoted(item))
        return f"[{', '.join(shown)}]"

    # --- declarations -------------------------------------------------------------------------

    def vocabulary(self) -> str:
        tokens = self.program.tokens
        if isinstance(tokens, IntDomain):
            return f"{tokens.low}..{tokens.high}"
        return ", ".join(_symbol(s.name) + _spelled(s) for s in tokens.tokens)

    def member(self, symbol: Symbol) -> str:
        return f"{symbol.name}{_spelled(symbol)}"

    def frame(self) -> Iterator[str]:
        frame = self.program.frame
        if not frame.before and not frame.after and frame.fill is None:
            return
        items = [*map(self.token, frame.before), "input", *map(self.token, frame.after)]
        if frame.fill is not None:
            items.append(f"{self.token(frame.fill)} to {frame.length}")
        yield f"frame {', '.join(items)}"

    def variable(self, variable: Variable) -> str:
        domain, initial = variable.domain, variable.initial
        values = [self.value(domain, code) for code in initial.values]
        tokens = self.program.tokens
        own = list(range(domain.low, domain.low + domain.size))
        if initial.by == "constant":
            start = values[0]
        elif initial.by == "position":
            same = isinstance(domain, IntDomain) and list(initial.values) == list(range(len(values)))
            start = "position" if same else f"[{', '.join(values)}][position]"
        elif domain == tokens and list(initial.values) == own:
            start = "token"
        else:
            start = f"match token {{ {self.arms(initial.values, domain)} }}"
        return f"var {self.names[variable.name]}: {self.type(domain)} = {start}"

    def arms(self, codes: tuple[int, ...], domain: Domain) -> str:
        """The arms of a match of the token; the commonest value is for all other tokens."""
        groups: dict[int, list[int]] = {}
        for token, code in enumerate(codes):
            groups.setdefault(code, []).append(token)
        rest = max(groups, key=lambda code: len(groups[code]))
        arms = [
            f"{' | '.join(map(self.token, group))} => ({self.value(domain, code)})"
            for code, group in groups.items()
            if code != rest
        ]
        return ", ".join([*arms, f"_ => ({self.value(domain, rest)})"])

    def head(self, head: Head) -> str:
        value = self.names[head.value]
        kind = f": {self.type(head.domain)}" if isinstance(head.domain, RealDomain) else ""
        start = f"head {self.names[head.name]}{kind} = "
        offsets = None if head.offsets is None else _offsets(head.offsets)
        if head.query is None or head.key is None:
            return f"{start}{value} at {offsets}"
        window = "" if offsets is None else f", at: {offsets}"
        return f"{start}attend(query: {self.names[head.query]}, key: {self.names[head.key]}, value: {value}{window})"

    def halt(self) -> str:
        """The condition as a test of its variable's values."""
        found = halting(self.program)
        assert found is not None
        name, holds = found
        domain = self.program.domain(name)
        return f"{self.names[name]} in {{{', '.join(self.value(domain, c) for c, value in holds.items() if value)}}}"


def _symbol(name: str | int) -> str:
    return str(name) if isinstance(name, int) else quoted(name)


def _spelled(symbol: Symbol) -> str:
    return "" if symbol.spelling == str(symbol.name) else f" = {quoted(symbol.spelling)}"


def _real(value: Fraction) -> str:
    return str(value)


def _offsets(offsets: Iterable[int]) -> str:
    ordered = sorted(offsets)
    if len(ordered) == 1:
        return str(ordered[0])
    if ordered[-1] - ordered[0] == len(ordered) - 1:
        return f"{ordered[0]}..{ordered[-1]}"
    return "{" + ", ".join(map(str, ordered)) + "}"
