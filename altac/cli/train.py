"""``altac train``"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

import click

from altac.analysis.hyperparameters import MAX_SEED
from altac.api import load
from altac.cli.exits import Exit
from altac.cli.inputs import inputs_option, report_skipped, skip_failing_option
from altac.cli.output import params_option, progress_bar, report


@click.command()
@click.argument("file", metavar="FILE")
@inputs_option(required=True, text="Inputs whose traces are learned, as JSON lines; - for stdin.")
@click.option(
    "--test", "held_out", type=click.Path(path_type=Path), metavar="F.jsonl", multiple=True,
    help="Inputs to evaluate on; may be repeated.",
)  # fmt: skip
@click.option("--preset", type=click.Choice(["quick", "paper"]), default="quick", show_default=True)
@click.option(
    "--hyperparameters", type=click.Path(path_type=Path), metavar="F.toml",
    help="Hyperparameters that differ from the preset.",
)  # fmt: skip
@click.option("--seed", type=click.IntRange(0, MAX_SEED), default=0, show_default=True)
@click.option(
    "-o", "--output", metavar="DIR", help="Keep checkpoints, metrics and the result; an interrupted run goes on."
)
@click.option(
    "--answer", type=click.Choice(["all", "last"]), default="all", show_default=True,
    help="Which positions must be right.",
)  # fmt: skip
@click.option("--max-layers", type=click.IntRange(min=0), metavar="K")
@skip_failing_option
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@params_option
def train(
    file: str,
    source: Path,
    held_out: tuple[Path, ...],
    preset: Literal["quick", "paper"],
    hyperparameters: Path | None,
    seed: int,
    output: str | None,
    answer: Literal["all", "last"],
    max_layers: int | None,
    skip_failing: bool,
    as_json: bool,
    params: dict[str, str],
) -> int:
    """Train an MLP on the traces of a program, put it among the compiled weights, and evaluate the Transformer.

    The preset `quick` takes minutes on a CPU; `paper` has the sizes of the paper and needs an accelerator.
    """
    program = load(file, params)
    report(program.warnings)
    found = program.train(
        source, tests=held_out, preset=preset, hyperparameters=hyperparameters, seed=seed, directory=output, answer=answer,
        max_layers=max_layers, skip_failing=skip_failing, progress=progress_bar,
    )  # fmt: skip
    report_skipped(found.skipped, len(found.skipped), found.given)
    if as_json:
        click.echo(json.dumps(found.json()))
        return Exit.SUCCESS
    last = found.training.metrics[-1]
    click.echo(
        f"{found.program}: {found.pairs:,} distinct pairs from {found.inputs:,} inputs, {found.hyperparameters.steps:,} steps, "
        f"loss {last.loss:.3g}, {last.exact:.1%} of the pairs exact"
    )
    for name, accuracy in found.accuracy.items():
        click.echo(f"{accuracy:7.1%}  {name}")
    return Exit.SUCCESS
