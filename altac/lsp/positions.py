"""Offsets to positions of the protocol and back: the only place where UTF-16 is known of.

The protocol counts lines and columns from 0, columns in UTF-16 code units; a `Span` holds offsets in code points.
"""

from __future__ import annotations

import os
import re
import sys
from bisect import bisect_right
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from lsprotocol import types

from altac.source import Source, Span

_LINE_END = re.compile(r"\r\n|\n|\r")


def position_of(source: Source, offset: int) -> types.Position:
    """The position of a code point offset; offsets outside the text are moved to its ends."""
    starts = _line_starts(source.text)
    offset = max(0, min(offset, len(source.text)))
    line = bisect_right(starts, offset) - 1
    return types.Position(line, utf16_length(source.text[starts[line] : offset]))


def offset_of(source: Source, position: types.Position) -> int:
    """The code point offset of a position; positions outside the text are moved to the nearest inside.

    A position between the halves of a surrogate pair stands for the character that they make up.
    """
    starts = _line_starts(source.text)
    if position.line >= len(starts):
        return len(source.text)
    start = starts[position.line]
    end = starts[position.line + 1] if position.line + 1 < len(starts) else len(source.text)
    line = source.text[start:end].rstrip("\r\n")
    if line.isascii():
        return start + min(position.character, len(line))
    units = 0
    for index, character in enumerate(line):
        units += utf16_length(character)
        if units > position.character:
            return start + index
    return start + len(line)


@lru_cache(maxsize=32)
def _line_starts(text: str) -> tuple[int, ...]:
    """Offsets of the first character of each line. The protocol ends lines at a lone carriage return too."""
    return (0, *(match.end() for match in _LINE_END.finditer(text)))


def range_of(span: Span) -> types.Range:
    """The range that a span covers."""
    return types.Range(position_of(span.source, span.start), position_of(span.source, span.end))


def whole(source: Source) -> types.Range:
    """The range of all text."""
    return types.Range(types.Position(0, 0), position_of(source, len(source.text)))


def utf16_length(text: str) -> int:
    """The number of UTF-16 code units of ``text``."""
    return len(text) if text.isascii() else len(text) + sum(character > "\uffff" for character in text)


def path_of(uri: str) -> str:
    """The absolute path of a file URI; of any other (``untitled:1``) the URI itself."""
    parts = urlsplit(uri)
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
