"""``altac fmt``"""

from __future__ import annotations

import re
import sys

import click

from altac.cli.exits import Exit
from altac.cli.output import echo_program, report
from altac.diagnostics.problem import AltacError
from altac.writing import write_whole


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--check", "only_check", is_flag=True, help="Change nothing; exit with 1 if a file would change.")
@click.option("--diff", is_flag=True, help="Change nothing; print what would change.")
def fmt(files: tuple[str, ...], only_check: bool, diff: bool) -> int:
    """Format programs in place; - formats stdin to stdout."""
    from altac.syntax.limits import MAX_CHARACTERS
    from altac.syntax.printer import format_source
    from altac.syntax.reading import decode_source, read_source

    changed = failed = False
    for file in files:
        try:
            source = (
                decode_source(sys.stdin.buffer.read(4 * MAX_CHARACTERS + 1), "<stdin>")
                if file == "-"
                else read_source(file)
            )
            text = format_source(source)
            if diff:
                _show_difference(source.text, text, source.name)
            if file == "-":
                if not (diff or only_check):
                    echo_program(text)
            elif text != source.text:
                if only_check:
                    click.echo(f"{file}: would change", err=True)
                elif not diff:
                    write_whole(file, text)
                    click.echo(f"{file}: formatted", err=True)
            changed = changed or text != source.text
        except AltacError as error:
            report(error.problems)
            failed = True
    return Exit.FAILURE if failed or (changed and (only_check or diff)) else Exit.SUCCESS


def _show_difference(before: str, after: str, name: str) -> None:
    from difflib import unified_diff

    lines = unified_diff(_lines(before), _lines(after), name, f"{name} (formatted)")
    for line in lines:
        echo_program(line if line.endswith("\n") else f"{line}\n")


def _lines(text: str) -> list[str]:
    return re.findall(r".*\n|.+", text)
