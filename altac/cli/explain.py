"""``altac explain``"""

from __future__ import annotations

import inspect as reflection
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING

import click

from altac.cli.exits import Exit
from altac.cli.output import WIDEST, WIDTH, on_terminal, show
from altac.diagnostics.cli_errors import UnknownCode
from altac.diagnostics.example import FRAME, PROGRAM_FILE, Example, example_of, general
from altac.diagnostics.problem import REGISTRY, AltacError, Problem, did_you_mean
from altac.diagnostics.render import problem_lines
from altac.source import Source
from altac.styled import Line, Style, folded

if TYPE_CHECKING:
    from rich.console import Console

#: Columns of a code in the list of all.
_CODES = 29
#: What stands above the parts of an example.
_HEADINGS = {
    "wrong": {"alta": "wrong:", "console": "fails:", "python": "fails:"},
    "fixed": {"alta": "right:", "console": "works:", "python": "works:"},
    "before": {"console": "after:"},
    "": {"alta": "with this program:", "console": "run as:"},
}


def every_code() -> dict[str, type[Problem]]:
    """All diagnostics by code."""
    folder = Path(__file__).parent.parent / "diagnostics"
    for module in sorted(folder.glob("*_errors.py")):
        import_module(f"altac.diagnostics.{module.stem}")
    return dict(sorted(REGISTRY.items()))


@click.command()
@click.argument("code", required=False)
@click.option("--list", "listed", is_flag=True, help="List all codes, with what they say.")
def explain(code: str | None, listed: bool) -> int:
    """Explain a diagnostic by its CODE, with an example and how to put it right."""
    known = every_code()
    console = on_terminal()
    if listed or code is None:
        narrow = console is not None and console.width < 2 * _CODES
        for name, kind in known.items():
            if narrow:
                show([((name, "strong"),), f"    {general(kind.title)}"], hang=4)
            else:
                show([((f"{name:<{_CODES}}", "strong"), (general(kind.title), "plain"))], hang=_CODES)
        return Exit.SUCCESS
    if code not in known:
        raise AltacError(UnknownCode(name=code, suggestion=did_you_mean(code, known)))
    for part in _explanation(known[code], WIDTH if console is None else min(console.width, WIDEST)):
        if not isinstance(part, _Code):
            show([part])
        elif console is None:
            for line in part.lines:
                click.echo(line)
        else:
            _highlight(console, part)
    return Exit.SUCCESS


@dataclass(frozen=True)
class _Code:
    """An indented passage in a language."""

    text: str
    language: str

    @property
    def lines(self) -> list[str]:
        return [f"    {line}".rstrip() for line in self.text.split("\n")]


def _highlight(console: Console, code: _Code) -> None:
    """A passage in colours; others than altac's own language are left plain."""
    from rich.syntax import Syntax
    from rich.text import Text

    from altac.highlight import AltacLexer

    text = Text("\n".join(code.lines))
    if code.language == "alta":
        text = Syntax("", AltacLexer(), theme="ansi_dark", background_color="default").highlight("\n".join(code.lines))
    for line in text.split("\n"):
        for row in folded(console, line, len(line.plain) - len(line.plain.lstrip()) + 4):
            console.print(row, soft_wrap=True)


def _explanation(kind: type[Problem], width: int) -> Iterator[Line | str | _Code]:
    style: Style = "error" if kind.severity == "error" else "warning"
    yield (f"{kind.severity}[{kind.code}]", style), (": ", "plain"), (general(kind.title), "strong")
    found = example_of(kind.code)
    if found is None:  # a diagnostic that is not altac's own
        text = reflection.getdoc(kind)
        if text and not text.startswith(f"{kind.__name__}("):
            yield f"\n{text}"
    else:
        yield "\n" + fill(found.why, width)
        yield from _shown(found, width)
    shown = found is not None and found.by_checking  # the message of the example has the help, filled in
    if kind.help and not shown and general(kind.help) != "...":
        yield ""
        yield ("what helps:", "strong"), (f" {general(kind.help)}", "plain")


def _shown(found: Example, width: int) -> Iterator[Line | str | _Code]:
    partial = False
    for block in found.blocks:
        heading = _HEADINGS[block.role][block.language] if not block.file else f"{block.title}:"
        text = block.text if block.text or block.file else FRAME
        yield ""
        yield ((heading, "strong"),)
        yield _Code(text.rstrip(), block.language)
        if found.by_checking and block.role == "wrong":
            from altac.semantics import check

            problems = check(Source(PROGRAM_FILE, block.whole)).problems
            for said in [p for p in problems if p.code == found.code][:1]:
                yield ""
                yield from ((("    ", "plain"), *line) for line in problem_lines(said, width - 4))
        partial = partial or (block.language == "alta" and not block.file and block.whole not in (block.text, FRAME))
    if partial:
        yield ""
        yield (("The rest of the program:", "strong"),)
        yield _Code(FRAME.rstrip(), "alta")
