"""``altac new``"""

from __future__ import annotations

from pathlib import Path

import click

from altac.cli.exits import Exit
from altac.diagnostics.cli_errors import AlreadyExists
from altac.diagnostics.problem import AltacError
from altac.writing import write_whole

TEMPLATE = """\
// {title}: what the program computes, and how.
//
// The starting point: parity, passed one position to the right per layer.

program {name}

tokens 0, 1, START

var parity: bool = token == 1
var done:   bool = token == START

head parity_left = parity at -1
head done_left   = done at -1

mlp {{
    if not done and done_left {{
        parity <- parity xor parity_left
        done   <- true
    }}
}}

output parity
halt when done

test [START] => [false]
test [START, 1, 0, 1] => [false, true, true, false]
"""


@click.command()
@click.argument("name", metavar="NAME")
def new(name: str) -> int:
    """Create NAME.alta from a template that passes its own tests."""
    from altac.syntax.keywords import words

    path = Path(name if name.endswith(".alta") else f"{name}.alta")
    identifier = path.stem.replace("-", "_").replace(" ", "_")
    if not identifier.isidentifier() or not identifier.isascii() or identifier in words().keywords:
        raise click.UsageError(f"A program cannot be called {path.stem!r}: use letters, digits and _, and no keyword.")
    if path.exists():
        raise AltacError(AlreadyExists(path=str(path)))
    write_whole(str(path), TEMPLATE.format(title=identifier.replace("_", " ").capitalize(), name=identifier))
    click.echo(f"{path}: created. Next: altac test {path}")
    return Exit.SUCCESS
