"""``altac view``"""

from __future__ import annotations

from typing import Literal, cast

import click

from altac.api import load
from altac.cli.exits import Exit
from altac.cli.output import level_option, params_option, report, write_whole


@click.command()
@click.argument("file", metavar="FILE")
@click.argument("given", metavar="INPUT")
@click.option("-o", "--output", "path", required=True, metavar="PAGE.html", help="The page to write.")
@click.option("--max-layers", type=click.IntRange(min=0), metavar="K")
@level_option
@params_option
def view(file: str, given: str, path: str, max_layers: int | None, level: int, params: dict[str, str]) -> int:
    """Write a page that shows a run: the residual stream layer by layer, attention, updates, hidden units and source.

    The page is one file and needs no network. A run that fails is shown up to where it fails.
    """
    if not path.lower().endswith((".html", ".htm")):  # most likely arguments in the wrong order
        raise click.BadParameter(f"{path!r} must end in .html", param_hint="--output")
    from altac.diagnostics.problem import AltacError
    from altac.rules import Units, units
    from altac.trace import collect
    from altac.view import MOST_CELLS, page, view_data

    program = load(file, params)
    report(program.warnings)
    trace = collect(program.ir, program.encode(given), max_layers, MOST_CELLS)
    found: Units | AltacError
    try:
        found = units(program.ir, cast(Literal[0, 1, 2], level))
    except AltacError as error:
        found = error
    shown = view_data(trace, program.source, found)
    report(shown.notes)
    write_whole(path, page(shown.data))
    if trace.result.error is not None:
        report([trace.result.error])
        return Exit.FAILURE
    frames = len(shown.data["frames"])
    click.echo(f"{path}: {frames:,} {'state' if frames == 1 else 'states'} of {len(trace.tokens):,} positions")
    return Exit.SUCCESS
