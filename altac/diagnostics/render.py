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
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from altac.diagnostics.problem import Problem
from altac.source import Span
from altac.styled import Line, Style, ansi, cells, plain, printable, unstyled


@dataclass(frozen=True)
class _Mark:
    span: Span
    text: str
    primary: bool


def render(problem: Problem, *, color: bool = False, width: int = 100) -> str:
    """``problem`` as text of at most ``width`` columns, with the source line and the span underlined."""
    return _text(problem_lines(problem, width), color)


def render_all(problems: Sequence[Problem], *, color: bool = False, width: int = 100) -> str:
    """All problems, a blank line between them, and a count at the end if there are several."""
    return _text(problems_lines(problems, width), color)


def _text(lines: Iterator[Line], color: bool) -> str:
    return ansi(lines) if color else "\n".join(map(unstyled, lines))


def problem_lines(problem: Problem, width: int = 100) -> Iterator[Line]:
    """The lines of ``problem``, of at most ``width`` columns."""
    return map(_trimmed, _Renderer(max(width, 30)).problem(problem, problem.render_help()))


def problems_lines(problems: Sequence[Problem], width: int = 100, said: set[str] | None = None) -> Iterator[Line]:
    """The lines of all problems, a blank line between them, and a count at the end if there are several. A help that
    several of them have is said once, and then pointed to; ``said`` has those that were said before, and is added to."""
    renderer = _Renderer(max(width, 30))
    said = set() if said is None else said
    for index, problem in enumerate(problems):
        if index:
            yield plain("")
        hint = problem.render_help()
        yield from map(_trimmed, renderer.problem(problem, "as above" if hint in said else hint))
        if hint:
            said.add(hint)
    errors = sum(p.severity == "error" for p in problems)
    if len(problems) > 1:
        warnings = len(problems) - errors
        counts = [f"{n} {what}{'s' if n > 1 else ''}" for n, what in ((errors, "error"), (warnings, "warning")) if n]
        yield plain("")
        yield plain(" and ".join(counts))


def _trimmed(line: Line) -> Line:
    """The line without blanks at its end."""
    *before, (text, style) = line
    text = text.rstrip()
    return _trimmed(tuple(before)) if before and not text else (*before, (text, style))


class _Renderer:
    def __init__(self, width: int) -> None:
        self.width = width

    def problem(self, problem: Problem, hint: str) -> list[Line]:
        """A problem with ``hint`` for its help."""
        severity = problem.severity
        style: Style = "error" if severity == "error" else "warning"
        head = f"{severity}[{problem.code}]: "
        title = textwrap.wrap(
            printable(problem.render_title()), self.width, initial_indent=" " * len(head), subsequent_indent="  "
        )
        title = title or [" " * len(head)]
        lines: list[Line] = [((head, style), (title[0].strip(), "strong")), *map(plain, title[1:])]
        marks = []
        if problem.span is not None:
            marks.append(_Mark(problem.span, problem.render_label(), True))
        marks += [_Mark(label.span, label.text, False) for label in problem.secondary()]
        numbers = [m.span.source.position(max(m.span.start, m.span.end - 1))[0] for m in marks]
        gutter = len(str(max(numbers, default=0)))
        for index, group in enumerate(_by_source(marks)):
            lines += self.excerpt(group, gutter, style, first=index == 0)
        if hint:
            if marks:
                lines.append(((" " * gutter + " |", "frame"),))
            lead = " " * gutter + " = " if marks else "  "
            first, *rest = _wrapped(hint, lead + "help: ", self.width) or [lead + "help: "]
            lines.append(((lead, "frame"), ("help:", "help"), (first[len(lead) + len("help:") :], "plain")))
            lines += map(plain, rest)
        return lines

    def excerpt(self, marks: list[_Mark], gutter: int, style: Style, first: bool) -> list[Line]:
        """The source lines of marks in one file."""
        place = marks[0].span
        bar: tuple[str, Style] = (" " * gutter + " |", "frame")
        lines: list[Line] = [((" " * gutter + ("--> " if first else "::: "), "frame"), (str(place), "plain")), (bar,)]
        previous = None
        by_line: dict[int, list[_Mark]] = {}
        for mark in marks:
            by_line.setdefault(mark.span.line, []).append(mark)
        for number in sorted(by_line):
            if previous is not None and number > previous + 1:
                lines.append(((" " * gutter + " ...", "frame"),))
            lines += self.line(number, by_line[number], gutter, style, bar)
            previous = number
        return lines

    def line(self, number: int, marks: list[_Mark], gutter: int, style: Style, bar: tuple[str, Style]) -> list[Line]:
        source = marks[0].span.source
        text = source.line(number)
        room = self.width - gutter - 3
        primary = marks[0]
        start, end = _columns(primary.span, text, number)
        cut_left = 0
        if cells(_expand(text)) > room:
            cut_left = max(0, start - room // 3)
        shown, offset = _window(text, cut_left, room)
        result: list[Line] = [((f"{number:>{gutter}} |", "frame"), (" " + shown if shown else "", "plain"))]
        for mark in sorted(marks, key=lambda m: m.span.start):
            start, end = _columns(mark.span, text, number)
            left = cells(_expand(text[cut_left : max(start, cut_left)])) + offset
            more = " …" if mark.span.source.position(max(mark.span.start, mark.span.end - 1))[0] > number else ""
            left = min(left, room - 1 - len(more))  # what lies beyond the cut is marked at its edge
            length = max(1, cells(_expand(text[max(start, cut_left) : end])))
            length = min(length, room - left - len(more))
            sign = ("^" if mark.primary else "-") * length
            color: Style = style if mark.primary else "frame"
            label = printable(mark.text)
            if label and left + length + len(more) + 1 + cells(label) <= room:
                result.append((bar, (" " + " " * left, "plain"), (f"{sign}{more} {label}", color)))
            else:
                result.append((bar, (" " + " " * left, "plain"), (sign + more, color)))
                indent = min(left, max(0, room - cells(label))) if cells(label) <= room else 0
                for part in textwrap.wrap(label, max(10, room - indent), break_on_hyphens=False):
                    result.append((bar, (" " + " " * indent, "plain"), (part, color)))
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
        if cells(shown) + cells(piece) > room - 1:
            return shown + "…", len(lead)
        shown += piece
    return shown.rstrip(), len(lead)


def _expand(text: str) -> str:
    return "".join("    " if c == "\t" else printable(c) for c in text)
