"""``altac build`` and ``altac inspect``"""

from __future__ import annotations

import time

import click

from altac.api import Model, Program, load
from altac.cli.exits import Exit
from altac.cli.output import echo_json, level_option, params_option, report, show, target_option
from altac.cli.stages import STAGES, pass_lines, stage_lines
from altac.compile import Record

_dtype = click.option("--dtype", type=click.Choice(["float32", "bfloat16"]), default="float32", show_default=True)
_length = click.option("--max-length", type=click.IntRange(min=1), metavar="N", help="Longest input to guarantee.")


@click.command()
@click.argument("file", metavar="FILE")
@click.option("-o", "--output", "directory", metavar="DIR", help="Folder to write; must be new or an earlier build.")
@target_option
@level_option
@_dtype
@_length
@click.option(
    "--allow-sampled", is_flag=True, help="Accept hidden units that could only be tried on some states, not proved."
)
@click.option("--emit", type=click.Choice(list(STAGES)), help="Print a stage of the compilation on stdout.")
@click.option("--time-passes", is_flag=True, help="Print the seconds and the memory of each pass on stderr.")
@click.option("--json", "as_json", is_flag=True)
@params_option
def build(
    file: str, directory: str | None, target: str, level: int, dtype: str, max_length: int | None, allow_sampled: bool,
    emit: str | None, time_passes: bool, as_json: bool, params: dict[str, str],
) -> int:  # fmt: skip
    """Build a model that needs no altac: a Flax module with weights, or what `--target` names.

    Without -o nothing is written: for --emit and --time-passes.
    """
    if directory is None and not (emit or time_passes):
        raise click.UsageError("Missing option '-o' / '--output'.")
    if emit and as_json:
        raise click.UsageError("--emit prints a stage on stdout, and --json the sizes: give one of them")
    if emit == "diagrams" and level == 0:
        raise click.UsageError("-O0 has a unit for each rule and no diagrams: print its rules, or give -O1 or -O2")
    program = load(file, params)
    report(program.warnings)
    record = Record()
    if emit and directory is None and not time_passes and not STAGES[emit][0]:  # what needs no pass waits for none
        _print(emit, program, level, record)
        return Exit.SUCCESS
    start = time.perf_counter()
    try:
        model = program.compile(level, dtype=dtype, max_length=max_length, allow_sampled=allow_sampled, record=record)
        seconds = time.perf_counter() - start
    finally:  # a pass that fails hides neither the stages before it nor what they took
        if emit:
            _print(emit, program, level, record)
        if time_passes:
            show(pass_lines(record.passes), err=True)
    if directory is None:
        return Exit.SUCCESS
    model.save(directory, target)
    residual, seconds = model.built.configuration.sizes.residual, round(seconds, 3)
    if as_json:
        sizes = {"mlp_width": model.built.mlp_width, "residual_width": residual, "parameters": model.built.parameters}
        echo_json({"directory": directory, **sizes, "seconds": seconds, **_proof(model)})
    elif not emit:
        show([
            f"{directory}: {model.built.parameters:,} parameters, {model.built.mlp_width:,} hidden units,"
            f" residual stream of {residual:,}, built in {seconds:.2f} s"
        ])  # fmt: skip
    return Exit.SUCCESS


def _proof(model: Model) -> dict[str, str | list[str]]:
    """Whether all hidden units were proved, and the variables of which some states were only tried."""
    return {"proof": model.proof, "sampled": list(model.certificate.sampled)}


def _print(stage: str, program: Program, level: int, record: Record) -> None:
    lines = stage_lines(stage, program, level, record)
    if stage == "ir":  # data, not to be folded
        click.echo("\n".join(lines))
    else:
        show(lines)


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
    model = program.compile(level, dtype=dtype, max_length=max_length, allow_sampled=True)
    seconds = time.perf_counter() - start
    found = {**model.sizes, "seconds": round(seconds, 3), **_proof(model)}
    if as_json:
        echo_json(found)
        return Exit.SUCCESS
    show([((f"{program.name} at -O{level}", "strong"),)])
    for name, value in found.items():
        match value:
            case []:
                continue
            case list():
                text = ", ".join(value)
            case str():
                text = value
            case _:
                text = "too many" if value is None else f"{value:,}"
        show([((f"  {name.replace('_', ' '):<16}", "plain"), (f"{text:>14}", "strong"))])
    return Exit.SUCCESS
