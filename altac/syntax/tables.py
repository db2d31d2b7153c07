"""The grammar as tables: what the lexer and the parser run.

Lark turns ``grammar/alta.lark`` into an LALR table and a list of terminals. Both are plain data, kept in
the user's cache folder, so that Lark is imported only once per version of the grammar.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from altac.resources import cache_folder, grammar_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lark import Lark, Token

_FORMAT = 1  # of the cache file; to be raised when `Tables` or how it is made changes

#: Terminals that no rule of the grammar uses, and that the lexer must know all the same.
LAYOUT_TERMINALS = ("BRACE_OPEN", "SEMICOLON", "NEWLINE", "COMMENT", "BLANK")
ERROR_TERMINALS = ("BAD_NUMBER", "BAD_STRING", "SINGLE_QUOTED", "FOREIGN", "FOREIGN_NOT", "UNKNOWN")


@dataclass(frozen=True)
class Tables:
    """``states[s][symbol]`` is the state to shift to (0 or more) or, for a rule r to reduce by, ``-1 - r``.

    ``patterns`` are in the order in which the lexer tries them. ``keywords`` are the words that match a
    pattern but are terminals of their own. A rule is (nonterminal, length, callback, unwrap): callback
    "" splices the children into the parent, ``unwrap`` hands a single child on as it is.
    """

    patterns: list[tuple[str, str]]
    keywords: dict[str, str]
    literals: dict[str, str]
    rules: list[tuple[str, int, str, bool]]
    states: list[dict[str, int]]
    start: int


def load_tables() -> Tables:
    """The tables of the grammar, from the cache if it holds them."""
    return _load_tables(grammar_text())


@lru_cache(maxsize=1)
def _load_tables(grammar: str) -> Tables:
    key = hashlib.sha256(f"{_FORMAT}\n{grammar}".encode()).hexdigest()[:20]
    path = cache_folder() / f"grammar-{key}.json"
    try:
        return Tables(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):  # absent, unreadable, or not what it should be
        tables = compile_grammar(grammar)
        _save(path, tables)
        return tables


def _save(path: Path, tables: Tables) -> None:
    """Write the cache whole or not at all; a cache that cannot be written is no error."""
    import tempfile

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(asdict(tables), file, separators=(",", ":"))
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError:
        pass


def make_lark(grammar: str, *, strict: bool = False) -> Lark:
    """The grammar in Lark itself; ``strict`` refuses any conflict or collision."""
    from lark import Lark
    from lark.lark import PostLex

    class Keep(PostLex):
        always_accept = LAYOUT_TERMINALS + ERROR_TERMINALS

        def process(self, stream: Iterator[Token]) -> Iterator[Token]:
            return stream

    return Lark(
        grammar,
        parser="lalr",
        lexer="basic",
        postlex=Keep(),
        start="file",
        strict=strict,
        keep_all_tokens=True,
        maybe_placeholders=False,
    )


def compile_grammar(grammar: str) -> Tables:
    """Have Lark analyse the grammar (about half a second)."""
    from lark.lexer import PatternStr
    from lark.parsers.lalr_analysis import Shift

    lark = make_lark(grammar)
    table = lark.parse_interactive("").parser_state.parse_conf.parse_table

    def order(terminal: Any) -> tuple[Any, ...]:
        pattern = terminal.pattern
        return (-terminal.priority, -pattern.max_width, -len(pattern.value), terminal.name)

    ordered = sorted((t for t in lark.terminals if t.name not in _declared(lark.terminals)), key=order)
    words = {
        t.pattern.value: t.name for t in ordered if isinstance(t.pattern, PatternStr) and t.pattern.value.isidentifier()
    }
    literals = {t.name: t.pattern.value for t in ordered if isinstance(t.pattern, PatternStr)}
    patterns = [(t.name, t.pattern.to_regexp()) for t in ordered if t.name not in set(words.values())]

    index = {rule: number for number, rule in enumerate(lark.rules)}
    rules = [
        (
            str(rule.origin.name),
            len(rule.expansion),
            str(rule.alias or ("" if rule.origin.name.startswith("_") else rule.origin.name)),
            bool(rule.options.expand1) and not rule.alias,
        )
        for rule in lark.rules
    ]
    for state in table.states.values():  # the rule that Lark adds for the start symbol
        for action, argument in state.values():
            if action is not Shift and argument not in index:
                index[argument] = len(rules)
                rules.append((str(argument.origin.name), len(argument.expansion), "", False))
    states = [
        {str(name): target if action is Shift else -1 - index[target] for name, (action, target) in actions.items()}
        for _, actions in sorted(table.states.items())
    ]
    return Tables(patterns, words, literals, rules, states, table.start_states["file"])


def _declared(terminals: Iterable[Any]) -> set[str]:
    return {t.name for t in terminals if t.pattern is None}
