"""Syntax colours for Pygments: in documents, in the terminal, in the interactive session.

The lexer is the language's own, so it cannot fall behind the grammar.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from pygments.lexer import Lexer
from pygments.token import (
    Comment,
    Error,
    Keyword,
    Name,
    Number,
    Operator,
    Punctuation,
    String,
    Whitespace,
    _TokenType,
)

from altac.syntax.keywords import BUILTINS, words
from altac.syntax.lexer import tokenize

__all__ = ["AltacLexer"]  # Pygments reads this when the lexer is registered by hand

_FIXED: dict[str, _TokenType] = {
    "BLANK": Whitespace, "NEWLINE": Whitespace, "COMMENT": Comment.Single,
    "INT": Number.Integer, "DECIMAL": Number.Float, "STRING": String.Double, "BAD_STRING": String.Double,
    "TRUE": Keyword.Constant, "FALSE": Keyword.Constant,
    "TOKEN": Name.Builtin.Pseudo, "POSITION": Name.Builtin.Pseudo,
    "REAL": Keyword.Type, "SET": Keyword.Type, "OF": Keyword.Type,
    "BAD_NUMBER": Error, "SINGLE_QUOTED": Error, "FOREIGN": Error, "FOREIGN_NOT": Error, "UNKNOWN": Error,
}  # fmt: skip
_PUNCTUATION = frozenset("()[]{},;:.")
#: What a name is that stands directly after a keyword.
_DECLARED: dict[str, _TokenType] = {
    "FN": Name.Function, "ENUM": Name.Class, "TYPE": Name.Class, "COMPONENT": Name.Class,
    "VAR": Name.Variable, "HEAD": Name.Variable, "USE": Name.Variable, "LET": Name.Variable,
    "PARAM": Name.Constant, "CONST": Name.Constant, "PROGRAM": Name.Namespace, "IMPORT": Name.Namespace,
}  # fmt: skip
_ESCAPE = re.compile(r"(\\(?:u\{[0-9A-Fa-f]*\}|.))")


class AltacLexer(Lexer):
    """Pygments lexer for altac programs."""

    name = "altac"
    aliases: ClassVar[list[str]] = ["altac", "alta"]
    filenames: ClassVar[list[str]] = ["*.alta"]
    mimetypes: ClassVar[list[str]] = ["text/x-altac"]
    url = ""

    def get_tokens_unprocessed(self, text: str) -> Iterator[tuple[int, _TokenType, str]]:
        """Offset, Pygments token type and text of each piece of ``text``."""
        known = words()
        before = ""
        for token in tokenize(text):
            kind = _FIXED.get(token.type)
            if token.type in ("STRING", "BAD_STRING"):
                yield from _string(token.start, token.text)
            elif kind is not None:
                yield token.start, kind, token.text
            elif before == "DOT" or token.type == "NAME":
                named = _DECLARED.get(before) or (Name.Builtin if token.text in BUILTINS else Name)
                yield token.start, Name.Attribute if before == "DOT" else named, token.text
            elif token.text in known.operators:
                yield token.start, Operator.Word, token.text
            elif token.text in known.declarations and before not in _DECLARED:
                yield token.start, Keyword.Declaration, token.text
            elif token.text in known.keywords:
                yield token.start, _DECLARED.get(before, Keyword), token.text
            else:
                yield token.start, Punctuation if token.text in _PUNCTUATION else Operator, token.text
            if token.type != "BLANK":
                before = token.type


def _string(start: int, text: str) -> Iterator[tuple[int, _TokenType, str]]:
    place = start
    for piece in _ESCAPE.split(text):
        if piece:
            yield place, String.Escape if piece.startswith("\\") and len(piece) > 1 else String.Double, piece
            place += len(piece)
