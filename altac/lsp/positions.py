"""Offsets to positions of the protocol and back: the only place that knows in what the editor counts columns.

The protocol counts lines and columns from 0, columns in code units of the encoding that server and editor agree on; a
`Span` holds offsets in code points.
"""

from __future__ import annotations

import os
import sys
from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from lsprotocol import types

from altac.source import Source, Span

#: The code points from which on a character takes one more code unit.
_LONGER: dict[str, tuple[str, ...]] = {
    types.PositionEncodingKind.Utf8: ("\x80", "\u0800", "\U00010000"),
    types.PositionEncodingKind.Utf16: ("\U00010000",),
    types.PositionEncodingKind.Utf32: (),
}


@dataclass(frozen=True)
class PositionCodec:
    """Positions in one encoding; UTF-16 is what editors count in that name none."""

    encoding: str = types.PositionEncodingKind.Utf16

    def position_of(self, source: Source, offset: int) -> types.Position:
        """The position of a code point offset; what is outside the text is moved to its ends, what is in a line end before it."""
        offset = max(0, min(offset, len(source.text)))
        start, end = source.line_bounds(offset)
        line = bisect_right(source.line_starts, offset) - 1
        return types.Position(line, self.length(source.text[start : min(offset, end)]))

    def offset_of(self, source: Source, position: types.Position) -> int:
        """The code point offset of a position; positions outside the text are moved to the nearest inside.

        A position inside of a character stands for the place before it.
        """
        if position.line < 0:
            return 0
        if position.line >= len(source.line_starts):
            return len(source.text)
        start, end = source.line_bounds(source.line_starts[position.line])
        line = source.text[start:end]
        if line.isascii():
            return start + max(0, min(position.character, len(line)))
        units = 0
        for index, character in enumerate(line):
            units += self.length(character)
            if units > position.character:
                return start + index
        return end

    def range_of(self, span: Span) -> types.Range:
        """The range that a span covers."""
        return types.Range(self.position_of(span.source, span.start), self.position_of(span.source, span.end))

    def span_of(self, source: Source, where: types.Range) -> Span:
        """What a range covers, its ends in either order."""
        start, end = sorted((self.offset_of(source, where.start), self.offset_of(source, where.end)))
        return Span(source, start, end)

    def whole(self, source: Source) -> types.Range:
        """The range of all text."""
        return self.range_of(Span(source, 0, len(source.text)))

    def length(self, text: str) -> int:
        """The number of code units of ``text``."""
        if text.isascii():
            return len(text)
        return len(text) + sum(character >= first for first in _LONGER[self.encoding] for character in text)


def path_of(uri: str) -> str:
    """The absolute path of a file URI; of any other (``untitled:1``), and of what is none, the text itself."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return uri
    if parts.scheme != "file":
        return uri
    path = unquote(parts.path)
    if sys.platform == "win32":
        path = path.lstrip("/")
        if parts.netloc:
            path = f"//{parts.netloc}/{path}"
    return os.path.normpath(path) if path else uri


def uri_of(path: str) -> str:
    """The URI of a path, in the form that `path_of` reads; what is no absolute path stays as it is."""
    return Path(path).as_uri() if os.path.isabs(path) else path
