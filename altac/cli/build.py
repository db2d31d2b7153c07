"""``altac build`` and ``altac inspect``"""

from __future__ import annotations

import json
import time
from typing import Any

import click

from altac.api import Model, load
from altac.cli.exits import Exit
from altac.cli.output import level_option, params_option, report, show

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
@level_option
@_dtype
@_length
@click.option("--json", "as_json", is_flag=True)
@params_option
def build(
    file: str, directory: str, level: int, dtype: str, max_length: int | None, as_json: bool, params: dict[str, str]
) -> int:
    """Build a Flax module with weights: model.py, model.safetensors, config.json, labels.json, README.md."""
    program = load(file, params)
    report(program.warnings)
    start = time.perf_counter()
    model = program.compile(level, dtype=dtype, max_length=max_length)
    seconds = time.perf_counter() - start
    model.save(directory)
    sizes = summary(model, seconds)
    if as_json:
        click.echo(json.dumps({"directory": directory, **sizes}))
    else:
        show([
            f"{directory}: {sizes['parameters']:,} parameters, {sizes['mlp_width']:,} hidden units,"
            f" residual stream of {sizes['residual_width']:,}, built in {seconds:.2f} s"
        ])  # fmt: skip
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
    show([((f"{program.name} at -O{level}", "strong"),)])
    for name, value in sizes.items():
        shown = "too many" if value is None else f"{value:,}"
        show([((f"  {name.replace('_', ' '):<16}", "plain"), (f"{shown:>14}", "strong"))])
    return Exit.SUCCESS
