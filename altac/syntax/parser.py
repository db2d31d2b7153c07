"""`parse`: a source to its syntax tree and everything that is wrong with its text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

from lark import Tree

from altac.diagnostics.problem import Problem
from altac.diagnostics.syntax_errors import (
    BinaryFile,
    ChainTooLong,
    FileTooLarge,
    NestedTooDeeply,
    TooManyErrors,
    TooManyTokens,
)
from altac.source import Source, Span
from altac.syntax import tree
from altac.syntax.builder import Builder, build
from altac.syntax.comments import head_comment
from altac.syntax.grammar import END
from altac.syntax.layout import Layout
from altac.syntax.lexer import Token, tokenize, words
from altac.syntax.limits import MAX_CHAIN, MAX_CHARACTERS, MAX_DEPTH, MAX_PROBLEMS, MAX_TOKENS
from altac.syntax.machine import Machine
from altac.syntax.mending import Mender
from altac.syntax.recovery import MAX_RECOVERIES, Recovery

_REMEMBERED = 100_000  # characters of a file whose tree is worth keeping
_KEPT = 2 * MAX_RECOVERIES  # problems kept until they are sorted


@dataclass(frozen=True)
class ParseResult:
    """The tree, with holes where something could not be read, and the problems in source order."""

    tree: tree.File
    problems: tuple[Problem, ...]


def parse(source: Source) -> ParseResult:
    """Read a whole file. Never raises for what the text holds: every fault is among the problems.

    The last few results are remembered: an editor has the same imports read at every keystroke.
    """
    return _remembered(source) if len(source.text) <= _REMEMBERED else _parse(source)


def _parse(source: Source) -> ParseResult:
    if len(source.text) > MAX_CHARACTERS:
        problem = FileTooLarge(name=source.name, size=len(source.text), limit=MAX_CHARACTERS)
        return ParseResult(_nothing(source), (problem,))
    if words(source.text, MAX_TOKENS + 1) > MAX_TOKENS:
        return ParseResult(_nothing(source), (TooManyTokens(name=source.name, limit=MAX_TOKENS),))
    if "\0" in source.text:
        place = source.text.index("\0")
        return ParseResult(_nothing(source), (BinaryFile(span=Span(source, place, place + 1), name=source.name),))
    problems: dict[tuple[str, int], Problem] = {}  # a repair can read a passage twice

    def report(problem: Problem) -> None:
        start = -1 if problem.span is None else problem.span.start
        if len(problems) < _KEPT:
            problems.setdefault((problem.code, start), problem)

    raw = tokenize(source.text)
    mender = Mender(source, report)
    mended = mender.mend(raw)
    layout = Layout(source, report, mender.open_strings)
    tokens = layout.arrange(mended)
    machine = Machine()
    derivation = _run(machine, tokens, Recovery(source, machine, tokens, report, mender.dropped))
    built = build(derivation, Builder(source, report))
    file = replace(built.file, doc=head_comment(raw))
    deep = NestedTooDeeply(limit=MAX_DEPTH)
    file = _without(file, built.deep, lambda span: None if layout.stopped else report(replace(deep, span=span)))
    long = ChainTooLong(limit=MAX_CHAIN)
    file = _without(file, built.long, lambda span: report(replace(long, span=span)))
    return ParseResult(file, _in_order(list(problems.values())))


_remembered = lru_cache(maxsize=32)(_parse)


def _nothing(source: Source) -> tree.File:
    return tree.File(Span(source, 0, 0), (), "")


def _run(machine: Machine, tokens: list[Token], recovery: Recovery) -> Tree[Token]:
    index = 0
    while index < len(tokens):
        if machine.feed(tokens[index]):
            recovery.note(tokens[index])
            index += 1
        else:
            index = recovery.recover(index)
    end = tokens[-1].end if tokens else 0
    while not machine.feed(Token(END, "", end, end)):
        recovery.recover_end()
    assert machine.tree is not None, "the end of the file was accepted"
    return machine.tree


def _without(file: tree.File, places: tuple[int, ...], report: Callable[[Span], None]) -> tree.File:
    """Leave out declarations that hold one of ``places``: so deep or long that later phases could not walk over them."""
    if not places:
        return file
    found = sorted(set(places))

    def deep(node: tree.Node) -> bool:
        return any(node.span.start < place <= node.span.end for place in found)

    kept = tuple(declaration for declaration in file.declarations if not deep(declaration))
    for declaration in file.declarations:
        place = next((p for p in found if declaration.span.start < p <= declaration.span.end), None)
        if place is not None:
            report(Span(file.span.source, place - 1, place))
    return replace(file, declarations=kept)


def _in_order(problems: list[Problem]) -> tuple[Problem, ...]:
    ordered = sorted(problems, key=lambda problem: -1 if problem.span is None else problem.span.start)
    if len(ordered) > MAX_PROBLEMS:
        ordered[MAX_PROBLEMS:] = [TooManyErrors(span=ordered[MAX_PROBLEMS].span, limit=MAX_PROBLEMS)]
    return tuple(ordered)
