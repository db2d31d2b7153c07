"""``altac build`` and ``altac inspect``"""

from __future__ import annotations

import json
import time
from typing import Any

import click

from altac.api import Model, load
from altac.cli.exits import Exit
from altac.cli.output import level_option, params_option, report, target_option

_dtype = click.option("--dtype", type=click.Choice(["float32", "bfloat16"]), default="float32", show_default=True)
_length = click.option("--max-length", type=click.IntRange(min=1), metavar="N", help="Longest input to guarantee.")


def summary(model: Model, seconds: float) -> dict[str, Any]:
    """The sizes of a model, as the command contract names them."""
    return {**model.sizes, "seconds": round(seconds, 3)}


@click.command()
@click.argument("file", metavar="FILE")
@click.option(
    "-o",
    "--output",
    "directory",
    required=True,
    metavar="DIR",
    help="Folder to write; must be new or an earlier build.",
)
@target_option
@level_option
@_dtype
@_length
@click.option("--json", "as_json", is_flag=True)
@params_option
def build(
    file: str, directory: str, target: str, level: int, dtype: str, max_length: int | None, as_json: bool,
    params: dict[str, str],
) -> int:  # fmt: skip
    """Build a model that needs no altac: a Flax module with weights, or what `--target` names."""
    program = load(file, params)
    report(program.warnings)
    start = time.perf_counter()
    model = program.compile(level, dtype=dtype, max_length=max_length)
    seconds = time.perf_counter() - start
    model.save(directory, target)
    sizes = summary(model, seconds)
    if as_json:
        click.echo(json.dumps({"directory": directory, **sizes}))
    else:
        click.echo(
            f"{directory}: {sizes['parameters']:,} parameters, {sizes['mlp_width']:,} hidden units,"
            f" residual stream of {sizes['residual_width']:,}, built in {seconds:.2f} s"
        )
    return Exit.SUCCESS


@click.command()
@click.argument("file", metavar="FILE")
@level_option
@_dtype
@_length
@click.option("--json", "as_json", is_flag=True)
@params_option
def inspect(file: str, level: int, dtype: str, max_length: int | None, as_json: bool, params: dict[str, str]) -> int:
    """Report the size of the compiled model."""
    program = load(file, params)
    report(program.warnings)
    start = time.perf_counter()
    model = program.compile(level, dtype=dtype, max_length=max_length)
    sizes = summary(model, time.perf_counter() - start)
    if as_json:
        click.echo(json.dumps(sizes))
        return Exit.SUCCESS
    click.echo(f"{program.name} at -O{level}")
    for name, value in sizes.items():
        click.echo(f"  {name.replace('_', ' '):<16}{'too many' if value is None else f'{value:,}':>14}")
    return Exit.SUCCESS
