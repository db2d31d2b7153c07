"""The JSON form of a `Program`, written; `docs/ir.md` says what it means."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from altac.deep import deeply
from altac.ir.domains import BoolDomain, Domain, EnumDomain, IntDomain, RealDomain, SetDomain, TokenDomain
from altac.ir.expressions import (
    And,
    Arithmetic,
    Compare,
    Const,
    Expr,
    IfExpr,
    LetRead,
    Lookup,
    Member,
    Not,
    Or,
    Read,
)
from altac.ir.program import Assign, Head, If, Let, MlpCode, MlpRules, Program, Rule, Stmt, Test, Variable
from altac.source import Source, Span

#: What marks a file as a program in this form, and the version of the form.
FORMAT = "altac-ir"
VERSION = 1

Json = Any


def dump(program: Program, *, spans: bool = True) -> str:
    """The JSON text of ``program``, a line per declaration and statement, with a line break at the end.

    ``spans`` keeps the places of everything in the source texts, and these texts.
    """
    return deeply(lambda: _text(_Writer(spans).program(program)))


class _Writer:
    def __init__(self, spans: bool) -> None:
        self.spans = spans
        self.sources: dict[Source, int] = {}

    def program(self, program: Program) -> dict[str, Json]:
        frame, causal = program.frame, program.causal
        match program.mlp:
            case MlpCode(body=body):
                mlp: dict[str, Json] = {"mlp": self.block(body)}
            case MlpRules(rules=rules):
                mlp = {"rules": [self.rule(r) for r in rules]}
        body_ = {
            "program": program.name,
            "doc": program.doc,
            "params": [list(pair) for pair in program.params],
            "tokens": self.domain(program.tokens),
            "text": program.text,
            "positions": program.positions,
            "frame": {"before": list(frame.before), "after": list(frame.after), "fill": frame.fill, "length": frame.length},
            "variables": [self.variable(v) for v in program.variables],
            "heads": [self.head(h) for h in program.heads],
            **mlp,
            "output": program.output,
            "halt": None if program.halt is None else self.expr(program.halt),
            "layers": program.max_layers,
            "causal": None if causal is None else {"stop": causal.stop, "limit": causal.limit},
            "tests": [self.test(t) for t in program.tests],
        }  # fmt: skip
        sources = [{"name": s.name, "text": s.text} for s in self.sources]
        return {"format": FORMAT, "version": VERSION, **body_, "sources": sources}

    def at(self, span: Span | None) -> dict[str, Json]:
        if span is None or not self.spans:
            return {}
        return {"at": [self.sources.setdefault(span.source, len(self.sources)), span.start, span.end]}

    def domain(self, domain: Domain) -> Json:
        match domain:
            case BoolDomain():
                return "bool"
            case IntDomain(low, high):
                return {"int": [low, high]}
            case EnumDomain(name, members):
                return {"enum": name, "members": [[m.name, m.spelling] for m in members]}
            case TokenDomain(tokens):
                return {"tokens": [[t.name, t.spelling] for t in tokens]}
            case RealDomain(buckets):
                return {"real": [str(b) for b in buckets]}
            case SetDomain(element, family):
                return {"set": self.domain(element), "family": [sorted(codes) for codes in family]}

    def variable(self, variable: Variable) -> dict[str, Json]:
        return {
            "name": variable.name,
            "domain": self.domain(variable.domain),
            "by": variable.initial.by,
            "initial": list(variable.initial.values),
            "doc": variable.doc,
            **self.at(variable.span),
        }

    def head(self, head: Head) -> dict[str, Json]:
        return {
            "name": head.name,
            "query": head.query,
            "key": head.key,
            "value": head.value,
            "offsets": None if head.offsets is None else sorted(head.offsets),
            "domain": self.domain(head.domain),
            "doc": head.doc,
            **self.at(head.span),
        }

    def rule(self, rule: Rule) -> dict[str, Json]:
        tests = [[name, code] for name, code in rule.antecedent]
        return {"if": tests, "set": rule.target, "to": rule.value, **self.at(rule.span)}

    def test(self, test: Test) -> dict[str, Json]:
        def items(given: str | tuple[str | int | bool, ...]) -> Json:
            return given if isinstance(given, str) else list(given)

        return {"input": items(test.input), "expected": items(test.expected), **self.at(test.span)}

    def block(self, body: tuple[Stmt, ...]) -> list[Json]:
        return [self.stmt(s) for s in body]

    def stmt(self, stmt: Stmt) -> dict[str, Json]:
        match stmt:
            case Let(name, value, span):
                return {"let": name, "be": self.expr(value), **self.at(span)}
            case Assign(target, value, span):
                return {"set": target, "to": self.expr(value), **self.at(span)}
            case If():
                arms = []
                while True:
                    arms.append({"when": self.expr(stmt.condition), "do": self.block(stmt.then), **self.at(stmt.span)})
                    match stmt.orelse:
                        case (If() as stmt,):
                            continue
                        case rest:
                            return {"if": arms, "else": self.block(rest)}

    def expr(self, expr: Expr) -> Json:
        at = self.at(expr.span)
        match expr:
            case Const(value):
                return {"const": value, **at} if at else value
            case Read(name):
                return {"read": name, **at}
            case LetRead(name):
                return {"let": name, **at}
            case Not(operand):
                return {"not": self.expr(operand), **at}
            case And(left, right):
                return {"and": [self.expr(left), self.expr(right)], **at}
            case Or(left, right):
                return {"or": [self.expr(left), self.expr(right)], **at}
            case Arithmetic(op, left, right) | Compare(op, left, right):
                return {op: [self.expr(left), self.expr(right)], **at}
            case Member(operand, values):
                return {"in": [self.expr(operand), sorted(values)], **at}
            case IfExpr(condition, then, orelse):
                return {"if": [self.expr(condition), self.expr(then), self.expr(orelse)], **at}
            case Lookup(indices, lows, shape, table, missing):
                return {
                    "table": list(table), "indices": [self.expr(i) for i in indices], "lows": list(lows),
                    "shape": list(shape), "missing": missing, **at,
                }  # fmt: skip


#: Keys whose lists have a line per item.
_LONG = frozenset({"variables", "heads", "mlp", "rules", "tests", "do", "if", "else", "sources"})


def _text(data: Mapping[str, Json]) -> str:
    parts: list[str] = []
    _write(data, 0, parts)
    return "".join(parts) + "\n"


def _write(data: Json, indent: int, parts: list[str]) -> None:
    """Appends JSON whose lists of declarations and statements take a line per item."""
    pad = "  " * (indent + 1)
    match data:
        case dict() if indent == 0 or any(_is_long(key, value) for key, value in data.items()):
            for number, (key, value) in enumerate(data.items()):
                parts.append(f"{',' if number else '{'}\n{pad}{json.dumps(key)}: ")
                if _is_long(key, value):
                    for place, item in enumerate(value):
                        parts.append(f"{',' if place else '['}\n{pad}  ")
                        _write(item, indent + 2, parts)
                    parts.append(f"\n{pad}]")
                else:
                    _write(value, indent + 1, parts)
            parts.append(f"\n{'  ' * indent}}}")
        case dict():
            for number, (key, value) in enumerate(data.items()):
                parts.append(f"{', ' if number else '{'}{json.dumps(key)}: ")
                _write(value, indent, parts)
            parts.append("}")
        case list():
            for number, value in enumerate(data):
                parts.append(", " if number else "[")
                _write(value, indent, parts)
            parts.append("]" if data else "[]")
        case _:
            parts.append(json.dumps(data, ensure_ascii=False))


def _is_long(key: str, value: Json) -> bool:
    return key in _LONG and isinstance(value, list) and bool(value) and isinstance(value[0], dict) and len(value[0]) > 1
