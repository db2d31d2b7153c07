"""The inputs of a program: tokens, the frame around them, how they are written."""

from __future__ import annotations

from altac import ir
from altac.diagnostics.declaration_errors import (
    BadCount,
    BadTextMode,
    BadToken,
    BlankSpelling,
    FrameFill,
    FrameInput,
    NotAToken,
    SameSpelling,
)
from altac.diagnostics.name_errors import DuplicateMember
from altac.diagnostics.type_errors import EmptyRange, TypeTooLarge
from altac.semantics import limits, operators
from altac.semantics.context import Context
from altac.semantics.expressions import evaluate
from altac.semantics.failures import OperandError
from altac.semantics.scopes import Env
from altac.semantics.type_expressions import integer
from altac.semantics.values import POISON, RangeV, SymbolV, TypeV, Value
from altac.semantics.wording import kind, show
from altac.source import Span
from altac.syntax import tree


def tokens(context: Context, decl: tree.TokensDecl | None) -> ir.TokenDomain | ir.IntDomain | None:
    """The tokens of a program; None if there are none."""
    if decl is None:
        return None
    symbols: dict[str | int, tuple[ir.Symbol, Span]] = {}
    respelt = False
    for item in decl.items:
        for name in _names(context, item.value):
            if name in symbols:
                first = symbols[name][1]
                context.report(DuplicateMember(span=item.span, name=str(name), enum="tokens", other=first))
                continue
            spelling = item.spelling.value if item.spelling is not None else str(name)
            symbols[name] = (ir.Symbol(name, spelling), item.span)
            respelt = respelt or item.spelling is not None
    if not symbols:
        return None
    numbers = sorted(name for name in symbols if isinstance(name, int))
    if len(numbers) == len(symbols) == numbers[-1] - numbers[0] + 1 and not respelt:
        return ir.IntDomain(numbers[0], numbers[-1])
    return ir.TokenDomain(tuple(s for s, _ in symbols.values()))


def _names(context: Context, node: tree.Expr) -> list[str] | list[int] | list[str | int]:
    """The tokens that one entry stands for."""
    value = _entry(context, node)
    match value:
        case bool():
            pass
        case int() | str():
            return [value]
        case TypeV(type=ir.IntDomain(low=low, high=high)):
            return list(range(low, high + 1))
        case TypeV(type=ir.EnumDomain(members=members)):
            return [m.name for m in members]
        case RangeV():
            if 0 < value.size <= limits.TYPE:
                return list(value)
            if value.size == 0:
                ends = [show(chr(end) if value.letters else end) for end in (value.low, value.high)]
                context.report(EmptyRange(span=node.span, low=ends[0], high=ends[1]))
            else:
                context.report(TypeTooLarge(span=node.span, size=value.size, limit=limits.TYPE))
            return []
        case _ if value is POISON:
            return []
        case _:
            pass
    context.report(BadToken(span=node.span, found=kind(value)))
    return []


def _entry(context: Context, node: tree.Expr) -> Value:
    """The value of an entry, in which a name that is not declared stands for itself."""
    if isinstance(node, tree.Ref) and not context.main.declares(node.name):
        return node.name
    if isinstance(node, tree.Binary) and node.op == "..":
        low, high = _entry(context, node.left), _entry(context, node.right)
        if low is POISON or high is POISON:
            return POISON
        operands = f"{kind(low)} and {kind(high)}"
        return context.attempt(node, lambda: operators.known("..", low, high), lambda: ("..", operands))
    return evaluate(context, node, Env(context.main))


def token(context: Context, node: tree.Expr, what: str) -> int | None:
    """The index of the token that ``node`` names; None, and a report that names ``what`` it is for, if it names none."""
    domain = context.tokens
    if domain is None:
        return None
    value = evaluate(context, node, Env(context.main))
    if value is POISON:
        return None
    if isinstance(domain, ir.IntDomain):
        if isinstance(value, int) and not isinstance(value, bool) and domain.low <= value <= domain.high:
            return value - domain.low
    else:
        try:
            found = operators.literal_token(value, SymbolV(domain, 0))
        except OperandError:
            found = POISON
        if isinstance(found, SymbolV) and found.domain == domain:
            return found.index
    context.report(NotAToken(span=node.span, what=what, found=node.span.text))
    return None


def frame(context: Context, decl: tree.FrameDecl | None) -> ir.Frame:
    """The tokens around every input."""
    if decl is None:
        return ir.Frame()
    before: list[int] = []
    after: list[int] = []
    current, fill, length, seen = before, None, 0, False
    for i, item in enumerate(decl.items):
        if item.value is None:
            if seen:
                context.report(FrameInput(span=decl.span, count="twice"))
            seen, current = True, after
            continue
        index = token(context, item.value, "a frame")
        if index is None:
            continue
        if item.until is not None:
            if i != len(decl.items) - 1 or not seen:
                context.report(FrameFill(span=item.span))
            fill, length = index, _count(context, item.until, "the length of a frame")
        else:
            repeat = 1 if item.repeat is None else _count(context, item.repeat, "a repeat count")
            current.extend([index] * repeat)
    if not seen:
        context.report(FrameInput(span=decl.span, count="not at all"))
    if len(before) + len(after) > limits.COUNT:
        count = len(before) + len(after)
        context.report(BadCount(span=decl.span, what="the number of tokens of the frame", count=count))
        return ir.Frame((), (), None, 0)
    return ir.Frame(tuple(before), tuple(after), fill, length)


def _count(context: Context, node: tree.Expr, what: str) -> int:
    """A number of tokens; 0, and a report that names ``what`` it is, if it is none."""
    found = integer(context, node, Env(context.main), what)
    if found is not None and not 0 <= found <= limits.COUNT:
        context.report(BadCount(span=node.span, what=what, count=found))
        return 0
    return found or 0


def look_at_spellings(context: Context, decl: tree.TokensDecl | None, mode: ir.TextMode) -> None:
    """Warn of tokens that a text cannot hold, or cannot tell apart. One that is spelt as nothing is left out on purpose."""
    if decl is None or not isinstance(context.tokens, ir.TokenDomain):
        return
    first: dict[tuple[str, ...], str | int] = {}
    for symbol in context.tokens.tokens:
        pieces = ir.pieces_of(symbol.spelling, mode)
        if not pieces:
            if symbol.spelling:
                context.report(BlankSpelling(span=decl.span, token=show(symbol.name)))
        elif pieces in first:
            other = show(first[pieces])
            context.report(SameSpelling(span=decl.span, token=show(symbol.name), other=other, spelling=symbol.spelling))
        else:
            first[pieces] = symbol.name


def text_mode(context: Context, decl: tree.TextDecl | None) -> ir.TextMode:
    """Whether inputs are written as characters or words: as declared, or else by the spelling of the tokens."""
    if decl is not None:
        match decl.mode.text:
            case "characters" | "words" as mode:
                return mode
            case other:
                context.report(BadTextMode(span=decl.mode.span, found=other))
    match context.tokens:
        case ir.TokenDomain(tokens=symbols):
            return "characters" if all(len(t.spelling) <= 1 for t in symbols) else "words"
        case ir.IntDomain(low=low, high=high):
            return "characters" if low >= 0 and high <= 9 else "words"
        case None:
            return "words"
