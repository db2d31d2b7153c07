"""What a syntax error means in the words of the language."""

from __future__ import annotations

from altac.diagnostics.elsewhere import ELSEWHERE
from altac.diagnostics.problem import Problem
from altac.diagnostics.syntax_errors import ElseWithoutIf, MissingBody, UnexpectedText
from altac.source import Source, Span
from altac.syntax.grammar import END, fixed_texts, keyword_terminals
from altac.syntax.layout import CLOSERS, DECLARES, OPERAND_END, SOFT
from altac.syntax.lexer import Token
from altac.syntax.machine import Machine
from altac.syntax.operators import surface

#: Tokens that can begin a value, beside operators.
_VALUES = SOFT | {
    "NAME", "INT", "DECIMAL", "STRING", "TRUE", "FALSE", "TOKEN", "POSITION", "REAL", "PAREN_OPEN", "BRACKET_OPEN", "SET_OPEN",
    "IF", "MATCH", "HOLE",
}  # fmt: skip
#: Operators of other languages that have none here.
_FOREIGN = {
    "**": "there is no operator for powers: multiply",
    "<<": "there are no shifts: multiply by a power of two",
    ">>": "there are no shifts: `div` by a power of two",
}
#: Words whose item is followed by a block.
_BODIES = {
    "IF": "`if`", "ELSE": "`else`", "FOR": "`for`", "MATCH": "`match`", "FN": "`fn`", "MLP": "`mlp`",
    "RULES": "`rules`", "ENUM": "`enum`", "COMPONENT": "`component`",
}  # fmt: skip


