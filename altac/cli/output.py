"""What commands share: options, and where text goes."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import click

from altac.backends import DEFAULT, TARGETS
from altac.diagnostics.problem import Problem

F = TypeVar("F", bound=Callable[..., Any])


def use_color(stream: Any) -> bool:
    """Whether to colour what goes to ``stream``: on a terminal, unless NO_COLOR is set."""
    return bool(stream.isatty()) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def columns() -> int:
    """The width of the terminal; 100 elsewhere."""
    return min(shutil.get_terminal_size((100, 24)).columns, 120) if sys.stderr.isatty() else 100


def count(number: int, noun: str) -> str:
    """``1 rule``, ``1,200 rules``"""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def report(problems: Iterable[Problem]) -> None:
    """Show problems on stderr."""
    from altac.diagnostics.render import render_all

    found = list(problems)
    if found:
        click.echo(render_all(found, color=use_color(sys.stderr), width=columns()), err=True, color=True)


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


def write_whole(path: str, content: str | bytes) -> None:
    """Write a file completely or not at all. Raises `AltacError`."""
    import tempfile

    from altac.diagnostics.cli_errors import CannotWrite
    from altac.diagnostics.problem import AltacError

    target = os.path.realpath(path)
    try:
        mode = os.stat(target).st_mode & 0o777 if os.path.exists(target) else 0o644
        handle, temporary = tempfile.mkstemp(dir=os.path.dirname(target), prefix=".altac-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content.encode("utf-8") if isinstance(content, str) else content)
            os.chmod(temporary, mode)
            os.replace(temporary, target)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as error:
        raise AltacError(CannotWrite(path=path, reason=(error.strerror or str(error)).lower())) from None


@contextmanager
def progress_bar(unit: str) -> Iterator[Callable[[int, int], None]]:
    """Shows progress on a terminal, on stderr, and nothing elsewhere. Yields a function of what is done, and of all."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn(unit), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


#: Skipped inputs that are shown one by one.
SHOWN = 5


def report_skipped(file: str, skipped: Sequence[tuple[int, Problem]]) -> None:
    """Say on stderr which inputs were left out, and why."""
    for line, problem in skipped[:SHOWN]:
        click.echo(f"{file}:{line} is left out: {problem.render_title()}", err=True)
    if len(skipped) > SHOWN:
        click.echo(f"and {len(skipped) - SHOWN:,} more", err=True)
