"""``altac view``"""

from __future__ import annotations

import click

from altac.api import load
from altac.cli.exits import Exit
from altac.cli.inputs import Meant, as_meant, meant_option
from altac.cli.output import level_option, params_option, report


@click.command()
@click.argument("file", metavar="FILE")
@click.argument("given", metavar="INPUT")
@click.option("-o", "--output", "path", required=True, metavar="PAGE.html", help="The page to write.")
@click.option("--max-layers", type=click.IntRange(min=0), metavar="K")
@level_option
@meant_option
@params_option
def view(
    file: str, given: str, path: str, max_layers: int | None, level: int, meant: Meant, params: dict[str, str]
) -> int:
    """Write a page that shows a run: the residual stream layer by layer, attention, updates, hidden units and source.

    The page is one file and needs no network. A run that fails is shown up to where it fails.
    """
    if not path.lower().endswith((".html", ".htm")):  # most likely arguments in the wrong order
        raise click.BadParameter(f"{path!r} must end in .html", param_hint="--output")
    program = load(file, params)
    report(program.warnings)
    shown = program.view(as_meant(program, given, meant), path, level=level, max_layers=max_layers)
    report(shown.notes)
    if shown.trace.result.error is not None:
        report([shown.trace.result.error])
        return Exit.FAILURE
    states, positions = len(shown.data["frames"]), max((len(r["tokens"]) for r in shown.data["runs"]), default=0)
    click.echo(f"{path}: {_count(states, 'state')} of {_count(positions, 'position')}")
    return Exit.SUCCESS


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
