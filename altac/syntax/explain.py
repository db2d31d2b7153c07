"""What a syntax error means in the words of the language, and how to repair the common ones."""

from __future__ import annotations

from dataclasses import dataclass

from altac.diagnostics.problem import Problem
from altac.diagnostics.syntax_errors import UnexpectedText
from altac.source import Source, Span
from altac.syntax.lalr import Machine
from altac.syntax.lexer import Token


@dataclass(frozen=True)
class Repair:
    """A problem whose fix is so likely that reading goes on as if it had been made: the ``consumed`` tokens
    are read as ``tokens``."""

    problem: Problem
    consumed: int
    tokens: list[Token]


class Explainer:
    def __init__(self, source: Source, machine: Machine, tokens: list[Token]) -> None:
        self.source = source
        self.machine = machine
        self.tokens = tokens

    def repair(self, index: int) -> Repair | None:
        return None

    def explain(self, index: int) -> Problem:
        if index < len(self.tokens):
            token = self.tokens[index]
        else:
            token = Token("$END", "", len(self.source.text), len(self.source.text))
        span = Span(self.source, token.start, token.end)
        return UnexpectedText(
            span=span, found=f"`{token.text}`", expected=", ".join(sorted(self.machine.acceptable()))
        )
