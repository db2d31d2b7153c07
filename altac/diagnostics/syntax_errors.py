"""What can be wrong with the text of a program before anything in it has a meaning."""

from __future__ import annotations

from altac.diagnostics.problem import Label, Problem, diagnostic
from altac.source import Span

# --- brackets ---------------------------------------------------------------------------------


@diagnostic
class UnclosedBracket(Problem):
    """``suspect``: an earlier block whose closing brace stands in another column than its opening line."""

    code = "unclosed-bracket"
    title = "`{bracket}` is never closed"
    label = "should have been closed before here"
    help = "{hint}"
    bracket: str
    opener: Span
    suspect: Span | None = None
    hint: str = ""

    def secondary(self) -> tuple[Label, ...]:
        places: tuple[Label, ...] = (Label(self.opener, "opened here"),)
        if self.suspect is not None and self.suspect.start != self.opener.start:
            places += (Label(self.suspect, "or it is this one: its `}` stands in another column"),)
        return places


@diagnostic
class UnexpectedClosing(Problem):
    code = "unexpected-closing-bracket"
    title = "`{bracket}` closes nothing"
    label = "no bracket is open here that it could close"
    help = "remove it, or add the opening bracket"
    bracket: str


@diagnostic
class MismatchedBracket(Problem):
    code = "mismatched-bracket"
    title = "`{opening}` is closed by `{closing}`"
    label = "does not match"
    closing: str
    opening: str
    opener: Span

    def secondary(self) -> tuple[Label, ...]:
        return (Label(self.opener, "opened here"),)


# --- limits -----------------------------------------------------------------------------------


@diagnostic
class NestedTooDeeply(Problem):
    code = "nested-too-deeply"
    title = "nested more than {limit} levels deep"
    label = "one level too many"
    help = "name parts of it with `const`, `let` or `fn`, or use `match` or a table for a long chain"
    limit: int


@diagnostic
class FileTooLarge(Problem):
    code = "file-too-large"
    title = "{name} has {size} characters; the limit is {limit}"
    help = "write repeated parts as tables with `for`, or split the file and `import` its parts"
    name: str
    size: int | str
    limit: int


@diagnostic
class TooManyTokens(Problem):
    code = "too-many-words"
    title = "{name} has more than {limit:,} words, signs and line ends"
    help = "write repeated parts as tables with `for`, or split the file and `import` its parts"
    name: str
    limit: int


@diagnostic
class ChainTooLong(Problem):
    code = "chain-too-long"
    title = "a chain of more than {limit:,} operators"
    label = "one too many"
    help = "use a table, a `match` or a function of a list, such as `sum` and `any`"
    limit: int


@diagnostic
class NumberTooLong(Problem):
    code = "number-too-long"
    title = "a number of {digits} digits; the limit is {limit}"
    label = "too long"
    digits: int
    limit: int


@diagnostic
class TooManyErrors(Problem):
    code = "too-many-errors"
    title = "more errors follow; only the first {limit} are shown"
    limit: int


# --- the unexpected ---------------------------------------------------------------------------


@diagnostic
class UnexpectedText(Problem):
    """Something stands where the syntax has no place for it."""

    code = "unexpected-text"
    title = "unexpected {found}"
    label = "expected {expected}"
    help = "{hint}"
    found: str
    expected: str
    hint: str = ""


@diagnostic
class MisplacedPart(Problem):
    """A part of a declaration that is well formed but not of the right kind."""

    code = "misplaced-part"
    title = "expected {expected}"
    label = "this is not {expected}"
    help = "{hint}"
    expected: str
    hint: str = ""


@diagnostic
class HeadArguments(Problem):
    code = "head-arguments"
    title = "{what}"
    label = "{where}"
    help = "a head is written `attend(query: ..., key: ..., value: ...)`, with `at: ...` if need be{hint}"
    what: str
    where: str
    hint: str = ""


# --- words and operators ----------------------------------------------------------------------


@diagnostic
class WrongOperator(Problem):
    """An operator of another language, or one of this language in another's place."""

    code = "wrong-operator"
    mended = True
    title = "`{found}` where `{right}` is meant"
    label = "write `{right}`"
    help = "{why}"
    found: str
    right: str
    why: str


