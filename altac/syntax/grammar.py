"""The grammar in Lark: how it is loaded, and the fixed texts of its terminals.

Lark turns ``grammar/alta.lark`` into a lexer and an LALR(1) parser. Both are kept in the user's cache folder, so that
the analysis, which takes half a second, is done once per version of grammar, Lark and Python.
"""

from __future__ import annotations

import contextlib
import hashlib
import sys
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import lark
from lark.lark import PostLex
from lark.lexer import PatternStr

from altac.resources import cache_folder, grammar_text

#: Terminals that no rule of the grammar uses, and that the lexer must know all the same.
LAYOUT_TERMINALS = ("BRACE_OPEN", "SEMICOLON", "NEWLINE", "COMMENT", "BLANK")
ERROR_TERMINALS = ("BAD_NUMBER", "BAD_STRING", "SINGLE_QUOTED", "FOREIGN", "FOREIGN_NOT", "UNKNOWN")
#: What follows the last token.
END = "$END"


class RawTokens(PostLex):
    """Lets every token through as it is in the text; where the layout of the language comes in, a subclass arranges them."""

    always_accept = LAYOUT_TERMINALS + ERROR_TERMINALS

    def process(self, stream: Iterator[lark.Token]) -> Iterator[lark.Token]:
        """The tokens for the parser."""
        return stream


def make_lark(grammar: str, postlex: PostLex, **options: Any) -> lark.Lark:
    """A Lark object for the text of the grammar. Every terminal is kept in its trees: operators are told apart by them."""
    defaults = {"start": "file", "keep_all_tokens": True, "maybe_placeholders": False}
    return lark.Lark(grammar, parser="lalr", lexer="basic", postlex=postlex, **(defaults | options))


def load_lark() -> lark.Lark:
    """The grammar of the language, from the cache if it holds it. Its lexer gives the tokens of the text, its parser
    takes those of the layout (`altac.syntax.layout`)."""
    return _load_lark(grammar_text())


@lru_cache(maxsize=1)
def _load_lark(grammar: str) -> lark.Lark:
    version = f"{lark.__version__}\n{sys.version_info[:2]}\n{grammar}"
    path = cache_folder() / f"grammar-{hashlib.sha256(version.encode()).hexdigest()[:20]}.lark"
    with contextlib.suppress(OSError):  # a cache that cannot be written is no error, to Lark neither
        path.parent.mkdir(parents=True, exist_ok=True)
    return make_lark(grammar, RawTokens(), cache=str(path))


@lru_cache(maxsize=1)
def fixed_texts() -> Mapping[str, str]:
    """The text of each terminal that has only one: of keywords, operators and brackets."""
    return {t.name: t.pattern.value for t in load_lark().terminals if isinstance(t.pattern, PatternStr)}


@lru_cache(maxsize=1)
def keyword_terminals() -> Mapping[str, str]:
    """The terminal of each keyword."""
    return {text: name for name, text in fixed_texts().items() if text.isidentifier()}
