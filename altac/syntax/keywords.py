"""The words and operators of the language, by what they are for; derived from the grammar."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from altac.syntax.layout import DECLARES, SOFT
from altac.syntax.tables import load_tables

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
    tables = load_tables()
    by_terminal = {terminal: word for word, terminal in tables.keywords.items()}
    declares = {by_terminal[t] for t in DECLARES} | {"text"}
    soft = {by_terminal[t] for t in SOFT}
    return Words(
        keywords=tuple(sorted(tables.keywords)),
        reserved=tuple(sorted(set(tables.keywords) - soft)),
        soft=tuple(sorted(soft)),
        declarations=tuple(sorted(declares)),
        constants=("false", "position", "token", "true"),
        operators=("and", "div", "in", "not", "or", "xor"),
        symbols=tuple(sorted(set(tables.literals.values()) - set(tables.keywords), key=lambda s: (-len(s), s))),
    )


def __getattr__(name: str) -> tuple[str, ...]:
    """``KEYWORDS``, ``RESERVED``, ``SOFT``, ``DECLARATIONS``, ...: the fields of `words`, read when asked for."""
    if name.isupper() and name.lower() in Words.__annotations__:
        found: tuple[str, ...] = getattr(words(), name.lower())
        return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
