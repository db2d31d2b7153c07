"""Going on after a syntax error, so that one mistake does not hide the rest of the file.

From gentle to rough: repair the token (a misspelt keyword, ``=`` for ``==``); put a hole or a comma before
it; leave out tokens up to one that fits, inside the same brackets; leave out the whole statement or
declaration and put a hole in its place.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence

from altac.diagnostics.problem import Problem
from altac.source import Source, Span
from altac.syntax.grammar import END
from altac.syntax.layout import CLOSERS, DECLARES
from altac.syntax.lexer import Token
from altac.syntax.limits import MAX_PROBLEMS
from altac.syntax.machine import Machine
from altac.syntax.slips import Repairer

#: Errors closer than this many tokens to the one before are taken for its consequences.
_QUIET = 3
#: After so many errors nothing useful can be said any more.
MAX_RECOVERIES = 10 * MAX_PROBLEMS
#: Words that begin a statement or declaration wherever they stand.
_STARTS = DECLARES | {"LET", "IF", "FOR", "MATCH"}


class Recovery:
    """Reports where the machine is stuck and brings it to where it can go on."""

    def __init__(
        self,
        source: Source,
        machine: Machine,
        tokens: list[Token],
        report: Callable[[Problem], None],
        dropped: Sequence[int] = (),
    ) -> None:
        self.source = source
        self.machine = machine
        self.tokens = tokens
        self.report = report
        self.dropped = dropped  # places of characters left out before, each reported
        self.heights = {0: 1}  # of the machine's stack at the start of the current item of each block
        self.reported = -_QUIET
        self.count = 0
        self.gave_up = False
        self.explainer = Repairer(source, machine, tokens)

    def note(self, token: Token) -> None:
        """To be told of every token that was fed."""
        if token.type == "BLOCK_OPEN":
            self.heights[token.level + 1] = self.machine.height
        elif token.type == "SEPARATOR":
            self.reported = -_QUIET
            self.heights[token.level] = self.machine.height

    def recover(self, index: int) -> int:
        """Report that the token at ``index`` does not fit; the index from which to go on."""
        token = self.tokens[index]
        self.count += 1
        if self.count > MAX_RECOVERIES:
            self._give_up()
            return len(self.tokens)
        repair = self.explainer.repair(index)
        if repair is not None:
            self._tell(index, repair.problem)
            if repair.start < index:
                height = self.heights[token.block]
                if height > self.machine.height:
                    return self._skip_item(index)
                self.machine.cut(height)
            self.tokens[repair.start : repair.stop] = repair.tokens
            return repair.start
        self._tell(index, self.explainer.explain(index))
        fillers = ["HOLE"]
        if token.level > token.block:
            fillers.append("COMMA")
        elif token.type in _STARTS or (index and self.tokens[index - 1].type == "BRACE_CLOSE"):
            fillers.append("SEPARATOR")
        for filler in fillers:
            if self.machine.accepts(filler, token.type):
                added = Token(filler, "", token.start, token.start, token.level, token.block)
                self._feed(added)
                self.note(added)
                return index
        following = self._skip_inside(index)
        return self._skip_item(index) if following is None else following

    def _give_up(self) -> None:
        """Leave the rest of the file out."""
        self.machine.cut(min(self.heights[0], self.machine.height))
        del self.tokens[:]
        self.gave_up = True

    def recover_end(self) -> None:
        """Bring the machine to where the file can end."""
        place = self.tokens[-1].end if self.tokens else 0
        if not self.gave_up:
            self._tell(len(self.tokens), self.explainer.explain(len(self.tokens)))
        if self.machine.accepts("HOLE", END):
            self._feed(Token("HOLE", "", place, place))
        else:
            self.machine.cut(min(self.heights[0], self.machine.height))
            if self.machine.accepts("HOLE"):
                self._feed(Token("HOLE", "", place, place))

    def _tell(self, index: int, problem: Problem | None) -> None:
        """Report, unless it is likely a consequence of what was reported before."""
        if problem is not None and index - self.reported >= _QUIET and not self._follows(index):
            self.report(problem)
        self.reported = index

    def _follows(self, index: int) -> bool:
        """Whether a token was added or a character left out here, which has been reported."""
        if index and self.tokens[index - 1].start == self.tokens[index - 1].end:
            return True
        if index >= len(self.tokens):
            return False
        token = self.tokens[index]
        place = bisect_left(self.dropped, self.tokens[max(index - 2, 0)].start)
        return token.start == token.end or (place < len(self.dropped) and self.dropped[place] < token.start)

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
        if self.machine.height >= height:
            self.machine.cut(height)
            span = Span(self.source, first.start, self.tokens[end - 1].end if end > index else first.start)
            if self.machine.accepts("HOLE"):
                self._feed(Token("HOLE", "", span.start, span.end))
        following = self.tokens[end].type if end < len(self.tokens) else END
        if end == index and not self.machine.accepts(following):
            return index + 1  # nothing else helps: leave out this one token
        return end
