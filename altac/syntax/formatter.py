"""`altac fmt`: the same tokens and comments, well laid out.

The author's line breaks stay. Indentation, blanks, blank lines and the alignment of neighbouring lines are
made uniform; a line over the width is broken inside its brackets. Since only blanks and line ends change,
and the result must read as the same tokens, formatting cannot change what a program means.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

from altac.deep import deeply
from altac.diagnostics.problem import AltacError
from altac.source import Source
from altac.syntax.alignment import Row, align
from altac.syntax.layout import OPERAND_END, Layout
from altac.syntax.lexer import Token, tokenize
from altac.syntax.operators import surface
from altac.syntax.parser import parse

WIDTH = 100
_INDENT = 4
_OPENERS = frozenset({"PAREN_OPEN", "BRACKET_OPEN", "SET_OPEN", "BLOCK_OPEN"})
_CLOSERS = frozenset({"PAREN_CLOSE", "BRACKET_CLOSE", "SET_CLOSE", "BLOCK_CLOSE"})
_TIGHT_AFTER = frozenset({"PAREN_OPEN", "BRACKET_OPEN", "SET_OPEN", "DOT", "RANGE", "NEGATIVE"})
_TIGHT_BEFORE = frozenset({"PAREN_CLOSE", "BRACKET_CLOSE", "SET_CLOSE", "COMMA", "SEMICOLON", "COLON", "DOT", "RANGE"})
_OPERANDS = OPERAND_END | {"SET_CLOSE", "BLOCK_CLOSE", "ATTEND"}


def format_source(source: Source) -> str:
    """The text of ``source`` formatted, all its lines ended as the first one is (`Source.line_end`).

    Raises `AltacError` with its syntax errors, if it has any.
    """
    problems = parse(source).problems
    if any(problem.severity == "error" for problem in problems):
        raise AltacError(*problems)
    return format_text(source)


def format_text(source: Source) -> str:
    """The text of a source without syntax errors, formatted."""
    text = deeply(lambda: _Formatter(source).text()).replace("\n", source.line_end)
    # The safety net: should a broken line read differently, the author's text stays.
    return text if _reading(Source(source.name, text)) == _reading(source) else source.text


def _reading(source: Source) -> list[tuple[str, str]]:
    tokens = tokenize(source.text)
    comments = [(t.type, t.text.rstrip()) for t in tokens if t.type == "COMMENT"]
    arranged = Layout(source, lambda problem: None).arrange(tokens)
    return comments + [(t.type, "" if t.type == "SEPARATOR" else t.text) for t in arranged]


@dataclass
class _Line:
    """Tokens of one line of the result; ``starts`` if its first token begins an item."""

    tokens: list[Token] = field(default_factory=list)
    comment: str = ""
    blank_before: bool = False


@dataclass
class _Bracket:
    indent: int  # of the line that opened it
    row: int
    condition: tuple[int, int] | None  # row and column of the `if` whose block this is


class _Formatter:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.rows: list[Row] = []
        self.stack: list[_Bracket] = []
        self.last: Row | None = None  # that holds tokens
        self.condition: tuple[int, int] | None = None  # of the `if` whose block comes next
        self.closed: tuple[tuple[int, int] | None, int] = (None, 0)  # the last block's `if`, and the row it began on
        self.item_starts: set[int] = set()
        self.tight: set[int] = set()

    def text(self) -> str:
        """The formatted text, with a final newline unless it is empty."""
        for line in self._lines():
            self._place(line)
        align(self.rows, WIDTH)
        out: list[str] = []
        for row in self.rows:
            closes = bool(row.types) and row.types[0] in _CLOSERS
            if row.blank_before and out and not out[-1].endswith(("(", "[", "{")) and not closes:
                out.append("")
            out.append(row.text())
        return "".join(f"{line}\n" for line in out)

    # --- tokens to lines --------------------------------------------------------------------------

    def _lines(self) -> list[_Line]:
        raw = tokenize(self.source.text)
        arranged = Layout(self.source, lambda problem: None).arrange(raw)
        kinds: dict[int, str] = {}
        separators: set[int] = set()
        opened: list[str] = []
        before = "SEPARATOR"
        for token in arranged:
            kind = token.type
            if before in ("SEPARATOR", "BLOCK_OPEN"):
                self.item_starts.add(token.start)
            if kind in _OPENERS:
                opened.append(kind)
            elif kind == "BRACE_CLOSE":
                kind = "BLOCK_CLOSE" if opened.pop() == "BLOCK_OPEN" else "SET_CLOSE"
            elif kind in ("PAREN_CLOSE", "BRACKET_CLOSE"):
                opened.pop()
            elif kind == "MINUS" and before not in _OPERANDS:
                kind = "NEGATIVE"
            if kind == "SEPARATOR":
                separators.add(token.start)
            else:
                kinds[token.start] = kind
            before = kind
        lines = [_Line()]
        for token in raw:
            if token.type == "NEWLINE":
                blank = not lines[-1].tokens and not lines[-1].comment
                if blank:
                    lines[-1].blank_before = True
                else:
                    lines.append(_Line())
            elif token.type == "COMMENT":
                lines[-1].comment = token.text.rstrip()
            elif token.type != "BLANK" and (token.type != "SEMICOLON" or token.start in separators):
                kind = kinds.get(token.start, token.type)
                lines[-1].tokens.append(Token(kind, token.text, token.start, token.end))
        for line in lines:
            self.tight.update(_tight(line.tokens))
            while line.tokens and line.tokens[-1].type == "SEMICOLON":
                line.tokens.pop()
        return [line for line in lines if line.tokens or line.comment]

    # --- lines to rows ----------------------------------------------------------------------------

    def _place(self, line: _Line) -> None:
        """Indent a line, break it if it is too long, and follow its brackets."""
        tokens = line.tokens
        indent = self._indent(tokens)
        columns, width = self._columns(tokens, indent)
        if tokens and width > WIDTH:
            parts = self._broken(tokens, indent)
            if len(parts) > 1:
                for number, part in enumerate(parts):
                    last = number == len(parts) - 1
                    self._place(_Line(part, line.comment if last else "", line.blank_before and number == 0))
                return
        starts = bool(tokens) and tokens[0].start in self.item_starts
        number = len(self.rows)
        row = Row(indent, list(tokens), columns, line.comment, line.blank_before, starts)
        self.rows.append(row)
        if tokens:
            if not starts and self.last is not None and tokens[0].type not in _CLOSERS:
                self.last.continued = True
            self.last = row
        for token, column in zip(tokens, columns, strict=True):
            if token.type == "IF":
                chained = self.condition is not None and self.condition == self.closed[0]
                self.condition = self.condition if chained else (number, column)
            elif token.type == "ELSE":
                self.condition = self.closed[0]
            if token.type in _OPENERS:
                block = token.type == "BLOCK_OPEN"
                self.stack.append(_Bracket(indent, number, self.condition if block else None))
                if block:
                    self.condition = None
            elif token.type in _CLOSERS and self.stack:
                bracket = self.stack.pop()
                self.closed = (bracket.condition, bracket.row)
                row.balanced = row.balanced and bracket.row == number
        if self.stack and self.stack[-1].row == number:
            row.balanced = False

    def _indent(self, tokens: list[Token]) -> int:
        depth = self.stack[-1].indent + _INDENT if self.stack else 0
        if not tokens:
            return depth
        first = tokens[0]
        if first.type in _CLOSERS:
            return self.stack[-1].indent
        if first.start in self.item_starts or (self.stack and not self._in_block()):
            return depth
        if first.type == "ELSE":
            condition, row = self.closed
            last = self.rows[-1]
            if condition is not None and condition[0] == row == len(self.rows) - 1:
                return condition[1]
            return last.indent
        return depth + _INDENT

    def _in_block(self) -> bool:
        opener = self.rows[self.stack[-1].row]
        return opener.types[-1] == "BLOCK_OPEN" if opener.types else False

    def _columns(self, tokens: list[Token], indent: int) -> tuple[list[int], int]:
        """The column of each token, and where the line ends."""
        columns: list[int] = []
        column = indent
        for index, token in enumerate(tokens):
            if index:
                column += self._gap(tokens[index - 1], token)
            columns.append(column)
            column += len(token.text)
        return columns, column

    def _gap(self, a: Token, b: Token) -> int:
        """Blanks between two tokens of a line."""
        if a.type == "SEMICOLON":
            return 2
        if a.type in _TIGHT_AFTER or b.type in _TIGHT_BEFORE:
            return 0
        if b.type in ("PAREN_OPEN", "BRACKET_OPEN") and a.type in _OPERANDS:
            return 0
        if a.type == "BLOCK_OPEN" and b.type == "BLOCK_CLOSE":
            return 0
        if a.start in self.tight or b.start in self.tight:
            return 0
        return 1

    # --- long lines -------------------------------------------------------------------------------

    def _broken(self, tokens: list[Token], indent: int) -> list[list[Token]]:
        """The tokens of a long line on several lines; the same line if it cannot be broken."""
        groups = self._groups(tokens)
        blocks = [g for g in groups if tokens[g[0]].type == "BLOCK_OPEN" and g[1] > g[0] + 1]
        if blocks:
            columns, level, cuts = self._columns(tokens, indent)[0], _levels(tokens), list[int]()
            for start, end in reversed(blocks):  # until what stands before the block fits on a line
                cuts += self._inside(level, tokens, (start, end), ("SEMICOLON",))
                if columns[start] < WIDTH:
                    break
            return self._at(tokens, sorted(set(cuts)))
        wide = [g for g in groups if g[1] > g[0] + 1]
        if wide:
            start, end = max(wide, key=lambda g: (_width(tokens, g), -g[0]))
            if _width(tokens, (start, end)) >= WIDTH // 4:
                cuts = self._inside(_levels(tokens), tokens, (start, end), ("COMMA",))
                if tokens[start].type == "PAREN_OPEN" or len(cuts) <= 2:
                    return self._at(tokens, cuts)
                return self._filled(self._at(tokens, cuts), indent)
        level = _levels(tokens)
        commas = [i + 1 for i, t in enumerate(tokens) if t.type == "COMMA" and level[i] == 0 and i + 1 < len(tokens)]
        if commas:
            return self._filled(self._at(tokens, commas), indent, opened=False)
        types = tuple(token.type for token in tokens)
        ends_line = {("UPDATE",), ("ASSIGN",), *((kind,) for kind in surface().prefix)}  # `-` would begin an item there
        for among in _breaks():
            cuts = [
                i + 1 if types[i : i + n] in ends_line else i
                for i, n in _occurrences(types, among)
                if level[i] == 0 and 0 < i < len(tokens) - n
            ]
            if cuts:
                return self._at(tokens, cuts)
        return [tokens]

    def _groups(self, tokens: list[Token]) -> list[tuple[int, int]]:
        """The outermost bracket pairs: indices of their opening and closing tokens (the end if still open)."""
        groups: list[tuple[int, int]] = []
        opened: list[int] = []
        for index, token in enumerate(tokens):
            if token.type in _OPENERS:
                opened.append(index)
            elif token.type in _CLOSERS and opened:
                start = opened.pop()
                if not opened:
                    groups.append((start, index))
        if opened and opened[0] < len(tokens) - 1:
            groups.append((opened[0], len(tokens)))
        return groups

    def _inside(
        self, level: list[int], tokens: list[Token], group: tuple[int, int], after: tuple[str, ...]
    ) -> list[int]:
        """Where to cut: after the opening bracket, after separators of its level, before the closing one."""
        start, end = group
        cuts = [start + 1]
        cuts += [i + 1 for i in range(start + 1, end) if tokens[i].type in after and level[i] == level[start] + 1]
        if end < len(tokens):
            cuts.append(end)
        return sorted(set(cuts))

    def _at(self, tokens: list[Token], cuts: list[int]) -> list[list[Token]]:
        places = [0, *(cut for cut in cuts if 0 < cut < len(tokens)), len(tokens)]
        parts = [tokens[a:b] for a, b in pairwise(places) if a < b]
        for part in parts:
            if len(part) > 1 and part[-1].type == "SEMICOLON":
                part.pop()
        return parts

    def _filled(self, parts: list[list[Token]], indent: int, *, opened: bool = True) -> list[list[Token]]:
        """As many of the parts on a line as fit, the first and (after a bracket) the last on lines of their own."""
        first, items = (parts[:1], parts[1:]) if opened else ([], parts)
        last: list[list[Token]] = []
        if opened and items and items[-1][0].type in _CLOSERS:
            items, last = items[:-1], items[-1:]
        lines: list[list[Token]] = []
        for item in items:
            room = WIDTH - (0 if not opened and len(lines) <= 1 else _INDENT)
            if lines and self._columns(lines[-1] + item, indent)[1] <= room:
                lines[-1] = lines[-1] + item
            else:
                lines.append(item)
        return first + lines + last


@lru_cache(maxsize=1)
def _breaks() -> tuple[tuple[tuple[str, ...], ...], ...]:
    """Where a line without brackets is broken, the loosest first: at signs, each one or more terminals."""
    operators = surface().binary.values()
    ladder = (tuple(o.terminals for o in operators if o.rule == rule) for rule in surface().ladder)
    return (("ARROW",),), (("UPDATE",), ("ASSIGN",)), *(group for group in ladder if ("RANGE",) not in group)


def _occurrences(types: tuple[str, ...], among: tuple[tuple[str, ...], ...]) -> Iterator[tuple[int, int]]:
    """Where one of the signs stands, and how many tokens it has: the most, where several fit."""
    index = 0
    while index < len(types):
        size = max((len(sign) for sign in among if types[index : index + len(sign)] == sign), default=0)
        if size:
            yield index, size
        index += max(size, 1)


def _tight(tokens: list[Token]) -> Iterator[int]:
    """Where the products and quotients of a line stand that have no blank on either side. An end of the line is none, so
    that a line broken before such a sign reads as it did."""
    for index, token in enumerate(tokens):
        if token.type in ("TIMES", "DIVIDE"):
            beside = tokens[max(index - 1, 0) : index + 2]
            if all(a.end == b.start for a, b in pairwise(beside)):
                yield token.start


def _levels(tokens: list[Token]) -> list[int]:
    """How many brackets of the line are open around each token; brackets lie outside of themselves."""
    levels: list[int] = []
    level = 0
    for token in tokens:
        if token.type in _CLOSERS:
            level -= 1
        levels.append(level)
        if token.type in _OPENERS:
            level += 1
    return levels


def _width(tokens: list[Token], group: tuple[int, int]) -> int:
    start, end = group
    return tokens[min(end, len(tokens) - 1)].end - tokens[start].start
