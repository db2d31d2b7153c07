"""Problems as JSON, for tools."""

from __future__ import annotations

from typing import Any

from altac.diagnostics.problem import Problem
from altac.source import Span


def to_json(problem: Problem) -> dict[str, Any]:
    """The problem with its place; lines and columns count from 1, the end is exclusive."""
    return {
        "code": problem.code,
        "severity": problem.severity,
        "title": problem.render_title(),
        "label": problem.render_label(),
        "help": problem.render_help(),
        **_place(problem.span),
        "secondary": [{"text": label.text, **_place(label.span)} for label in problem.secondary()],
    }


def _place(span: Span | None) -> dict[str, Any]:
    if span is None:
        return {"file": None, "line": None, "column": None, "end_line": None, "end_column": None}
    line, column = span.source.position(span.start)
    end_line, end_column = span.source.position(span.end)
    return {"file": span.source.name, "line": line, "column": column, "end_line": end_line, "end_column": end_column}
