"""Code actions: the fixes that diagnostics propose, as edits."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lsprotocol import types

from altac import resources
from altac.diagnostics import name_errors, syntax_errors, type_errors
from altac.diagnostics.problem import Problem
from altac.lsp import names
from altac.lsp.diagnostics import to_diagnostic
from altac.lsp.positions import uri_of
from altac.lsp.project import Project, source_path
from altac.source import Source, Span
from altac.syntax import tree

_CLOSERS = {"(": ")", "[": "]", "{": "}"}


@dataclass(frozen=True)
class Fix:
    """A change of one file. ``sure`` if it is the one that the diagnostic proposes."""

    title: str
    edits: tuple[tuple[Span, str], ...]
    sure: bool = True


def code_actions(
    project: Project, path: str, within: types.Range, problems: tuple[Problem, ...]
) -> list[types.CodeAction]:
    """The fixes for the problems that touch a range. ``problems`` are those of the current text."""
    index = project.index(path)
    if index is None:
        return []
    source = index.module.source
    asked = project.positions.span_of(source, within)
    actions = []
    for problem in problems:
        span = problem.span
        if span is None or source_path(span.source.name) != path or span.source.text != source.text:
            continue
        if span.end < asked.start or span.start > asked.end:
            continue
        for fix in _fixes(problem, span, project, index):
            edits = [types.TextEdit(project.positions.range_of(place), text) for place, text in fix.edits]
            actions.append(
                types.CodeAction(
                    fix.title,
                    types.CodeActionKind.QuickFix,
                    [to_diagnostic(problem, project.positions)],
                    fix.sure or None,
                    edit=types.WorkspaceEdit(changes={uri_of(path): edits}),
                )  # fmt: skip
            )
    return actions


def _fixes(problem: Problem, span: Span, project: Project, index: names.Index) -> Iterator[Fix]:
    match problem:
        case name_errors.UnknownName(name=name, suggestion=suggestion):
            if suggestion:
                yield _replace(span, suggestion)
            yield from _imports(name, span, project, index)
        case (
            name_errors.UnknownMember(suggestion=suggestion) | name_errors.UnknownModule(suggestion=suggestion)
            | name_errors.UnknownArgument(suggestion=suggestion)
        ):  # fmt: skip
            if suggestion:
                yield _replace(span, suggestion)
        case name_errors.Ambiguous(name=name, candidates=candidates):
            for candidate in candidates.split(", "):
                if candidate.endswith(f".{name}"):
                    yield _replace(span, candidate, sure=False)
        case name_errors.NoProgram():
            yield _program_line(span.source)
        case syntax_errors.MisspeltKeyword(meant=meant):
            yield _replace(span, meant)
        case syntax_errors.WrongOperator(found=found, right=right):
            if span.text == found and _is_code(right):
                yield _replace(span, _spaced(span, right))
        case syntax_errors.ReservedWord(word=word):
            if span.text == word:
                yield _replace(span, f"{word}_")
        case syntax_errors.SingleQuotes(fixed=fixed):
            if span.text.startswith("'"):
                yield _replace(span, fixed)
        case syntax_errors.LoneCarriageReturn():
            yield _line_feeds(span.source)
        case syntax_errors.UnexpectedClosing():
            yield Fix(f"Remove `{span.text}`", ((span, ""),))
        case syntax_errors.MismatchedBracket(opening=opening):
            if opening in _CLOSERS:
                yield _replace(span, _CLOSERS[opening])
        case syntax_errors.UnterminatedString():
            end = len(span.text.rstrip())
            yield Fix('Add the closing `"`', ((Span(span.source, span.start + end, span.start + end), '"'),))
        case syntax_errors.CommentNotDivision():
            if span.text.startswith("//"):
                yield _replace(Span(span.source, span.start, span.start + 2), "div")
        case type_errors.NotABucket(nearest=nearest):
            yield _replace(span, nearest)
        case type_errors.EmptyRange():
            node = _node_at(index.module.tree, span, tree.RangeType)
            if isinstance(node, tree.RangeType):
                yield Fix(
                    "Swap the bounds", ((node.low.span, node.high.span.text), (node.high.span, node.low.span.text))
                )
        case type_errors.ChainedComparison():
            node = _node_at(index.module.tree, span, tree.ChainedComparison)
            if isinstance(node, tree.ChainedComparison):
                yield _replace(span, _conjunction(node))
        case type_errors.Mismatch(hint=hint):
            yield from _conversion(span, hint)
        case type_errors.NoEffect():
            yield _remove_line(span)
        case type_errors.NotExhaustive():
            yield from _catch_all(span, index.module.tree)
        case _:
            pass


def _replace(span: Span, text: str, sure: bool = True) -> Fix:
    shown = text.strip()
    return Fix(f"Replace by `{shown if len(shown) <= 60 else shown[:57] + '...'}`", ((span, text),), sure)


def _is_code(text: str) -> bool:
    """Whether the proposal can be written as it stands; some describe what to write with `...`."""
    return "..." not in text and "NAME" not in text


def _spaced(span: Span, right: str) -> str:
    """A word in place of a sign needs blanks around it."""
    if not right[:1].isalpha():
        return right
    text = span.source.text
    before = "" if span.start == 0 or not (text[span.start - 1].isalnum() or text[span.start - 1] == "_") else " "
    after = "" if span.end >= len(text) or not (text[span.end].isalnum() or text[span.end] == "_") else " "
    return before + right + after


def _imports(name: str, span: Span, project: Project, index: names.Index) -> Iterator[Fix]:
    """The same name in a module that is imported, or in one of the standard library that could be."""
    scopes = names.Scopes(project.module)
    space = index.module.space
    for definition in space.names.values():
        inside = scopes.inside(definition, space) if definition.kind in ("module", "instance") else None
        if inside is not None and name in inside.names and inside.names[name].kind != "argument":
            yield _replace(span, f"{definition.name}.{name}", sure=False)
    imported = {d.target for d in space.names.values() if d.kind == "module"}
    for module in resources.stdlib_modules():
        path = str(resources.stdlib_path(module))
        last = module.rpartition(".")[2]
        if path in imported or last in space.names:
            continue
        found = project.module(path)
        line = (_import_place(index.module), f"import {module}{span.source.line_end}")
        if name == last:
            yield Fix(f"Import `{module}`", (line,), sure=False)
        elif found is not None and name in found.space.names:
            yield Fix(f"Import `{module}` and write `{last}.{name}`", (line, (span, f"{last}.{name}")), sure=False)


def _import_place(module: names.Module) -> Span:
    """Where a new import goes: after the other imports, or after the program line."""
    source = module.source
    body = module.tree.declarations
    last = next((d for d in reversed(body) if isinstance(d, tree.ImportDecl)), None)
    before = last or next((d for d in body if isinstance(d, tree.ProgramDecl)), None)
    place = 0
    if before is not None:
        place = _next_line(source, before.span.end)
    elif module.tree.declarations:
        place = source.line_starts[module.tree.declarations[0].span.line - 1]
    return Span(source, place, place)


def _program_line(source: Source) -> Fix:
    """A program line before everything but the comment at the head."""
    name = re.sub(r"\W", "_", Path(source.name).stem, flags=re.ASCII) or "main"
    if name[0].isdigit():
        name = f"_{name}"
    place = 0
    for start in source.line_starts:
        if not source.text[start : source.line_bounds(start)[1]].lstrip().startswith("//"):
            place = start
            break
    gap = source.line_end if place else ""
    return Fix(f"Add `program {name}`", ((Span(source, place, place), f"{gap}program {name}{source.line_end}"),))


def _next_line(source: Source, offset: int) -> int:
    """Where the line after that of ``offset`` begins; the end of the text if there is none."""
    following = bisect_right(source.line_starts, offset)
    return source.line_starts[following] if following < len(source.line_starts) else len(source.text)


def _line_feeds(source: Source) -> Fix:
    """Line ends of one kind in place of all carriage returns that stand alone."""
    lone = [found.start() for found in re.finditer(r"\r(?!\n)", source.text)]
    span = Span(source, lone[0], lone[-1] + 1)
    return Fix(
        "Replace all carriage returns that stand alone", ((span, re.sub(r"\r(?!\n)", source.line_end, span.text)),)
    )


def _conjunction(node: tree.ChainedComparison) -> str:
    parts = [operand.span.text for operand in node.operands]
    return " and ".join(f"{left} {op} {right}" for left, op, right in zip(parts, node.ops, parts[1:]))


def _conversion(span: Span, hint: str) -> Iterator[Fix]:
    """The conversion that a hint proposes: ``write `int(...)` to ...``."""
    found = re.search(r"write `(int|Token)\(\.\.\.\)`", hint)
    if found is not None:
        yield _replace(span, f"{found.group(1)}({span.text})")
    elif "`... == 1`" in hint and re.fullmatch(r"[\w.]+", span.text):
        yield _replace(span, f"{span.text} == 1")


def _remove_line(span: Span) -> Fix:
    """Remove a statement, and its line if nothing else stands there."""
    source = span.source
    start, end = source.line_bounds(span.start)[0], _next_line(source, span.end)
    alone = not source.text[start : span.start].strip() and not source.text[span.end : end].strip()
    return Fix("Remove it", ((Span(source, start, end) if alone else span, ""),), sure=False)


def _catch_all(span: Span, file: tree.File) -> Iterator[Fix]:
    """An arm for all other values that does nothing; for a `match` whose arms are statements."""
    node = _node_at(file, span, tree.Match)
    if not isinstance(node, tree.Match) or node.subject.span.start != span.start:
        return
    updates = any(isinstance(s, tree.Assign | tree.Let | tree.For) for arm in node.arms for s in arm.body.statements)
    if not updates or not node.span.text.endswith("}"):
        return
    source, close = node.span.source, node.span.end - 1
    line = source.line_bounds(close)[0]
    indent = source.text[line:close]
    if indent.strip():
        yield Fix("Add `_ => {}`", ((Span(source, close, close), "; _ => {} "),))
    else:
        yield Fix("Add `_ => {}`", ((Span(source, line, line), f"{indent}    _ => {{}}{source.line_end}"),))


def _node_at(root: Any, span: Span, kind: type[tree.Node]) -> tree.Node | None:
    """The innermost node of ``kind`` that covers ``span``."""
    best: tree.Node | None = None
    waiting: list[Any] = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, tuple):
            waiting += node
        elif isinstance(node, tree.Node):
            if not (node.span.start <= span.start and span.end <= node.span.end) and not isinstance(node, tree.File):
                continue
            if isinstance(node, kind) and (best is None or _width(best) >= _width(node)):
                best = node
            waiting += [getattr(node, name) for name in node.__dataclass_fields__ if name != "span"]
    return best


def _width(node: tree.Node) -> int:
    return node.span.end - node.span.start
