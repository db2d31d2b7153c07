"""Text to tokens. Every character lands in a token, so nothing can go wrong here: what no rule of the
grammar wants is a token of its own kind (``UNKNOWN``, ``BAD_STRING``, ...) that the parser reports."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from altac.syntax.tables import Tables


@dataclass(slots=True)
class Token:
    """A terminal of the grammar and the text ``start:end`` it was read from.

    ``level`` counts the brackets that are open around it (an opening and a closing bracket lie outside of
    themselves), ``block`` those around the statement or declaration it belongs to. The layout sets both.
    """

    type: str
    text: str
    start: int
    end: int
    level: int = 0
    block: int = 0


@lru_cache(maxsize=1)
def _scanner(patterns: tuple[tuple[str, str], ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in patterns))


def tokenize(text: str, tables: Tables) -> list[Token]:
    """All tokens of ``text``, comments, newlines and blanks included; their texts joined give ``text``."""
    keywords = tables.keywords
    tokens = []
    for match in _scanner(tuple((name, pattern) for name, pattern in tables.patterns)).finditer(text):
        kind = match.lastgroup or "UNKNOWN"
        word = match.group()
        if kind == "NAME":
            kind = keywords.get(word, kind)
        tokens.append(Token(kind, word, match.start(), match.end()))
    return tokens
