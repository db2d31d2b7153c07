"""Finite domains: what a variable or head can hold, and how its codes read.

Every engine works on integer *codes*. The code of an integer type is the integer itself; of a bool 0
or 1; of an enum, a token, a real or a set the index of the member, token, bucket or family set.
The codes of a domain are the consecutive integers ``low .. low + size - 1``.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from altac.source import quoted

#: How texts are read: character by character, or word by word.
TextMode = Literal["characters", "words"]


@dataclass(frozen=True)
class Symbol:
    """A member of an enum or a token. ``name`` is its JSON form, ``spelling`` its form in text
    (empty: left out of text)."""

    name: str | int
    spelling: str


@dataclass(frozen=True)
class BoolDomain:
    @property
    def low(self) -> int:
        return 0

    @property
    def size(self) -> int:
        return 2


@dataclass(frozen=True)
class IntDomain:
    """The integers ``low..high``, both included."""

    low: int
    high: int

    @property
    def size(self) -> int:
        return self.high - self.low + 1


@dataclass(frozen=True)
class EnumDomain:
    name: str
    members: tuple[Symbol, ...]

    @property
    def low(self) -> int:
        return 0

    @property
    def size(self) -> int:
        return len(self.members)


@dataclass(frozen=True)
class TokenDomain:
    """The vocabulary of a program whose tokens are not plain integers."""

    tokens: tuple[Symbol, ...]

    @property
    def low(self) -> int:
        return 0

    @property
    def size(self) -> int:
        return len(self.tokens)


@dataclass(frozen=True)
class RealDomain:
    """Reals at ``buckets`` (strictly ascending, exact). Any real stands for its nearest bucket;
    one exactly halfway between two stands for the larger."""

    buckets: tuple[Fraction, ...]

    @property
    def low(self) -> int:
        return 0

    @property
    def size(self) -> int:
        return len(self.buckets)


@dataclass(frozen=True)
class SetDomain:
    """Sets of codes of ``element``, restricted to the sets of ``family`` (distinct, in a fixed order)."""

    element: Domain
    family: tuple[frozenset[int], ...]

    @property
    def low(self) -> int:
        return 0

    @property
    def size(self) -> int:
        return len(self.family)


Domain = BoolDomain | IntDomain | EnumDomain | TokenDomain | RealDomain | SetDomain


def label(domain: Domain, code: int) -> str:
    """How ``code`` is written in the language: ``true``, ``-3``, ``Fetch``, ``"+"``, ``1/3``, ``{0, 2}``."""
    match domain:
        case BoolDomain():
            return "true" if code else "false"
        case IntDomain():
            return str(code)
        case EnumDomain(members=members):
            return str(members[code].name)
        case TokenDomain(tokens=tokens):
            name = tokens[code].name
            return str(name) if isinstance(name, int) or name.isidentifier() else quoted(name)
        case RealDomain(buckets=buckets):
            return str(buckets[code])
        case SetDomain(element=element, family=family):
            return "{" + ", ".join(label(element, c) for c in sorted(family[code])) + "}"


def pieces_of(text: str, mode: TextMode) -> tuple[str, ...]:
    """What a text, or the spelling of a token, is cut into before spellings are looked for."""
    return tuple(text.split() if mode == "words" else text)


def plain_name(name: str | int) -> str:
    """How the name of a token stands in tables and prose: as it is, or as in the language where it has characters that do not
    print."""
    return str(name) if isinstance(name, int) or name.isprintable() else quoted(name)
