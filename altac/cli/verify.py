"""``altac verify``"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import click

from altac.api import Program, load
from altac.cli.exits import Exit
from altac.cli.output import level_option, params_option, report, show
from altac.styled import Line


@click.command()
@click.argument("file", metavar="FILE")
@level_option
@click.option("--dtype", type=click.Choice(["float32", "bfloat16"]), default="float32", show_default=True)
@click.option("--max-length", type=click.IntRange(min=1), metavar="N", help="Longest input to guarantee.")
@click.option("--max-layers", type=click.IntRange(min=0), metavar="K")
@click.option(
    "--exhaustive",
    type=click.IntRange(min=1),
    default=1500,
    show_default=True,
    help="Inputs of the exhaustive part, at most.",
)
@click.option(
    "--samples", type=click.IntRange(min=0), default=400, show_default=True, help="Further inputs, longer ones."
)
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--json", "as_json", is_flag=True)
@params_option
def verify(
    file: str, level: int, dtype: str, max_length: int | None, max_layers: int | None, exhaustive: int, samples: int,
    seed: int, as_json: bool, params: dict[str, str],
) -> int:  # fmt: skip
    """Compare interpreter and compiled model, and print what is guaranteed."""
    program = load(file, params)
    report(program.warnings)
    model = program.compile(level, dtype=dtype, max_length=max_length, allow_sampled=True)
    from altac.transformer.verification import verify as run

    units = model.stages.proof
    found = run(program.ir, model.built, exhaustive=exhaustive, samples=samples, seed=seed, max_layers=max_layers)
    sound = found.agrees and not units.mismatches
    if as_json:
        click.echo(json.dumps(_json(program, units, found, model.built.certificate), ensure_ascii=False))
        return Exit.SUCCESS if sound else Exit.FAILURE
    show([((f"{program.name} at -O{level}, {dtype}", "strong"),), "", model.built.certificate.statement(), ""], hang=0)
    show(_proof(units), hang=4)
    unfinished = f", never ends on {found.unfinished:,}" if found.unfinished else ""
    show([
        f"\nAll {found.exhaustive:,} inputs of up to {found.exhaustive_length} tokens and {samples} more of up to"
        f" {found.longest} were tried: the interpreter succeeds on {found.compared - found.unfinished:,}{unfinished}"
        f" and stops with an error on {found.failing:,}.",
        f"Outputs, layers and halting agree on {found.compared - len(found.differences):,} of {found.compared:,}.",
        f"Worst lead of a chosen logit: {found.margin:.6g} (exact: 1), on {_input(program, found.narrowest)}",
    ], hang=0)  # fmt: skip
    for near in found.closest:
        show([
            f"  {near.head}: the mean {near.value:.6g} came within {near.distance:.3g} of the boundary"
            f" {near.boundary:.6g} on {_input(program, near.tokens)}"
        ])  # fmt: skip
    for difference in found.differences[:5]:
        show([(("DIFFERENT", "error"), (f" on {_input(program, difference.tokens)}", "plain"))], err=True)
        for name, result in (("interpreter", difference.interpreter), ("transformer", difference.transformer)):
            run_ = program.decode(result)
            ended = f"halted {run_.halted}" + ("" if run_.error is None else f", {run_.error.code}")
            show([f"  {name}: {json.dumps(run_.output)} after {run_.layers} layers, {ended}"], err=True)
    return Exit.SUCCESS if sound else Exit.FAILURE


def _proof(units: Any) -> Iterator[Line | str]:
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


def _input(program: Program, tokens: tuple[int, ...]) -> str:
    from altac.interpreter.codec import quote_input

    text = quote_input(program.ir, tokens)
    return text if len(text) <= 72 else text[:68] + " ..."


def _json(program: Program, units: Any, found: Any, certificate: Any) -> dict[str, Any]:
    from altac.interpreter.codec import input_json

    return {
        "agrees": found.agrees and not units.mismatches,
        "exhaustive_length": found.exhaustive_length,
        "exhaustive": found.exhaustive,
        "compared": found.compared,
        "unfinished": found.unfinished,
        "failing": found.failing,
        "longest": found.longest,
        "differences": [list(input_json(program.ir, d.tokens)) for d in found.differences],
        "margin": found.margin,
        "closest": [
            {"input": list(input_json(program.ir, c.tokens)), "head": c.head, "mean": c.value, "distance": c.distance}
            for c in found.closest
        ],
        "units": {
            "exhaustive": units.exhaustive, "paths": sum(t.paths for t in units.targets), "mismatches": len(units.mismatches),
        },
        "certificate": {
            "dtype": certificate.dtype, "max_length": certificate.max_length, "margin": certificate.margin,
            "statement": certificate.statement(),
        },
    }  # fmt: skip
