"""Text to tokens. Every character lands in a token, so nothing can go wrong here: what no rule of the
grammar wants is a token of its own kind (``UNKNOWN``, ``BAD_STRING``, ...) that the parser reports."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import Any

from altac.syntax.grammar import load_lark


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


#: About what is a token but no blank.
_WORD = re.compile(r"\w+|[^\w\s]|[\n\r]")


def words(text: str, most: int) -> int:
    """About how many tokens there are, blanks left out; it stops after ``most``. Much faster than to make them."""
    return sum(1 for _ in islice(_WORD.finditer(text), most))


def tokenize(text: str) -> list[Token]:
    """All tokens of ``text``, comments, newlines and blanks included; their texts joined give ``text``."""
    parser: Any = load_lark().parse_interactive(text)
    # Lark gives every token its start; a token ends where the next begins.
    return [
        Token(token.type, token.value, token.start_pos, token.start_pos + len(token.value))
        for token in parser.lexer_thread.lex(parser.parser_state)
    ]
