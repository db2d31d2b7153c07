"""``altac trace --inputs``: traces of many inputs to a file."""

from __future__ import annotations

import json
from typing import Any

import click

from altac.api import Program
from altac.cli.output import progress_bar, report_skipped


def trace_to_file(
    program: Program,
    source: str,
    output: str,
    *,
    every: bool,
    skip: bool,
    max_layers: int | None,
    engine: Any,
    scheduler: str | None,
    as_json: bool,
) -> None:
    """Run the program on a file of inputs and write the assignments around every MLP sub-layer."""
    from altac.analysis.inputs import read_inputs
    from altac.analysis.tracefile import connected, write_traces

    inputs = read_inputs(program.ir, source, skip)
    with connected(scheduler), progress_bar("inputs") as progress:
        done = write_traces(
            program.ir, inputs, output, every=every, skip=skip, max_layers=max_layers, engine=engine, progress=progress
        )
    report_skipped(inputs.file, done.skipped)
    if as_json:
        click.echo(
            json.dumps({"pairs": done.pairs, "rows": done.rows, "inputs": done.inputs, "skipped": len(done.skipped)})
        )
    else:
        kind = "pairs" if every else "distinct pairs"
        click.echo(f"{output}: {done.pairs:,} {kind} from {done.rows:,} positions and layers of {done.inputs:,} inputs")
