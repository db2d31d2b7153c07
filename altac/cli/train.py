"""``altac train``"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from altac.api import load
from altac.cli.exits import Exit
from altac.cli.output import params_option, progress_bar, report, report_skipped, write_whole


@click.command()
@click.argument("file", metavar="FILE")
@click.option("--inputs", "source", metavar="TRAIN.jsonl", required=True, help="Inputs whose traces are learned.")
@click.option("--test", "held_out", metavar="TEST.jsonl", multiple=True, help="Inputs to evaluate on; may be repeated.")
@click.option("--preset", type=click.Choice(["quick", "paper"]), default="quick", show_default=True)
@click.option("--hyperparameters", metavar="F.toml", help="Hyperparameters that differ from the preset.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option(
    "-o", "--output", metavar="DIR", help="Keep checkpoints, metrics and the result; an interrupted run goes on."
)
@click.option(
    "--answer", type=click.Choice(["all", "last"]), default="all", show_default=True,
    help="Which positions must be right.",
)  # fmt: skip
@click.option("--max-layers", type=click.IntRange(min=0), metavar="K")
@click.option(
    "--skip-failing", is_flag=True, help="Leave out inputs that cannot be read or on which the program fails."
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@params_option
def train(
    file: str,
    source: str,
    held_out: tuple[str, ...],
    preset: str,
    hyperparameters: str | None,
    seed: int,
    output: str | None,
    answer: Any,
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
    from altac.analysis.hyperparameters import PRESETS, read_hyperparameters
    from altac.analysis.inputs import read_inputs
    from altac.analysis.traces import collect_pairs
    from altac.analysis.trained import compare, trained_runner
    from altac.analysis.training import train as learn
    from altac.analysis.vectors import vectors
    from altac.diagnostics.analysis_errors import NotTrainable
    from altac.diagnostics.problem import AltacError

    how = PRESETS[preset]
    if hyperparameters is not None:
        how = read_hyperparameters(hyperparameters, how)
    ir = program.ir
    inputs = read_inputs(ir, source, skip_failing)
    tests = [read_inputs(ir, path, skip_failing) for path in held_out]
    with progress_bar("inputs traced") as progress:
        pairs, failed = collect_pairs(ir, inputs.tokens, max_layers, lambda n: progress(n, len(inputs.tokens)))
    if failed:
        if not skip_failing:
            raise inputs.failed(failed)
        inputs = inputs.without(failed)
    report_skipped(inputs.file, inputs.skipped)
    if not len(pairs):
        raise AltacError(NotTrainable(reason="the program runs no layer on these inputs"))
    with progress_bar("steps") as progress:
        trained = learn(vectors(pairs, how.outputs), how, seed, output, progress)
    runner = trained_runner(ir, trained.parameters, how.outputs)
    result: dict[str, Any] = {
        "program": ir.name, "preset": preset, "seed": seed, "hyperparameters": how.json(), "pairs": len(pairs),
        "inputs": len(inputs.tokens), "loss": trained.metrics[-1].loss, "exact": trained.metrics[-1].exact,
        "seconds": trained.metrics[-1].seconds, "answer": answer, "accuracy": {},
    }  # fmt: skip
    for each in (inputs, *tests):
        found = compare(runner, ir, each.tokens, answer, max_layers)
        result["accuracy"][each.file] = found.accuracy
    if output is not None:
        write_whole(str(Path(output) / "result.json"), json.dumps(result, indent=2) + "\n")
    if as_json:
        click.echo(json.dumps(result))
        return Exit.SUCCESS
    click.echo(
        f"{ir.name}: {len(pairs):,} distinct pairs from {len(inputs.tokens):,} inputs, {how.steps:,} steps, "
        f"loss {trained.metrics[-1].loss:.3g}, {trained.metrics[-1].exact:.1%} of the pairs exact"
    )
    for name, accuracy in result["accuracy"].items():
        click.echo(f"{accuracy:7.1%}  {name}")
    return Exit.SUCCESS
