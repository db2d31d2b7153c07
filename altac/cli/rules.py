"""``altac rules``"""

from __future__ import annotations

import json

import click

from altac.api import load
from altac.cli.exits import Exit
from altac.cli.output import params_option, report


@click.command()
@click.argument("file", metavar="FILE")
@click.option("--format", "form", type=click.Choice(["table", "alta", "json"]), default="table", show_default=True)
@params_option
def rules(file: str, form: str, params: dict[str, str]) -> int:
    """Print the transition rules: as a table, as a program that parses back, or as JSON."""
    program = load(file, params)
    report(program.warnings)
    ruleset = program.rules()
    from altac.rules.printing import rules_json, rules_program, rules_table

    if form == "json":
        click.echo(json.dumps(rules_json(program.ir, ruleset), ensure_ascii=False))
    else:
        for line in (rules_table if form == "table" else rules_program)(program.ir, ruleset):
            click.echo(line)
    return Exit.SUCCESS
