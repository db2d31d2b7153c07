"""What a syntax error means in the words of the language, and how to repair the common ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from altac.diagnostics.problem import Problem, did_you_mean
from altac.diagnostics.syntax_errors import (
    ElseWithoutIf,
    MissingBody,
    MissingIf,
    MisspeltKeyword,
    ReservedWord,
    UnexpectedText,
    WrongOperator,
)
from altac.source import Source, Span
from altac.syntax.grammar import END, fixed_texts, keyword_terminals
from altac.syntax.layout import CLOSERS, DECLARES, OPERAND_END, SOFT
from altac.syntax.lexer import Token
from altac.syntax.machine import Machine
from altac.syntax.operators import surface

#: Reserved words that a missing operand more likely precedes than that they are meant as a name.
_STRUCTURAL = frozenset({"ELSE", "AS", "AT", "WHEN", "OF", "IF", "FOR", "MATCH", "LET"})
#: Tokens that can begin a value, beside operators.
_VALUES = SOFT | {
    "NAME", "INT", "DECIMAL", "STRING", "TRUE", "FALSE", "TOKEN", "POSITION", "REAL", "PAREN_OPEN", "BRACKET_OPEN", "SET_OPEN",
    "IF", "MATCH", "HOLE",
}  # fmt: skip
#: What comes before a whole value.
_BEFORE_VALUES = frozenset({"ASSIGN", "UPDATE", "ARROW", "COMMA", "COLON", "PAREN_OPEN", "BRACKET_OPEN", "SET_OPEN"})
#: What stands in no condition.
_NO_CONDITION = frozenset({"ASSIGN", "UPDATE", "ARROW", "IF", "ELSE", "MATCH", "FOR", "LET", "HOLE"})
_ARITHMETIC = frozenset({"PLUS", "MINUS", "TIMES", "DIVIDE", "MODULO"})
_BODIES = {
    "IF": "`if`", "ELSE": "`else`", "FOR": "`for`", "MATCH": "`match`", "FN": "`fn`", "MLP": "`mlp`",
    "RULES": "`rules`", "ENUM": "`enum`", "COMPONENT": "`component`",
}  # fmt: skip
#: Words that begin something in other languages, and how that is said here.
_ELSEWHERE = {
    "return": "the value of a `fn` is the expression that ends its block",
    "while": "layers are the loop: the `mlp` block runs once per layer until the program halts",
    "loop": "layers are the loop: the `mlp` block runs once per layer until the program halts",
    "def": "functions are declared with `fn`",
    "function": "functions are declared with `fn`",
    "func": "functions are declared with `fn`",
    "fun": "functions are declared with `fn`",
    "switch": "a choice between values is written `match x { A => ..., _ => ... }`",
    "case": "an arm of a `match` is written `PATTERN => ...`",
    "elif": "write `else if`",
    "class": "what belongs together is a `component`",
    "struct": "what belongs together is a `component`",
    "break": "there are no jumps: a program halts when its `halt when` condition holds",
    "continue": "there are no jumps: guard the statements with `if`",
    "lambda": "functions are declared with `fn` and have names",
    "mut": "what changes from layer to layer is a `var`; a `let` never changes",
}


@dataclass(frozen=True)
class Repair:
    """A problem whose fix is so likely that reading goes on as if it had been made: the tokens ``start:stop``
    are read as ``tokens``. If ``start`` is before the token that did not fit, it begins the current item."""

    problem: Problem
    start: int
    stop: int
    tokens: list[Token]


class Explainer:
    """Looks at where a machine is stuck."""

    def __init__(self, source: Source, machine: Machine, tokens: list[Token]) -> None:
        self.source = source
        self.machine = machine
        self.tokens = tokens
        self.operators = surface().terminals
        self.values = _VALUES | surface().prefix
        self.after_values = self.operators | {"DOT", "BRACKET_OPEN", "PAREN_OPEN"}
        self.words = {terminal: word for word, terminal in keyword_terminals().items()}

    # --- repairs ----------------------------------------------------------------------------------

    def repair(self, index: int) -> Repair | None:
        """A likely fix for the token at ``index``, which does not fit."""
        token = self.tokens[index]
        attempts: tuple[Callable[[int, Token], Repair | None], ...] = (
            self._else_arm, self._else_of_head, self._conditional, self._missing_if, self._compound, self._sign, self._operator,
            self._missing_colon, self._reserved, self._local_declaration, self._misspelt, self._unpacking,
            self._halt_layers,
        )  # fmt: skip
        for attempt in attempts:
            repair = attempt(index, token)
            if repair is not None:
                return repair
        return None

    def _replace(self, index: int, kind: str, text: str, problem: Problem) -> Repair:
        token = self.tokens[index]
        fixed = Token(kind, text, token.start, token.end, token.level, token.block)
        return Repair(problem, index, index + 1, [fixed])

    def _operator(self, index: int, token: Token) -> Repair | None:
        before = self._kind(index - 1)
        wrong = token.text
        if token.type == "ASSIGN" or wrong in (":=", "->"):
            named = before in SOFT | {"NAME"} and self._kind(index - 2) in ("PAREN_OPEN", "COMMA")
            tests = self._kind(self._first(index)) == "TEST"
            for kind, text, why in (
                ("ARROW", "=>", "a test is written `test INPUT => OUTPUT`") if tests else ("", "", ""),
                ("ARROW", "=>", "an arm of a `match` is written `PATTERN => ...`") if wrong == "->" else ("", "", ""),
                ("COLON", ":", "a named argument is written `name: value`") if named else ("", "", ""),
                ("UPDATE", "<-", "a variable is updated with `<-`; `=` gives a new name its value"),
                ("ASSIGN", "=", "a new name gets its value with `=`"),
                ("EQUAL", "==", "values are compared with `==`"),
                ("ARROW", "=>", "an arm of a `match` is written `PATTERN => ...`"),
            ):
                if kind and self.machine.accepts(kind):
                    problem = WrongOperator(span=self._span(token), found=wrong, right=text, why=why)
                    return self._replace(index, kind, text, problem)
        for found, kind, text, why in (
            ("UPDATE", "ASSIGN", "=", "a new name gets its value with `=`; `<-` updates a variable"),
            ("EQUAL", "ASSIGN", "=", "`==` compares; here `=` is needed"),
            ("ARROW", "ASSIGN", "=", "a function whose body is one expression is written `fn f(x) = ...`"),
            ("COLON", "ARROW", "=>", "an arm of a `match` is written `PATTERN => ...`"),
            ("ASSIGN", "ARROW", "=>", "an arm of a `match` is written `PATTERN => ...`"),
            ("COLON", "ASSIGN", "=", "a value is given with `=`"),
        ):
            if token.type == found and self.machine.accepts(kind):
                problem = WrongOperator(span=self._span(token), found=token.text, right=text, why=why)
                return self._replace(index, kind, text, problem)
        if token.type == "UPDATE" and self.machine.accepts("LESS", "MINUS"):
            why = "`<-` updates a variable; put a space between `<` and a minus"
            problem = WrongOperator(span=self._span(token), found="<-", right="< -", why=why)
            middle = token.start + 1
            less = Token("LESS", "<", token.start, middle, token.level, token.block)
            minus = Token("MINUS", "-", middle, token.end, token.level, token.block)
            return Repair(problem, index, index + 1, [less, minus])
        return None

    def _missing_colon(self, index: int, token: Token) -> Repair | None:
        """``var x bool``: a type follows a colon."""
        declares = self._kind(index - 2) in ("VAR", "PARAM", "CONST", "LET", "HEAD")
        if not declares or token.type not in ("NAME", "REAL", "SET") or not self.machine.accepts("COLON"):
            return None
        name = self.tokens[index - 1]
        span = Span(self.source, name.start, token.end)
        right = f"{name.text}: {token.text}"
        problem = WrongOperator(span=span, found=span.text, right=right, why="a type follows a colon")
        colon = Token("COLON", ":", name.end, name.end, token.level, token.block)
        return Repair(problem, index, index, [colon])

    def _reserved(self, index: int, token: Token) -> Repair | None:
        if token.type not in self.words or token.type in SOFT or not self.machine.accepts("NAME"):
            return None
        naming = self._kind(index - 1) in ("VAR", "HEAD", "FN", "LET", "PARAM", "CONST", "TYPE", "ENUM", "COMPONENT",
                                           "USE", "PROGRAM", "FOR")  # fmt: skip
        if not naming:
            if token.type in _STRUCTURAL | self.operators:
                return None
            uses = self.after_values | {"UPDATE", "ASSIGN", "COMMA", "ARROW", "COLON", "PAREN_CLOSE", "BRACKET_CLOSE"}
            if self._first(index) == index and self._kind(index + 1) not in uses:
                return None
            if token.type in DECLARES and not self.machine.accepts("NAME", self._kind(index + 1)):
                return None
        return self._replace(index, "NAME", token.text, ReservedWord(span=self._span(token), word=token.text))

    def _local_declaration(self, index: int, token: Token) -> Repair | None:
        """``let`` outside of a block is a `const`."""
        if token.type == "LET" and self.machine.accepts("CONST"):
            why = "outside of blocks a name for a value is declared with `const`"
            problem = WrongOperator(span=self._span(token), found="let", right="const", why=why)
            return self._replace(index, "CONST", "const", problem)
        return None

    def _misspelt(self, index: int, token: Token) -> Repair | None:
        if token.type == "NAME":
            wanted = {self.words[kind] for kind in self.machine.acceptable() if kind in self.words}
            meant = _similar(token.text, wanted)
            if meant and not self.machine.accepts("NAME"):
                problem = MisspeltKeyword(span=self._span(token), word=token.text, meant=meant)
                return self._replace(index, keyword_terminals()[meant], meant, problem)
        first = self._first(index)
        if first == index - 1 and self._kind(first) == "NAME" and token.level == token.block:
            word = self.tokens[first]
            meant = _similar(word.text, ("let", "for", "if", "match"))
            if meant:
                problem = MisspeltKeyword(span=self._span(word), word=word.text, meant=meant)
                kind = keyword_terminals()[meant]
                fixed = Token(kind, meant, word.start, word.end, word.level, word.block)
                return Repair(problem, first, first + 1, [fixed])
        return None

    def _halt_layers(self, index: int, token: Token) -> Repair | None:
        """``halt layers 3``"""
        if token.type != "LAYERS" or self._kind(index - 1) != "HALT":
            return None
        span = Span(self.source, self.tokens[index - 1].start, token.end)
        why = "how many layers there are at most is a declaration of its own"
        return Repair(WrongOperator(span=span, found=span.text, right="layers", why=why), index - 1, index, [])

    def _else_arm(self, index: int, token: Token) -> Repair | None:
        if token.type == "ELSE" and self._kind(index + 1) == "ARROW" and self.machine.accepts("NAME", "ARROW"):
            why = "the arm for everything else is written `_ => ...`"
            problem = WrongOperator(span=self._span(token), found="else", right="_", why=why)
            return self._replace(index, "NAME", "_", problem)
        return None

    def _unpacking(self, index: int, token: Token) -> Repair | None:
        """``for a, b in`` and ``let a, b =``: the names belong in parentheses."""
        names = SOFT | {"NAME"}
        first = self._first(index)
        if token.type != "COMMA" or self._kind(first) not in ("FOR", "LET") or index != first + 2:
            return None
        stop = index
        while self._kind(stop) == "COMMA" and self._kind(stop + 1) in names:
            stop += 2
        start = self.tokens[first + 1]
        inner = self.tokens[first + 1 : stop]
        span = Span(self.source, start.start, inner[-1].end)
        right = "(" + ", ".join(t.text for t in inner if t.type != "COMMA") + ")"
        why = "several names are written in parentheses"
        problem = WrongOperator(span=span, found=span.text, right=right, why=why)
        opening = Token("PAREN_OPEN", "(", span.start, span.start, start.level, start.block)
        closing = Token("PAREN_CLOSE", ")", span.end, span.end, start.level, start.block)
        return Repair(problem, first, stop, [self.tokens[first], opening, *inner, closing])

    def _else_of_head(self, index: int, token: Token) -> Repair | None:
        """``head h = v at -1 else 0``"""
        if token.type != "ELSE" or self._kind(self._first(index)) != "HEAD":
            return None
        hint = (
            "a head that selects nothing has no value: give one where it is read,"
            " as in `if first { 0 } else { left }` with a variable `first` that tells where"
        )
        return Repair(self._unexpected(index, token, hint), index, self._stop(index), [])

    def _conditional(self, index: int, token: Token) -> Repair | None:
        """``x <- a if c else b``"""
        first = self._first(index)
        if token.type != "IF" or index == first or self._kind(index - 1) not in OPERAND_END - {"BRACE_CLOSE"}:
            return None
        value = index
        while value > first and not (
            self._kind(value - 1) in _BEFORE_VALUES and self.tokens[value - 1].level <= token.level
        ):
            value -= 1
        hint = "a conditional value is written `if c { a } else { b }`, a statement under a condition `if c { ... }`"
        hole = Token("HOLE", "", token.start, token.start, token.level, token.block)
        kept = self.tokens[first:value]
        return Repair(self._unexpected(index, token, hint), first, self._stop(index), [*kept, hole])

    def _missing_if(self, index: int, token: Token) -> Repair | None:
        """``x == 1 { ... }`` as a statement."""
        first = self._first(index)
        before = {self._kind(i) for i in range(first, index)}
        if token.type != "BLOCK_OPEN" or not token.block or first == index or before & _NO_CONDITION:
            return None
        start = self.tokens[first]
        added = Token("IF", "if", start.start, start.start, start.level, start.block)
        condition = Span(self.source, start.start, self.tokens[index - 1].end)
        return Repair(MissingIf(span=condition), first, first, [added])

    def _compound(self, index: int, token: Token) -> Repair | None:
        """``x += 1``, ``x *= 2``, ``x++``"""
        first = self._first(index)
        before = self.tokens[index - 1] if index else token
        if token.text in ("+=", "-="):
            found, target = token, self.tokens[first:index]
        elif token.type == "ASSIGN" and before.type in _ARITHMETIC and before.end == token.start:
            found, target = before, self.tokens[first : index - 1]
        elif before.type in ("PLUS", "MINUS") and (
            (token.type == "PLUS" and before.type == "PLUS" and before.end == token.start)
            or (before.text == "-" and self._kind(index - 2) == "MINUS" and self.tokens[index - 2].end == before.start)
        ):
            at = index if token.type == "PLUS" else index - 1
            if self._kind(at + 1) not in ("SEPARATOR", "BRACE_CLOSE", END):
                return None
            place = Span(self.source, self.tokens[at - 1].start, self.tokens[at].end)
            name = "".join(t.text for t in self.tokens[first : at - 1])
            why = f"write `{name} <- {name} {before.text} 1`"
            problem = WrongOperator(span=place, found=place.text, right="<-", why=why)
            one = Token("INT", "1", place.end, place.end, token.level, token.block)
            return Repair(problem, first, at + 1, self._updated(self.tokens[first : at - 1], self.tokens[at - 1], one))
        else:
            return None
        name = "".join(t.text for t in target)
        operator = found.text[0]
        kind = {"+": "PLUS", "-": "MINUS"}.get(operator, found.type)
        place = Span(self.source, found.start, token.end)
        why = f"write `{name} <- {name} {operator} ...`"
        problem = WrongOperator(span=place, found=place.text, right="<-", why=why)
        fixed = Token(kind, operator, found.start, token.end, token.level, token.block)
        return Repair(problem, first, index + 1, self._updated(target, fixed))

    def _updated(self, target: list[Token], *rest: Token) -> list[Token]:
        """The tokens of ``target <- target``, and the rest of the value."""
        place = rest[0]
        update = Token("UPDATE", "<-", place.start, place.start, place.level, place.block)
        return [*target, update, *target, *rest]

    def _sign(self, index: int, token: Token) -> Repair | None:
        """``+1``"""
        if token.type != "PLUS" or self._kind(index + 1) not in self.values or not self.machine.accepts("INT"):
            return None
        hint = f"a positive number has no sign: write `{self.tokens[index + 1].text}`"
        return Repair(self._unexpected(index, token, hint), index, index + 1, [])

    # --- explanations -----------------------------------------------------------------------------

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
            parts.append("an operator")
        return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " or " + parts[-1]

    def _hint(self, index: int, token: Token, wanted: set[str]) -> str:
        before = self._token(index - 1) if index else token
        for word in (before, token):
            if word.type == "NAME" and word.text in _ELSEWHERE:
                return _ELSEWHERE[word.text]
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
            return "there is no operator for powers: multiply" if token.text == "**" else ""
        if token.type == "SEMICOLON":
            return "inside brackets items are separated by `,`"
        if token.type == "UPDATE":
            return "`<-` updates a variable and stands in a statement of its own"
        if token.type == "BAR":
            return "`|` separates the patterns of an arm; conditions are joined with `or`, sets with `union(a, b)`"
        inside = before.level == token.level > token.block
        if token.type == "COMMA" and not inside and "BRACE_CLOSE" in wanted:
            return "a set or tuple as the value of an arm or block is written in parentheses: `({a, b})`"
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


def _similar(word: str, candidates: object) -> str:
    """The keyword that ``word`` misspells; short words must have the same letters."""
    if len(word) > 20:
        return ""
    meant = did_you_mean(word, candidates)
    if len(word) <= 2 and sorted(word.lower()) != sorted(meant):
        return ""
    return meant
