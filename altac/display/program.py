"""Programs as HTML."""

from __future__ import annotations

from altac.display.html import folded, page, text
from altac.ir import Program
from altac.source import Source

#: Lines of source that are shown without being asked for.
_SHORT = 80


def program_html(program: Program, source: Source) -> str:
    """The source in colours, below a line that says what is in it."""
    from pygments import highlight
    from pygments.formatters import HtmlFormatter

    from altac.highlight import AltacLexer

    colours = highlight(source.text, AltacLexer(), HtmlFormatter(noclasses=True, nobackground=True))
    length = source.text.count("\n") + 1
    return page(text(summary(program)), folded(f"source, {length} lines", colours, opened=length <= _SHORT))


def summary(program: Program) -> str:
    """What a program has, in one line."""
    counts = ((len(program.variables), "variable"), (len(program.heads), "head"), (len(program.tests), "test"))
    return f"{program.name}: " + ", ".join(f"{n} {what}{'' if n == 1 else 's'}" for n, what in counts)
