"""The common slips, and how to repair them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from altac.diagnostics.elsewhere import ELSEWHERE
from altac.diagnostics.problem import Problem, did_you_mean
from altac.diagnostics.syntax_errors import MissingIf, MisspeltKeyword, ReservedWord, WrongOperator
from altac.source import Span
from altac.syntax.explaining import Explainer
from altac.syntax.grammar import END, keyword_terminals
from altac.syntax.layout import DECLARES, OPERAND_END, SOFT
from altac.syntax.lexer import Token

#: Reserved words that a missing operand more likely precedes than that they are meant as a name.
_STRUCTURAL = frozenset({"ELSE", "AS", "AT", "WHEN", "OF", "IF", "FOR", "MATCH", "LET"})
#: What comes before a whole value.
_BEFORE_VALUES = frozenset({"ASSIGN", "UPDATE", "ARROW", "COMMA", "COLON", "PAREN_OPEN", "BRACKET_OPEN", "SET_OPEN"})
#: What stands in no condition.
_NO_CONDITION = frozenset({"ASSIGN", "UPDATE", "ARROW", "IF", "ELSE", "MATCH", "FOR", "LET", "HOLE"})
_ARITHMETIC = frozenset({"PLUS", "MINUS", "TIMES", "DIVIDE", "MODULO"})


@dataclass(frozen=True)
class Repair:
    """A problem whose fix is so likely that reading goes on as if it had been made: the tokens ``start:stop``
    are read as ``tokens``. If ``start`` is before the token that did not fit, it begins the current item."""

    problem: Problem
    start: int
    stop: int
    tokens: list[Token]


class Repairer(Explainer):
    """Repairs the slips for which one fix is likely."""

    def repair(self, index: int) -> Repair | None:
        """A likely fix for the token at ``index``, which does not fit."""
        token = self.tokens[index]
        attempts: tuple[Callable[[int, Token], Repair | None], ...] = (
            self._else_arm, self._else_of_head, self._conditional, self._missing_if, self._compound, self._sign,
            self._result_type, self._several_updates, self._surplus_sign, self._case, self._operator,
            self._missing_colon, self._reserved, self._local_declaration, self._misspelt, self._unpacking, self._halt,
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
        if name.text in ELSEWHERE:  # `let mut x`
            return None
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
            called = token.type in ("SET", "ATTEND") and self._kind(index + 1) == "PAREN_OPEN"
            if called or token.type in _STRUCTURAL | self.operators:
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

    def _halt(self, index: int, token: Token) -> Repair | None:
        """``halt layers 3``, ``halt if c``, ``halt c``"""
        if self._kind(index - 1) != "HALT" or not self.machine.accepts("WHEN"):
            return None
        if token.type == "LAYERS":
            span = Span(self.source, self.tokens[index - 1].start, token.end)
            why = "how many layers there are at most is a declaration of its own"
            return Repair(WrongOperator(span=span, found=span.text, right="layers", why=why), index - 1, index, [])
        when = Token("WHEN", "when", token.start, token.start, token.level, token.block)
        problem = self._unexpected(index, token, "the condition to halt on is written `halt when c`")
        return Repair(problem, index, index + (token.type == "IF" or token.text == "once"), [when])

    def _result_type(self, index: int, token: Token) -> Repair | None:
        """``fn f(x) -> T { ... }``"""
        follows = self._kind(index - 1) == "PAREN_CLOSE" and self._kind(self._first(index)) == "FN"
        if not follows or (token.text != "->" and token.type != "COLON"):
            return None
        stop = index + 1
        while stop < len(self.tokens) and self.tokens[stop].type in SOFT | {
            "NAME",
            "INT",
            "RANGE",
            "DOT",
            "SET",
            "OF",
            "TOKEN",
        }:
            stop += 1
        if stop == index + 1 or self._kind(stop) not in ("BLOCK_OPEN", "ASSIGN"):
            return None
        hint = "the type of a function's value is not declared: write `fn f(x) = ...` or `fn f(x) { ... }`"
        return Repair(self._unexpected(index, token, hint), index, stop, [])

    def _several_updates(self, index: int, token: Token) -> Repair | None:
        """``a, b <- b, a``"""
        first, stop = self._first(index), index
        inside = token.level > token.block
        while token.type == "COMMA" and self._kind(stop) not in ("SEPARATOR", "BRACE_CLOSE", "UPDATE", END):
            stop += 1
        if inside or self._kind(stop) != "UPDATE" or self._kind(first) not in SOFT | {"NAME"}:
            return None
        hint = "each variable is updated in a statement of its own; all of them read what the layer began with"
        hole = Token("HOLE", "", token.start, token.start, token.level, token.block)
        while stop < len(self.tokens) and self.tokens[stop].level >= token.level:
            if self.tokens[stop].type == "SEPARATOR" and self.tokens[stop].level == token.level:
                break
            stop += 1
        return Repair(self._unexpected(index, token, hint), first, stop, [hole])

    def _surplus_sign(self, index: int, token: Token) -> Repair | None:
        """``tokens = 0, 1``, ``output: x``"""
        word = self._kind(index - 1)
        if token.type not in ("ASSIGN", "COLON") or word not in (
            "TOKENS",
            "FRAME",
            "POSITIONS",
            "OUTPUT",
            "LAYERS",
            "PROGRAM",
        ):
            return None
        hint = f"what `{self.words[word]}` is given follows without a sign"
        return Repair(self._unexpected(index, token, hint), index, index + 1, [])

    def _case(self, index: int, token: Token) -> Repair | None:
        """``case 0 => ...``"""
        word = self.tokens[index - 1] if index else token
        begins = self._kind(index - 2) in ("BLOCK_OPEN", "SEPARATOR", "COMMA")
        if word.text != "case" or not begins or token.type not in self.values or not self.machine.accepts("ARROW"):
            return None
        problem = self._unexpected(index, token, ELSEWHERE["case"])
        return Repair(problem, index - 1, index, [])

    def _else_arm(self, index: int, token: Token) -> Repair | None:
        if token.type == "ELSE" and self._kind(index + 1) == "ARROW" and self.machine.accepts("NAME", "ARROW"):
            why = "the arm for everything else is written `_ => ...`"
            problem = WrongOperator(span=self._span(token), found="else", right="_", why=why)
            return self._replace(index, "NAME", "_", problem)
        if (
            token.type == "ELSE"
            and self._kind(index + 1) == "ARROW"
            and self.machine.accepts("SEPARATOR", "NAME", "ARROW")
        ):
            why = "the arm for everything else is written `_ => ...`"
            problem = WrongOperator(span=self._span(token), found="else", right="_", why=why)
            separator = Token("SEPARATOR", "", token.start, token.start, token.level, token.block)
            rest = Token("NAME", "_", token.start, token.end, token.level, token.block)
            return Repair(problem, index, index + 1, [separator, rest])
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
        """``x <- a if c else b``, ``x <- c ? a : b``"""
        first = self._first(index)
        asks = token.type == "IF" or token.text == "?"
        if not asks or index == first or self._kind(index - 1) not in OPERAND_END - {"BRACE_CLOSE"}:
            return None
        if self.machine.accepts("BAR"):  # after the pattern of an arm
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


def _similar(word: str, candidates: object) -> str:
    """The keyword that ``word`` misspells; short words must have the same letters."""
    if len(word) > 20:
        return ""
    meant = did_you_mean(word, candidates)
    if len(word) <= 2 and sorted(word.lower()) != sorted(meant):
        return ""
    return meant
