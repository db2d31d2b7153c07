"""``altac explain``"""

from __future__ import annotations

import inspect as reflection
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import click

from altac.cli.exits import Exit
from altac.cli.output import columns, use_color
from altac.diagnostics.cli_errors import UnknownCode
from altac.diagnostics.example import FRAME, PROGRAM_FILE, Example, example_of, general
from altac.diagnostics.problem import REGISTRY, AltacError, Problem, did_you_mean
from altac.diagnostics.render import render
from altac.source import Source

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
    if listed or code is None:
        for name, kind in known.items():
            click.echo(f"{name:<28} {general(kind.title)}")
        return Exit.SUCCESS
    if code not in known:
        raise AltacError(UnknownCode(name=code, suggestion=did_you_mean(code, known)))
    for line in _explanation(known[code], use_color(sys.stdout)):
        click.echo(line, color=True)
    return Exit.SUCCESS


def _explanation(kind: type[Problem], color: bool) -> Iterator[str]:
    red, bold, reset = ("\x1b[1;31m", "\x1b[1m", "\x1b[0m") if color else ("", "", "")
    yield f"{red}{kind.severity}[{kind.code}]{reset}: {bold}{general(kind.title)}{reset}"
    found = example_of(kind.code)
    if found is None:  # a diagnostic that is not altac's own
        text = reflection.getdoc(kind)
        if text and not text.startswith(f"{kind.__name__}("):
            yield f"\n{text}"
    else:
        yield f"\n{_wrapped(found.why)}"
        yield from _shown(found, color)
    if kind.help and general(kind.help) != "...":
        yield f"\n{bold}what helps:{reset} {general(kind.help)}"


def _wrapped(text: str) -> str:
    import textwrap

    return textwrap.fill(text, columns())


def _shown(found: Example, color: bool) -> Iterator[str]:
    bold, reset = ("\x1b[1m", "\x1b[0m") if color else ("", "")
    partial = False
    for block in found.blocks:
        heading = f"{block.file}:" if block.file else _HEADINGS[block.role][block.language]
        text = block.text if block.text or block.file else FRAME
        yield f"\n{bold}{heading}{reset}\n{_indented(text.rstrip(), block.language, color)}"
        if found.by_checking and block.role == "wrong":
            from altac.semantics import check

            problems = check(Source(PROGRAM_FILE, block.whole)).problems
            for said in [p for p in problems if p.code == found.code][:1]:
                yield "\n" + _indented(render(said, color=color, width=columns() - 4), "", color)
        partial = partial or (block.language == "alta" and not block.file and block.whole not in (block.text, FRAME))
    if partial:
        yield f"\n{bold}The rest of the program:{reset}\n{_indented(FRAME.rstrip(), 'alta', color)}"


def _indented(text: str, language: str, color: bool) -> str:
    if color and language == "alta":
        from pygments import highlight
        from pygments.formatters import TerminalFormatter

        from altac.highlight import AltacLexer

        text = highlight(text, AltacLexer(), TerminalFormatter()).rstrip()
    return "\n".join(f"    {line}".rstrip() for line in text.splitlines())
