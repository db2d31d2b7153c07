"""Going on after a syntax error, so that one mistake does not hide the rest of the file.

From gentle to rough: repair the token (a misspelt keyword, ``=`` for ``==``); put a hole or a comma before
it; leave out tokens up to one that fits, inside the same brackets; leave out the whole statement or
declaration and put a hole in its place.
"""

from __future__ import annotations

from collections.abc import Callable

from altac.diagnostics.problem import Problem
from altac.source import Source, Span
from altac.syntax.explain import Explainer
from altac.syntax.lalr import END, Machine
from altac.syntax.layout import CLOSERS
from altac.syntax.lexer import Token

#: Errors closer than this many tokens to the one before are taken for its consequences.
_QUIET = 3


class Recovery:
    """Reports where the machine is stuck and brings it to where it can go on."""

    def __init__(
        self, source: Source, machine: Machine, tokens: list[Token], report: Callable[[Problem], None]
    ) -> None:
        self.source = source
        self.machine = machine
        self.tokens = tokens
        self.report = report
        self.heights = {0: 1}  # of the machine's stack at the start of the current item of each block
        self.reported = -_QUIET
        self.explainer = Explainer(source, machine, tokens)

    def note(self, token: Token) -> None:
        """To be told of every token that was fed."""
        if token.type == "BLOCK_OPEN":
            self.heights[token.level + 1] = len(self.machine.states)
        elif token.type == "SEPARATOR":
            self.heights[token.level] = len(self.machine.states)

    def recover(self, index: int) -> int:
        """Report that the token at ``index`` does not fit; the index from which to go on."""
        token = self.tokens[index]
        repair = self.explainer.repair(index)
        if repair is not None:
            self._tell(index, repair.problem)
            self.tokens[index : index + repair.consumed] = repair.tokens
            return index
        self._tell(index, self.explainer.explain(index))
        for filler in ("HOLE", "COMMA"):
            if token.level > token.block or filler == "HOLE":
                if token.type != "HOLE" and self.machine.accepts(filler, token.type):
                    self._feed(Token(filler, "", token.start, token.start))
                    return index
        return self._skip_inside(index) or self._skip_item(index)

    def recover_end(self) -> None:
        """Bring the machine to where the file can end."""
        place = self.tokens[-1].end if self.tokens else 0
        self._tell(len(self.tokens), self.explainer.explain(len(self.tokens)))
        if self.machine.accepts("HOLE", END):
            self._feed(Token("HOLE", "", place, place))
        else:
            self.machine.cut(min(self.heights[0], len(self.machine.states)))
            if self.machine.accepts("HOLE"):
                self._feed(Token("HOLE", "", place, place))

    def _tell(self, index: int, problem: Problem | None) -> None:
        """Report, unless it is likely a consequence of what was reported before."""
        added = index < len(self.tokens) and self.tokens[index].start == self.tokens[index].end
        if problem is not None and index - self.reported >= _QUIET and not added:
            self.report(problem)
        self.reported = index

    def _feed(self, token: Token) -> None:
        fed = self.machine.feed(token)
        assert fed, "recovery feeds only what the machine accepts"

    def _skip_inside(self, index: int) -> int | None:
        """Leave out tokens up to a comma, bracket or line end that fits; None if there is none in reach."""
        first = self.tokens[index]
        inside = first.level + (first.type in CLOSERS)
        for j in range(index, len(self.tokens)):
            token = self.tokens[j]
            if token.level > inside or (token.type in CLOSERS and token.level == inside):
                continue
            leaves = token.level < inside
            if leaves or token.type in ("COMMA", "SEPARATOR", "BLOCK_OPEN"):
                if self.machine.accepts(token.type):
                    return j
                if self.machine.accepts("HOLE", token.type):
                    self._feed(Token("HOLE", "", token.start, token.start))
                    return j
                if leaves or token.type == "SEPARATOR":
                    return None
        return None

    def _skip_item(self, index: int) -> int:
        """Leave out the rest of the statement or declaration, with a hole for what was read of it."""
        first = self.tokens[index]
        block = first.block
        if first.type == "BRACE_CLOSE" and first.level < block:
            block = first.level
        end = index
        while end < len(self.tokens):
            token = self.tokens[end]
            if (token.type == "SEPARATOR" and token.level == block) or token.level < block:
                break
            end += 1
        height = self.heights[block]
        if len(self.machine.states) >= height:
            self.machine.cut(height)
            span = Span(self.source, first.start, self.tokens[end - 1].end if end > index else first.start)
            if self.machine.accepts("HOLE"):
                self._feed(Token("HOLE", "", span.start, span.end))
        following = self.tokens[end].type if end < len(self.tokens) else END
        if end == index and not self.machine.accepts(following):
            return index + 1  # nothing else helps: leave out this one token
        return end
