"""Problems as text: section 8 of the design.

error[unknown-name]: unknown name `partiy`
  --> parity.alta:9:19
   |
 9 |         parity <- partiy xor parity_left
   |                   ^^^^^^ not declared here
   |
   = help: did you mean `parity`?
"""

from __future__ import annotations

import textwrap
import unicodedata
from dataclasses import dataclass

from altac.diagnostics.problem import Problem
from altac.source import Span

_RESET, _BOLD, _RED, _YELLOW, _BLUE, _CYAN = (
    "\x1b[0m",
    "\x1b[1m",
    "\x1b[1;31m",
    "\x1b[1;33m",
    "\x1b[1;34m",
    "\x1b[1;36m",
)


@dataclass(frozen=True)
class _Mark:
    span: Span
    text: str
    primary: bool


def render(problem: Problem, *, color: bool = False, width: int = 100) -> str:
    """``problem`` as text of at most ``width`` columns, with the source line and the span underlined."""
    return _Renderer(color, max(width, 30)).problem(problem)


def render_all(problems: tuple[Problem, ...] | list[Problem], *, color: bool = False, width: int = 100) -> str:
    """All problems, a blank line between them, and a count at the end if there are several."""
    parts = [render(p, color=color, width=width) for p in problems]
    errors = sum(p.severity == "error" for p in problems)
    if len(problems) > 1:
        warnings = len(problems) - errors
        counts = [f"{n} {what}{'s' if n > 1 else ''}" for n, what in ((errors, "error"), (warnings, "warning")) if n]
        parts.append(" and ".join(counts))
    return "\n\n".join(parts)


class _Renderer:
    def __init__(self, color: bool, width: int) -> None:
        self.color = color
        self.width = width

    def paint(self, style: str, text: str) -> str:
        return f"{style}{text}{_RESET}" if self.color and text else text

    def problem(self, problem: Problem) -> str:
        severity = problem.severity
        style = _RED if severity == "error" else _YELLOW
        head = f"{severity}[{problem.code}]: "
        title = textwrap.wrap(
            printable(problem.render_title()), self.width, initial_indent=" " * len(head), subsequent_indent="  "
        )
        title = title or [" " * len(head)]
        lines = [self.paint(style, head.rstrip()) + " " + self.paint(_BOLD, title[0].strip()), *title[1:]]
        marks = []
        if problem.span is not None:
            marks.append(_Mark(problem.span, problem.render_label(), True))
        marks += [_Mark(label.span, label.text, False) for label in problem.secondary()]
        numbers = [m.span.source.position(max(m.span.start, m.span.end - 1))[0] for m in marks]
        gutter = len(str(max(numbers, default=0)))
        for index, group in enumerate(_by_source(marks)):
            lines += self.excerpt(group, gutter, style, first=index == 0)
        hint = problem.render_help()
        if hint:
            if marks:
                lines.append(self.paint(_BLUE, " " * gutter + " |"))
            lead = " " * gutter + " = help: " if marks else "  help: "
            wrapped = _wrapped(hint, lead, self.width)
            wrapped = wrapped or [lead]
            cut = len(lead) - len("help: ")
            lines.append(self.paint(_BLUE, wrapped[0][:cut]) + self.paint(_CYAN, "help:") + wrapped[0][cut + 5 :])
            lines += wrapped[1:]
        return "\n".join(line.rstrip() for line in lines)

    def excerpt(self, marks: list[_Mark], gutter: int, style: str, first: bool) -> list[str]:
        """The source lines of marks in one file."""
        place = marks[0].span
        lines = [self.paint(_BLUE, " " * gutter + ("--> " if first else "::: ")) + str(place)]
        bar = self.paint(_BLUE, " " * gutter + " |")
        lines.append(bar)
        previous = None
        by_line: dict[int, list[_Mark]] = {}
        for mark in marks:
            by_line.setdefault(mark.span.line, []).append(mark)
        for number in sorted(by_line):
            if previous is not None and number > previous + 1:
                lines.append(self.paint(_BLUE, " " * gutter + " ..."))
            lines += self.line(number, by_line[number], gutter, style, bar)
            previous = number
        return lines

    def line(self, number: int, marks: list[_Mark], gutter: int, style: str, bar: str) -> list[str]:
        source = marks[0].span.source
        text = source.line(number)
        room = self.width - gutter - 3
        primary = marks[0]
        start, end = _columns(primary.span, text, number)
        cut_left = 0
        if _width(_expand(text)) > room:
            cut_left = max(0, start - room // 3)
        shown, offset = _window(text, cut_left, room)
        result = [self.paint(_BLUE, f"{number:>{gutter}} |") + (" " + shown if shown else "")]
        for mark in sorted(marks, key=lambda m: m.span.start):
            start, end = _columns(mark.span, text, number)
            left = _width(_expand(text[cut_left : max(start, cut_left)])) + offset
            more = " …" if mark.span.source.position(max(mark.span.start, mark.span.end - 1))[0] > number else ""
            left = min(left, room - 1 - len(more))  # what lies beyond the cut is marked at its edge
            length = max(1, _width(_expand(text[max(start, cut_left) : end])))
            length = min(length, room - left - len(more))
            sign = ("^" if mark.primary else "-") * length
            color = style if mark.primary else _BLUE
            label = printable(mark.text)
            if label and left + length + len(more) + 1 + _width(label) <= room:
                result.append(bar + " " + " " * left + self.paint(color, f"{sign}{more} {label}"))
            else:
                result.append(bar + " " + " " * left + self.paint(color, sign + more))
                indent = min(left, max(0, room - _width(label))) if _width(label) <= room else 0
                for part in textwrap.wrap(label, max(10, room - indent), break_on_hyphens=False):
                    result.append(bar + " " + " " * indent + self.paint(color, part))
        return result


def _wrapped(text: str, lead: str, width: int) -> list[str]:
    """``text`` with its own line breaks kept, wrapped and indented to stand after ``lead``."""
    result: list[str] = []
    for line in text.splitlines():
        first = " " * len(lead) if result else lead
        parts = textwrap.wrap(
            printable(line), width, initial_indent=first, subsequent_indent=" " * len(lead), break_on_hyphens=False
        )
        result += parts or [first]
    return result


def _by_source(marks: list[_Mark]) -> list[list[_Mark]]:
    groups: dict[int, list[_Mark]] = {}
    for mark in marks:
        groups.setdefault(id(mark.span.source), []).append(mark)
    return list(groups.values())


def _columns(span: Span, text: str, number: int) -> tuple[int, int]:
    """Where the part of ``span`` on its first line starts and ends, 0-based."""
    start = span.start - span.source.line_starts[number - 1]
    return min(start, len(text)), min(
        max(start + 1, span.end - span.source.line_starts[number - 1]), max(len(text), start + 1)
    )


def _window(text: str, left: int, room: int) -> tuple[str, int]:
    """The part of a line that fits, and how far it is moved to the right by the mark of a cut."""
    lead = "…" if left else ""
    shown = lead
    for char in text[left:]:
        piece = _expand(char)
        if _width(shown) + _width(piece) > room - 1:
            return shown + "…", len(lead)
        shown += piece
    return shown.rstrip(), len(lead)


def _expand(text: str) -> str:
    return "".join("    " if c == "\t" else printable(c) for c in text)


def printable(text: str) -> str:
    """``text`` with control characters replaced, so that no input can drive the terminal."""
    return "".join(
        c if c.isprintable() or c == " " else "\N{REPLACEMENT CHARACTER}" if c != "\n" else " " for c in text
    )


def _width(text: str) -> int:
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
