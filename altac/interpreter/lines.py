"""Files of inputs: one JSON string or array per line."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import TextIOWrapper
from typing import Any, TextIO

from altac.diagnostics.cli_errors import BadLine
from altac.diagnostics.problem import AltacError, Problem


@dataclass(frozen=True)
class Line:
    """A line of an inputs file, from 1: the input, or why it is none."""

    number: int
    given: Any = None
    problem: Problem | None = None


def open_lines(path: str) -> TextIO:
    """The file of inputs at ``path``, - for standard input. Raises `AltacError` if it cannot be read."""
    if path == "-":
        return TextIOWrapper(sys.stdin.buffer, encoding="utf-8", errors="replace")
    try:
        return open(path, encoding="utf-8", errors="replace")
    except (OSError, ValueError) as error:
        from altac.diagnostics.syntax_errors import UnreadableFile

        reason = str(getattr(error, "strerror", None) or error).lower()
        raise AltacError(UnreadableFile(name=path, reason=reason)) from None


def parse_lines(lines: Iterable[str], file: str) -> Iterator[Line]:
    """The inputs in ``lines``; blank lines are left out."""
    for number, text in enumerate(lines, 1):
        if text.strip():
            yield _parsed(text, file, number)


def _parsed(text: str, file: str, number: int) -> Line:
    """An input from JSON: a string or an array of strings and whole numbers."""
    reason = ""
    try:
        value = json.loads(text)
        if not isinstance(value, str | list):
            reason = "expected a JSON string or array"
        elif isinstance(value, list):
            for i, item in enumerate(value):
                if isinstance(item, bool) or not isinstance(item, str | int):
                    reason = f"item {i} is {json.dumps(item)[:40]}, not a token name or a number"
                    break
    except RecursionError:
        reason = "nested too deeply"
    except ValueError as error:
        reason = f"not JSON: {error}"
    if reason:
        return Line(number, problem=BadLine(file=file, line=number, reason=reason))
    return Line(number, value)
