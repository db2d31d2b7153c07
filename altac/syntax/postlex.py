"""The layout rules as a Lark `PostLex`, so that Lark alone can read programs: `altac.grammar`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import lark

from altac.diagnostics.problem import Problem
from altac.resources import grammar_text
from altac.source import Source
from altac.syntax.grammar import ERROR_TERMINALS, RawTokens, make_lark
from altac.syntax.layout import Layout
from altac.syntax.lexer import Token
from altac.syntax.mending import Mender


def grammar(**options: Any) -> lark.Lark:
    """The grammar of the language as a `lark.Lark` object, for tools of your own.

    It reads what altac reads, with Lark's lexer and LALR(1) parser; ``parse`` gives a `lark.Tree` whose nodes are named after
    the rules in ``grammar/alta.lark``, every token among their children, with positions. What altac reports of well-formed
    text afterwards (unknown escapes, arguments of ``attend``, limits, names, types) is not looked at, and comments are no part
    of the tree.

    ``options`` go to Lark: ``transformer``, ``cache``, ``start="expression"``, ``keep_all_tokens=False``.

    Raises `lark.UnexpectedToken` (from ``parse``) at the first token that has no place. ``on_error`` cannot go on from there,
    since the layout of a line depends on later ones; use `parse_interactive` to look at what could follow, or
    `altac.check_source`, which recovers and explains.
    """
    return make_lark(grammar_text(), LayoutTokens(), **({"propagate_positions": True} | options))


class LayoutTokens(RawTokens):
    """Makes of the tokens of a text those that the grammar speaks of: separators, the two kinds of ``{``, no blanks.

    Where altac's own parser would mend a token or a bracket, a token of a type comes out that no rule wants, and nothing after
    it. Holds no state, so that one Lark object can read several texts at once.
    """

    def process(self, stream: Iterator[lark.Token]) -> Iterator[lark.Token]:
        """The tokens for the parser. The whole text is read before the first of them."""
        given = list(stream)
        if not given:
            return
        start = given[0].start_pos or 0  # not 0 if Lark reads a slice of a text
        at: dict[int, lark.Token] = {}
        raw: list[Token] = []
        for read in given:
            place = (read.start_pos or 0) - start
            at[place] = read
            raw.append(Token(read.type, read.value, place, place + len(read)))
        problems: list[Problem] = []
        source = Source("", "".join(given))
        mender = Mender(source, problems.append)
        mended = mender.mend(raw)
        arranged = Layout(source, problems.append, mender.open_strings).arrange(mended)
        wrong = min((p.span.start for p in problems if p.severity == "error" and p.span is not None), default=None)
        for token in arranged:
            if wrong is not None and token.start >= wrong:
                break
            if token.text:  # else a bracket that was missing
                yield lark.Token.new_borrow_pos(token.type, token.text, at[token.start])
        if wrong is not None:
            last = at.get(wrong, given[-1])
            yield lark.Token.new_borrow_pos(last.type if last.type in ERROR_TERMINALS else "UNKNOWN", last.value, last)
