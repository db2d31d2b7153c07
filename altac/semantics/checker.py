"""From the syntax tree to the IR: names, slots and the assembly of a program."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import count
from pathlib import Path
from typing import Any

from altac import ir
from altac.diagnostics.problem import AltacError, Problem
from altac.semantics import builtins, errors, operators
from altac.semantics.evaluate import Evaluator
from altac.semantics.operators import OperandError
from altac.semantics.patterns import Patterns
from altac.semantics.scopes import Env, InitialContext, Namespace
from altac.semantics.statements import nearest
from altac.semantics.types import Types
from altac.semantics.values import (
    POISON,
    AmbiguousV,
    BuiltinV,
    ComponentV,
    Dim,
    FnV,
    OpenReal,
    OpenSet,
    Rt,
    ScopeV,
    StaticType,
    SymbolV,
    Tab,
    TypeV,
    Value,
    code_of,
    describe,
    is_runtime,
    kind,
    show,
    value_of,
    values_of,
)  # fmt: skip
from altac.source import Source, Span
from altac.syntax import tree

_WORD = re.compile(r"[A-Za-z_]\w*")
_DECLARED = re.compile(r"\b(?:param|const|type|enum|var|head|fn|component|use|as|let|for)\s+([A-Za-z_]\w*)")
#: Imports inside imports, components inside components.
DEPTH = 50
FAMILY_LIMIT = 4096


@dataclass(eq=False)
class Slot:
    """A variable or head under its full name."""

    name: str
    decl: tree.VarDecl | tree.HeadDecl | None
    space: Namespace
    is_head: bool
    domain: Any = None
    initial: ir.Initial | None = None
    head: ir.Head | None = None
    span: Span | None = None
    open: bool = False


@dataclass(frozen=True)
class Symbol:
    """A declared name, for tools: its kind, where it is declared and used."""

    name: str
    kind: str
    span: Span
    references: tuple[Span, ...] = ()


@dataclass(frozen=True)
class Checked:
    """The outcome: a program unless there are errors, and all problems in source order."""

    program: ir.Program | None
    problems: tuple[Problem, ...]
    symbols: tuple[Symbol, ...] = ()


Reader = Callable[[str], str]


class Checker:
    """One check of one main file; see `altac.semantics.check`."""

    def __init__(self, source: Source, params: Mapping[str, Any], reader: Reader | None) -> None:
        self.source = source
        self.params = dict(params)
        self.reader = reader
        self.problems: dict[tuple[Any, ...], Problem] = {}
        self.evaluate = Evaluator(self)
        self.patterns = Patterns(self)
        self.types = Types(self)
        self.slots: dict[str, Slot] = {}
        self.in_progress: list[tuple[Namespace, str]] = []
        self.loading: list[str] = []
        self.loaded: dict[str, Namespace] = {}
        self.tokens: Any = None
        self.families: dict[str, list[frozenset[int]]] = {}
        self.grown = False
        self.written: set[str] = set()
        self.reads: set[str] = set()
        self.references: dict[Span, list[Span]] = {}
        self.constants: dict[Any, str] = {}
        self.mlps: list[tuple[Namespace, tree.MlpDecl]] = []
        self.rules: list[tuple[Namespace, tree.RulesDecl]] = []
        self.main = Namespace("", None, is_main=True)

    def report(self, problem: Problem) -> None:
        """Keep a problem; the same at the same place counts once."""
        span = problem.span
        key = (problem.code, None if span is None else (span.source.name, span.start, span.end))
        self.problems.setdefault(key, problem)

    # --- files and namespaces -------------------------------------------------------------------

    def fill(self, space: Namespace, body: tuple[tree.Decl, ...], folder: Path) -> None:
        """Enter the declarations of a file or component into its namespace."""
        space.body = body
        for decl in body:
            match decl:
                case tree.ImportDecl():
                    self.load_import(space, decl, folder)
                case (
                    tree.ParamDecl() | tree.ConstDecl() | tree.TypeDecl() | tree.EnumDecl() | tree.VarDecl()
                    | tree.HeadDecl() | tree.FnDecl() | tree.ComponentDecl() | tree.UseDecl()
                ):  # fmt: skip
                    name = decl.name.text
                    other = space.declarations.get(name)
                    if other is not None or name in space.bound:
                        self.report(
                            errors.DuplicateName(
                                span=decl.name.span, name=name, other=None if other is None else other.name.span
                            )
                        )
                        continue
                    space.declarations[name] = decl
                    if isinstance(decl, tree.EnumDecl):
                        for member in decl.members:
                            space.members.setdefault(member.name.text, []).append(name)
                case _:
                    pass

    def load_import(self, space: Namespace, decl: tree.ImportDecl, folder: Path) -> None:
        from altac import resources
        from altac.syntax.parser import parse
        from altac.syntax.reading import read_source

        if isinstance(decl.path, tree.StringLit):
            path = Path(os.path.normpath(folder / decl.path.value))
            name = decl.alias.text if decl.alias else path.stem
            key, shown, span = str(path), str(path), decl.path.span
        else:
            parts = [p.text for p in decl.path]
            name = decl.alias.text if decl.alias else parts[-1]
            span = decl.path[0].span.to(decl.path[-1].span)
            shown = ".".join(parts)
            found = resources.stdlib_path(shown) if parts[0] == "std" else None
            if found is None:
                self.report(errors.unknown_module(span, shown, resources.stdlib_modules()))
                self.not_imported(space, name)
                return
            path, key = found, str(found)
        if name in space.declarations or name in space.modules:
            self.report(errors.DuplicateName(span=decl.span, name=name, other=None))
            return
        if key in self.loading:
            cycle = " -> ".join([*(Path(k).name for k in self.loading[self.loading.index(key) :]), Path(key).name])
            self.report(errors.ImportCycle(span=span, cycle=cycle))
            self.not_imported(space, name)
            return
        if len(self.loading) > DEPTH:
            raise errors.GiveUp(errors.ImportsTooDeep(span=span, limit=DEPTH))
        if key not in self.loaded:
            try:
                if self.reader is not None:
                    source = Source(shown, self.reader(key))
                elif path.is_fifo() or path.is_char_device():
                    raise OSError("it is not a regular file")
                else:
                    source = read_source(path, shown)
            except AltacError as error:
                reason = error.problems[0].render_title()
                self.report(errors.ImportFailed(span=span, path=shown, reason=reason))
                self.not_imported(space, name)
                return
            except (OSError, ValueError) as error:
                reason = str(getattr(error, "strerror", None) or error)
                self.report(errors.ImportFailed(span=span, path=shown, reason=reason))
                self.not_imported(space, name)
                return
            parsed = parse(source)
            for problem in parsed.problems:
                self.report(problem)
            module = Namespace("", None)
            self.unread(module, parsed.problems, source)
            self.loaded[key] = module
            self.loading.append(key)
            self.fill(module, parsed.tree.declarations, path.parent)
            self.loading.pop()
            for inner in parsed.tree.declarations:
                if isinstance(
                    inner,
                    (
                        tree.VarDecl,
                        tree.HeadDecl,
                        tree.MlpDecl,
                        tree.RulesDecl,
                        tree.UseDecl,
                        tree.TokensDecl,
                        tree.OutputDecl,
                        tree.HaltDecl,
                        tree.ProgramDecl,
                    ),
                ):
                    self.report(
                        errors.NotInModule(span=inner.span, what=type(inner).__name__.removesuffix("Decl").lower())
                    )
        space.modules[name] = (self.loaded[key], decl)

    def not_imported(self, space: Namespace, name: str) -> None:
        """The module ``name`` could not be read: what it would have declared is reported once, at the import."""
        space.bound[name] = POISON
        space.lost = None

    def unread(self, space: Namespace, problems: Iterable[Problem], source: Source) -> None:
        """Names that the unread parts of a file may declare, since one syntax error should not bring more errors."""
        spans = [p.span for p in problems if p.severity == "error" and p.span is not None]
        if spans and space.lost is not None:
            space.lost.update(_DECLARED.findall(source.text))
            for span in spans:
                for number in range(span.line, source.position(max(span.start, span.end - 1))[0] + 1):
                    space.lost.update(_WORD.findall(source.line(number)))

    def declared(self, name: str, space: Namespace) -> bool:
        """Whether ``name`` is declared in ``space`` or around it."""
        return any(name in s.declarations or name in s.bound or name in s.modules for s in space.chain())

    def lookup(self, name: str, span: Span, env: Env) -> Value:
        """What ``name`` stands for."""
        for space in env.space.chain():
            if name in space.bound:
                return self.use_slot(space.bound[name], env, span)
            if name in space.declarations:
                self.refer(space.declarations[name].name.span, span)
                return self.use_slot(self.value(space, name, span), env, span)
            if name in space.modules:
                return ScopeV("module", name, space.modules[name][0])
        candidates = self.symbols_called(name, env.space)
        if len(candidates) == 1:
            return candidates[0]
        if candidates:
            return AmbiguousV(name, tuple(candidates), span)
        if name == "bool":
            return TypeV(ir.BoolDomain(), "bool")
        if name == "Token":
            if self.tokens is None:
                return POISON
            return TypeV(self.tokens, "Token")
        if name in builtins.NAMES:
            return BuiltinV(name)
        if any(s.lost is None or name in s.lost for s in env.space.chain()):
            return POISON
        known = [*env.names, *env.space.names(), *builtins.NAMES, "Token", "bool"]
        if env.initial is not None:
            known += ["token", "position"]
        if isinstance(self.tokens, ir.TokenDomain):
            known.extend(str(t.name) for t in self.tokens.tokens)
        self.report(errors.unknown_name(span, name, known))
        return POISON

    def symbols_called(self, name: str, space: Namespace) -> list[SymbolV]:
        """The enum members and tokens called ``name`` that can be written in ``space``."""
        found: list[SymbolV] = []
        for around in space.chain():
            modules = [m for m, _ in around.modules.values()]
            for holder in (around, *modules):
                for enum in holder.members.get(name, ()):
                    value = self.value(holder, enum, None)
                    if isinstance(value, TypeV) and isinstance(value.type, ir.EnumDomain):
                        index = next(i for i, m in enumerate(value.type.members) if m.name == name)
                        symbol = SymbolV(value.type, index)
                        if symbol not in found:
                            found.append(symbol)
        if isinstance(self.tokens, ir.TokenDomain):
            found.extend(SymbolV(self.tokens, i) for i, t in enumerate(self.tokens.tokens) if t.name == name)
        return found

    def use_slot(self, value: Value, env: Env, span: Span) -> Value:
        if isinstance(value, Slot):
            if value.domain is None:
                return POISON
            if not env.runtime:
                self.report(errors.SlotInConstant(span=span, name=value.name))
                return POISON
            self.reads.add(value.name)
            return self.read(value, span)
        return value

    def read(self, slot: Slot, span: Span | None) -> Value:
        """The value of a slot as an expression."""
        domain = slot.domain
        expr = ir.Read(slot.name, span)
        if isinstance(domain, ir.RealDomain):
            dim = Dim(Rt(expr, ir.IntDomain(0, domain.size - 1), slot=slot.name), 0, domain.size)
            return Tab((dim,), [_whole(b) for b in domain.buckets], slot.name)
        if isinstance(domain, (ir.SetDomain, OpenSet)):
            family = self.family(slot)
            dim = Dim(Rt(expr, ir.IntDomain(0, max(0, len(family) - 1)), slot=slot.name), 0, len(family))
            return Tab((dim,), [frozenset(value_of(domain.element, c) for c in s) for s in family], slot.name)
        return Rt(expr, domain, slot=slot.name)

    def slot_of(self, value: Value) -> Slot | None:
        """The slot that ``value`` is a plain reference to."""
        name = value.slot if isinstance(value, (Rt, Tab)) else None
        return self.slots.get(name) if name is not None else None

    def member(self, scope: ScopeV, name: tree.Name, env: Env) -> Value:
        """``scope.name``"""
        space = scope.namespace
        if name.text in space.declarations:
            self.refer(space.declarations[name.text].name.span, name.span)
            return self.use_slot(self.value(space, name.text, name.span), env, name.span)
        if name.text in space.modules:
            return ScopeV("module", name.text, space.modules[name.text][0])
        for enum in space.members.get(name.text, ()):
            value = self.value(space, enum, None)
            if isinstance(value, TypeV) and isinstance(value.type, ir.EnumDomain):
                return SymbolV(value.type, next(i for i, m in enumerate(value.type.members) if m.name == name.text))
        self.report(errors.unknown_member(name, [*space.declarations, *space.members], scope.name))
        return POISON

    def refer(self, declared: Span, use: Span) -> None:
        self.references.setdefault(declared, []).append(use)

    # --- declarations -----------------------------------------------------------------------------

    def value(self, space: Namespace, name: str, span: Span | None) -> Value:
        """The value of a declaration, found on first use."""
        if name in space.values:
            return space.values[name]
        decl = space.declarations[name]
        key = (space, name)
        if key in self.in_progress:
            cycle = [n for _, n in self.in_progress[self.in_progress.index(key) :]]
            self.report(errors.Cycle(span=decl.name.span, cycle=" -> ".join([*cycle, name])))
            space.values[name] = POISON
            return POISON
        if len(self.in_progress) > 400:
            raise errors.GiveUp(errors.TooComplex(span=decl.name.span))
        self.in_progress.append(key)
        try:
            value = self.declare(space, decl)
        finally:
            self.in_progress.pop()
        return space.values.setdefault(name, value)

    def declare(self, space: Namespace, decl: Any) -> Value:
        env = Env(space)
        match decl:
            case tree.ParamDecl():
                return self.param(space, decl, env)
            case tree.ConstDecl(value=node, type=type_node):
                value = self.evaluate(node, env)
                if type_node is not None and value is not POISON:
                    value = self.checked(value, self.types.of(type_node, env), node)
                return self._resolve(value, None, node)
            case tree.TypeDecl(name=name, type=node):
                domain = self.types.of(node, env)
                return POISON if domain is POISON else TypeV(domain, name.text)
            case tree.EnumDecl():
                return self.enum(decl)
            case tree.FnDecl():
                return FnV(decl, space)
            case tree.ComponentDecl():
                return ComponentV(decl, space)
            case tree.UseDecl():
                return self.use(space, decl, env)
            case tree.VarDecl():
                return self.variable(space, decl)
            case tree.HeadDecl():
                return self.head(space, decl)
        raise AssertionError(decl)

    def param(self, space: Namespace, decl: tree.ParamDecl, env: Env) -> Value:
        value = self.evaluate(decl.value, env)
        if is_runtime(value):
            self.report(errors.NotStatic(span=decl.value.span, what="a parameter"))
            return POISON
        node = decl.value
        if space.is_main and decl.name.text in self.params:
            given = self.given(decl.name.text, env)
            if given is POISON:
                return POISON
            if (
                value is not POISON
                and kind(given) != kind(value)
                and not (operators.number(given) and operators.number(value) and kind(value) == "real")
            ):
                self.report(
                    errors.ParamType(span=decl.name.span, name=decl.name.text, expected=kind(value), found=show(given))
                )
                return POISON
            value = given
        if decl.type is not None and value is not POISON:
            value = self.checked(value, self.types.of(decl.type, env), node)
        return value

    def given(self, name: str, env: Env) -> Value:
        """A parameter from outside: a Python value, or text in the language."""
        raw = self.params[name]
        if isinstance(raw, (bool, int, Fraction)):
            return raw
        if isinstance(raw, float):
            return Fraction(raw).limit_denominator(10**9)
        from altac.syntax.parser import parse

        source = Source(f"-D {name}", f"const {name} = {raw}")
        parsed = parse(source)
        if (
            parsed.problems
            or len(parsed.tree.declarations) != 1
            or not isinstance(parsed.tree.declarations[0], tree.ConstDecl)
        ):
            self.report(errors.BadParam(name=name, text=str(raw)))
            return POISON
        value = self.evaluate(parsed.tree.declarations[0].value, env)
        if is_runtime(value):
            self.report(errors.BadParam(name=name, text=str(raw)))
            return POISON
        return value

    def enum(self, decl: tree.EnumDecl) -> Value:
        members: list[ir.Symbol] = []
        seen: dict[str, Span] = {}
        for member in decl.members:
            name = member.name.text
            if name in seen:
                self.report(
                    errors.DuplicateMember(span=member.name.span, name=name, enum=decl.name.text, other=seen[name])
                )
                continue
            seen[name] = member.name.span
            members.append(ir.Symbol(name, member.spelling.value if member.spelling is not None else name))
        if not members:
            self.report(errors.EmptyEnum(span=decl.span, name=decl.name.text))
            return POISON
        return TypeV(ir.EnumDomain(decl.name.text, tuple(members)), decl.name.text)

    def use(self, space: Namespace, decl: tree.UseDecl, env: Env) -> Value:
        component = self.evaluate(decl.component, env)
        if component is POISON:
            return POISON
        if not isinstance(component, ComponentV):
            self.report(errors.NotAComponent(span=decl.component.span, found=kind(component)))
            return POISON
        inside = sum(1 for s, n in self.in_progress if isinstance(s.declarations.get(n), tree.UseDecl))
        if inside > DEPTH:
            raise errors.GiveUp(errors.ComponentRecursion(span=decl.span, name=component.decl.name.text))
        runtime = Env(space, runtime=True)
        bound = self.evaluate.arguments(
            decl, component.decl.parameters, component.namespace, runtime, component.decl.name
        )
        if bound is None:
            return POISON
        for name, value in bound.items():
            slot = self.slot_of(value)
            if slot is not None:
                bound[name] = slot
            elif is_runtime(value):
                self.report(errors.NotStatic(span=decl.span, what=f"the argument `{name}` of a component"))
                return POISON
        instance = Namespace(f"{space.prefix}{decl.name.text}.", component.namespace, bound=bound)
        self.fill(instance, component.decl.body, Path())
        scope = ScopeV("component instance", decl.name.text, instance)
        space.values[decl.name.text] = scope
        return scope

    # --- variables and heads ------------------------------------------------------------------------

    def variable(self, space: Namespace, decl: tree.VarDecl) -> Slot:
        slot = Slot(space.prefix + decl.name.text, decl, space, False, span=decl.name.span)
        self.slots[slot.name] = slot
        domain = self.types.of(decl.type, Env(space)) if decl.type is not None else None
        if isinstance(domain, OpenReal):
            self.report(errors.NoBuckets(span=decl.type.span if decl.type else decl.span, name=decl.name.text))
            domain = POISON
        if isinstance(domain, StaticType):
            self.report(errors.StaticOnly(span=decl.type.span if decl.type else decl.span, name=domain.name))
            domain = POISON
        if decl.value is None:
            self.report(errors.NoInitial(span=decl.span, name=decl.name.text))
            return slot
        by, values, node = self.initial_values(space, decl.value, decl.name.text)
        if by is None or domain is POISON:
            if domain is not POISON and domain is not None and not isinstance(domain, OpenSet):
                slot.domain = domain
            return slot
        if domain is None:
            domain = self.inferred(values, decl)
            if domain is None:
                return slot
        if isinstance(domain, OpenSet):
            try:
                sets = [self.set_codes(v, domain.element) for v in values]
            except OperandError:
                sets = [None]
            if any(s is None for s in sets):
                self.report(errors.Mismatch(span=decl.value.span, expected=describe(domain), found=kind(values[0])))
                return slot
            family = self.families.setdefault(slot.name, [])
            for s in sets:
                if s is not None and s not in family:
                    family.append(s)
            slot.open = True
            slot.domain = domain
            slot.initial = ir.Initial(by, tuple(family.index(s) for s in sets if s is not None))
            return slot
        slot.domain = domain
        codes: list[int] = []
        for v in values:
            code = self.initial_code(v, domain, decl)
            if code is None:
                return slot
            codes.append(code)
        slot.initial = ir.Initial(by, tuple(codes))
        return slot

    def initial_values(self, space: Namespace, node: tree.Expr, name: str) -> tuple[Any, list[Value], tree.Expr]:
        """Whether an initial value depends on token or position, and its value for each of them."""
        tokens = values_of(self.tokens) if self.tokens is not None else [0]
        probe = InitialContext(tokens[0], 0)
        positions = self.positions_count()

        def run(token: Value, position: int) -> Value:
            probe.token, probe.position = token, position
            return self.evaluate(node, Env(space, initial=probe))

        by_token = [run(t, 0) for t in tokens]
        token_used, probe.token_used = probe.token_used, None
        by_position = (
            [run(tokens[0], i) for i in range(positions or 1)] if probe.position_used or token_used is None else []
        )
        position_used = probe.position_used
        if token_used is not None and position_used is not None:
            self.report(errors.TokenAndPosition(span=node.span, name=name, token=token_used, position=position_used))
            return None, [], node
        if position_used is not None and positions is None:
            self.report(errors.NoPositions(span=position_used, name=name))
            return None, [], node
        if token_used is not None and self.tokens is None:
            return None, [], node
        values = by_token if token_used is not None else by_position if position_used is not None else by_token[:1]
        if any(v is POISON for v in values):
            return None, [], node
        for v in values:
            if is_runtime(v):
                self.report(errors.NotStatic(span=node.span, what="an initial value"))
                return None, [], node
        return ("token" if token_used else "position" if position_used else "constant"), values, node

    def inferred(self, values: list[Value], decl: tree.VarDecl) -> Any:
        first = values[0]
        assert decl.value is not None
        if isinstance(first, bool) and all(isinstance(v, bool) for v in values):
            return ir.BoolDomain()
        if isinstance(first, SymbolV) and all(isinstance(v, SymbolV) and v.domain == first.domain for v in values):
            return first.domain
        if isinstance(decl.value, tree.Ref) and decl.value.name == "token" and self.tokens is not None:
            return self.tokens
        self.report(errors.NeedsType(span=decl.name.span, name=decl.name.text, found=kind(first)))
        return None

    def initial_code(self, value: Value, domain: Any, decl: tree.VarDecl) -> int | None:
        assert decl.value is not None
        span = decl.value.span
        if isinstance(domain, ir.RealDomain):
            if not operators.number(value):
                self.report(errors.Mismatch(span=span, expected="a number", found=kind(value)))
                return None
            if Fraction(value) not in domain.buckets:
                self.report(
                    errors.NotABucket(
                        span=span,
                        name=decl.name.text,
                        value=str(value),
                        nearest=str(domain.buckets[nearest(domain, value)]),
                    )
                )
                return None
            return domain.buckets.index(Fraction(value))
        if isinstance(domain, ir.SetDomain):
            try:
                codes = self.set_codes(value, domain.element)
            except OperandError:
                codes = None
            if codes not in domain.family:
                self.report(errors.NotInFamily(span=span, name=decl.name.text, value=show(value)))
                return None
            return domain.family.index(codes)
        checked = self.checked(value, domain, decl.value, initial=decl.name.text)
        return None if checked is POISON else code_of(checked)

    def positions_count(self) -> int | None:
        """The number of positions the program declares."""
        for decl in self.main.body:
            if isinstance(decl, tree.PositionsDecl):
                if not hasattr(self, "_positions"):
                    self._positions: int | None = None
                    count = self.types.integer(decl.count, Env(self.main), "the number of positions")
                    if count is not None and not 0 < count <= 1 << 16:
                        self.report(errors.BadCount(span=decl.count.span, what="the number of positions", count=count))
                        count = 1
                    self._positions = 1 if count is None else count  # a wrong count is reported: it is declared
                return self._positions
        return None

    def head(self, space: Namespace, decl: tree.HeadDecl) -> Slot:
        slot = Slot(space.prefix + decl.name.text, decl, space, True, span=decl.name.span)
        self.slots[slot.name] = slot
        env = Env(space, runtime=True)
        value = self.head_part(decl.value, env, "value", decl)
        query = self.head_part(decl.query, env, "query", decl, constant=True) if decl.query is not None else None
        key = self.head_part(decl.key, env, "key", decl) if decl.key is not None else None
        offsets = self.offsets(decl, Env(space))
        if (
            (decl.query is None) != (decl.key is None)
            or decl.value is None
            or (decl.query is None and decl.offsets is None)
        ):
            return slot
        declared = self.types.of(decl.type, Env(space)) if decl.type is not None else None
        if value is None or declared is POISON or offsets is POISON:
            return slot
        slot.domain = self.head_domain(slot, value, declared, decl)
        if slot.domain is None or (decl.query is not None and (query is None or key is None)):
            return slot
        if query is not None and key is not None and not self.compatible(query, key, decl):
            return slot
        slot.head = ir.Head(
            slot.name,
            query.name if query else None,
            key.name if key else None,
            value.name,
            offsets,
            slot.domain,
            decl.name.span,
        )
        return slot

    def head_part(
        self, node: tree.Expr | None, env: Env, role: str, decl: tree.HeadDecl, constant: bool = False
    ) -> Slot | None:
        if node is None:
            return None
        value = self.evaluate(node, env)
        if value is POISON:
            return None
        slot = self.slot_of(value)
        if slot is not None:
            if slot.is_head:
                self.report(
                    errors.HeadReadsHead(
                        span=node.span, head=decl.name.text, other=slot.name, role=role, declared=slot.span
                    )
                )
                return None
            return slot if slot.domain is not None else None
        if constant and not is_runtime(value) and (code_of(value) is not None):
            return self.constant_slot(value)
        self.report(errors.HeadPart(span=node.span, role=role, found=kind(value)))
        return None

    def constant_slot(self, value: Value) -> Slot:
        """The hidden variable that holds a constant query."""
        code = code_of(value)
        assert code is not None
        domain = (
            value.domain
            if isinstance(value, SymbolV)
            else ir.BoolDomain()
            if isinstance(value, bool)
            else ir.IntDomain(code, code)
        )
        key = (domain, code)
        if key not in self.constants:
            label = f"constant {ir.label(domain, code)}"
            same = (
                label if i == 1 else f"{label} ({i})" for i in count(1)
            )  # members of several enums, a number and a token
            name = next(n for n in same if n not in self.slots)
            self.constants[key] = name
            self.slots[name] = Slot(name, None, self.main, False, domain, ir.Initial("constant", (code,)))
            self.written.add(name)
        self.reads.add(self.constants[key])
        return self.slots[self.constants[key]]

    def head_domain(self, slot: Slot, value: Slot, declared: Any, decl: tree.HeadDecl) -> Any:
        domain = value.domain
        assert decl.value is not None
        if isinstance(declared, ir.RealDomain):
            if not isinstance(domain, (ir.RealDomain, ir.IntDomain, ir.BoolDomain)):
                self.report(errors.HeadValue(span=decl.value.span, found=describe(domain)))
                return None
            return declared
        if isinstance(domain, ir.RealDomain) or isinstance(declared, OpenReal):
            self.report(errors.HeadNeedsBuckets(span=decl.name.span, name=decl.name.text))
            return None
        if isinstance(domain, (ir.SetDomain, OpenSet)):
            self.report(errors.HeadValue(span=decl.value.span, found=describe(domain)))
            return None
        if declared is not None and declared != domain:
            self.report(
                errors.Mismatch(
                    span=decl.type.span if decl.type else decl.span, expected=describe(domain), found=describe(declared)
                )
            )
            return None
        return domain

    def compatible(self, query: Slot, key: Slot, decl: tree.HeadDecl) -> bool:
        q, k = query.domain, key.domain
        element = q.element if isinstance(q, (ir.SetDomain, OpenSet)) else q
        assert decl.query is not None and decl.key is not None
        if isinstance(k, (ir.RealDomain, ir.SetDomain, OpenSet)):
            self.report(errors.BadKey(span=decl.key.span, found=describe(k)))
            return False
        if isinstance(q, ir.RealDomain):
            self.report(errors.BadQuery(span=decl.query.span, found=describe(q)))
            return False
        same = isinstance(element, ir.IntDomain) and isinstance(k, ir.IntDomain) or element == k
        if not same:
            self.report(
                errors.QueryKey(
                    span=decl.query.span.to(decl.key.span)
                    if decl.query.span.source == decl.key.span.source
                    else decl.query.span,
                    query=describe(q),
                    key=describe(k),
                )
            )
            return False
        if isinstance(element, ir.IntDomain) and (element.low > k.high or k.low > element.high):
            self.report(errors.Disjoint(span=decl.query.span, query=describe(element), key=describe(k)))
            return False
        return True

    def offsets(self, decl: tree.HeadDecl, env: Env) -> Any:
        if decl.offsets is None:
            return None
        value = self.evaluate(decl.offsets, env)
        if value is POISON:
            return POISON
        items: tuple[Value, ...] | None = (value,) if operators.is_int(value) and not is_runtime(value) else None
        if items is None:
            try:
                items = operators.items_of(value)
            except OperandError:
                items = ()
        if not items or not all(operators.is_int(i) and not is_runtime(i) for i in items):
            self.report(errors.BadOffsets(span=decl.offsets.span))
            return POISON
        return frozenset(int(i) for i in items)

    # --- values against types --------------------------------------------------------------------------

    def resolve_pair(self, left: Value, right: Value, node: tree.Node) -> tuple[Value, Value]:
        """Settle names that several enums share by the type of the other side."""
        return self._resolve(left, right, node), self._resolve(right, left, node)

    def _resolve(self, value: Value, other: Value, node: tree.Node) -> Value:
        if not isinstance(value, AmbiguousV):
            return value
        domain = other.domain if isinstance(other, (Rt, SymbolV)) else None
        for candidate in value.candidates:
            if candidate.domain == domain:
                return candidate
        self.report(
            errors.Ambiguous(
                span=value.span, name=value.name, candidates=", ".join(_qualified(c) for c in value.candidates)
            )
        )
        return POISON

    def checked(self, value: Value, domain: Any, node: tree.Expr, runtime: bool = False, initial: str = "") -> Value:
        """``value`` if it fits ``domain``, with literals turned into tokens; POISON and a report otherwise."""
        span = node.span
        if domain is POISON or value is POISON:
            return POISON
        if isinstance(value, AmbiguousV):
            for candidate in value.candidates:
                if candidate.domain == domain:
                    return candidate
        match domain:
            case ir.TokenDomain():
                if isinstance(value, (int, str)) and not isinstance(value, bool):
                    try:
                        return operators.token_named(domain, value)
                    except OperandError as error:
                        self.report(errors.Mismatch(span=span, expected="a token", found=show(value), hint=error.hint))
                        return POISON
                fits = isinstance(value, (Rt, SymbolV)) and value.domain == domain
            case ir.IntDomain(low=low, high=high):
                fits = operators.is_int(value)
                if fits:
                    a, b = operators.interval(value)
                    if a > high or b < low:
                        found = str(a) if a == b else f"{a}..{b}"
                        self.report(errors.OutOfRange(span=span, value=found, low=low, high=high))
                        return POISON
            case ir.BoolDomain():
                fits = operators.is_bool(value)
            case ir.EnumDomain():
                fits = isinstance(value, (Rt, SymbolV)) and value.domain == domain
            case OpenReal() | ir.RealDomain():
                fits = operators.number(value)
            case StaticType(name=name):
                fits = kind(value) == name
            case _:
                return value
        if not fits:
            hint = ""
            if isinstance(domain, ir.IntDomain) and (operators.is_bool(value) or kind(value) == "Token"):
                hint = "write `int(...)` to turn it into a number"
            if isinstance(domain, ir.TokenDomain) and operators.is_int(value):
                hint = "write `Token(...)` to turn a number into its token"
            if isinstance(domain, ir.BoolDomain) and operators.is_int(value):
                hint = "write a comparison such as `... == 1`"
            self.report(errors.Mismatch(span=span, expected=describe(domain), found=kind(value), hint=hint))
            return POISON
        return value

    def set_codes(self, value: Value, element: Any) -> frozenset[int] | None:
        """The codes of a set's members; None if one is not of the element type. Raises `OperandError` for non-sets."""
        if not isinstance(value, frozenset):
            raise OperandError
        codes = set()
        for item in value:
            if isinstance(element, ir.TokenDomain):
                item = operators._literal_token(item, SymbolV(element, 0))
            code = code_of(item)
            right = (
                isinstance(item, SymbolV) and item.domain == element
                if isinstance(element, (ir.EnumDomain, ir.TokenDomain))
                else (isinstance(item, bool) == isinstance(element, ir.BoolDomain) and isinstance(item, int))
            )
            if code is None or not right or not element.low <= code < element.low + element.size:
                return None
            codes.add(code)
        return frozenset(codes)

    def family(self, slot: Slot) -> list[frozenset[int]]:
        if isinstance(slot.domain, ir.SetDomain):
            return list(slot.domain.family)
        return self.families.setdefault(slot.name, [])

    def grow(self, slot: Slot, entry: frozenset[int], span: Span) -> None:
        family = self.families[slot.name]
        if len(family) >= FAMILY_LIMIT:
            raise errors.GiveUp(errors.FamilyTooLarge(span=span, name=slot.name, limit=FAMILY_LIMIT))
        if entry not in family:
            family.append(entry)
            self.grown = True

    def is_pure(self, body: tree.Block, space: Namespace, depth: int = 0) -> bool:
        """Whether a block is lets and then an expression, rather than updates."""
        if not body.statements or depth > DEPTH:
            return bool(body.statements)
        last = body.statements[-1]
        if not all(isinstance(s, tree.Let) for s in body.statements[:-1]) or not isinstance(last, tree.ExprStmt):
            return False
        match last.value:
            case tree.If(then=then, orelse=orelse):
                return orelse is not None and all(self.is_pure(b, space, depth + 1) for b in (then, orelse))
            case tree.Match(arms=arms):
                return bool(arms) and all(self.is_pure(a.body, space, depth + 1) for a in arms)
            case tree.Call(function=function):
                called = self.function_named(function, space)
                if called is None or not isinstance(called.decl.body, tree.Block):
                    return True
                return self.is_pure(called.decl.body, called.namespace, depth + 1)
            case _:
                return True

    def function_named(self, node: tree.Expr, space: Namespace) -> FnV | None:
        """The function that ``node`` names in ``space``, if it names one; reports nothing."""
        match node:
            case tree.Ref(name=name):
                for around in space.chain():
                    if name in around.bound:
                        return None
                    decl = around.declarations.get(name)
                    if decl is not None:
                        return FnV(decl, around) if isinstance(decl, tree.FnDecl) else None
            case tree.FieldAccess(base=tree.Ref(name=base), field=field):
                for around in space.chain():
                    inner: Any = around.modules[base][0] if base in around.modules else None
                    if inner is None and isinstance(around.declarations.get(base), tree.UseDecl):
                        scope = self.value(around, base, None)
                        inner = scope.namespace if isinstance(scope, ScopeV) else None
                    if inner is not None:
                        decl = inner.declarations.get(field.text)
                        return FnV(decl, inner) if isinstance(decl, tree.FnDecl) else None
            case _:
                pass
        return None


def _whole(value: Fraction) -> Value:
    return value


def _qualified(symbol: SymbolV) -> str:
    name = ir.label(symbol.domain, symbol.index)
    return f"{symbol.domain.name}.{name}" if isinstance(symbol.domain, ir.EnumDomain) else f"Token {name}"
