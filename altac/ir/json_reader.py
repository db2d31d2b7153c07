"""A `Program` read from its JSON form; `docs/ir.md` says what it means."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from json import scanner
from typing import Any, TypeVar, get_args

from altac.deep import deeply
from altac.ir.domains import BoolDomain, Domain, EnumDomain, IntDomain, RealDomain, SetDomain, Symbol, TokenDomain
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
    Missing,
    Not,
    Or,
    Read,
)
from altac.ir.json_writer import FORMAT, VERSION
from altac.ir.operators import ArithmeticOp, CompareOp
from altac.ir.program import (
    Assign,
    Causal,
    Frame,
    Head,
    If,
    Initial,
    Let,
    MlpCode,
    MlpRules,
    Program,
    Rule,
    Stmt,
    Test,
    Variable,
)
from altac.ir.validate import validate
from altac.source import Source, Span

T = TypeVar("T")
U = TypeVar("U")
Json = Any


def load(text: str) -> Program:
    """The program that `altac.ir.json.dump` has written, or another front end.

    Raises:
        ValueError: the text is no JSON, of another version, or no well-formed program; it says where and why.
    """
    return deeply(lambda: _load(text))


def _load(text: str) -> Program:
    try:
        data = _parsed(text)
    except RecursionError:
        raise ValueError("the JSON is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"no JSON: {error}") from None
    except ValueError:
        raise ValueError("a number in the JSON has thousands of digits") from None
    program = _Reader().program(data)
    faults = validate(program)
    if faults:
        raise ValueError("not a well-formed program: " + "; ".join(faults))
    return program


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError:  # Python 3.12 bounds the depth of what is written in C, whatever the recursion limit
        decoder: Any = json.JSONDecoder()
        decoder.scan_once = scanner.py_make_scanner(decoder)  # type: ignore[attr-defined]
        return decoder.decode(text)


@dataclass
class _Reader:
    sources: list[Source] = field(default_factory=list)
    path: list[str] = field(default_factory=list)

    def fail(self, reason: str) -> ValueError:
        return ValueError(f"{'.'.join(self.path) or 'the program'}: {reason}")

    # --- plain values -------------------------------------------------------------------------

    def get(self, data: Json, key: str, read: Callable[[Json], T]) -> T:
        if not isinstance(data, dict):
            raise self.fail("an object is needed")
        if key not in data:
            raise self.fail(f"there is no {json.dumps(key)}")
        return self.within(key, data[key], read)

    def get_or(self, data: Json, key: str, read: Callable[[Json], T], default: U) -> T | U:
        return self.get(data, key, read) if isinstance(data, dict) and key in data else default

    def within(self, key: str, data: Json, read: Callable[[Json], T]) -> T:
        self.path.append(key)
        found = read(data)
        self.path.pop()
        return found

    def items(self, read: Callable[[Json], T]) -> Callable[[Json], tuple[T, ...]]:
        def inner(data: Json) -> tuple[T, ...]:
            if not isinstance(data, list):
                raise self.fail("a list is needed")
            return tuple([self.within(str(number), item, read) for number, item in enumerate(data)])

        return inner

    def maybe(self, read: Callable[[Json], T]) -> Callable[[Json], T | None]:
        return lambda data: None if data is None else read(data)

    def integer(self, data: Json) -> int:
        if type(data) is not int:
            raise self.fail("an integer is needed")
        return data

    def string(self, data: Json) -> str:
        if not isinstance(data, str):
            raise self.fail("a text is needed")
        return data

    def one_of(self, *allowed: str) -> Callable[[Json], Any]:
        def inner(data: Json) -> str:
            if data not in allowed:
                raise self.fail(f"one of {', '.join(map(json.dumps, allowed))} is needed")
            return str(data)

        return inner

    def pair(self, data: Json, first: Callable[[Json], T], second: Callable[[Json], Any]) -> tuple[T, Any]:
        if not isinstance(data, list) or len(data) != 2:
            raise self.fail("a list of two is needed")
        return self.within("0", data[0], first), self.within("1", data[1], second)

    def scalar(self, data: Json) -> Any:
        if not isinstance(data, str | int):
            raise self.fail("a text, a number, true or false is needed")
        return data

    # --- declarations -------------------------------------------------------------------------

    def program(self, data: Json) -> Program:
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            raise ValueError(f'not a program: the "format" must be "{FORMAT}"')
        if data.get("version") != VERSION:
            raise ValueError(f"version {data.get('version')!r} of the form is not known, only {VERSION}")
        self.sources = list(self.get_or(data, "sources", self.items(self.source), ()))
        if ("mlp" in data) == ("rules" in data):
            raise ValueError('either "mlp" or "rules" is needed')
        mlp: MlpCode | MlpRules
        if "mlp" in data:
            mlp = MlpCode(self.get(data, "mlp", self.block))
        else:
            mlp = MlpRules(self.get(data, "rules", self.items(self.rule)))
        tokens = self.get(data, "tokens", self.domain)
        if not isinstance(tokens, TokenDomain | IntDomain):
            raise ValueError("tokens: a vocabulary or a range of integers is needed")
        return Program(
            name=self.get(data, "program", self.string),
            tokens=tokens,
            variables=self.get(data, "variables", self.items(self.variable)),
            heads=self.get_or(data, "heads", self.items(self.head), ()),
            mlp=mlp,
            output=self.get(data, "output", self.string),
            halt=self.get_or(data, "halt", self.maybe(self.expr), None),
            max_layers=self.get_or(data, "layers", self.maybe(self.integer), None),
            positions=self.get_or(data, "positions", self.maybe(self.integer), None),
            frame=self.get_or(data, "frame", self.frame, Frame()),
            text=self.get_or(data, "text", self.one_of("characters", "words"), "words"),
            causal=self.get_or(data, "causal", self.maybe(self.causal), None),
            tests=self.get_or(data, "tests", self.items(self.test), ()),
            params=self.get_or(data, "params", self.items(lambda d: self.pair(d, self.string, self.string)), ()),
            doc=self.get_or(data, "doc", self.string, ""),
        )

    def source(self, data: Json) -> Source:
        return Source(self.get(data, "name", self.string), self.get(data, "text", self.string))

    def span(self, data: Json) -> Span | None:
        if not isinstance(data, dict) or "at" not in data:
            return None
        match self.get(data, "at", self.items(self.integer)):
            case (source, start, end) if source in range(len(self.sources)):
                if 0 <= start <= end <= len(self.sources[source].text):
                    return Span(self.sources[source], start, end)
        raise self.fail('"at" must be the number of a source, a start and an end in it')

    def symbol(self, data: Json) -> Symbol:
        name, spelling = self.pair(data, self.scalar, self.string)
        if isinstance(name, bool):
            raise self.fail("a name is a text or an integer")
        return Symbol(name, spelling)

    def domain(self, data: Json) -> Domain:
        if data == "bool":
            return BoolDomain()
        match self.kind(data, "int", "enum", "tokens", "real", "set"):
            case "int":
                return IntDomain(*self.get(data, "int", lambda d: self.pair(d, self.integer, self.integer)))
            case "enum":
                return EnumDomain(
                    self.get(data, "enum", self.string), self.get(data, "members", self.items(self.symbol))
                )
            case "tokens":
                return TokenDomain(self.get(data, "tokens", self.items(self.symbol)))
            case "real":
                return RealDomain(self.get(data, "real", self.items(self.fraction)))
            case _:
                family = self.get(data, "family", self.items(self.items(self.integer)))
                return SetDomain(self.get(data, "set", self.domain), tuple(map(frozenset, family)))

    def kind(self, data: Json, *allowed: str) -> str:
        """The one of ``allowed`` that an object has as a key."""
        found = [key for key in allowed if isinstance(data, dict) and key in data]
        if len(found) != 1:
            raise self.fail(f"an object with one of the keys {', '.join(allowed)} is needed")
        return found[0]

    def fraction(self, data: Json) -> Fraction:
        try:
            return Fraction(self.string(data))
        except (ValueError, ZeroDivisionError):
            raise self.fail('a number like "1/3" is needed') from None

    def initial(self, data: Json) -> Initial:
        by = self.get(data, "by", self.one_of("constant", "token", "position"))
        return Initial(by, self.get(data, "initial", self.items(self.integer)))

    def variable(self, data: Json) -> Variable:
        return Variable(
            self.get(data, "name", self.string),
            self.get(data, "domain", self.domain),
            self.initial(data),
            self.span(data),
            self.get_or(data, "doc", self.string, ""),
        )

    def head(self, data: Json) -> Head:
        offsets = self.get_or(data, "offsets", self.maybe(self.items(self.integer)), None)
        return Head(
            self.get(data, "name", self.string),
            self.get_or(data, "query", self.maybe(self.string), None),
            self.get_or(data, "key", self.maybe(self.string), None),
            self.get(data, "value", self.string),
            None if offsets is None else frozenset(offsets),
            self.get(data, "domain", self.domain),
            self.span(data),
            self.get_or(data, "doc", self.string, ""),
        )

    def frame(self, data: Json) -> Frame:
        return Frame(
            self.get_or(data, "before", self.items(self.integer), ()),
            self.get_or(data, "after", self.items(self.integer), ()),
            self.get_or(data, "fill", self.maybe(self.integer), None),
            self.get_or(data, "length", self.integer, 0),
        )

    def causal(self, data: Json) -> Causal:
        return Causal(
            self.get_or(data, "stop", self.maybe(self.integer), None),
            self.get_or(data, "limit", self.maybe(self.integer), None),
        )

    def test(self, data: Json) -> Test:
        def items(given: Json) -> Any:
            return given if isinstance(given, str) else self.items(self.scalar)(given)

        return Test(self.get(data, "input", items), self.get(data, "expected", items), self.span(data))

    # --- the MLP ------------------------------------------------------------------------------

    def rule(self, data: Json) -> Rule:
        tests = self.get(data, "if", self.items(lambda d: self.pair(d, self.string, self.integer)))
        return Rule(tests, self.get(data, "set", self.string), self.get(data, "to", self.integer), self.span(data))

    def block(self, data: Json) -> tuple[Stmt, ...]:
        return self.items(self.stmt)(data)

    def stmt(self, data: Json) -> Stmt:
        match self.kind(data, "let", "set", "if"):
            case "let":
                return Let(self.get(data, "let", self.string), self.get(data, "be", self.expr), self.span(data))
            case "set":
                return Assign(self.get(data, "set", self.string), self.get(data, "to", self.expr), self.span(data))
            case _:
                arms = self.get(data, "if", self.items(self.arm))
                if not arms:
                    raise self.fail("an `if` needs an arm")
                rest: tuple[Stmt, ...] = self.get_or(data, "else", self.block, ())
                for condition, then, span in reversed(arms):
                    statement = If(condition, then, rest, span)
                    rest = (statement,)
                return statement

    def arm(self, data: Json) -> tuple[Expr, tuple[Stmt, ...], Span | None]:
        return self.get(data, "when", self.expr), self.get(data, "do", self.block), self.span(data)

    def expr(self, data: Json) -> Expr:
        if type(data) is int:
            return Const(data)
        op = self.kind(data, *_EXPRESSIONS)
        span = self.span(data)
        match op:
            case "const":
                return Const(self.get(data, op, self.integer), span)
            case "read":
                return Read(self.get(data, op, self.string), span)
            case "let":
                return LetRead(self.get(data, op, self.string), span)
            case "not":
                return Not(self.get(data, op, self.expr), span)
            case "in":
                operand, values = self.get(data, op, lambda d: self.pair(d, self.expr, self.items(self.integer)))
                return Member(operand, frozenset(values), span)
            case "table":
                return Lookup(
                    self.get(data, "indices", self.items(self.expr)),
                    self.get(data, "lows", self.items(self.integer)),
                    self.get(data, "shape", self.items(self.integer)),
                    self.get(data, op, self.items(self.maybe(self.integer))),
                    self.get_or(data, "missing", self.one_of(*get_args(Missing)), "table-index"),
                    span,
                )
            case "if":
                condition, then, orelse = self.operands(data, op, 3)
                return IfExpr(condition, then, orelse, span)
            case "and":
                left, right = self.operands(data, op, 2)
                return And(left, right, span)
            case "or":
                left, right = self.operands(data, op, 2)
                return Or(left, right, span)
            case _:
                left, right = self.operands(data, op, 2)
                if op in get_args(ArithmeticOp):
                    return Arithmetic(op, left, right, span)  # type: ignore[arg-type]
                return Compare(op, left, right, span)  # type: ignore[arg-type]

    def operands(self, data: Json, op: str, count: int) -> Sequence[Expr]:
        found = self.get(data, op, self.items(self.expr))
        if len(found) != count:
            raise self.fail(f"{op} takes {count} operands")
        return found


_EXPRESSIONS = (
    "const", "read", "let", "not", "and", "or", "in", "if", "table", *get_args(ArithmeticOp), *get_args(CompareOp),
)  # fmt: skip
