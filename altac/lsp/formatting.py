"""`altac fmt` as edits."""

from __future__ import annotations

from difflib import SequenceMatcher

from lsprotocol import types

from altac.diagnostics.problem import AltacError
from altac.lsp.positions import range_of, whole
from altac.source import Source, Span
from altac.syntax.printer import format_source

#: Lines up to which differences are looked for; longer texts are replaced whole.
_LINES = 5_000


def format_document(source: Source) -> list[types.TextEdit] | None:
    """The edits that format a text, line by line so that cursors stay; None if it has syntax errors."""
    try:
        text = format_source(source)
    except AltacError:
        return None
    if text == source.text:
        return []
    before, after = source.text.splitlines(keepends=True), text.splitlines(keepends=True)
    if len(before) > _LINES:
        return [types.TextEdit(whole(source), text)]
    starts = [0]
    for line in before:
        starts.append(starts[-1] + len(line))
    return [
        types.TextEdit(range_of(Span(source, starts[a], starts[b])), "".join(after[c:d]))
        for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
        if tag != "equal"
    ]
