"""``altac explain``"""

from __future__ import annotations

import inspect as reflection
from importlib import import_module
from pathlib import Path

import click

from altac.cli.exits import Exit
from altac.diagnostics.cli_errors import UnknownCode
from altac.diagnostics.problem import REGISTRY, AltacError, Problem, did_you_mean


def every_code() -> dict[str, type[Problem]]:
    """All diagnostics by code."""
    folder = Path(__file__).parent.parent / "diagnostics"
    for module in sorted(folder.glob("*_errors.py")):
        import_module(f"altac.diagnostics.{module.stem}")
    return dict(sorted(REGISTRY.items()))


@click.command()
@click.argument("code", required=False)
def explain(code: str | None) -> int:
    """Explain a diagnostic code; without CODE, list them all."""
    known = every_code()
    if code is None:
        for name, kind in known.items():
            click.echo(f"{name:<28} {kind.title}")
        return Exit.SUCCESS
    if code not in known:
        raise AltacError(UnknownCode(name=code, suggestion=did_you_mean(code, known)))
    kind = known[code]
    click.echo(f"{kind.severity}[{code}]: {kind.title}\n")
    text = reflection.getdoc(kind)
    if text and not text.startswith(f"{kind.__name__}("):
        click.echo(text + "\n")
    if kind.label:
        click.echo(f"shown at the place: {kind.label}")
    if kind.help:
        click.echo(f"what helps: {kind.help}")
    return Exit.SUCCESS
