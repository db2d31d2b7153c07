"""From raw tokens to those the grammar speaks of: line ends, the two kinds of brace, and matched brackets.

A newline becomes a ``SEPARATOR`` when the token before it can end an item, the token after it cannot
continue one, and the innermost bracket is a block (or there is none). ``{`` opens a block after what can
end an operand and after ``=>``, ``else``, ``mlp`` and ``rules``; elsewhere it opens a set or map.

What leaves here has matched brackets: a missing one is reported and added with an empty text, a surplus
one is reported and dropped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container
from dataclasses import dataclass

from altac.diagnostics.problem import Problem
from altac.diagnostics.syntax_errors import (
    BodyOnNextLine,
    MismatchedBracket,
    MissingBrace,
    NestedTooDeeply,
    UnclosedBracket,
    UnexpectedClosing,
    UnexpectedText,
    WrongOperator,
)
from altac.source import Source, Span
from altac.syntax.lexer import Token
from altac.syntax.limits import MAX_DEPTH, MAX_PROBLEMS
from altac.syntax.operators import surface

BLANKS = frozenset({"BLANK", "COMMENT", "NEWLINE"})
SOFT = frozenset({"TEXT", "TO", "INPUT", "UNTIL", "LIMIT"})

#: Tokens that can end an operand, and so an item.
OPERAND_END = SOFT | {
    "NAME", "INT", "DECIMAL", "STRING", "TRUE", "FALSE", "TOKEN", "POSITION", "REAL",
    "PAREN_CLOSE", "BRACKET_CLOSE", "BRACE_CLOSE",
}  # fmt: skip
BLOCK_BEFORE = OPERAND_END | {"ARROW", "ELSE", "MLP", "RULES", "ENUM", "COMPONENT", "FN"}

#: Tokens that continue the item of the line before, beside the operators that do.
CONTINUES = frozenset({
    "ELSE", "DOT", "COMMA", "PAREN_CLOSE", "BRACKET_CLOSE", "BRACE_CLOSE", "ARROW", "ASSIGN", "UPDATE", "BAR", "COLON",
    "AT", "AS", "WHEN", "OF",
})  # fmt: skip
#: Words that continue an item of one kind only.
CONTINUES_IN = {"UNTIL": "CAUSAL", "LIMIT": "CAUSAL", "TO": "FRAME"}

#: Reserved words that begin a declaration. On the left of a line they show where the text goes on after a mistake.
DECLARES = frozenset({
    "PROGRAM", "IMPORT", "PARAM", "CONST", "TYPE", "ENUM", "TOKENS", "POSITIONS", "FRAME", "VAR", "HEAD", "FN",
    "COMPONENT", "USE", "MLP", "RULES", "OUTPUT", "HALT", "LAYERS", "CAUSAL", "TEST",
})  # fmt: skip
#: What follows a member of an enum, which may be called like a word that declares.
_AFTER_MEMBER = frozenset({"COMMA", "ASSIGN", "BRACE_CLOSE"})
_AFTER_KEYWORD = frozenset({"AT", "WHEN", "AS", "OF"})

#: Words whose item has a body.
_BODIES = frozenset({"MLP", "RULES", "IF", "FOR", "MATCH", "FN", "COMPONENT", "ENUM"})
#: What begins a statement and cannot follow an operand.
_STATEMENTS = SOFT | {"NAME", "LET", "IF", "FOR", "MATCH"}

#: Words of other languages for another branch.
_BRANCHES = {"elif": "else if", "elsif": "else if", "elseif": "else if", "otherwise": "else"}
CLOSERS = {"PAREN_CLOSE": "PAREN_OPEN", "BRACKET_CLOSE": "BRACKET_OPEN", "BRACE_CLOSE": "BRACE_OPEN"}
_CLOSING = {"PAREN_CLOSE": ")", "BRACKET_CLOSE": "]", "BRACE_CLOSE": "}"}
CLOSER_OF = {"PAREN_OPEN": "PAREN_CLOSE", "BRACKET_OPEN": "BRACKET_CLOSE"}


@dataclass(slots=True)
class _Open:
    """An open bracket: its token after retagging, the item it stands in, and the item it now holds."""

    token: Token
    item: str
    inner: str = ""
    branches: bool = False  # holds an `if` or `match`, whose blocks may stand inside brackets
    indent: int | None = (
        None  # of the line that opens it, where a colon does, and a line that is indented no deeper ends it
    )

    @property
    def closer(self) -> str:
        return CLOSER_OF.get(self.token.type, "BRACE_CLOSE")

    @property
    def is_block(self) -> bool:
        return self.token.type == "BLOCK_OPEN"


class Layout:
    """One pass over the tokens of a file; see the module's text."""

    def __init__(self, source: Source, report: Callable[[Problem], None], open_strings: Container[int] = ()) -> None:
        self.source = source
        self.report = report
        self.open_strings = open_strings
        self.comments: list[Token] = []
        self.out: list[Token] = []
        self.stack: list[_Open] = []
        self.item = ""  # the type of the first token of the current top-level item
        self.block = 0
        self.begins = True  # whether the current token is the first of its line
        self.unclosed = 0
        self.unopened = 0  # closing braces beyond those that are opened
        self.stopped = False
        self.continues = CONTINUES | surface().infix
        self.crooked: Token | None = None  # the opener of the first brace pair whose lines are not aligned

    def arrange(self, tokens: list[Token]) -> list[Token]:
        """The tokens for the parser, without the end mark."""
        significant: list[Token] = []
        breaks: list[Token | None] = []  # the first newline before each significant token
        newline: Token | None = None
        for token in tokens:
            if token.type == "NEWLINE":
                newline = newline or token
            elif token.type == "COMMENT":
                self.comments.append(token)
            elif token.type not in BLANKS:
                significant.append(token)
                breaks.append(newline)
                newline = None
        kinds = Counter(token.type for token in significant)
        self.unopened = kinds["BRACE_CLOSE"] - kinds["BRACE_OPEN"]
        for index, token in enumerate(significant):
            following = significant[index + 1] if index + 1 < len(significant) else None
            newline = breaks[index]
            self.begins = newline is not None or index == 0
            if newline is not None:
                self._indentation(token)
            branch = self._branch(token, following)
            if branch:
                token = Token("ELSE", "else", token.start, token.end)
            alone = following is None or breaks[index + 1] is not None
            if self.out and self.out[-1].type == "DOT" and newline is None and token.text.isidentifier():
                token = Token("NAME", token.text, token.start, token.end)  # the name of a field, whatever the word
            declares = self.begins and self._declares(token, None if alone else following)
            updates = False
            if self.begins:
                self._close_after_open_string(token)
                updates = not alone and self._updates(significant, index)
                if updates:
                    self._close_what_statements_end(token)
            if declares:
                self._close_what_declarations_end(token)
            if (
                token.type == "BRACE_OPEN"
                and self.out
                and self.out[-1].type == "IF"
                and self._updates(significant, index + 1)
            ):
                hint = "a condition stands between `if` and its block: `if c { ... }`"
                found = UnexpectedText(span=self._span(token), found="`{`", expected="a condition", hint=hint)
                self.report(found)
                self._emit(Token("HOLE", "", token.start, token.start))
            if self._lacks_brace(token):
                self._add_brace(newline)
            if newline is not None and self._separates(token, following, declares, updates):
                self._separate(newline)
            if not self._take(token):
                break
            if branch == "else if":
                self._take(Token("IF", "if", token.start, token.end))
        if self.stack and not self.stopped:
            end = Token("", "", len(self.source.text), len(self.source.text))
            self._unclosed(self.stack[-1], end)
        while self.stack:
            self._add_closer(self.stack[-1].token)
        if self.out and self.out[-1].type == "SEPARATOR":
            self.out.pop()
        return self.out

    def _branch(self, token: Token, following: Token | None) -> str:
        """What a word of another language for another branch after a block means, or nothing; reports it."""
        right = _BRANCHES.get(token.text, "") if token.type == "NAME" else ""
        if not right or not self.out or self.out[-1].type != "BRACE_CLOSE" or following is None:
            return ""
        if following.type in ("UPDATE", "DOT", "BRACKET_OPEN") or (right == "else" and following.type != "BRACE_OPEN"):
            return ""
        why = "what is done where no condition holds follows `else`"
        if right == "else if":
            why = "a further condition is an `if` after `else`"
        self.report(WrongOperator(span=self._span(token), found=token.text, right=right, why=why))
        return right

    # --- lines ------------------------------------------------------------------------------------

    def _in_block(self) -> bool:
        return not self.stack or self.stack[-1].is_block

    def _at_start(self) -> bool:
        """Whether the next token is the first of an item."""
        return not self.out or self.out[-1].type in ("SEPARATOR", "BLOCK_OPEN")

    def _separates(self, token: Token, following: Token | None, declares: bool, updates: bool) -> bool:
        if not self._in_block() or self._at_start():
            return False
        before = self.out[-1].type
        if declares or (updates and before != "ARROW"):
            return True
        if token.type == "BRACE_OPEN" and self._misses_body():
            self.report(BodyOnNextLine(span=self._span(token)))
            return False
        if before not in OPERAND_END or token.type in self.continues:
            return False
        if token.type == "NOT":
            return following is None or following.type != "IN"
        item = self.stack[-1].inner if self.stack else self.item
        return item not in (CONTINUES_IN.get(before), CONTINUES_IN.get(token.type))

    def _misses_body(self) -> bool:
        """Whether the item so far is one that needs a body and has none."""
        item = self.stack[-1].inner if self.stack else self.item
        needs = item in ("IF", "FOR", "MATCH", "FN", "COMPONENT", "ENUM")
        return needs and self.out[-1].type in OPERAND_END - {"BRACE_CLOSE"}

    def _lacks_brace(self, token: Token) -> bool:
        """Whether ``token``, the first of its line, begins a body whose opening brace was forgotten: the line is indented, and
        somewhere a brace is closed that was never opened."""
        if self.unopened <= 0 or not self.out or not self._in_block() or token.type in self.continues | {"BRACE_OPEN"}:
            return False
        if not (self._misses_body() or self.out[-1].type in ("MLP", "RULES", "ELSE")):
            return False
        if not self.begins:
            return token.type in _STATEMENTS and (self.out[-1].type, token.type) != ("ELSE", "IF")
        return self._indent(self._line(token)) > self._indent(self._line(self.out[-1]))

    def _add_brace(self, newline: Token | None) -> None:
        self.unopened -= 1
        place = self.out[-1].end if newline is None else newline.start
        brace = Token("BRACE_OPEN", "{", place, place)
        self.report(MissingBrace(span=self._span(brace)))
        self._take(brace)

    def _indentation(self, token: Token) -> None:
        """Read a colon at the end of the line before, and lines that are indented deeper, as a block in braces."""
        indent = self._indent(self._line(token))
        while self.stack and self.stack[-1].indent is not None and indent <= self.stack[-1].indent:
            self._add_closer(token)
        colon = self.out[-1] if self.out else token
        item = self.stack[-1].inner if self.stack else self.item
        opens = self._indent(self._line(colon))
        if colon.type != "COLON" or not self._in_block() or item not in _BODIES or indent <= opens:
            return
        self.out.pop()
        why = "indentation has no meaning: a body stands between `{` and `}`"
        self.report(WrongOperator(span=self._span(colon), found=":", right="{", why=why))
        self._open(Token("BRACE_OPEN", "{", colon.start, colon.end))
        self.stack[-1].indent = opens

    def _separate(self, token: Token) -> None:
        self._emit(Token("SEPARATOR", token.text, token.start, token.end))

    def _declares(self, token: Token, following: Token | None) -> bool:
        """Whether a token on the left of a line begins a declaration, and is not a misplaced word;
        ``following`` is the next token on that line."""
        if token.type not in DECLARES:
            return False
        if self.stack and self.stack[-1].item == "ENUM" and (following is None or following.type in _AFTER_MEMBER):
            return False
        return following is None or following.type not in self.continues - _AFTER_KEYWORD

    # --- brackets ---------------------------------------------------------------------------------

    def _emit(self, token: Token) -> None:
        if self._at_start() and token.type != "SEPARATOR":
            if self.stack:
                self.stack[-1].inner = token.type
            else:
                self.item = token.type
        if token.type in ("IF", "MATCH") and self.stack:
            self.stack[-1].branches = True
        token.level = len(self.stack)
        token.block = self.block
        self.out.append(token)

    def _take(self, token: Token) -> bool:
        """Pass one token on; False to stop reading."""
        kind = token.type
        if kind == "SEMICOLON" and self._in_block():
            if not self._at_start():
                self._separate(token)
        elif kind in CLOSERS:
            self._close(token)
        elif kind in ("PAREN_OPEN", "BRACKET_OPEN", "BRACE_OPEN"):
            if len(self.stack) >= MAX_DEPTH:
                self.report(NestedTooDeeply(span=self._span(token), limit=MAX_DEPTH))
                self.stopped = True
                return False
            self._open(token)
        else:
            self._emit(token)
        return True

    def _open(self, token: Token) -> None:
        if token.type == "BRACE_OPEN":
            block = bool(self.out) and self.out[-1].type in BLOCK_BEFORE | {"HOLE"}
            token = Token("BLOCK_OPEN" if block else "SET_OPEN", token.text, token.start, token.end)
            if block and self.stack and not self.stack[-1].is_block and not self.stack[-1].branches:
                self._close_what_bodies_end(token)
        self._emit(token)
        item = self.stack[-1].inner if self.stack else self.item
        self.stack.append(_Open(token, item))
        if token.type == "BLOCK_OPEN":
            self.block = len(self.stack)

    def _close(self, token: Token) -> None:
        if not self.stack:
            self.report(UnexpectedClosing(span=self._span(token), bracket=token.text))
            return
        top = self.stack[-1]
        if top.closer != token.type:
            if not self._opened_below(token.type):
                if top.is_block or token.type == "BRACE_CLOSE":
                    self.report(UnexpectedClosing(span=self._span(token), bracket=token.text))
                    return
                self.report(
                    MismatchedBracket(
                        span=self._span(token), closing=token.text, opening=top.token.text, opener=self._span(top.token)
                    )
                )
                token = Token(top.closer, token.text, token.start, token.end)
            else:
                while self.stack[-1].closer != token.type:
                    self._unclosed(self.stack[-1], token)
                    self._add_closer(token)
        elif top.is_block and self.begins and self.crooked is None and self._is_crooked(top.token, token):
            self.crooked = top.token
        self._pop(token)

    def _opened_below(self, closer: str) -> bool:
        """Whether some open bracket waits for ``closer``; a block shields what is outside of it from ``)`` and ``]``."""
        for entry in reversed(self.stack):
            if entry.closer == closer:
                return True
            if entry.is_block:
                return False
        return False

    def _pop(self, token: Token) -> None:
        if self.out[-1].type == "SEPARATOR":
            self.out.pop()  # `;` before the end of a block separates nothing
        self.stack.pop()
        self.block = next((i + 1 for i in range(len(self.stack) - 1, -1, -1) if self.stack[i].is_block), 0)
        self._emit(token)

    def _add_closer(self, at: Token) -> None:
        place = self.out[-1].end if self.out else at.start
        self._pop(Token(self.stack[-1].closer, "", place, place))

    def _close_what_declarations_end(self, token: Token) -> None:
        """No declaration begins inside brackets, or inside a block other than a component's: one that is not
        indented deeper than the line of the opening bracket shows that the closing one is missing."""
        indent = self._indent(self._line(token))

        def ends(entry: _Open) -> bool:
            holds = entry.is_block and entry.item == "COMPONENT"
            return not holds and indent <= self._indent(self._line(entry.token))

        if self.stack and ends(self.stack[-1]):
            self._unclosed(self.stack[-1], token)
            while self.stack and ends(self.stack[-1]):
                self._add_closer(token)

    def _close_what_bodies_end(self, token: Token) -> None:
        """The body of an item that has one does not begin inside brackets."""
        outer = next((entry.inner for entry in reversed(self.stack) if entry.is_block), self.item)
        if outer in ("COMPONENT", "FN", "ENUM", "IF", "FOR", "MATCH"):
            self._close_what_statements_end(token)

    def _updates(self, tokens: list[Token], index: int) -> bool:
        """Whether ``tokens[index:]`` begin a statement that cannot stand in ``( )``, ``[ ]`` or a set: a `let` or
        an update."""
        if index < len(tokens) and tokens[index].type == "LET":
            return True
        while index < len(tokens) and tokens[index].type in SOFT | {"NAME"} and index + 1 < len(tokens):
            if tokens[index + 1].type == "UPDATE":
                return True
            if tokens[index + 1].type != "DOT" or index + 2 >= len(tokens):
                return False
            index += 2
        return False

    def _close_what_statements_end(self, token: Token) -> None:
        while self.stack and not self.stack[-1].is_block:
            self._unclosed(self.stack[-1], token)
            self._add_closer(token)

    def _close_after_open_string(self, token: Token) -> None:
        """A string that ran to the end of its line has swallowed the brackets that would have closed there."""
        if self.out and self.out[-1].type == "STRING" and self.out[-1].start in self.open_strings:
            line = self._line(self.out[-1])
            while self.stack and not self.stack[-1].is_block and self.stack[-1].token.start >= line:
                self._add_closer(token)

    def _unclosed(self, entry: _Open, at: Token) -> None:
        opener = entry.token
        self.unclosed += 1
        if self.unclosed > 2 * MAX_PROBLEMS:
            return
        crooked = self.crooked
        end = self._line_end(opener)
        comment = next((c for c in self.comments if opener.start < c.start < min(end, at.start)), None)
        hint = ""
        if comment is not None and _CLOSING[entry.closer] in comment.text:
            hint = "`//` begins a comment; floor division is written `div`"
        self.report(
            UnclosedBracket(
                span=self._span(at),
                bracket=opener.text,
                opener=self._span(opener),
                suspect=None if crooked is None or not entry.is_block else self._span(crooked),
                hint=hint,
            )
        )

    def _line_end(self, token: Token) -> int:
        return self.source.line_bounds(token.end)[1]

    def _is_crooked(self, opener: Token, closer: Token) -> bool:
        """Whether ``closer``, the first of its line, stands in another column than the line of ``opener`` begins."""
        opens, closes = self._line(opener), self._line(closer)
        return closes != opens and closer.start - closes != self._indent(opens)

    def _line(self, token: Token) -> int:
        return self.source.line_bounds(token.start)[0]

    def _indent(self, line: int) -> int:
        text = self.source.text
        end = line
        while end < len(text) and text[end] in " \t":
            end += 1
        return end - line

    def _span(self, token: Token) -> Span:
        return Span(self.source, token.start, token.end)
