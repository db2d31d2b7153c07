"""Faults of single tokens: reported here and replaced, so that the layout and the parser see none.

Unclosed and single-quoted strings, numbers with letters, characters, operators and line ends that the language
does not have.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from altac.diagnostics.problem import Problem
from altac.diagnostics.syntax_errors import (
    BadNumber,
    CommentNotDivision,
    LoneCarriageReturn,
    SingleQuotes,
    UnexpectedCharacter,
    UnterminatedString,
    WrongOperator,
)
from altac.source import Source, Span
from altac.syntax.lexer import Token

#: Operators of other languages that have one counterpart here: its text, terminal and meaning.
_OPERATORS = {
    "&&": ("and", "AND", "the logical operators are words: `and`, `or`, `xor`, `not`"),
    "||": ("or", "OR", "the logical operators are words: `and`, `or`, `xor`, `not`"),
    "!": ("not", "NOT", "the logical operators are words: `and`, `or`, `xor`, `not`"),
    "===": ("==", "EQUAL", "there is one equality, `==`"),
    "!==": ("!=", "DIFFERENT", "there is one inequality, `!=`"),
    "<>": ("!=", "DIFFERENT", "inequality is written `!=`"),
    "::": (".", "DOT", "what stands in a module, an enum or an instance is reached with a dot"),
    "...": ("..", "RANGE", "a range is written with two dots"),
    "..=": ("..", "RANGE", "a range holds both of its ends"),
    "..<": ("..", "RANGE", "a range holds both of its ends: `0..<3` is `0..2` here"),
    "\u2264": ("<=", "AT_MOST", "operators are written in ASCII"),
    "\u2265": (">=", "AT_LEAST", "operators are written in ASCII"),
    "\u2260": ("!=", "DIFFERENT", "operators are written in ASCII"),
    "\u2190": ("<-", "UPDATE", "operators are written in ASCII"),
    "\u21d2": ("=>", "ARROW", "operators are written in ASCII"),
    "\u2192": ("=>", "ARROW", "operators are written in ASCII"),
    "\u00d7": ("*", "TIMES", "operators are written in ASCII"),
    "\u00f7": ("/", "DIVIDE", "operators are written in ASCII"),
    "\u2212": ("-", "MINUS", "this is a typographic minus"),
    "\u2013": ("-", "MINUS", "this is a dash"),
    "\u2026": ("..", "RANGE", "a range is written with two dots"),
    "\u2208": ("in", "IN", "operators are written in ASCII"),
    "\u2227": ("and", "AND", "operators are written in ASCII"),
    "\u2228": ("or", "OR", "operators are written in ASCII"),
    "\u2295": ("xor", "XOR", "operators are written in ASCII"),
    "\u00ac": ("not", "NOT", "operators are written in ASCII"),
}
#: Signs of other languages that no one sign stands for here.
_SIGNS = {
    "&": "sets are combined with `union(a, b)`, `intersect(a, b)` and `minus(a, b)`; conditions are joined with `and`",
    "^": "exclusive or is the word `xor`; there is no operator for powers",
    "~": "`not` negates a condition; the elements that are not in a set are `minus(ALL, s)`",
}
_NAMING = frozenset(
    ["PROGRAM", "VAR", "HEAD", "FN", "LET", "PARAM", "CONST", "TYPE", "ENUM", "COMPONENT", "USE", "FOR", "AS", "DOT"]
)
_DIVISOR = re.compile(r"//\s*[0-9][0-9\s+*%-]*")
_QUOTES = "\u201c\u201d\u201e\u00ab\u00bb\u2018\u2019`"


class Mender:
    """One pass over the raw tokens. ``open_strings`` are the places from which a string ran to the line's end,
    ``dropped`` those from which a character was left out."""

    def __init__(self, source: Source, report: Callable[[Problem], None]) -> None:
        self.source = source
        self.report = report
        self.open_strings: set[int] = set()
        self.dropped: list[int] = []
        self.foreign_comments: set[str] = set()  # signs of other languages that began one, each reported once
        self.lone_returns = False

    def mend(self, tokens: list[Token]) -> list[Token]:
        """The tokens with faulty ones replaced or left out."""
        mended: list[Token] = []
        foreign_name = -1  # where a name with letters outside of ASCII ends that may go on
        before = ""  # the type of the token before, blanks aside
        skipped = 0  # the end of a comment of another language
        for token in tokens:
            if token.start >= skipped and token.text in ("#", "/*"):
                skipped = self._foreign_comment(token)
            if token.start == foreign_name and token.type in ("NAME", "INT", "UNKNOWN") and _is_word(token):
                foreign_name = token.end
                mended[-1] = Token("NAME", mended[-1].text + token.text, mended[-1].start, token.end)
                continue
            if token.type == "COMMENT" and _DIVISOR.fullmatch(token.text) and _divides(mended):
                self.report(CommentNotDivision(span=self._span(token), comment=token.text.rstrip()))
            fix = _FIXES.get(token.type)
            if token.start < skipped:
                continue
            if fix is None:
                mended.append(token)
            elif (fixed := fix(self, token)) is not None:
                if fixed.type == "NAME":
                    foreign_name = fixed.end
                    if mended and mended[-1].end == fixed.start and _is_word(mended[-1]):
                        begun = mended.pop()
                        fixed = Token("NAME", begun.text + fixed.text, begun.start, fixed.end)
                if token.type == "BAD_NUMBER" and before in _NAMING:
                    fixed = Token("NAME", token.text, token.start, token.end)
                mended.append(fixed)
            if token.type not in ("BLANK", "COMMENT"):
                before = token.type
        return mended

    def _foreign_comment(self, token: Token) -> int:
        """The end of a comment that begins with ``#`` or ``/*``."""
        if token.text not in self.foreign_comments:
            self.foreign_comments.add(token.text)
            why = "comments begin with `//`" + (" and end with their line" if token.text == "/*" else "")
            self.report(WrongOperator(span=self._span(token), found=token.text, right="//", why=why))
        closed = self.source.text.find("*/", token.end) if token.text == "/*" else -1
        return self.source.line_bounds(token.end)[1] if closed < 0 else closed + 2

    def _span(self, token: Token) -> Span:
        return Span(self.source, token.start, token.end)

    def _bad_string(self, token: Token) -> Token:
        self.report(UnterminatedString(span=self._span(token)))
        self.open_strings.add(token.start)
        return Token("STRING", token.text.rstrip("\\") + '"', token.start, token.end)

    def _single_quoted(self, token: Token) -> Token:
        closed = len(token.text) > 1 and token.text.endswith("'")
        if not closed:
            self.open_strings.add(token.start)
        body = token.text[1:-1] if closed else token.text[1:]
        fixed = '"' + re.sub(r'(\\\\)|\\(?=\'|$)|(")', lambda m: m[1] or ("\\" + m[2] if m[2] else ""), body) + '"'
        self.report(SingleQuotes(span=self._span(token), fixed=fixed))
        return Token("STRING", fixed, token.start, token.end)

    def _bad_number(self, token: Token) -> Token:
        digits = re.match(r"[0-9]+", token.text)
        assert digits is not None
        if re.fullmatch(r"[0-9]+(\.[0-9]+)?[eE][0-9]*", token.text):
            hint = "numbers have no exponent: write the digits, or a quotient such as `1/1000`"
        elif re.fullmatch(r"0[xXbBoO][0-9A-Fa-f]+", token.text):
            hint = "numbers are decimal"
        elif re.fullmatch(r"[0-9]+(_[0-9]+)+", token.text):
            hint = f"write `{token.text.replace('_', '')}`"
        else:
            hint = f"a name begins with a letter; a product is written `{digits[0]} * {token.text[len(digits[0]) :]}`"
        self.report(BadNumber(span=self._span(token), text=token.text, hint=hint))
        return Token("INT", digits[0], token.start, token.end)

    def _foreign(self, token: Token) -> Token | None:
        known = _OPERATORS.get(token.text)
        if known is None:
            return token
        right, kind, why = known
        self.report(WrongOperator(span=self._span(token), found=token.text, right=right, why=why))
        return Token(kind, right, token.start, token.end)

    def _line_end(self, token: Token) -> Token:
        if token.text == "\r" and not self.lone_returns:
            self.lone_returns = True
            self.report(LoneCarriageReturn(span=self._span(token)))
        return token

    def _unknown(self, token: Token) -> Token | None:
        if token.text in _OPERATORS:
            return self._foreign(token)
        if token.text == "?":
            return Token("FOREIGN", "?", token.start, token.end)
        first = token.text[0]
        name = unicodedata.name(first, "")
        shown = f"`{first}`" if first.isprintable() else f"U+{ord(first):04X}"
        if name and (not first.isprintable() or ord(first) > 127):
            shown += f" ({name.lower()})"
        if first in _QUOTES:
            hint = 'strings are written in straight double quotes: `"..."`'
        elif first.isalpha():
            hint = "names are made of the letters a to z and A to Z, digits and `_`; other letters may stand in strings"
        elif first in _SIGNS:
            hint = _SIGNS[first]
        elif first.isspace() or not first.isprintable():
            hint = "remove it, or replace it by a plain space"
        else:
            hint = ""
        self.report(UnexpectedCharacter(span=self._span(token), shown=shown, hint=hint))
        if _is_word(token):
            return Token("NAME", token.text, token.start, token.end)
        self.dropped.append(token.start)
        return None


def _divides(before: list[Token]) -> bool:
    """Whether the last token is an operand, one blank at most after it."""
    last = before[-1:]
    if last and last[0].type == "BLANK" and last[0].text == " ":
        last = before[-2:-1]
    return bool(last) and last[0].type in ("NAME", "INT", "PAREN_CLOSE", "BRACKET_CLOSE")


def _is_word(token: Token) -> bool:
    return ("_" + token.text).isidentifier()


_FIXES: dict[str, Callable[[Mender, Token], Token | None]] = {
    "BAD_STRING": Mender._bad_string,
    "SINGLE_QUOTED": Mender._single_quoted,
    "BAD_NUMBER": Mender._bad_number,
    "NEWLINE": Mender._line_end,
    "FOREIGN": Mender._foreign,
    "FOREIGN_NOT": Mender._foreign,
    "UNKNOWN": Mender._unknown,
}
