"""The assembly of a program: its declarations in order, to the IR."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TypeVar

from altac import ir
from altac.diagnostics.declaration_errors import BadCount, RulesAndMlp
from altac.diagnostics.name_errors import (
    ComponentRecursion,
    DuplicateDeclaration,
    NoOutput,
    NoProgram,
    NotInComponent,
    NoTokens,
    UnknownParam,
)
from altac.diagnostics.problem import did_you_mean
from altac.diagnostics.type_errors import FamilyTooLarge
from altac.semantics import limits
from altac.semantics.context import Context
from altac.semantics.endings import causal, halt, layers, output
from altac.semantics.imports import enter, note_unread
from altac.semantics.limits import GiveUp
from altac.semantics.names import declared
from altac.semantics.rule_blocks import transition_rules
from altac.semantics.scopes import Env
from altac.semantics.slots import Slot
from altac.semantics.statements import Statements
from altac.semantics.test_lines import test_line
from altac.semantics.tokens import frame, text_mode, tokens
from altac.semantics.type_expressions import integer
from altac.semantics.unused import check_names
from altac.semantics.values import Namespace, ScopeV
from altac.semantics.wording import show
from altac.source import Span
from altac.syntax import tree

#: What a program has once, and what it is called.
_ONCE: dict[type[tree.Decl], str] = {
    tree.ProgramDecl: "program", tree.TokensDecl: "tokens", tree.TextDecl: "text", tree.PositionsDecl: "positions",
    tree.FrameDecl: "frame", tree.OutputDecl: "output", tree.HaltDecl: "halt", tree.LayersDecl: "layers",
    tree.CausalDecl: "causal",
}  # fmt: skip
#: What a file declares that others import.
_SHARED = (
    tree.ImportDecl | tree.ParamDecl | tree.ConstDecl | tree.TypeDecl | tree.EnumDecl | tree.FnDecl | tree.ComponentDecl
)

#: An `mlp` or `rules` block with the namespace that it stands in.
_Block = tuple[Namespace, tree.MlpDecl | tree.RulesDecl]
_D = TypeVar("_D", bound=tree.Decl)


def assemble(context: Context, file: tree.File) -> ir.Program | None:
    """The program in the main file; None if it is a module, or has errors. Raises `GiveUp` at a limit."""
    body = file.declarations
    whole = not context.has_errors  # otherwise what seems to be missing may just be unread
    _report_duplicates(context, body)
    note_unread(context.main, context.problems.values(), context.source)
    context.loading.append(os.path.normpath(context.source.name))
    enter(context, context.main, body, Path(context.source.name).parent)
    if body and all(isinstance(decl, _SHARED) for decl in body):
        _walk(context, context.main)
        _look_into_unused(context, whole)
        return None
    _report_unknown_params(context)
    _inputs(context, body)
    mlp = _mlp(context, _walk(context, context.main))
    _look_into_unused(context, whole)
    if whole:
        _report_missing(context, body)
    result = output(context, _first(body, tree.OutputDecl))
    condition = halt(context, _first(body, tree.HaltDecl))
    max_layers = layers(context, _first(body, tree.LayersDecl))
    around = frame(context, _first(body, tree.FrameDecl))
    text = text_mode(context, _first(body, tree.TextDecl))
    generation = causal(context, _first(body, tree.CausalDecl), result)
    tests = _tests(context, body, result)
    name = _first(body, tree.ProgramDecl)
    if context.has_errors or context.tokens is None or result is None or name is None:
        return None
    return ir.Program(
        name=name.name.text, tokens=context.tokens, variables=_variables(context), heads=_heads(context), mlp=mlp,
        output=result.name, halt=condition, max_layers=max_layers, positions=context.positions, frame=around, text=text,
        causal=generation, tests=tests, params=_params(context), doc=file.doc,
    )  # fmt: skip


def _first(body: tuple[tree.Decl, ...], kind: type[_D]) -> _D | None:
    return next((decl for decl in body if isinstance(decl, kind)), None)


def _report_duplicates(context: Context, body: tuple[tree.Decl, ...]) -> None:
    for decl in body:
        if type(decl) in _ONCE:
            first = _first(body, type(decl))
            if first is not None and first is not decl:
                context.report(DuplicateDeclaration(span=decl.span, what=_ONCE[type(decl)], other=first.span))


def _report_missing(context: Context, body: tuple[tree.Decl, ...]) -> None:
    start = Span(context.source, 0, min(1, len(context.source.text)))
    if _first(body, tree.OutputDecl) is None:
        context.report(NoOutput(span=start))
    if _first(body, tree.ProgramDecl) is None:
        context.report(NoProgram(span=start))
    if _first(body, tree.TokensDecl) is None:
        context.report(NoTokens(span=start))


# --- parameters and inputs ------------------------------------------------------------------------


def _report_unknown_params(context: Context) -> None:
    known = [n for n, d in context.main.declarations.items() if isinstance(d, tree.ParamDecl)]
    for name in context.params:
        if name not in known:
            context.report(UnknownParam(name=name, suggestion=did_you_mean(name, known)))


def _params(context: Context) -> tuple[tuple[str, str], ...]:
    """The parameters of the program with their values as text."""
    found = []
    for name, decl in context.main.declarations.items():
        value = context.main.values.get(name)
        if isinstance(decl, tree.ParamDecl) and value is not None and not isinstance(value, Slot):
            found.append((name, show(value, 200)))
    return tuple(found)


def _inputs(context: Context, body: tuple[tree.Decl, ...]) -> None:
    """Find out the tokens and the number of positions, on which initial values depend."""
    positions = _first(body, tree.PositionsDecl)
    context.positions = None if positions is None else 1  # also if the count is wrong: it is declared
    context.tokens = tokens(context, _first(body, tree.TokensDecl))
    if positions is None:
        return
    count = integer(context, positions.count, Env(context.main), "the number of positions")
    if count is not None and 0 < count <= limits.COUNT:
        context.positions = count
    elif count is not None:
        context.report(BadCount(span=positions.count.span, what="the number of positions", count=count))


# --- variables, heads and the MLP -----------------------------------------------------------------


def _walk(context: Context, space: Namespace) -> list[_Block]:
    """Find the value of every declaration in order, so that slots come in source order; the blocks in that order."""
    if space.prefix.count(".") > limits.NESTING:
        use = next(d for d in context.main.body if isinstance(d, tree.UseDecl))
        raise GiveUp(ComponentRecursion(span=use.span, name=space.prefix.split(".")[-2]))
    blocks: list[_Block] = []
    for decl in space.body:
        match decl:
            case tree.MlpDecl() | tree.RulesDecl():
                blocks.append((space, decl))
            case tree.UseDecl(name=name):
                if space.declarations.get(name.text) is decl:
                    value = declared(context, space, name.text)
                    if isinstance(value, ScopeV):
                        blocks.extend(_walk(context, value.namespace))
            case (
                tree.VarDecl() | tree.HeadDecl() | tree.ParamDecl() | tree.ConstDecl() | tree.TypeDecl()
                | tree.EnumDecl()
            ):  # fmt: skip
                if space.declarations.get(decl.name.text) is decl:
                    declared(context, space, decl.name.text)
            case tree.ImportDecl() | tree.FnDecl() | tree.ComponentDecl():
                pass
            case _:
                if space is not context.main:
                    context.report(NotInComponent(span=decl.span, what=_ONCE.get(type(decl), "test")))
    return blocks


def _look_into_unused(context: Context, whole: bool) -> None:
    """Look into functions and components that nothing uses."""
    if whole:
        for space in (context.main, *context.modules.values()):
            check_names(context, space)


def _mlp(context: Context, blocks: list[_Block]) -> ir.MlpCode | ir.MlpRules:
    """The statements, or the rules. Raises `GiveUp` if a family still grows in the last round."""
    code = [(space, block) for space, block in blocks if isinstance(block, tree.MlpDecl)]
    rules = [(space, block) for space, block in blocks if isinstance(block, tree.RulesDecl)]
    if rules:
        if code:
            context.report(RulesAndMlp(span=rules[0][1].span, other=code[0][1].span))
        return ir.MlpRules(transition_rules(context, rules))
    grown: list[Slot] = []
    for _ in range(limits.ROUNDS):
        before = {slot.name: len(slot.inferred) for slot in context.slots.values()}
        problems = dict(context.problems)
        context.steps = 0
        statements = Statements(context)
        body = tuple(s for space, decl in code for s in statements.block(decl.body, Env(space, runtime=True)))
        grown = [slot for slot in context.slots.values() if len(slot.inferred) > before.get(slot.name, 0)]
        if not grown:
            return ir.MlpCode(body)
        context.problems = problems  # what was found may be due to sets that were not known yet
    most = max(grown, key=lambda slot: len(slot.inferred))
    raise GiveUp(FamilyTooLarge(span=most.span, name=most.name, limit=len(most.inferred) - 1))


def _variables(context: Context) -> tuple[ir.Variable, ...]:
    return tuple(
        ir.Variable(slot.name, domain, slot.initial, slot.span)
        for slot in context.slots.values()
        if slot.initial is not None and (domain := slot.closed_domain) is not None
    )


def _heads(context: Context) -> tuple[ir.Head, ...]:
    return tuple(slot.head for slot in context.slots.values() if slot.head is not None)


def _tests(context: Context, body: tuple[tree.Decl, ...], result: Slot | None) -> tuple[ir.Test, ...]:
    found = []
    for decl in body:
        if isinstance(decl, tree.TestDecl):
            before = dict(context.problems)
            test = test_line(context, decl, result)
            if test is not None:
                found.append(test)
            elif context.params:  # written for other parameters: the test does not apply
                context.problems = before
    return tuple(found)
