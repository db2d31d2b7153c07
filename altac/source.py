"""Source text and places in it. Every later phase refers to text through these two types."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property

_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}

#: What ends a line: as in the Language Server Protocol, so that every face counts lines alike.
LINE_END = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True)
class Source:
    """A named text. ``name`` is what diagnostics print (a path, ``<stdin>``, ``std.stack``)."""

    name: str
    text: str = field(repr=False)

    @cached_property
    def line_starts(self) -> tuple[int, ...]:
        """Offsets of the first character of each line."""
        return (0, *(end.end() for end in LINE_END.finditer(self.text)))

    @property
    def line_end(self) -> str:
        """How lines end here, ``\\r\\n`` or ``\\n``: as the first does that is not ended by a carriage return alone."""
        feed = self.text.find("\n")
        return "\r\n" if feed > 0 and self.text[feed - 1] == "\r" else "\n"

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of ``offset``, both 1-based, columns counted in code points."""
        line = bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of the 1-based line ``number``, without its line end."""
        start, end = self.line_bounds(self.line_starts[number - 1])
        return self.text[start:end]

    def line_bounds(self, offset: int) -> tuple[int, int]:
        """Where the line that holds ``offset`` begins, and where its line end begins."""
        number = bisect_right(self.line_starts, offset)
        start = self.line_starts[number - 1]
        if number == len(self.line_starts):
            return start, len(self.text)
        end = self.line_starts[number] - 1
        return start, end - 1 if self.text.startswith("\r\n", end - 1) else end


@dataclass(frozen=True)
class Span:
    """The half-open range ``start:end`` of code points in ``source``."""

    source: Source = field(repr=False)
    start: int
    end: int

    @property
    def text(self) -> str:
        """The text the span covers."""
        return self.source.text[self.start : self.end]

    @property
    def line(self) -> int:
        """The 1-based line on which the span starts."""
        return self.source.position(self.start)[0]

    @property
    def column(self) -> int:
        """The 1-based column at which the span starts."""
        return self.source.position(self.start)[1]

    def to(self, other: Span) -> Span:
        """The smallest span that covers this one and ``other`` (of the same source)."""
        return Span(self.source, min(self.start, other.start), max(self.end, other.end))

    def __str__(self) -> str:
        return f"{self.source.name}:{self.line}:{self.column}"


def quoted(text: str) -> str:
    """A string as it stands in a program: what does not print is escaped, so that it reads back wherever it is shown."""
    return '"' + "".join(_ESCAPES.get(c) or (c if c.isprintable() else character_escape(c)) for c in text) + '"'


def character_escape(character: str) -> str:
    """The escape of a character in strings of the language: ``\\u{1b}``"""
    return f"\\u{{{ord(character):x}}}"
