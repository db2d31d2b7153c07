"""Text whose parts have a style: as it stands in pipes and files, in colours on terminals, through rich.

rich is imported only where something is painted: it takes longer than reading a program.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from io import StringIO
from typing import IO, TYPE_CHECKING, Literal, TypeAlias

from altac.source import character_escape

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

#: What belongs to text without being printable: line end, tab, and what joins letters and emoji.
_TEXT = "\n\t\u200c\u200d"

Style = Literal["plain", "strong", "faint", "error", "warning", "frame", "help", "changed", "passed"]
#: The parts of a line, each with its style.
Line: TypeAlias = "tuple[tuple[str, Style], ...]"

_RICH: Mapping[Style, str] = {
    "plain": "", "strong": "bold", "faint": "dim", "error": "bold red", "warning": "bold yellow", "frame": "bold blue",
    "help": "bold cyan", "changed": "bold green", "passed": "green",
}  # fmt: skip


def unstyled(line: Line) -> str:
    """The text of a line."""
    return "".join(text for text, _ in line)


def plain(text: str) -> Line:
    """A line without styles."""
    return ((text, "plain"),)


def escaped(text: str) -> str:
    """``text`` with what could drive a terminal, or hide from its reader, escaped as in the language."""
    return text if text.isprintable() else "".join(character_escape(c) if is_control(c) else c for c in text)


def is_control(c: str) -> bool:
    """Whether a character is escaped on terminals: none that prints, no space, line end or tab, and none that joins others."""
    return not (c.isprintable() or c in _TEXT or unicodedata.category(c) == "Zs")


def printable(text: str) -> str:
    """``text`` on one line, what could drive a terminal or hide from its reader escaped."""
    return escaped(text).replace("\n", " ")


def cells(text: str) -> int:
    """The columns that ``text`` takes on a terminal."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def wants_color(stream: IO[str]) -> bool:
    """Whether to colour what goes to ``stream``: on a terminal that can, unless NO_COLOR is set."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def terminal(stream: IO[str], *, width: int | None = None) -> Console | None:
    """A rich console on ``stream`` if that is a terminal, ``width`` columns wide or as wide as the terminal.

    It takes text as it is: square brackets are no markup, and nothing is highlighted by guess.
    """
    if not stream.isatty():
        return None
    return _console(stream, width or columns(stream), "auto" if wants_color(stream) else None)


def _console(stream: IO[str], width: int, colors: Literal["auto", "standard"] | None) -> Console:
    from rich.console import Console

    return Console(
        file=stream, width=width, height=25,  # without a height, rich takes dumb terminals to have 80 columns
        color_system=colors, force_terminal=colors == "standard" or None, markup=False, emoji=False, highlight=False,
    )  # fmt: skip


def columns(stream: IO[str]) -> int:
    """The width of the terminal that ``stream`` is; 100 if it is none, or does not know."""
    try:
        return int(os.environ.get("COLUMNS", "0")) or os.get_terminal_size(stream.fileno()).columns or 100
    except (OSError, ValueError):
        return 100


def rich_text(line: Line) -> Text:
    """A line for rich."""
    from rich.text import Text

    return Text.assemble(*((printable(text), _RICH[style]) for text, style in line))


def paint(console: Console, lines: Iterable[Line]) -> None:
    """Print lines that are laid out already."""
    for line in lines:
        console.print(rich_text(line), soft_wrap=True)


def folded(console: Console, text: Text, hang: int) -> Iterator[Text]:
    """A line in as many as the console needs, the further ones ``hang`` columns to the right."""
    width = console.width
    if text.cell_len <= width:
        yield text
        return
    hang = min(hang, width // 2)
    head, rest = text.divide([hang])[:2]
    for number, part in enumerate(rest.wrap(console, width - hang)):
        yield (head if number == 0 else rich_text(plain(" " * hang))) + part


def ansi(lines: Iterable[Line]) -> str:
    """Lines with the escape codes of a common terminal, each but the last ended by a line break."""
    buffer = StringIO()
    paint(_console(buffer, 100, "standard"), lines)
    return buffer.getvalue().removesuffix("\n")
