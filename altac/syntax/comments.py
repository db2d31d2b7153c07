"""Comments are no part of the tree; what they say of a file or a declaration is found here."""

from __future__ import annotations

from collections.abc import Iterable

from altac.source import Span
from altac.syntax.lexer import Token


def head_comment(tokens: Iterable[Token]) -> str:
    """The comment at the head of a file: its first lines, up to the first that is no comment."""
    lines: list[str] = []
    newlines = 0
    for token in tokens:
        if token.type == "COMMENT" and (newlines < 2 or not lines):
            lines.append(comment_text(token.text))
            newlines = 0
        elif token.type == "NEWLINE":
            newlines += 1
        elif token.type != "BLANK":
            break
    return "\n".join(lines).strip("\n")


def doc_comment(span: Span) -> str:
    """The comment lines directly above what ``span`` covers, joined by newlines."""
    source = span.source
    number = span.line - 1
    lines: list[str] = []
    while number >= 1 and source.line(number).lstrip().startswith("//"):
        lines.insert(0, comment_text(source.line(number).lstrip()))
        number -= 1
    return "\n".join(lines)


def comment_text(comment: str) -> str:
    """What a comment says, without its slashes."""
    text = comment.lstrip("/").rstrip()
    return text.removeprefix(" ")
