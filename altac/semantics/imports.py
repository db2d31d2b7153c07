"""The declarations of files and components, and the files that they import."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from altac import resources
from altac.diagnostics.name_errors import (
    DuplicateName,
    ImportCycle,
    ImportFailed,
    ImportsTooDeep,
    NotInModule,
    UnknownModule,
)
from altac.diagnostics.problem import AltacError, Problem, did_you_mean
from altac.diagnostics.syntax_errors import FileTooLarge, NotUtf8, UnreadableFile
from altac.semantics import limits
from altac.semantics.context import Context
from altac.semantics.limits import GiveUp
from altac.semantics.values import POISON, Named, Namespace
from altac.source import Source
from altac.syntax import tree
from altac.syntax.parser import ParseResult, parse
from altac.syntax.reading import check_module, read_source
from altac.untrusted import reason_of

_WORD = re.compile(r"[A-Za-z_]\w*")
_DECLARED = re.compile(r"\b(?:param|const|type|enum|var|head|fn|component|use|as|let|for)\s+([A-Za-z_]\w*)")

#: What a program has and a file that others import has not.
_OF_PROGRAMS = (
    tree.VarDecl, tree.HeadDecl, tree.MlpDecl, tree.RulesDecl, tree.UseDecl, tree.TokensDecl, tree.OutputDecl,
    tree.HaltDecl, tree.ProgramDecl,
)  # fmt: skip


def enter(context: Context, space: Namespace, body: tuple[tree.Decl, ...], folder: Path) -> None:
    """Enter the declarations of a file in ``folder``, or of a component, into its namespace."""
    space.body = body
    for decl in body:
        if isinstance(decl, tree.ImportDecl):
            _import(context, space, decl, folder)
        elif isinstance(decl, Named):
            name = decl.name.text
            other = space.declarations.get(name)
            if other is not None or name in space.bound:
                first = None if other is None else other.name.span
                context.report(DuplicateName(span=decl.name.span, name=name, other=first))
                continue
            space.declarations[name] = decl
            if isinstance(decl, tree.EnumDecl):
                for member in decl.members:
                    space.members.setdefault(member.name.text, []).append(name)


def _import(context: Context, space: Namespace, decl: tree.ImportDecl, folder: Path) -> None:
    """Make the names of an imported file known under the name of the import."""
    if isinstance(decl.path, tree.StringLit):
        path = Path(os.path.normpath(folder / decl.path.value))
        shown, span = str(path), decl.path.span
        name = decl.alias.text if decl.alias else path.stem
    else:
        shown, span = ".".join(p.text for p in decl.path), decl.path[0].span.to(decl.path[-1].span)
        name = decl.alias.text if decl.alias else decl.path[-1].text
        found = resources.stdlib_path(shown) if decl.path[0].text == "std" else None
        if found is None:
            suggestion = did_you_mean(shown, resources.stdlib_modules())
            return _lose(context, space, name, UnknownModule(span=span, name=shown, suggestion=suggestion))
        path = found
    if name in space.declarations or name in space.modules:
        context.report(DuplicateName(span=decl.span, name=name, other=None))
        return
    key = str(path)
    if key in context.loading:
        cycle = [*context.loading[context.loading.index(key) :], key]
        names = " -> ".join(Path(k).name for k in cycle)
        return _lose(context, space, name, ImportCycle(span=span, cycle=names))
    if len(context.loading) > limits.NESTING:
        raise GiveUp(ImportsTooDeep(span=span, limit=limits.NESTING))
    if key not in context.modules:
        parsed = _read(context, path, shown)
        if isinstance(parsed, str):
            return _lose(context, space, name, ImportFailed(span=span, path=shown, reason=parsed))
        _load(context, key, parsed, path.parent)
    space.modules[name] = context.modules[key]


def _lose(context: Context, space: Namespace, name: str, problem: Problem) -> None:
    """The module ``name`` could not be had: what it would have declared is reported once, at the import."""
    context.report(problem)
    space.bound[name] = POISON
    space.lost = None


def _read(context: Context, path: Path, shown: str) -> ParseResult | str:
    """What is read of an imported file, or why it is no module: a file in which nothing is a declaration is not quoted."""
    try:
        check_module(path)
        source = read_source(path, shown) if context.read is None else Source(shown, context.read(str(path)))
    except AltacError as error:
        return _reason(error.problems[0])
    except (OSError, ValueError) as error:
        return reason_of(error)
    parsed = parse(source)
    fault = next((p for p in parsed.problems if p.severity == "error"), None)
    if fault is None or parsed.tree.declarations:
        return parsed
    return _reason(fault) if fault.span is None else "nothing in it is a declaration"


def _reason(problem: Problem) -> str:
    match problem:
        case UnreadableFile():
            return problem.reason
        case FileTooLarge():
            return f"it has more than {problem.limit:,} characters"
        case NotUtf8():
            return "it is not UTF-8 text"
    return problem.render_title()


def _load(context: Context, key: str, parsed: ParseResult, folder: Path) -> None:
    for problem in parsed.problems:
        context.report(problem)
    module = Namespace("", None)
    note_unread(module, parsed.problems, parsed.tree.span.source)
    context.modules[key] = module
    context.loading.append(key)
    enter(context, module, parsed.tree.declarations, folder)
    context.loading.pop()
    for decl in parsed.tree.declarations:
        if isinstance(decl, _OF_PROGRAMS):
            what = type(decl).__name__.removesuffix("Decl").lower()
            context.report(NotInModule(span=decl.span, what=what))


def note_unread(space: Namespace, problems: Iterable[Problem], source: Source) -> None:
    """Note the names that the unread parts of a file may declare, since one syntax error should not bring more errors."""
    faults = [p for p in problems if p.severity == "error" and p.span is not None]
    if faults and space.lost is not None:
        space.lost.update(_DECLARED.findall(source.text))
        for span in (p.span for p in faults if not p.mended and p.span is not None):
            for number in range(span.line, source.position(max(span.start, span.end - 1))[0] + 1):
                space.lost.update(_WORD.findall(source.line(number)))
