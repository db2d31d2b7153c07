"""``altac rules``"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from altac.api import Program, load
from altac.cli.exits import Exit
from altac.cli.output import echo, echo_json, echo_program, on_terminal, params_option, report, show
from altac.styled import cells, paint, plain, rich_text

if TYPE_CHECKING:
    from rich.console import Console

    from altac.rules import RuleSet

#: Rows of a table that are laid out together: a long one appears as it is printed.
_CHUNK = 200


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
        echo_json(rules_json(program.ir, ruleset))
    elif form == "table" and (console := on_terminal()) is not None:
        _tables(console, program, ruleset)
    elif form == "table":
        for line in rules_table(program.ir, ruleset):
            echo(line)
    else:
        for line in rules_program(program.ir, ruleset):
            echo_program(f"{line}\n")
    return Exit.SUCCESS


def _tables(console: Console, program: Program, ruleset: RuleSet) -> None:
    """A table for each variable, as wide as the terminal."""
    from rich.table import Table

    from altac.rules.printing import rule_groups, rule_totals

    for title, rows in rule_groups(program.ir, ruleset):
        paint(console, [((title, "strong"),)])
        widths = [min(max(cells(row[i]) for row in rows), console.width // 3) for i in range(2)]
        for start in range(0, len(rows), _CHUNK):
            table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 1, 0, 0))
            for name, width in (("", 1), ("old", widths[0]), ("->", 2), ("new", widths[1]), ("if", 2)):
                table.add_column(name, width=width, justify="right" if name == "old" else "left", overflow="fold")
            table.add_column("tests", overflow="fold")
            for old, new, tests in rows[start : start + _CHUNK]:
                table.add_row(
                    "", rich_text(plain(old)), rich_text((("->", "faint"),)), rich_text(((new, "changed"),)),
                    rich_text((("if", "faint"),)), rich_text(plain(tests)),
                )  # fmt: skip
            console.print(table)
        paint(console, [plain("")])
    show(rule_totals(program.ir, ruleset))
