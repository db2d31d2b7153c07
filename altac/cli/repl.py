"""``altac repl``"""

from __future__ import annotations

import click


@click.command()
@click.argument("file", required=False, metavar="[FILE]")
def repl(file: str | None) -> int:
    """Work on a program interactively: declare, run, step through its layers, look at rules and types."""
    from altac.repl import main

    return main(file)
