"""What can be wrong with the text of a program before anything in it has a meaning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from altac.diagnostics.problem import Label, Problem
from altac.source import Span

# --- brackets ---------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class UnclosedBracket(Problem):
    """``suspect``: an earlier block whose closing brace stands in another column than its opening line."""

    code: ClassVar[str] = "unclosed-bracket"
    title: ClassVar[str] = "`{bracket}` is never closed"
    label: ClassVar[str] = "should have been closed before here"
    bracket: str
    opener: Span
    suspect: Span | None = None

    def secondary(self) -> tuple[Label, ...]:
        places = (Label(self.opener, "opened here"),)
        if self.suspect is not None and self.suspect.start != self.opener.start:
            places += (Label(self.suspect, "or it is this one: its `}` stands in another column"),)
        return places


@dataclass(frozen=True, kw_only=True)
class UnexpectedClosing(Problem):
    code: ClassVar[str] = "unexpected-closing-bracket"
    title: ClassVar[str] = "`{bracket}` closes nothing"
    label: ClassVar[str] = "no bracket is open here that it could close"
    help: ClassVar[str] = "remove it, or add the opening bracket"
    bracket: str


@dataclass(frozen=True, kw_only=True)
class MismatchedBracket(Problem):
    code: ClassVar[str] = "mismatched-bracket"
    title: ClassVar[str] = "`{opening}` is closed by `{closing}`"
    label: ClassVar[str] = "does not match"
    closing: str
    opening: str
    opener: Span

    def secondary(self) -> tuple[Label, ...]:
        return (Label(self.opener, "opened here"),)


# --- limits -----------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class NestedTooDeeply(Problem):
    code: ClassVar[str] = "nested-too-deeply"
    title: ClassVar[str] = "nested more than {limit} levels deep"
    label: ClassVar[str] = "one level too many"
    help: ClassVar[str] = "name parts of it with `const`, `let` or `fn`, or use `match` or a table for a long chain"
    limit: int


@dataclass(frozen=True, kw_only=True)
class FileTooLarge(Problem):
    code: ClassVar[str] = "file-too-large"
    title: ClassVar[str] = "{name} has {size} characters; the limit is {limit}"
    help: ClassVar[str] = "write repeated parts as tables with `for`, or split the file and `import` its parts"
    name: str
    size: int
    limit: int


@dataclass(frozen=True, kw_only=True)
class NumberTooLong(Problem):
    code: ClassVar[str] = "number-too-long"
    title: ClassVar[str] = "a number of {digits} digits; the limit is {limit}"
    label: ClassVar[str] = "too long"
    digits: int
    limit: int


@dataclass(frozen=True, kw_only=True)
class TooManyErrors(Problem):
    code: ClassVar[str] = "too-many-errors"
    title: ClassVar[str] = "more errors follow; only the first {limit} are shown"
    limit: int


# --- the unexpected ---------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class UnexpectedText(Problem):
    """Something stands where the syntax has no place for it."""

    code: ClassVar[str] = "unexpected-text"
    title: ClassVar[str] = "unexpected {found}"
    label: ClassVar[str] = "expected {expected}"
    help: ClassVar[str] = "{hint}"
    found: str
    expected: str
    hint: str = ""


@dataclass(frozen=True, kw_only=True)
class MisplacedPart(Problem):
    """A part of a declaration that is well formed but not of the right kind."""

    code: ClassVar[str] = "misplaced-part"
    title: ClassVar[str] = "expected {expected}"
    label: ClassVar[str] = "this is not {expected}"
    help: ClassVar[str] = "{hint}"
    expected: str
    hint: str = ""


@dataclass(frozen=True, kw_only=True)
class HeadArguments(Problem):
    code: ClassVar[str] = "head-arguments"
    title: ClassVar[str] = "{what}"
    label: ClassVar[str] = "{where}"
    help: ClassVar[str] = "a head is written `attend(query: ..., key: ..., value: ...)`, with `at: ...` if need be{hint}"
    what: str
    where: str
    hint: str = ""


@dataclass(frozen=True, kw_only=True)
class BadEscape(Problem):
    code: ClassVar[str] = "bad-escape"
    title: ClassVar[str] = "unknown escape `{escape}` in a string"
    label: ClassVar[str] = "not an escape"
    help: ClassVar[str] = r'the escapes are \" \\ \n \t and \u{{...}} with a character number in hexadecimal'
    escape: str
