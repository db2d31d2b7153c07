"""Lark's LALR(1) parser, one token at a time, with what error recovery asks of it."""

from __future__ import annotations

from copy import copy
from typing import Any

from lark import Tree
from lark.exceptions import UnexpectedToken

from altac.syntax.grammar import END, load_lark
from altac.syntax.lexer import Token


class Machine:
    """An interactive parser of Lark; ``tree`` is its result once the whole file was fed, `END` included."""

    def __init__(self) -> None:
        self.tree: Tree[Any] | None = None
        self._parser: Any = load_lark().parse_interactive()
        self._state: Any = self._parser.parser_state
        # What is only tried must not run Lark's callbacks: they let the lists of a tree grow in place.
        self._trying = copy(self._state.parse_conf)
        self._trying.callbacks = {}

    @property
    def height(self) -> int:
        """The number of states on the stack."""
        return len(self._state.state_stack)

    def feed(self, token: Token) -> bool:
        """Take a token. False: it has no place here (some reductions may be done)."""
        try:
            self.tree = self._state.feed_token(token, token.type == END)
        except UnexpectedToken:
            return False
        return True

    def accepts(self, *types: str) -> bool:
        """Whether tokens of these types could be fed one after the other."""
        trial = self._parser.copy(deepcopy_values=False)
        trial.parser_state.parse_conf = self._trying
        try:
            for kind in types:
                trial.feed_token(Token(kind, "", 0, 0))
        except UnexpectedToken:
            return False
        return True

    def acceptable(self) -> set[str]:
        """The types of the tokens that could come next."""
        return set(self._parser.accepts())

    def cut(self, height: int) -> None:
        """Forget everything above the first ``height`` states."""
        del self._state.state_stack[height:]
        del self._state.value_stack[height - 1 :]
