"""`altac fmt` as edits."""

from __future__ import annotations

from difflib import SequenceMatcher

from lsprotocol import types

from altac.diagnostics.problem import AltacError
from altac.lsp.positions import PositionCodec
from altac.source import Source, Span
from altac.syntax.printer import format_source

#: Lines up to which differences are looked for; longer texts are replaced whole.
_LINES = 5_000


def format_document(source: Source, positions: PositionCodec) -> list[types.TextEdit] | None:
    """The edits that format a text, line by line so that cursors stay; None if it has syntax errors."""
    try:
        text = format_source(source)
    except AltacError:
        return None
    if text == source.text:
        return []
    before, after = _lines(source), _lines(Source(source.name, text))
    if len(before) > _LINES:
        return [types.TextEdit(positions.whole(source), text)]
    starts = (*source.line_starts, len(source.text))
    return [
        types.TextEdit(positions.range_of(Span(source, starts[a], starts[b])), "".join(after[c:d]))
        for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
        if tag != "equal"
    ]


def _lines(source: Source) -> list[str]:
    """The lines of a text with their line ends, as the protocol divides them."""
    starts = source.line_starts
    return [source.text[start:end] for start, end in zip(starts, (*starts[1:], len(source.text)))]