@diagnostic
class MisspeltKeyword(Problem):
    code = "misspelt-keyword"
    mended = True
    title = "unexpected `{word}`"
    label = "no such keyword"
    help = "did you mean `{meant}`?"
    word: str
    meant: str


@diagnostic
class ReservedWord(Problem):
    code = "reserved-word"
    title = "`{word}` is a reserved word and cannot be a name"
    label = "reserved"
    help = "choose another name, such as `{word}_` or `my_{word}`"
    word: str


@diagnostic
class MissingBody(Problem):
    code = "missing-body"
    title = "{what} has no body"
    label = "expected {expected}"
    help = "{hint}"
    what: str
    expected: str
    hint: str


@diagnostic
class MissingBrace(Problem):
    """Indented lines that look like a body, and a closing brace too many."""

    code = "missing-brace"
    title = "a body is not opened"
    label = "expected `{{`"
    help = "bodies stand between `{{` and `}}`; indentation has no meaning"
    mended = True


@diagnostic
class BodyOnNextLine(Problem):
    code = "body-on-next-line"
    title = "`{{` begins a line of its own"
    label = "belongs at the end of the line before"
    help = "a line end ends a statement, so its block begins on the same line"


@diagnostic
class MissingIf(Problem):
    """A condition and a block, without the word that says so."""

    code = "missing-if"
    title = "a block after a condition, without `if`"
    label = "write `if` before it"
    help = "a statement under a condition is written `if c {{ ... }}`"
    mended = True


@diagnostic
class ElseWithoutIf(Problem):
    code = "else-without-if"
    title = "`else` without an `if`"
    label = "belongs to no `if`"
    help = "`else` directly follows the `}}` of an `if`; in a `match` the rest is written `_ => ...`"


@diagnostic
class CommentNotDivision(Problem):
    """A number behind ``//`` directly after an operand: likely a floor division as other languages write it."""

    code = "comment-not-division"
    title = "`{comment}` is a comment, not a division"
    label = "ignored"
    help = "floor division is written `div`; if it is a comment, put two spaces before it"
    severity = "warning"
    comment: str


# --- characters, strings and numbers ----------------------------------------------------------


@diagnostic
class UnexpectedCharacter(Problem):
    code = "unexpected-character"
    title = "unexpected character {shown}"
    label = "not part of the language"
    help = "{hint}"
    shown: str
    hint: str = ""


@diagnostic
class LoneCarriageReturn(Problem):
    code = "lone-carriage-return"
    title = "a line ends with a carriage return alone"
    label = "no line feed follows"
    help = "save the file with line ends of one kind, `\\n` or `\\r\\n`"


@diagnostic
class BinaryFile(Problem):
    code = "binary-file"
    title = "{name} is not a text file"
    label = "a zero character"
    help = "altac reads programs as UTF-8 text"
    name: str


@diagnostic
class UnreadableFile(Problem):
    code = "unreadable-file"
    title = "cannot read {name}: {reason}"
    help = "{hint}"
    name: str
    reason: str
    hint: str = ""


@diagnostic
class NotUtf8(Problem):
    code = "not-utf8"
    title = "{name} is not UTF-8 text: byte {byte} at offset {offset}, line {line}"
    help = "save it as UTF-8"
    name: str
    byte: str
    offset: int
    line: int


@diagnostic
class UnterminatedString(Problem):
    code = "unterminated-string"
    title = "the string is not closed"
    label = 'no `"` before the end of the line'
    help = 'add the closing `"`; a string stays on one line, and a line break in it is written `\\n`'


@diagnostic
class SingleQuotes(Problem):
    code = "single-quotes"
    mended = True
    title = "strings are written in double quotes"
    label = "single quotes"
    help = "write `{fixed}`"
    fixed: str


@diagnostic
class BadEscape(Problem):
    code = "bad-escape"
    title = "unknown escape `{escape}` in a string"
    label = "not an escape"
    help = r"the escapes are \" \\ \n \t and \u{{...}} with a character number in hexadecimal"
    escape: str


@diagnostic
class BadNumber(Problem):
    code = "bad-number"
    title = "`{text}` is neither a number nor a name"
    label = "letters directly after digits"
    help = "{hint}"
    text: str
    hint: str
