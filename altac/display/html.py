"""The pieces of HTML that all displays are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from altac.diagnostics.problem import Problem
from altac.diagnostics.render import render

#: Colours are translucent, so that they fit a light and a dark page. One style for all displays: they may be repeated.
_STYLE = """<style>
.altac table { border-collapse: collapse; margin: .3em 0 .8em 0; font-size: 90%; }
.altac td, .altac th { padding: .1em .5em; text-align: right; border: 1px solid rgba(128,128,128,.3); }
.altac td, .altac th, .altac pre { font-family: monospace; white-space: pre; }
.altac th { font-weight: normal; opacity: .75; background: rgba(128,128,128,.12); }
.altac .left { text-align: left; }
.altac .changed { background: rgba(255,184,0,.35); font-weight: bold; }
.altac .head { opacity: .7; font-style: italic; }
.altac .failed { color: #c62828; }
.altac .note { opacity: .75; }
.altac p { margin: .2em 0; }
</style>"""


def page(*parts: str) -> str:
    """A display made of parts that are HTML already."""
    return f'<div class="altac">{_STYLE}{"".join(parts)}</div>'


def text(content: str, kind: str = "") -> str:
    """A paragraph of text, with a class of the style."""
    return f"<p{_classes(kind)}>{escape(content)}</p>"


def cell(content: object, kind: str = "", title: str = "", style: str = "") -> str:
    """A cell of a table; ``title`` is shown while the mouse is on it."""
    more = (f' title="{escape(title)}"' if title else "") + (f' style="{escape(style)}"' if style else "")
    return f"<td{_classes(kind)}{more}>{escape(str(content))}</td>"


def heading(content: object, kind: str = "") -> str:
    """A cell of a table that names a row or column."""
    return f"<th{_classes(kind)}>{escape(str(content))}</th>"


def table(rows: Iterable[Sequence[str]], title: str = "") -> str:
    """A table of rows of cells."""
    body = "".join(f"<tr>{''.join(row)}</tr>" for row in rows)
    caption = f'<p class="note">{escape(title)}</p>' if title else ""
    return f"{caption}<table>{body}</table>"


def lines(content: str, kind: str = "") -> str:
    """Preformatted text."""
    return f"<pre{_classes(kind)}>{escape(content)}</pre>"


def folded(summary: str, content: str, opened: bool = False) -> str:
    """HTML behind a line that opens it."""
    return f"<details{' open' if opened else ''}><summary>{escape(summary)}</summary>{content}</details>"


def _classes(kind: str) -> str:
    return f' class="{kind}"' if kind else ""


def problem_html(problem: Problem) -> str:
    """A diagnostic with its place in the source."""
    return lines(render(problem), "failed")
