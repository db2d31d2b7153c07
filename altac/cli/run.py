"""``altac run``"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from altac.api import Engine, Program, load
from altac.cli.exits import Exit
from altac.cli.inputs import SHOWN, Meant, as_meant, inputs_option, meant_option, report_skipped, skip_failing_option
from altac.cli.output import echo, echo_json, params_option, report
from altac.diagnostics.cli_errors import BadLine
from altac.diagnostics.problem import AltacError
from altac.diagnostics.syntax_errors import TooManyErrors
from altac.display.runs import Run, cut_words

if TYPE_CHECKING:
    from altac.interpreter.inputs import Item

#: Lines that cannot be read, of those that are said.
UNREAD = 20
#: Inputs after which a terminal is told how many are done.
_TOLD = 4096


@click.command()
@click.argument("file", metavar="FILE")
@click.argument("inputs", nargs=-1, metavar="[INPUT...]")
@inputs_option()
@skip_failing_option
@click.option("--engine", type=click.Choice(["interpreter", "transformer"]), default="interpreter", show_default=True)
@click.option(
    "--max-layers",
    type=click.IntRange(min=0),
    metavar="K",
    help="Run exactly K layers unless all positions halt before.",
)
@click.option(
    "--checked",
    is_flag=True,
    help="The transformer too fails where what was compiled reads an undefined head or has another error.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object per input.")
@meant_option
@params_option
def run(
    file: str,
    inputs: tuple[str, ...],
    source: Path | None,
    skip_failing: bool,
    engine: Engine,
    max_layers: int | None,
    checked: bool,
    as_json: bool,
    meant: Meant,
    params: dict[str, str],
) -> int:
    """Run a program on inputs: text in its token spelling, or JSON arrays of token names and numbers.

    An INPUT that its spelling can read is text, also if it begins with [.
    """
    if not inputs and source is None:
        raise click.UsageError("Give an INPUT, or a file of them with --inputs.")
    from altac.interpreter.inputs import Skipped, failing, items

    program = load(file, params)
    report(program.warnings)
    given = chain(_arguments(program, inputs, meant), () if source is None else items(source))
    done = failed = 0
    skipped: list[Skipped] = []
    said: set[str] = set()
    unread = 0
    for found in program.stream(given, engine=engine, max_layers=max_layers, checked=checked):
        unread += isinstance(found.error, BadLine)
        if unread > UNREAD and not skip_failing:
            raise AltacError(TooManyErrors(limit=UNREAD))
        done += 1
        if found.error is None or not skip_failing:
            _show(found, as_json, said)
        if found.error is not None:
            failed += 1
            if len(skipped) < SHOWN:
                skipped.append(Skipped(found.place, done, found.error))
        if done % _TOLD == 0 and sys.stderr.isatty():
            click.echo(f"\r{done:,} inputs", nl=False, err=True)
    if done >= _TOLD and sys.stderr.isatty():
        click.echo("\r" + " " * 30 + "\r", nl=False, err=True)
    if not skip_failing:
        return Exit.FAILURE if failed else Exit.SUCCESS
    if failed == done > 0:
        raise failing(skipped[0], failed, done)
    report_skipped(skipped, failed, done)
    return Exit.SUCCESS


def _arguments(program: Program, inputs: tuple[str, ...], meant: Meant) -> Iterator[Item]:
    """The INPUTs of the command line, read as they are meant."""
    from altac.interpreter.inputs import items

    for item in items(list(inputs)):
        try:
            yield replace(item, given=as_meant(program, item.given, meant))
        except AltacError as error:
            yield replace(item, problem=error.problems[0])


def _show(found: Run, as_json: bool, said: set[str]) -> None:
    """Print what came out for an input; what failed, on stderr, with helps that are not among those ``said`` before."""
    if found.error is not None:
        if found.place and not isinstance(found.error, BadLine):
            click.echo(f"{found.place}:", err=True)
        report([found.error], said)
    if as_json:
        echo_json(found.json())
    elif found.error is None:
        if found.text is None:
            echo_json(found.output)
        else:
            echo(found.text)
        if found.cut is not None:
            click.echo(f"{found.place}: {cut_words(found.cut)}" if found.place else cut_words(found.cut), err=True)