class Explainer:
    """Says why a token does not fit where a machine is stuck."""

    def __init__(self, source: Source, machine: Machine, tokens: list[Token]) -> None:
        self.source = source
        self.machine = machine
        self.tokens = tokens
        self.operators = surface().terminals
        self.values = _VALUES | surface().prefix
        self.after_values = self.operators | {"DOT", "BRACKET_OPEN", "PAREN_OPEN"}
        self.words = {terminal: word for word, terminal in keyword_terminals().items()}

    def explain(self, index: int) -> Problem:
        """What is wrong with the token at ``index`` (or with the end of the file)."""
        token = self._token(index)
        wanted = self.machine.acceptable()
        if token.type == "ELSE":
            return ElseWithoutIf(span=self._span(token))
        if "BLOCK_OPEN" in wanted and not (token.type in self.values and token.type != "SET_OPEN"):
            return self._missing_body(index, token, wanted)
        return self._unexpected(index, token, self._hint(index, token, wanted))

    def _unexpected(self, index: int, token: Token, hint: str) -> Problem:
        ends = token.type in ("SEPARATOR", END) and token.text != ";"
        span = self._after_previous(index) if ends or token.start == token.end else self._span(token)
        expected = self._expected(self.machine.acceptable())
        return UnexpectedText(span=span, found=self._describe(token), expected=expected, hint=hint)

    def _missing_body(self, index: int, token: Token, wanted: set[str]) -> Problem:
        place = index - 1
        while place > 0 and not (self._kind(place) in _BODIES and self.tokens[place].level == token.block):
            if self._kind(place) in ("SEPARATOR", "BLOCK_OPEN") and self.tokens[place].level <= token.block:
                break
            place -= 1
        what = _BODIES.get(self._kind(place), "this")
        if token.type == "COLON" or (token.type == "SEPARATOR" and self._kind(index + 1) == "SET_OPEN"):
            hint = "a block begins with `{` on the same line" + (" and ends with `}`" if token.type == "COLON" else "")
        elif what == "`fn`":
            hint = "write `= value` or `{ ... }`"
        else:
            hint = "write `{ ... }`"
        ends = token.type in ("SEPARATOR", END) and token.text != ";"
        span = self._after_previous(index) if ends else self._span(token)
        return MissingBody(span=span, what=what, expected=self._expected(wanted), hint=hint)

    def _describe(self, token: Token) -> str:
        if token.type == END:
            return "end of the file"
        if token.type == "SEPARATOR" and token.text != ";":
            return "end of the line"
        text = token.text if len(token.text) <= 40 else token.text[:37] + "..."
        if token.type in self.words and token.type not in SOFT:
            return f"keyword `{text}`"
        return f"`{text}`"

    def _expected(self, wanted: set[str]) -> str:
        """The acceptable terminals, in words."""
        parts: list[str] = []
        if {"NAME", "PROGRAM", "OF"} <= wanted:  # any word will do
            wanted = wanted - set(self.words) - {"HOLE"} | {"NAME"}
        if len(wanted & DECLARES) > 5:
            parts.append("a declaration")
            wanted = wanted - DECLARES - {"TEXT"}
        if "LET" in wanted:
            parts.append("a statement")
            wanted = wanted - self.values - {"LET", "FOR"}
        if {"INT", "NAME"} <= wanted:
            a_type = "SET" in wanted and "OF" not in wanted
            parts.append("a type" if a_type else "a value" if "PAREN_OPEN" in wanted else "a pattern")
            wanted = wanted - self.values - ({"SET"} if a_type else set())
        elif "NAME" in wanted:
            parts.append("a name")
            wanted = wanted - SOFT - {"NAME", "HOLE"}
        texts = fixed_texts()
        names = {"STRING": "a string", "BLOCK_OPEN": "`{`", "SET_OPEN": "`{`"}
        ending = "BRACE_CLOSE" in wanted and "SEPARATOR" in wanted
        rest = wanted - self.after_values - {"HOLE", "SEPARATOR", END} - ({"BRACE_CLOSE"} if ending else set())
        words = [names.get(kind) or f"`{texts.get(kind, kind)}`" for kind in sorted(rest)]
        parts.extend(sorted(words, key=lambda word: (word[1].isalpha(), word[1] in ")]}")))
        if "SEPARATOR" in wanted:
            parts.append("the end of the line")
        elif END in wanted and "a declaration" not in parts:
            parts.append("the end of the file")
        if not parts:
            parts.append("`(`" if wanted == {"PAREN_OPEN"} else "an operator")
        return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " or " + parts[-1]

    def _hint(self, index: int, token: Token, wanted: set[str]) -> str:
        before = self._token(index - 1) if index else token
        for word in (before, token):
            if word.type in SOFT | {"NAME"} and word.text in ELSEWHERE:
                return ELSEWHERE[word.text]
        if token.type == "FOREIGN" and token.text == "?":
            return "a conditional value is written `if c { a } else { b }`"
        if token.type == "STRING" and before.type == "NAME" and before.end == token.start:
            return "a string has no prefix; strings are joined with `+`"
        if before.type == "NOT" and "IN" in wanted:
            return "membership is tested with `not in`, inequality with `!=`"
        if token.type == "COMMA" and "ARROW" in wanted:
            return "several values of one arm are separated by `|`: `0 | 1 => ...`"
        if token.type == "RANGE" and not (before.type in self.values and before.end == token.start):
            return "a range is written with both of its ends: `0..9`"
        if token.type == "AT" and "LET" not in wanted and self._kind(self._first(index)) != "HEAD":
            return ELSEWHERE["left"]
        inside = before.level == token.level > token.block
        if token.type == "FOR" and inside:
            return "a list of what a loop gives is written in brackets: `sum([f(i) for i in 0..3])`"
        if token.type == "OF" and "IN" in wanted:
            return "a loop is written `for i in ...`"
        if token.type == "DOT" and self._kind(index + 1) == "INT":
            return f"write `0.{self.tokens[index + 1].text}`"
        if inside and "COMMA" in wanted and token.type in self.values and before.type in OPERAND_END:
            return "what stands in brackets is separated by `,`"
        if token.type == "ATTEND":
            return "attention is a declaration of its own, `head h = attend(...)`, and `h` is what is read elsewhere"
        if token.type == "TOKENS" and "TOKEN" in wanted:
            return "the token of a position is `token`, in the initial value of a variable"
        if token.type == "IF" and {"ARROW", "BAR"} <= wanted:
            return "the pattern of an arm has no condition: write an `if` in its block"
        if self._kind(index - 2) == "FN" and wanted == {"PAREN_OPEN"}:
            return "a function has parameters, `fn f(x) = ...`; a value that has a name is a `const`"
        if before.type == "ASSIGN" and wanted <= {"STRING"}:
            return "what follows a member or a token is how it is written in texts, a string; numbers of members begin at 0"
        if token.type == "SET":
            return "a set is written `{a, b}`, the empty one `{}`"
        if token.type == "RANGE" and self._kind(index - 2) == "RANGE":
            return "a range has no step: write `[2 * i for i in 0..4]`"
        if token.type == "COLON" and self._kind(index - 2) == "BRACKET_OPEN":
            return "a part of a list is taken with a range that holds both of its ends: `LIST[0..1]`"
        owner = self._kind(self._first(index))
        if owner == "USE" and "ASSIGN" in wanted:
            return "an instance is made with `use NAME = COMPONENT(...)`; a module is brought in with `import`"
        if token.type == "PAREN_OPEN" and {"ASSIGN", "BRACE_CLOSE"} <= wanted:
            return "the members of an enum hold no values: give what belongs to them a variable of its own"
        declaring = len(wanted & DECLARES) > 5
        if declaring and token.type in ("NAME", "IF", "MATCH", "FOR", *SOFT):
            return "statements stand in an `mlp { ... }` block or in a `fn`"
        if token.type in DECLARES and "LET" in wanted:
            if token.type == "VAR":
                return "variables are declared outside of blocks; a local value is written `let x = ...`"
            return "declarations stand outside of blocks"
        if token.type == "COMMA" and self._kind(self._first(index)) == "OUTPUT":
            return "a program has one output; further variables are seen with `altac trace`"
        if token.type == "FOREIGN":
            return _FOREIGN.get(token.text, "")
        if token.type == "SEMICOLON":
            return "inside brackets items are separated by `,`"
        if token.type == "UPDATE":
            return "`<-` updates a variable and stands in a statement of its own"
        if token.type == "BAR":
            return "`|` separates the patterns of an arm; conditions are joined with `or`, sets with `union(a, b)`"
        if token.type == "COMMA" and not inside and "BRACE_CLOSE" in wanted:
            return "a set or tuple as the value of an arm or block is written in parentheses: `({a, b})`"
        if "BLOCK_OPEN" in wanted and owner in _BODIES:
            return "a body stands between `{` and `}`"
        if owner == "HEAD" and token.type not in DECLARES:
            return ELSEWHERE["select"]
        starts = token.type in self.values | {"LET", "FOR"} | DECLARES
        if "SEPARATOR" in wanted and "COMMA" not in wanted and starts and not declaring:
            return "a new statement begins on a new line or after `;`"
        return ""

    # --- helpers ----------------------------------------------------------------------------------

    def _token(self, index: int) -> Token:
        if index < len(self.tokens):
            return self.tokens[index]
        return Token(END, "", len(self.source.text), len(self.source.text))

    def _kind(self, index: int) -> str:
        return self.tokens[index].type if 0 <= index < len(self.tokens) else END

    def _first(self, index: int) -> int:
        """The index of the first token of the statement or declaration that the token at ``index`` stands in."""
        block = self._token(index).block
        while index > 0:
            before = self.tokens[index - 1]
            if before.type == "SEPARATOR" and before.level == block:
                break
            if before.type == "BLOCK_OPEN" and before.level == block - 1:
                break
            index -= 1
        return index

    def _stop(self, index: int) -> int:
        """The index after the last token of the entry or item that the token at ``index`` stands in."""
        token = self.tokens[index]
        while index < len(self.tokens):
            here = self.tokens[index]
            inside = here.level > token.level or (here.level == token.level and here.type in CLOSERS)
            if here.level < token.level or (not inside and here.type in ("SEPARATOR", "COMMA")):
                break
            index += 1
        return index

    def _span(self, token: Token) -> Span:
        return Span(self.source, token.start, token.end)

    def _after_previous(self, index: int) -> Span:
        place = self.tokens[index - 1].end if index else 0
        return Span(self.source, place, place)
