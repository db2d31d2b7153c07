"""``altac targets``"""

from __future__ import annotations

import json
from importlib.util import find_spec

import click

from altac.backends import TARGETS, backend
from altac.cli.exits import Exit


@click.command()
@click.option("--json", "as_json", is_flag=True)
def targets(as_json: bool) -> int:
    """List what models are built for: what is written, which programs it carries, and what it needs."""
    found = list(map(backend, TARGETS))
    missing = {b.name: [package for package in b.requires if find_spec(package) is None] for b in found}
    if as_json:
        rows = [
            {
                "name": b.name, "description": b.description, "carries": b.carries, "requires": list(b.requires),
                "missing": missing[b.name],
            }
            for b in found
        ]  # fmt: skip
        click.echo(json.dumps(rows))
        return Exit.SUCCESS
    for b in found:
        lacking = f" (not installed here: {', '.join(missing[b.name])})" if missing[b.name] else ""
        click.echo(f"{b.name:<8}{b.description}")
        click.echo(f"        carries {b.carries}; needs {', '.join(b.requires)}{lacking}")
    return Exit.SUCCESS
