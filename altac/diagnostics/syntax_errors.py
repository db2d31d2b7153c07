"""What can be wrong with the text of a program before anything in it has a meaning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from altac.diagnostics.problem import Label, Problem, Severity
from altac.source import Span

# --- brackets ---------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class UnclosedBracket(Problem):
    """``suspect``: an earlier block whose closing brace stands in another column than its opening line."""

    code: ClassVar[str] = "unclosed-bracket"
    title: ClassVar[str] = "`{bracket}` is never closed"
    label: ClassVar[str] = "should have been closed before here"
    help: ClassVar[str] = "{hint}"
    bracket: str
    opener: Span
    suspect: Span | None = None
    hint: str = ""

    def secondary(self) -> tuple[Label, ...]:
        places: tuple[Label, ...] = (Label(self.opener, "opened here"),)
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
    size: int | str
    limit: int


@dataclass(frozen=True, kw_only=True)
class TooManyTokens(Problem):
    code: ClassVar[str] = "too-many-words"
    title: ClassVar[str] = "{name} has more than {limit:,} words and signs"
    help: ClassVar[str] = "write repeated parts as tables with `for`, or split the file and `import` its parts"
    name: str
    limit: int


@dataclass(frozen=True, kw_only=True)
class ChainTooLong(Problem):
    code: ClassVar[str] = "chain-too-long"
    title: ClassVar[str] = "a chain of more than {limit:,} operators"
    label: ClassVar[str] = "one too many"
    help: ClassVar[str] = "use a table, a `match` or a function of a list, such as `sum` and `any`"
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
    help: ClassVar[str] = (
        "a head is written `attend(query: ..., key: ..., value: ...)`, with `at: ...` if need be{hint}"
    )
    what: str
    where: str
    hint: str = ""


# --- words and operators ----------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class WrongOperator(Problem):
    """An operator of another language, or one of this language in another's place."""

    code: ClassVar[str] = "wrong-operator"
    mended: ClassVar[bool] = True
    title: ClassVar[str] = "`{found}` where `{right}` is meant"
    label: ClassVar[str] = "write `{right}`"
    help: ClassVar[str] = "{why}"
    found: str
    right: str
    why: str


@dataclass(frozen=True, kw_only=True)
class MisspeltKeyword(Problem):
    code: ClassVar[str] = "misspelt-keyword"
    mended: ClassVar[bool] = True
    title: ClassVar[str] = "unexpected `{word}`"
    label: ClassVar[str] = "no such keyword"
    help: ClassVar[str] = "did you mean `{meant}`?"
    word: str
    meant: str


@dataclass(frozen=True, kw_only=True)
class ReservedWord(Problem):
    code: ClassVar[str] = "reserved-word"
    title: ClassVar[str] = "`{word}` is a reserved word and cannot be a name"
    label: ClassVar[str] = "reserved"
    help: ClassVar[str] = "choose another name, such as `{word}_` or `my_{word}`"
    word: str


@dataclass(frozen=True, kw_only=True)
class MissingBody(Problem):
    code: ClassVar[str] = "missing-body"
    title: ClassVar[str] = "{what} has no body"
    label: ClassVar[str] = "expected {expected}"
    help: ClassVar[str] = "{hint}"
    what: str
    expected: str
    hint: str


@dataclass(frozen=True, kw_only=True)
class BodyOnNextLine(Problem):
    code: ClassVar[str] = "body-on-next-line"
    title: ClassVar[str] = "`{{` begins a line of its own"
    label: ClassVar[str] = "belongs at the end of the line before"
    help: ClassVar[str] = "a line end ends a statement, so its block begins on the same line"


@dataclass(frozen=True, kw_only=True)
class ElseWithoutIf(Problem):
    code: ClassVar[str] = "else-without-if"
    title: ClassVar[str] = "`else` without an `if`"
    label: ClassVar[str] = "belongs to no `if`"
    help: ClassVar[str] = "`else` directly follows the `}}` of an `if`; in a `match` the rest is written `_ => ...`"


@dataclass(frozen=True, kw_only=True)
class CommentNotDivision(Problem):
    """A number behind ``//`` directly after an operand: likely a floor division as other languages write it."""

    code: ClassVar[str] = "comment-not-division"
    title: ClassVar[str] = "`{comment}` is a comment, not a division"
    label: ClassVar[str] = "ignored"
    help: ClassVar[str] = "floor division is written `div`; if it is a comment, put two spaces before it"
    severity: ClassVar[Severity] = "warning"
    comment: str


# --- characters, strings and numbers ----------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class UnexpectedCharacter(Problem):
    code: ClassVar[str] = "unexpected-character"
    title: ClassVar[str] = "unexpected character {shown}"
    label: ClassVar[str] = "not part of the language"
    help: ClassVar[str] = "{hint}"
    shown: str
    hint: str = ""


@dataclass(frozen=True, kw_only=True)
class LoneCarriageReturn(Problem):
    code: ClassVar[str] = "lone-carriage-return"
    title: ClassVar[str] = "a line ends with a carriage return alone"
    label: ClassVar[str] = "no line feed follows"
    help: ClassVar[str] = "save the file with line ends of one kind, `\\n` or `\\r\\n`"


@dataclass(frozen=True, kw_only=True)
class BinaryFile(Problem):
    code: ClassVar[str] = "binary-file"
    title: ClassVar[str] = "{name} is not a text file"
    label: ClassVar[str] = "a zero character"
    help: ClassVar[str] = "altac reads programs as UTF-8 text"
    name: str


@dataclass(frozen=True, kw_only=True)
class UnreadableFile(Problem):
    code: ClassVar[str] = "unreadable-file"
    title: ClassVar[str] = "cannot read {name}: {reason}"
    name: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class NotUtf8(Problem):
    code: ClassVar[str] = "not-utf8"
    title: ClassVar[str] = "{name} is not UTF-8 text: byte {byte} at offset {offset}, line {line}"
    help: ClassVar[str] = "save it as UTF-8"
    name: str
    byte: str
    offset: int
    line: int


@dataclass(frozen=True, kw_only=True)
class UnterminatedString(Problem):
    code: ClassVar[str] = "unterminated-string"
    title: ClassVar[str] = "the string is not closed"
    label: ClassVar[str] = 'no `"` before the end of the line'
    help: ClassVar[str] = 'add the closing `"`; a string stays on one line, and a line break in it is written `\\n`'


@dataclass(frozen=True, kw_only=True)
class SingleQuotes(Problem):
    code: ClassVar[str] = "single-quotes"
    mended: ClassVar[bool] = True
    title: ClassVar[str] = "strings are written in double quotes"
    label: ClassVar[str] = "single quotes"
    help: ClassVar[str] = "write `{fixed}`"
    fixed: str


@dataclass(frozen=True, kw_only=True)
class BadEscape(Problem):
    code: ClassVar[str] = "bad-escape"
    title: ClassVar[str] = "unknown escape `{escape}` in a string"
    label: ClassVar[str] = "not an escape"
    help: ClassVar[str] = r"the escapes are \" \\ \n \t and \u{{...}} with a character number in hexadecimal"
    escape: str


@dataclass(frozen=True, kw_only=True)
class BadNumber(Problem):
    code: ClassVar[str] = "bad-number"
    title: ClassVar[str] = "`{text}` is neither a number nor a name"
    label: ClassVar[str] = "letters directly after digits"
    help: ClassVar[str] = "{hint}"
    text: str
    hint: str
