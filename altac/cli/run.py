"""``altac run``"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

import click

from altac.api import Program, load
from altac.cli.exits import Exit
from altac.cli.inputs import Item, Meant, as_meant, meant_option, read_items
from altac.cli.output import echo, echo_json, params_option, report
from altac.diagnostics.cli_errors import BadLine
from altac.diagnostics.problem import AltacError, Problem
from altac.display.runs import Run
from altac.interpreter.lines import open_lines
from altac.interpreter.result import Result

#: Runs token indices on the engine that was asked for.
Results = Callable[[Sequence[Sequence[int]]], list[Result]]
#: Inputs that are run together.
BATCH = 4096


@click.command()
@click.argument("file", metavar="FILE")
@click.argument("inputs", nargs=-1, metavar="[INPUT...]")
@click.option("--inputs", "source", metavar="F.jsonl", help="Inputs as JSON lines; - for stdin.")
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
    help="With --engine transformer: fail where the program reads an undefined head or has another error.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object per input.")
@meant_option
@params_option
def run(
    file: str,
    inputs: tuple[str, ...],
    source: str | None,
    engine: Any,
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
    program = load(file, params)
    report(program.warnings)
    items = _arguments(program, inputs, meant)

    def results_of(tokens: Sequence[Sequence[int]]) -> list[Result]:
        return program.results(tokens, engine, max_layers, checked)

    sound = True
    if source is None:
        sound = _run_all(program, items, results_of, as_json)
    else:
        sound = _run_all(program, items, results_of, as_json)
        with open_lines(source) as lines:
            sound = (
                _run_all(program, read_items(lines, "<stdin>" if source == "-" else source), results_of, as_json)
                and sound
            )
    return Exit.SUCCESS if sound else Exit.FAILURE


def _arguments(program: Program, inputs: tuple[str, ...], meant: Meant) -> Iterator[Item]:
    for number, text in enumerate(inputs, 1):
        try:
            yield Item(f"input {number}", as_meant(program, text, meant))
        except AltacError as error:
            yield Item(f"input {number}", problem=error.problems[0])


def _run_all(program: Program, items: Iterator[Item], results_of: Results, as_json: bool) -> bool:
    """Run in batches, print results in order and report what failed. Whether all succeeded."""
    sound = True
    done = 0
    while batch := list(islice(items, BATCH)):
        tokens: dict[int, tuple[int, ...]] = {}
        problems: dict[int, Problem] = {}
        for i, item in enumerate(batch):
            if item.problem is not None:
                problems[i] = item.problem
                continue
            try:
                tokens[i] = program.encode(item.given)
            except AltacError as error:
                problems[i] = error.problems[0]
        results = dict(zip(tokens, results_of(list(tokens.values())), strict=True))
        for i, item in enumerate(batch):
            if i in problems:
                outcome = Run(item.given if isinstance(item.given, list) else [], [], None, 0, False, problems[i])
            else:
                outcome = program.decode(results[i])
            sound = _show(outcome, item, as_json) and sound
        done += len(batch)
        if sys.stderr.isatty() and len(batch) == BATCH:
            click.echo(f"\r{done:,} inputs", nl=False, err=True)
    if sys.stderr.isatty() and done > BATCH:
        click.echo("\r" + " " * 30 + "\r", nl=False, err=True)
    return sound


def _show(outcome: Run, item: Item, as_json: bool) -> bool:
    if outcome.error is not None:
        if not isinstance(outcome.error, BadLine):
            click.echo(f"{item.place}:", err=True)
        report([outcome.error])
        if as_json:
            echo_json(outcome.json())
        return False
    if as_json:
        echo_json(outcome.json())
    elif outcome.text is None:
        echo_json(outcome.output)
    else:
        echo(outcome.text)
    return True
