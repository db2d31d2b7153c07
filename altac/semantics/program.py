"""The assembly of a program: its declarations in order, to the IR."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from altac import ir
from altac.diagnostics.problem import Problem
from altac.ir.traversal import slots_read
from altac.semantics import errors, operators
from altac.semantics.checker import DEPTH, Checked, Checker, Reader, Slot, Symbol
from altac.semantics.findings import undefined_reads
from altac.semantics.operators import OperandError
from altac.semantics.scopes import Env, Namespace
from altac.semantics.statements import Statements
from altac.semantics.types import SIZE_LIMIT
from altac.semantics.unused import check_names
from altac.semantics.values import (
    POISON,
    ListV,
    OpenSet,
    RangeV,
    Rt,
    ScopeV,
    SymbolV,
    TypeV,
    describe,
    kind,
    show,
)  # fmt: skip
from altac.source import Source, Span
from altac.syntax import tree

_ONCE = {
    tree.ProgramDecl: "program", tree.TokensDecl: "tokens", tree.TextDecl: "text", tree.PositionsDecl: "positions",
    tree.FrameDecl: "frame", tree.OutputDecl: "output", tree.HaltDecl: "halt", tree.LayersDecl: "layers",
    tree.CausalDecl: "causal",
}  # fmt: skip


def check(
    source: Source, params: Mapping[str, Any] | None = None, read: Reader | None = None,
    inspect: Callable[[Checker], None] | None = None,
) -> Checked:  # fmt: skip
    """Check a main file and everything it imports; see `altac.semantics.check`."""
    import sys

    from altac.syntax.parser import parse

    parsed = parse(source)
    checker = Checker(source, params or {}, read)
    for problem in parsed.problems:
        checker.report(problem)
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, 20_000))
    program = None
    try:
        program = _Assembly(checker, parsed.tree).program()
        if program is not None:
            for problem in undefined_reads(program):
                checker.report(problem)
    except errors.GiveUp as stop:
        checker.report(stop.problem)
    except RecursionError:
        checker.report(errors.TooComplex(span=Span(source, 0, min(1, len(source.text)))))
    finally:
        sys.setrecursionlimit(limit)
    if inspect is not None:
        inspect(checker)
    problems = tuple(sorted(checker.problems.values(), key=lambda p: _order(p, source)))
    if any(p.severity == "error" for p in problems):
        program = None
    return Checked(program, problems, _symbols(checker))


def _order(problem: Problem, source: Source) -> tuple[bool, str, int]:
    span = problem.span
    if span is None:
        return (True, "", 0)
    return (span.source != source, span.source.name, span.start)


def _symbols(checker: Checker) -> tuple[Symbol, ...]:
    found = []
    for space in (checker.main, *checker.loaded.values()):
        for name, decl in space.declarations.items():
            span = decl.name.span
            what = type(decl).__name__.removesuffix("Decl").lower()
            found.append(Symbol(name, what, span, tuple(dict.fromkeys(checker.references.get(span, ())))))
    return tuple(found)


class _Assembly:
    def __init__(self, checker: Checker, file: tree.File) -> None:
        self.checker = checker
        self.file = file
        #: Whether the text could be read completely: otherwise something that seems missing may just be unread.
        self.whole = not any(p.severity == "error" for p in checker.problems.values())
        self.single: dict[type, Any] = {}
        self.blocks: list[tuple[Namespace, tree.MlpDecl]] = []
        self.rules: list[tuple[Namespace, tree.RulesDecl]] = []

    def program(self) -> ir.Program | None:
        checker, body = self.checker, self.file.declarations
        self.once(body)
        folder = Path(checker.source.name).parent
        checker.unread(checker.main, checker.problems.values(), checker.source)
        checker.loading.append(os.path.normpath(checker.source.name))
        checker.fill(checker.main, body, folder)
        if _is_module(body):
            self.walk(checker.main)
            self.names()
            return None
        self.unknown_params()
        checker.tokens = self.tokens()
        self.walk(checker.main)
        mlp = self.mlp()
        self.names()
        output = self.output()
        halt = self.halt()
        layers = self.layers()
        name = self.single.get(tree.ProgramDecl)
        if name is None and self.whole:
            checker.report(errors.NoProgram(span=_start(checker.source)))
        if tree.TokensDecl not in self.single and self.whole:
            checker.report(errors.NoTokens(span=_start(checker.source)))
        frame, text, causal = self.frame(), self.text(), self.causal(output)
        tests = self.tests(output, frame)
        if any(p.severity == "error" for p in checker.problems.values()) or output is None or name is None:
            return None
        variables = tuple(
            ir.Variable(s.name, self.domain(s), s.initial, s.span)
            for s in checker.slots.values()
            if not s.is_head and s.initial
        )
        heads = tuple(replace(s.head, domain=self.domain(s)) for s in checker.slots.values() if s.head is not None)
        assert checker.tokens is not None
        return ir.Program(
            name=name.name.text, tokens=checker.tokens, variables=variables, heads=heads, mlp=mlp, output=output.name,
            halt=halt, max_layers=layers, positions=checker.positions_count(), frame=frame, text=text, causal=causal,
            tests=tests, params=self.params(), doc=self.file.doc,
        )  # fmt: skip

    def domain(self, slot: Slot) -> Any:
        if isinstance(slot.domain, OpenSet):
            return ir.SetDomain(slot.domain.element, tuple(self.checker.families[slot.name]))
        return slot.domain

    def once(self, body: tuple[tree.Decl, ...]) -> None:
        for decl in body:
            if type(decl) in _ONCE:
                if type(decl) in self.single:
                    self.checker.report(
                        errors.DuplicateDeclaration(
                            span=decl.span, what=_ONCE[type(decl)], other=self.single[type(decl)].span
                        )
                    )
                else:
                    self.single[type(decl)] = decl

    def unknown_params(self) -> None:
        known = [n for n, d in self.checker.main.declarations.items() if isinstance(d, tree.ParamDecl)]
        for name in self.checker.params:
            if name not in known:
                self.checker.report(errors.unknown_param(name, known))

    def params(self) -> tuple[tuple[str, str], ...]:
        main = self.checker.main
        return tuple(
            (n, show(main.values[n], 200))
            for n, d in main.declarations.items()
            if isinstance(d, tree.ParamDecl) and n in main.values
        )

    # --- tokens, frame, text ------------------------------------------------------------------------

    def tokens(self) -> Any:
        decl = self.single.get(tree.TokensDecl)
        if decl is None:
            return None
        symbols: dict[Any, tuple[ir.Symbol, Span]] = {}
        numbers = True
        for item in decl.items:
            for name in self.token_names(item):
                spelling = item.spelling.value if item.spelling is not None else str(name)
                if name in symbols:
                    self.checker.report(
                        errors.DuplicateMember(span=item.span, name=str(name), enum="tokens", other=symbols[name][1])
                    )
                    continue
                symbols[name] = (ir.Symbol(name, spelling), item.span)
                numbers = numbers and isinstance(name, int) and item.spelling is None
        if not symbols:
            return None
        names = list(symbols)
        if numbers and sorted(names) == list(range(min(names), max(names) + 1)):
            return ir.IntDomain(min(names), max(names))
        return ir.TokenDomain(tuple(s for s, _ in symbols.values()))

    def token_names(self, item: tree.TokenItem) -> list[Any]:
        checker = self.checker
        node = item.value
        if isinstance(node, tree.StringLit):
            return [node.value]
        if isinstance(node, tree.Ref) and not checker.declared(node.name, checker.main):
            return [node.name]
        if isinstance(node, tree.Ref):
            value = checker.evaluate(node, Env(checker.main))
            if isinstance(value, TypeV) and isinstance(value.type, ir.IntDomain):
                return list(range(value.type.low, value.type.high + 1))
            if isinstance(value, TypeV) and isinstance(value.type, ir.EnumDomain):
                return [m.name for m in value.type.members]
        else:
            value = checker.evaluate(node, Env(checker.main))
        if value is POISON:
            return []
        if isinstance(value, RangeV):
            if value.size <= SIZE_LIMIT:
                return list(value)
            checker.report(errors.TypeTooLarge(span=node.span, size=value.size, limit=SIZE_LIMIT))
            return []
        if isinstance(value, int) and not isinstance(value, bool) or isinstance(value, str):
            return [value]
        checker.report(errors.BadToken(span=node.span, found=kind(value)))
        return []

    def token(self, node: tree.Expr, what: str) -> int | None:
        """The index of the token that ``node`` names."""
        checker = self.checker
        if checker.tokens is None:
            return None
        value = checker.evaluate(node, Env(checker.main))
        if value is POISON:
            return None
        if isinstance(checker.tokens, ir.IntDomain):
            if operators.is_int(value) and checker.tokens.low <= value <= checker.tokens.high:
                return int(value) - checker.tokens.low
        else:
            try:
                value = operators._literal_token(value, SymbolV(checker.tokens, 0))
            except OperandError:
                value = None
            if isinstance(value, SymbolV) and value.domain == checker.tokens:
                return value.index
        checker.report(errors.NotAToken(span=node.span, what=what, found=node.span.text))
        return None

    def frame(self) -> ir.Frame:
        decl = self.single.get(tree.FrameDecl)
        if decl is None:
            return ir.Frame()
        checker = self.checker
        before: list[int] = []
        after: list[int] = []
        current, fill, length, seen = before, None, 0, False
        for i, item in enumerate(decl.items):
            if item.value is None:
                if seen:
                    checker.report(errors.FrameInput(span=decl.span, count="twice"))
                seen, current = True, after
                continue
            token = self.token(item.value, "a frame")
            if token is None:
                continue
            if item.until is not None:
                count = checker.types.integer(item.until, Env(checker.main), "the length of a frame")
                if i != len(decl.items) - 1 or not seen:
                    checker.report(errors.FrameFill(span=item.span))
                fill, length = token, count or 0
                self.positive(item.until, count, "the length of a frame")
                continue
            count = (
                1 if item.repeat is None else checker.types.integer(item.repeat, Env(checker.main), "a repeat count")
            )
            if item.repeat is not None:
                self.positive(item.repeat, count, "a repeat count")
            current.extend([token] * min(max(count or 0, 0), 1 << 16))
        if not seen:
            checker.report(errors.FrameInput(span=decl.span, count="not at all"))
        return ir.Frame(tuple(before), tuple(after), fill, length)

    def positive(self, node: tree.Expr, count: int | None, what: str) -> None:
        if count is not None and not 0 <= count <= 1 << 16:
            self.checker.report(errors.BadCount(span=node.span, what=what, count=count))

    def text(self) -> Any:
        decl = self.single.get(tree.TextDecl)
        if decl is not None:
            if decl.mode.text not in ("characters", "words"):
                self.checker.report(errors.BadTextMode(span=decl.mode.span, found=decl.mode.text))
            return decl.mode.text
        tokens = self.checker.tokens
        if isinstance(tokens, ir.TokenDomain):
            return "characters" if all(len(t.spelling) <= 1 for t in tokens.tokens) else "words"
        if isinstance(tokens, ir.IntDomain):
            return "characters" if tokens.low >= 0 and tokens.high <= 9 else "words"
        return "words"

    # --- slots and the MLP ------------------------------------------------------------------------------

    def walk(self, space: Namespace) -> None:
        """Evaluate every declaration in order, so that slots and MLP blocks come in source order."""
        checker = self.checker
        if space.prefix.count(".") > DEPTH:
            use = next(d for d in checker.main.body if isinstance(d, tree.UseDecl))
            instance = space.prefix.split(".")[-2]
            raise errors.GiveUp(errors.ComponentRecursion(span=use.span, name=instance))
        for decl in space.body:
            match decl:
                case tree.MlpDecl():
                    self.blocks.append((space, decl))
                case tree.RulesDecl():
                    self.rules.append((space, decl))
                case tree.UseDecl(name=name):
                    if space.declarations.get(name.text) is decl:
                        value = checker.value(space, name.text, name.span)
                        if isinstance(value, ScopeV):
                            self.walk(value.namespace)
                case (
                    tree.VarDecl()
                    | tree.HeadDecl()
                    | tree.ParamDecl()
                    | tree.ConstDecl()
                    | tree.TypeDecl()
                    | tree.EnumDecl()
                ):
                    if space.declarations.get(decl.name.text) is decl:
                        checker.value(space, decl.name.text, decl.name.span)
                case _:
                    if space is not checker.main and type(decl) in _ONCE | {tree.TestDecl: "test"}:
                        checker.report(errors.NotInComponent(span=decl.span, what=_ONCE.get(type(decl), "test")))

    def names(self) -> None:
        """Look into functions and components that nothing uses."""
        if self.whole:
            for space in (self.checker.main, *self.checker.loaded.values()):
                check_names(self.checker, space)

    def mlp(self) -> ir.MlpCode | ir.MlpRules:
        checker = self.checker
        if self.rules:
            if self.blocks:
                checker.report(errors.RulesAndMlp(span=self.rules[0][1].span, other=self.blocks[0][1].span))
            from altac.semantics.rules import rule_table

            return ir.MlpRules(rule_table(checker, self.rules))
        rounds = 0
        while True:
            checker.grown = False
            problems = dict(checker.problems)
            checker.evaluate.steps = 0
            statements = Statements(checker)
            body = tuple(
                s for space, decl in self.blocks for s in statements.block(decl.body, Env(space, runtime=True))
            )
            rounds += 1
            if not checker.grown or rounds > 5000:
                return ir.MlpCode(body)
            checker.problems = problems  # what was found may be due to sets that were not known yet

    # --- output, halting, tests -----------------------------------------------------------------------------

    def slot(self, node: tree.Expr) -> Slot | None:
        value = self.checker.evaluate(node, Env(self.checker.main, runtime=True))
        if value is POISON:
            return None
        slot = self.checker.slot_of(value)
        if slot is None or slot.is_head:
            self.checker.report(errors.BadOutput(span=node.span, found="a head" if slot else kind(value)))
            return None
        return slot

    def output(self) -> Slot | None:
        decl = self.single.get(tree.OutputDecl)
        if decl is None and not self.whole:
            return None
        if decl is None:
            self.checker.report(errors.NoOutput(span=_start(self.checker.source)))
            return None
        slot = self.slot(decl.value)
        if slot is not None and not isinstance(
            slot.domain, (ir.BoolDomain, ir.IntDomain, ir.EnumDomain, ir.TokenDomain)
        ):
            self.checker.report(errors.OutputType(span=decl.value.span, found=describe(slot.domain)))
            return None
        return slot

    def halt(self) -> ir.Expr | None:
        decl = self.single.get(tree.HaltDecl)
        if decl is None:
            return None
        checker = self.checker
        value = checker.evaluate(decl.condition, Env(checker.main, runtime=True))
        if value is POISON:
            return None
        if not operators.is_bool(value):
            checker.report(errors.NotBool(span=decl.condition.span, found=kind(value), context="`halt when`"))
            return None
        read = slots_read(value.expr) if isinstance(value, Rt) else frozenset()
        slots = [checker.slots[n] for n in read]
        categorical = (ir.BoolDomain, ir.IntDomain, ir.EnumDomain, ir.TokenDomain)
        if len(slots) != 1 or slots[0].is_head or not isinstance(slots[0].domain, categorical):
            checker.report(errors.BadHalt(span=decl.condition.span, found=", ".join(sorted(read)) or "nothing"))
            return None
        return operators.rt(value).expr

    def layers(self) -> int | None:
        decl = self.single.get(tree.LayersDecl)
        if decl is None:
            return None
        count = self.checker.types.integer(decl.count, Env(self.checker.main), "the number of layers")
        if count is not None and count < 0:
            self.checker.report(errors.BadCount(span=decl.count.span, what="the number of layers", count=count))
        return count

    def causal(self, output: Slot | None) -> ir.Causal | None:
        decl = self.single.get(tree.CausalDecl)
        if decl is None:
            return None
        stop = self.token(decl.until, "`until`") if decl.until is not None else None
        limit = (
            self.checker.types.integer(decl.limit, Env(self.checker.main), "the limit")
            if decl.limit is not None
            else None
        )
        if limit is not None and limit < 0:
            self.checker.report(errors.BadCount(span=decl.limit.span, what="the limit", count=limit))
        tokens = self.checker.tokens
        if output is not None and tokens is not None:
            domain = output.domain
            fits = domain == tokens or isinstance(tokens, ir.IntDomain) and isinstance(domain, ir.IntDomain)
            if not fits:
                self.checker.report(errors.CausalOutput(span=decl.span, found=describe(domain)))
        return ir.Causal(stop, limit)

    def tests(self, output: Slot | None, frame: ir.Frame) -> tuple[ir.Test, ...]:
        found = []
        for decl in self.file.declarations:
            if isinstance(decl, tree.TestDecl):
                before = dict(self.checker.problems)
                given = self.items(decl.input, self.checker.tokens, "the input of a test")
                expected = self.items(decl.expected, output.domain if output else None, "the expected output of a test")
                if given is not None and expected is not None:
                    found.append(ir.Test(given, expected, decl.span))
                elif self.checker.params:  # written for other parameters: the test does not apply
                    self.checker.problems = before
        return tuple(found)

    def items(self, node: tree.Expr, domain: Any, what: str) -> Any:
        """A list or string of a test, each item as its JSON value."""
        if isinstance(node, tree.StringLit):
            return node.value
        env = Env(self.checker.main)
        if isinstance(node, tree.ListLit):
            values = [(self.checker.evaluate(item, env), item) for item in node.items]
        else:
            value = self.checker.evaluate(node, env)
            if isinstance(value, str):
                return value
            if not isinstance(value, ListV):
                if value is not POISON:
                    self.checker.report(errors.BadTest(span=node.span, what=what, found=kind(value)))
                return None
            values = [(item, node) for item in value.items]
        if domain is None:
            return None
        result: list[Any] = []
        for found, item in values:
            value = self.checker.checked(found, domain, item)
            if value is POISON:
                return None
            if isinstance(value, SymbolV):
                members = domain.tokens if isinstance(domain, ir.TokenDomain) else domain.members
                result.append(members[value.index].name)
            else:
                result.append(value)
        return tuple(result)


def _is_module(body: tuple[tree.Decl, ...]) -> bool:
    """Whether a file only declares what others import."""
    shared = (
        tree.ImportDecl
        | tree.ParamDecl
        | tree.ConstDecl
        | tree.TypeDecl
        | tree.EnumDecl
        | tree.FnDecl
        | tree.ComponentDecl
    )
    return bool(body) and all(isinstance(d, shared) for d in body)


def _start(source: Source) -> Span:
    return Span(source, 0, min(1, len(source.text)))
