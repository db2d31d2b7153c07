"""``altac check``"""

from __future__ import annotations

import click

from altac.cli.exits import Exit
from altac.cli.output import echo_json, params_option, report
from altac.diagnostics.problem import AltacError, Problem


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@params_option
def check(files: tuple[str, ...], form: str, params: dict[str, str]) -> int:
    """Parse and check programs. Diagnostics go to stderr, as JSON to stdout.

    Exits with 0 if there are no errors, 1 if there are, 2 for a wrong command line.
    """
    from altac.api import check as run

    problems: list[Problem] = []
    for file in files:
        try:
            program, found = run(file, params)
            problems += found
            if program is not None:
                problems += program.unread()
        except AltacError as error:
            problems += error.problems
    if form == "json":
        from altac.diagnostics.json import to_json

        echo_json([to_json(p) for p in problems], indent=2)
    else:
        report(problems)
    return Exit.FAILURE if any(p.severity == "error" for p in problems) else Exit.SUCCESS
