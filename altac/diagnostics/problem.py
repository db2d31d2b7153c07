"""What can be wrong: one frozen dataclass per diagnostic.

A subclass of `Problem`, made with `diagnostic`, states its stable kebab-case ``code`` and three templates over its own
fields: ``title`` (one line), ``label`` (what is written under the underlined span) and ``help``
(the likely fix). Rendering lives in `altac.diagnostics.render`; nothing here prints.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, ClassVar, Literal, TypeVar, dataclass_transform

from altac.source import Span

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Label:
    """A secondary place: where the cause of a problem is, when it is elsewhere."""

    span: Span
    text: str


#: Every diagnostic class by its code, in order of definition.
REGISTRY: dict[str, type[Problem]] = {}

_P = TypeVar("_P", bound="Problem")


@dataclass_transform(frozen_default=True, kw_only_default=True)
def diagnostic(cls: type[_P]) -> type[_P]:
    """Make a frozen dataclass of a subclass of `Problem`. Methods that `Problem` has are not made anew, which takes time:
    there are many classes, and every `altac check` loads most of them."""
    return dataclass(frozen=True, kw_only=True, eq=False, repr=False)(cls)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Problem:
    """One thing that is wrong, with the place to point at.

    Templates are filled by `str.format` with the dataclass fields. A subclass whose help depends on
    more than its fields overrides `render_help`.
    """

    span: Span | None = None
    code: ClassVar[str] = ""
    title: ClassVar[str] = ""
    label: ClassVar[str] = ""
    help: ClassVar[str] = ""
    severity: ClassVar[Severity] = "error"
    #: Whether the text is read as if the fix had been made.
    mended: ClassVar[bool] = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        # dataclass(slots=True) would define the class twice; the module and name stay the same.
        if cls.code:
            known = REGISTRY.get(cls.code)
            if known is not None and known.__qualname__ != cls.__qualname__:
                raise TypeError(f"two diagnostics share the code {cls.code!r}")
            REGISTRY[cls.code] = cls

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and isinstance(other, Problem) and self.values() == other.values()

    def __hash__(self) -> int:
        return hash((self.code, self.span))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.values().items())})"

    def values(self) -> dict[str, Any]:
        """The fields by name, for the templates."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    def render_title(self) -> str:
        """The one-line statement of the problem."""
        return self.title.format(**self._shown())

    def render_label(self) -> str:
        """The text under the underlined span; may be empty."""
        return self.label.format(**self._shown())

    def render_help(self) -> str:
        """The likely fix; may be empty."""
        return self.help.format(**self._shown())

    def _shown(self) -> dict[str, Any]:
        """The fields as messages show them: what is long without its middle."""
        return {name: _shortened(value) if isinstance(value, str) else value for name, value in self.values().items()}

    def secondary(self) -> tuple[Label, ...]:
        """Further places, with a text each."""
        return ()


class AltacError(Exception):
    """Raised by the Python API and caught by the command line: the problems found, in source order."""

    def __init__(self, *problems: Problem) -> None:
        text = "; ".join(p.render_title() for p in problems)
        super().__init__(text.encode(errors="backslashreplace").decode())  # half a surrogate pair could not be printed
        self.problems: tuple[Problem, ...] = problems


#: Characters of a field that a message shows.
_SHOWN = 500


def _shortened(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN // 2]}…{text[-_SHOWN // 2 :]}"


def did_you_mean(name: str, candidates: Any) -> str:
    """The candidate that ``name`` most likely misspells, or the empty string.

    The sole case-insensitive match wins, then the nearest by edit distance if that distance is at
    most ``max(len(name) / 3, 1)``; a single letter misspells nothing. As many candidates are measured as `_MOST` allows.
    """
    options = sorted(set(map(str, candidates)))
    folded = [c for c in options if c.lower() == name.lower()]
    if len(folded) == 1:
        return folded[0]
    limit, left = max(len(name) // 3, min(len(name) - 1, 1)), _MOST
    best = (limit + 1, "")
    for option in options:
        if abs(len(option) - len(name)) <= limit:
            left -= len(option) * len(name)
            if left < 0:
                break
            best = min(best, (_distance(name, option), option))
    return best[1] if best[0] <= limit else ""


#: Pairs of characters that are compared for one suggestion: a tenth of a second's worth.
_MOST = 500_000


def _distance(a: str, b: str) -> int:
    """Edit distance with transpositions of neighbours (optimal string alignment)."""
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        new = [i]
        for j, y in enumerate(b, 1):
            cost = min(row[j] + 1, new[j - 1] + 1, row[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and y == a[i - 2]:
                cost = min(cost, before[j - 2] + 1)
            new.append(cost)
        before, row = row, new
    return row[-1]
