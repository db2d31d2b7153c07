"""``altac trace --inputs``: traces of many inputs to a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

import click

from altac.api import Program
from altac.cli.inputs import report_skipped
from altac.cli.output import progress_bar


def trace_to_file(
    program: Program, source: Path, output: str, *, every: bool, skip_failing: bool, max_layers: int | None,
    engine: Literal["local", "dask"], scheduler: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Run the program on a file of inputs and write the assignments around every MLP sub-layer."""
    done = program.trace_to(
        output, source, every=every, skip_failing=skip_failing, max_layers=max_layers, engine=engine,
        scheduler=scheduler, progress=progress_bar,
    )  # fmt: skip
    report_skipped(done.skipped, len(done.skipped), done.inputs + len(done.skipped))
    if as_json:
        click.echo(
            json.dumps({"pairs": done.pairs, "rows": done.rows, "inputs": done.inputs, "skipped": len(done.skipped)})
        )
    else:
        kind = "pairs" if every else "distinct pairs"
        click.echo(f"{output}: {done.pairs:,} {kind} from {done.rows:,} positions and layers of {done.inputs:,} inputs")
