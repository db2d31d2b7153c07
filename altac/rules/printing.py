"""Transition rules as text: a table, JSON, and a complete program that parses back."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
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
from altac.rules.expand import satisfying
from altac.rules.ruleset import RuleSet


def rules_json(program: Program, ruleset: RuleSet) -> list[dict[str, Any]]:
    """One object per rule: ``if`` (pairs of name and value), ``set``, ``to``, ``line``; then the resets of heads,
    whose ``to`` is None."""
    domains = {s.name: s.domain for s in program.slots}
    updates = [
        {
            "if": [[name, json_value(domains[name], code)] for name, code in rule.antecedent],
            "set": rule.target,
            "to": json_value(domains[rule.target], rule.value),
            "line": None if rule.span is None else rule.span.line,
        }
        for rule in ruleset.rules
    ]
    resets = [
        {"if": [[r.head, json_value(domains[r.head], r.value)]], "set": r.head, "to": None, "line": None} for r in ruleset.resets
    ]
    return updates + resets


def json_value(domain: Domain, code: int) -> Any:
    """A code as JSON: numbers, names, true and false; reals and sets as they are written."""
    match domain:
        case BoolDomain():
            return bool(code)
        case IntDomain():
            return code
        case EnumDomain(members=symbols) | TokenDomain(tokens=symbols):
            return symbols[code].name
        case RealDomain() | SetDomain():
            return label(domain, code)


def rules_table(program: Program, ruleset: RuleSet) -> Iterator[str]:
    """The rules line by line, grouped by target; the resets of a head on one line."""
    domains = {s.name: s.domain for s in program.slots}
    by_target: dict[str, list[Rule]] = {}
    for rule in ruleset.rules:
        by_target.setdefault(rule.target, []).append(rule)
    for target, rules in by_target.items():
        yield f"{target}: {len(rules)} rule{'s' if len(rules) > 1 else ''}"
        left = [", ".join(f"{n} = {label(domains[n], c)}" for n, c in r.antecedent) for r in rules]
        width = min(max(map(len, left)), 90)
        for text, rule in zip(left, rules, strict=True):
            line = f"   line {rule.span.line}" if rule.span is not None else ""
            yield f"    {text:<{width}}  =>  {target} <- {label(domains[target], rule.value)}{line}"
    resets = Counter(r.head for r in ruleset.resets)
    for head, count in resets.items():
        yield f"{head}: {count} resets, one per value"
    yield f"{len(ruleset)} rules: {len(ruleset.rules)} updates and {len(ruleset.resets)} resets"


def rules_program(program: Program, ruleset: RuleSet) -> Iterator[str]:
    """A complete program with ``ruleset`` in place of its MLP."""
    return _Printer(program).lines(ruleset)


class _Printer:
    def __init__(self, program: Program) -> None:
        self.program = program
        self.names: dict[str, str] = {}
        self.enums: dict[EnumDomain, str] = {}
        taken: set[str] = set()
        for slot in program.slots:
            for domain in (slot.domain, getattr(slot.domain, "element", None)):
                if isinstance(domain, EnumDomain) and domain not in self.enums:
                    self.enums[domain] = _fresh(domain.name, taken)
        for slot in program.slots:
            self.names[slot.name] = _fresh(slot.name, taken)
        uses = Counter(str(m.name) for e in self.enums for m in e.members)
        uses.update(str(t.name) for t in program.symbols)
        uses.update(taken)
        self.shared = {name for name, count in uses.items() if count > 1}

    def value(self, domain: Domain, code: int) -> str:
        match domain:
            case EnumDomain(members=members) if str(members[code].name) in self.shared:
                return f"{self.enums[domain]}.{members[code].name}"
            case TokenDomain(tokens=tokens):
                return _literal(tokens[code].name)
            case SetDomain(element=element, family=family):
                return "{" + ", ".join(self.value(element, c) for c in sorted(family[code])) + "}"
            case _:
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
                return "real in {" + ", ".join(map(str, buckets)) + "}"
            case SetDomain(element=element, family=family):
                sets = ", ".join(self.value(domain, c) for c in range(len(family)))
                return f"set of {self.type(element)} in [{sets}]"

    def lines(self, ruleset: RuleSet) -> Iterator[str]:
        program = self.program
        yield f"program {program.name}"
        yield ""
        yield "tokens " + ", ".join(self.tokens())
        yield f"text {program.text}"
        if program.positions is not None:
            yield f"positions {program.positions}"
        frame = program.frame
        if frame.before or frame.after or frame.fill is not None:
            names = [_literal(s.name) for s in program.symbols]
            items = [names[t] for t in frame.before] + ["input"] + [names[t] for t in frame.after]
            if frame.fill is not None:
                items.append(f"{names[frame.fill]} to {frame.length}")
            yield "frame " + ", ".join(items)
        if self.enums:
            yield ""
        for enum, name in self.enums.items():
            yield f"enum {name} {{ " + ", ".join(_member(m) for m in enum.members) + " }"
        yield ""
        for variable in program.variables:
            yield f"var {self.names[variable.name]}: {self.type(variable.domain)} = {self.initial(variable)}"
        if program.heads:
            yield ""
        for head in program.heads:
            yield self.head(head)
        yield ""
        yield "rules {"
        domains = {s.name: s.domain for s in program.slots}
        for rule in ruleset.rules:
            left = ", ".join(f"{self.names[n]} = {self.value(domains[n], c)}" for n, c in rule.antecedent)
            yield f"    {left} => {self.names[rule.target]} <- {self.value(domains[rule.target], rule.value)}"
        yield "}"
        yield ""
        yield f"output {self.names[program.output]}"
        if program.halt is not None:
            name, codes = satisfying(program, program.halt)
            domain = domains[name]
            yield f"halt when {self.names[name]} in {{{', '.join(self.value(domain, c) for c in codes)}}}"
        if program.max_layers is not None:
            yield f"layers {program.max_layers}"
        if program.causal is not None:
            stop, limit = program.causal.stop, program.causal.limit
            until = "" if stop is None else f" until {_literal(program.symbols[stop].name)}"
            yield "causal" + until + ("" if limit is None else f" limit {limit}")
        for test in program.tests:
            yield f"test {_items(test.input)} => {_items(test.expected)}"

    def tokens(self) -> Iterator[str]:
        if isinstance(self.program.tokens, IntDomain):
            yield f"{self.program.tokens.low}..{self.program.tokens.high}"
            return
        for symbol in self.program.symbols:
            spelling = "" if symbol.spelling == str(symbol.name) else f" = {_quoted(symbol.spelling)}"
            yield _literal(symbol.name) + spelling

    def initial(self, variable: Variable) -> str:
        values = [self.value(variable.domain, c) for c in variable.initial.values]
        match variable.initial.by:
            case "constant":
                return values[0]
            case "position":
                return f"[{', '.join(values)}][position]"
            case "token":
                if isinstance(self.program.tokens, IntDomain):
                    ints = isinstance(variable.domain, IntDomain)
                    if ints and list(variable.initial.values) == list(range(self.program.tokens.low, self.program.tokens.high + 1)):
                        return "token"
                    return f"[{', '.join(values)}][token - ({self.program.tokens.low})]"
                names = [_literal(s.name) for s in self.program.symbols]
                if values == names and isinstance(variable.domain, TokenDomain):
                    return "token"
                return "{" + ", ".join(f"{n}: {v}" for n, v in zip(names, values, strict=True)) + "}[token]"

    def head(self, head: Head) -> str:
        kind = f": {self.type(head.domain)}" if isinstance(head.domain, RealDomain) else ""
        offsets = "" if head.offsets is None else "{" + ", ".join(map(str, sorted(head.offsets))) + "}"
        if head.query is None or head.key is None:
            return f"head {self.names[head.name]}{kind} = {self.names[head.value]} at {offsets}"
        parts = f"query: {self.names[head.query]}, key: {self.names[head.key]}, value: {self.names[head.value]}"
        return f"head {self.names[head.name]}{kind} = attend({parts}{f', at: {offsets}' if offsets else ''})"


def _fresh(name: str, taken: set[str]) -> str:
    from altac.syntax.keywords import KEYWORDS

    base = re.sub(r"[^A-Za-z0-9_]", "_", name)
    result, number = base, 2
    while result in taken or result in KEYWORDS:
        result, number = f"{base}_{number}", number + 1
    taken.add(result)
    return result


def _literal(name: str | int) -> str:
    from altac.syntax.keywords import KEYWORDS

    if isinstance(name, int):
        return str(name)
    return name if name.isidentifier() and name.isascii() and name not in KEYWORDS else _quoted(name)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t") + '"'


def _member(symbol: Symbol) -> str:
    return str(symbol.name) if symbol.spelling == symbol.name else f"{symbol.name} = {_quoted(symbol.spelling)}"


def _items(items: Any) -> str:
    if isinstance(items, str):
        return _quoted(items)
    return "[" + ", ".join(("true" if i else "false") if isinstance(i, bool) else _literal(i) for i in items) + "]"
