"""The words and operators of the language, by what they are for; derived from the grammar."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from altac.syntax.grammar import fixed_texts, keyword_terminals
from altac.syntax.layout import DECLARES, SOFT
from altac.syntax.operators import surface

#: Types and functions that need no declaration. They are names, not keywords: a program may use them otherwise.
BUILTINS = frozenset({
    "bool", "int", "Token", "len", "min", "max", "abs", "round", "sum", "any", "all", "zip", "enumerate", "sorted",
    "reversed", "union", "intersect", "minus",
})  # fmt: skip


@dataclass(frozen=True)
class Words:
    """``keywords``: all, sorted. ``reserved`` cannot be names; ``soft`` mean something in one place only.
    ``declarations`` begin a declaration. ``constants`` and ``operators`` (words) stand in expressions."""

    keywords: tuple[str, ...]
    reserved: tuple[str, ...]
    soft: tuple[str, ...]
    declarations: tuple[str, ...]
    constants: tuple[str, ...]
    operators: tuple[str, ...]
    symbols: tuple[str, ...]


@lru_cache(maxsize=1)
def words() -> Words:
    """The words of the grammar that this version reads."""
    texts, keywords = fixed_texts(), keyword_terminals()
    declares = {texts[t] for t in DECLARES} | {"text"}
    soft = {texts[t] for t in SOFT}
    return Words(
        keywords=tuple(sorted(keywords)),
        reserved=tuple(sorted(set(keywords) - soft)),
        soft=tuple(sorted(soft)),
        declarations=tuple(sorted(declares)),
        constants=("false", "position", "token", "true"),
        operators=tuple(sorted(texts[t] for t in surface().terminals if texts[t] in keywords)),
        symbols=tuple(sorted(set(texts.values()) - set(keywords), key=lambda s: (-len(s), s))),
    )
