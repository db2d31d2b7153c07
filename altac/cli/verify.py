"""``altac verify``"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from altac.api import load, load_model
from altac.cli.exits import Exit
from altac.cli.inputs import inputs_option, report_skipped, skip_failing_option
from altac.cli.output import echo_json, level_option, params_option, report, show, target_option
from altac.styled import Line

if TYPE_CHECKING:
    from altac.backends.verification import Report
    from altac.ir import Program
    from altac.transformer import Configuration
    from altac.units.proof import Report as Proof

#: What says how a model is built; that in a directory is built already.
_BUILDING = {"target": "--target", "level": "-O", "dtype": "--dtype", "max_length": "--max-length", "params": "-D"}


@click.command()
@click.argument("path", metavar="FILE|DIR")
@target_option
@level_option
@click.option("--dtype", type=click.Choice(["float32", "bfloat16"]), default="float32", show_default=True)
@click.option("--max-length", type=click.IntRange(min=1), metavar="N", help="Longest input to guarantee.")
@click.option("--max-layers", type=click.IntRange(min=0), metavar="K")
@click.option(
    "--exhaustive",
    type=click.IntRange(1, 1_000_000),
    default=1500,
    show_default=True,
    help="Inputs of the exhaustive part, at most.",
)
@click.option(
    "--samples", type=click.IntRange(0, 1_000_000), default=400, show_default=True, help="Further inputs, longer ones."
)
@inputs_option(text="Inputs to compare on besides, as JSON lines; - for stdin.")
@skip_failing_option
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--json", "as_json", is_flag=True)
@params_option
@click.pass_context
def verify(
    context: click.Context, path: str, target: str, level: int, dtype: str, max_length: int | None, max_layers: int | None,
    source: Path | None, skip_failing: bool, exhaustive: int, samples: int, seed: int, as_json: bool, params: dict[str, str],
) -> int:  # fmt: skip
    """Compare interpreter and compiled model, and print what is guaranteed.

    Of a FILE the model is built first. DIR is what `altac build` has written: its own code runs, in the library that it is for.
    """
    options: dict[str, Any] = {
        "inputs": source, "skip_failing": skip_failing, "exhaustive": exhaustive, "samples": samples, "seed": seed,
        "max_layers": max_layers,
    }  # fmt: skip
    if os.path.isdir(path):
        for name, option in _BUILDING.items():
            if context.get_parameter_source(name) == ParameterSource.COMMANDLINE:
                raise click.UsageError(f"{option} is for a FILE; the model in {path} is built already.")
        found = load_model(path).verify(**options)
    else:
        program = load(path, params)
        report(program.warnings)
        found = program.verify(level, target=target, dtype=dtype, max_length=max_length, **options)
    report_skipped(found.skipped, len(found.skipped), found.given + len(found.skipped))
    if as_json:
        echo_json(found.json())
        return Exit.SUCCESS if found.agrees else Exit.FAILURE
    configuration = found.configuration
    title = f"{found.program.name} at -O{configuration.level}, {configuration.dtype}, for {found.target}"
    show([((title, "strong"),), "", configuration.certificate.statement, ""], hang=0)
    show(_recorded(configuration) if found.proof is None else _proof(found.proof), hang=4)
    unfinished = f", never ends on {found.unfinished:,}" if found.unfinished else ""
    given = f", {found.given:,} that were given" if found.given else ""
    show([
        f"\nAll {found.exhaustive:,} inputs of up to {found.exhaustive_length} tokens{given} and {samples} more of up to"
        f" {found.longest} were tried: the interpreter succeeds on {found.compared - found.unfinished:,}{unfinished}"
        f" and stops with an error on {found.failing:,}.",
        f"Outputs, layers and halting agree on {found.compared - len(found.differences):,} of {found.compared:,}.",
        f"Worst lead of a chosen logit: {found.margin:.6g} (exact: 1), on {_input(found.program, found.narrowest)}",
    ], hang=0)  # fmt: skip
    for near in found.closest:
        show([
            f"  {near.head}: the mean {near.value:.6g} came within {near.distance:.3g} of the boundary"
            f" {near.boundary:.6g} on {_input(found.program, near.tokens)}"
        ])  # fmt: skip
    _show_differences(found)
    return Exit.SUCCESS if found.agrees else Exit.FAILURE


def _show_differences(found: Report) -> None:
    from altac.interpreter.codec import output_json

    for difference in found.differences[:5]:
        show([(("DIFFERENT", "error"), (f" on {_input(found.program, difference.tokens)}", "plain"))], err=True)
        for name, result in (("interpreter", difference.interpreter), ("transformer", difference.transformer)):
            output = json.dumps(output_json(found.program, result.output))
            problem = "" if result.error is None else f", {result.error.code}"
            show([f"  {name}: {output} after {result.layers} layers, halted {result.halted}{problem}"], err=True)


def _proof(units: Proof) -> Iterator[Line | str]:
    """What was shown about the hidden units, target by target."""
    complete = [t for t in units.targets if t.exhaustive]
    paths = sum(t.paths for t in complete)
    yield f"Hidden units against the program, one MLP step: all {paths:,} paths of {len(complete)} variables"
    for target in units.targets:
        if not target.exhaustive:
            yield f"  {target.target}: {target.paths:,} random paths (too many to try all)"
    yield f"  {len(units.mismatches)} mismatches" if units.mismatches else "  all equal; head outputs are reset exactly"
    for mismatch in units.mismatches[:5]:
        yield ("  ", "plain"), ("WRONG", "error"), (f": {mismatch.target} on {dict(mismatch.read)}", "plain")


def _recorded(configuration: Configuration) -> Iterator[str]:
    """What a built model says about the comparison of its hidden units with the program."""
    compared = {
        "exhaustive": "all paths were compared when the model was built",
        "sampled": f"compared when the model was built; {', '.join(configuration.certificate.sampled)} on random paths only",
    }  # fmt: skip
    yield f"Hidden units against the program, one MLP step: {compared[configuration.certificate.proof]}"


def _input(program: Program, tokens: Sequence[int]) -> str:
    from altac.interpreter.codec import quote_input

    text = quote_input(program, tokens)
    return text if len(text) <= 72 else text[:68] + " ..."
