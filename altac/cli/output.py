"""What commands share: options, and where text goes."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from altac.backends import DEFAULT, TARGETS
from altac.cli.streams import ESCAPED
from altac.diagnostics.problem import Problem
from altac.styled import Line, escaped, folded, is_control, paint, plain, rich_text, terminal, unstyled

if TYPE_CHECKING:
    from rich.console import Console

#: Columns of diagnostics and prose where there is no terminal, and at most on one.
WIDTH, WIDEST = 100, 120

#: An indented line that begins with a label.
_LABELLED = re.compile(r" +\S(?: ?\S)*  +(?=\S)")

F = TypeVar("F", bound=Callable[..., Any])


def on_terminal(*, err: bool = False) -> Console | None:
    """A rich console on stdout or stderr, if that is a terminal."""
    return terminal(sys.stderr if err else sys.stdout)


def show(lines: Iterable[Line | str], *, err: bool = False, hang: int | None = None) -> None:
    """Print lines of a report: as they are, but on a terminal in colours, and folded where they are too long, ``hang`` columns
    to the right (if not given: below what follows the label of the line, or two more than the line itself)."""
    console = on_terminal(err=err)
    for line in lines:
        for part in (plain(text) for text in line.split("\n")) if isinstance(line, str) else (line,):
            if console is None:
                echo(unstyled(part), err=err)
                continue
            indent = _hang(unstyled(part), console.width) if hang is None else hang
            for row in folded(console, rich_text(part), indent):
                console.print(row, soft_wrap=True)


def _hang(text: str, width: int) -> int:
    labelled = _LABELLED.match(text)
    if labelled is not None and labelled.end() <= width // 2:
        return labelled.end()
    return len(text) - len(text.lstrip()) + 2


def echo(text: str, *, err: bool = False) -> None:
    """Print a line: as it is, but on a terminal with what could drive that escaped."""
    stream = sys.stderr if err else sys.stdout
    click.echo(escaped(text) if stream.isatty() else text, err=err, color=True)  # with colours, nothing is taken out


def echo_program(text: str) -> None:
    """Print text of a program: in UTF-8, as its files are, but on a terminal as that can show it."""
    click.echo(escaped(text) if sys.stdout.isatty() else text.encode("utf-8", ESCAPED), nl=False, color=True)


def echo_json(value: Any, *, indent: int | None = None) -> None:
    """Print data as JSON on a line, or on several; on a terminal too, it stays JSON."""
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    if sys.stdout.isatty():
        text = "".join(json.dumps(c)[1:-1] if is_control(c) else c for c in text)
    click.echo(text, color=True)


def count(number: int, noun: str) -> str:
    """``1 rule``, ``1,200 rules``"""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def report(problems: Iterable[Problem], said: set[str] | None = None) -> None:
    """Show problems on stderr. ``said`` has the helps that were shown before, and is added to."""
    from altac.diagnostics.render import problems_lines

    found = list(problems)
    if not found:
        return
    console = on_terminal(err=True)
    lines = problems_lines(found, WIDTH if console is None else min(console.width, WIDEST), said)
    if console is not None:
        paint(console, lines)
        return
    for line in lines:
        click.echo(unstyled(line), err=True)


def definitions(_ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]) -> Mapping[str, str]:
    """``-D NAME=VALUE`` options as a mapping."""
    found: dict[str, str] = {}
    for value in values:
        name, sign, text = value.partition("=")
        if not sign or not name.strip() or not text.strip():
            raise click.BadParameter(f"write -D NAME=VALUE, not {value!r}")
        found[name.strip()] = text.strip()
    return found


def params_option(command: F) -> F:
    """Adds ``-D NAME=VALUE``."""
    return click.option(
        "-D", "params", multiple=True, metavar="NAME=VALUE", callback=definitions, help="Set a param of the program."
    )(command)


def level_option(command: F) -> F:
    """Adds ``-O LEVEL``."""
    return click.option(
        "-O", "level", type=click.IntRange(0, 2), default=2, show_default=True, help="Optimisation level."
    )(command)


def target_option(command: F) -> F:
    """Adds ``--target NAME``."""
    return click.option(
        "--target", type=click.Choice(list(TARGETS)), default=DEFAULT, show_default=True,
        help="What the model is for; see `altac targets`.",
    )(command)  # fmt: skip


@contextmanager
def progress_bar(unit: str) -> Iterator[Callable[[int, int], None]]:
    """Shows progress on a terminal, on stderr, and nothing elsewhere. Yields a function of what is done, and of all."""
    console = on_terminal(err=True)
    if console is None:
        yield lambda done, total: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn(unit), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
