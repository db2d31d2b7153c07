"""Alignment of neighbouring lines: types and values of declarations, arrows, labelled arguments, comments."""

from __future__ import annotations

from dataclasses import dataclass

from altac.syntax.lexer import Token

_DECLARED = frozenset({"VAR", "PARAM", "CONST", "TYPE", "HEAD", "LET", "USE"})
_OPEN = frozenset({"PAREN_OPEN", "BRACKET_OPEN", "SET_OPEN", "BLOCK_OPEN"})
_CLOSE = frozenset({"PAREN_CLOSE", "BRACKET_CLOSE", "SET_CLOSE", "BLOCK_CLOSE"})
#: An alignment that would move something further than this is none: the lines have too little in common.
_FURTHEST = 24


@dataclass
class Row:
    """A line of the result. ``starts``: its first token begins an item; ``balanced``: it closes the brackets it
    opens; ``continued``: its item goes on in the next row."""

    indent: int
    tokens: list[Token]
    columns: list[int]
    comment: str
    blank_before: bool
    starts: bool
    balanced: bool = True
    continued: bool = False
    comment_column: int = 0

    @property
    def types(self) -> list[str]:
        """The types of its tokens."""
        return [token.type for token in self.tokens]

    @property
    def width(self) -> int:
        """Where its tokens end."""
        return self.columns[-1] + len(self.tokens[-1].text) if self.tokens else self.indent

    def text(self) -> str:
        """The line, without its line break."""
        out = ""
        for token, column in zip(self.tokens, self.columns, strict=True):
            out = out.ljust(column) + token.text
        if self.comment:
            out = out.ljust(max(self.comment_column, self.width + 2) if self.tokens else self.indent) + self.comment
        return out


def align(rows: list[Row], width: int) -> None:
    """Move tokens and comments of neighbouring rows to common columns, if no row then exceeds ``width``."""
    for group in _neighbours(rows, _kind):
        _align_cells(group, width)
    for group in _neighbours(rows, lambda row: "comment" if row.comment and row.tokens else ""):
        column = max(row.width for row in group) + 2
        for row in group:
            row.comment_column = column


def _neighbours(rows: list[Row], kind: object) -> list[list[Row]]:
    """Runs of at least two rows of one kind and indentation, without blank lines between them."""
    assert callable(kind)
    groups: list[list[Row]] = []
    previous = ""
    for row in rows:
        current = kind(row)
        if current and current == previous and row.indent == groups[-1][-1].indent and not row.blank_before:
            groups[-1].append(row)
        elif current:
            groups.append([row])
        previous = current
    return [group for group in groups if len(group) > 1]


def _kind(row: Row) -> str:
    """What a row may be aligned with; nothing if it holds several items or only a part of one."""
    types = row.types
    if not row.tokens or not row.balanced or "SEMICOLON" in types:
        return ""
    if not row.starts and types[0] == "PAREN_OPEN" and types[2:3] == ["COLON"]:
        return "RECORD"
    if not row.starts or row.continued:
        return ""
    if types[0] in _DECLARED:
        return types[0]
    outer = [kind for kind, level in zip(types, _levels(types), strict=True) if level == 0]
    if "ARROW" in outer:
        return "" if types[0] == "TEST" or "ASSIGN" in outer else "ARM"
    if "UPDATE" in outer:
        return "UPDATE"
    if len(types) in (3, 4) and types[1:3] == ["ASSIGN", "STRING"]:
        return "MEMBER"
    return ""


def _levels(types: list[str]) -> list[int]:
    levels: list[int] = []
    level = 0
    for kind in types:
        level -= kind in _CLOSE
        levels.append(level)
        level += kind in _OPEN
    return levels


def _marks(row: Row) -> dict[str, int]:
    """The tokens to align, by what they are: index of the first token of each cell."""
    marks: dict[str, int] = {}
    types = row.types
    levels = _levels(types)
    labelled = types[0] in ("HEAD", "PAREN_OPEN")
    for index, kind in enumerate(types):
        outer = levels[index] == 0
        if outer and kind == "COLON" and "value" not in marks:
            marks["type"] = index + 1
        elif outer and kind in ("ASSIGN", "UPDATE", "ARROW") and "value" not in marks:
            marks["value"] = index
        elif kind == "COLON" and levels[index] == 1 and labelled and types[index - 2] == "COMMA":
            marks[f"argument {row.tokens[index - 1].text}"] = index - 1
    return marks


def _align_cells(group: list[Row], width: int) -> None:
    marks = [_marks(row) for row in group]
    names = [name for name in ("type", "value") if any(name in mark for mark in marks)]
    arguments = [[name for name in mark if name.startswith("argument")] for mark in marks]
    if all(arguments) and all(found == arguments[0] for found in arguments):
        names += arguments[0]
    before = [list(row.columns) for row in group]
    for name in names:
        having = [(row, mark[name]) for row, mark in zip(group, marks, strict=True) if name in mark]
        target = max(row.columns[index] for row, index in having)
        if target - min(row.columns[index] for row, index in having) > _FURTHEST:
            continue
        for row, index in having:
            shift = target - row.columns[index]
            row.columns[index:] = [column + shift for column in row.columns[index:]]
    if any(row.width > width for row in group):
        for row, columns in zip(group, before, strict=True):
            row.columns = columns
