"""``altac trace``"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import click

from altac.api import Program, load
from altac.cli.exits import Exit
from altac.cli.inputs import Meant, as_meant, inputs_option, meant_option, skip_failing_option
from altac.cli.output import echo, echo_json, on_terminal, params_option, report, show
from altac.display.runs import ending
from altac.styled import cells, columns, paint, wants_color
from altac.writing import write_whole


@click.command()
@click.argument("file", metavar="FILE")
@click.argument("given", metavar="[INPUT]", required=False)
@click.option("--max-layers", type=click.IntRange(min=0), metavar="K")
@click.option("--layers", metavar="A..B", help="Show only these layers.")
@click.option("--only", metavar="NAME", multiple=True, help="Show only this variable or head; may be repeated.")
@click.option("--json", "as_json", is_flag=True, help="JSON lines, one per moment; with -o, a JSON summary.")
@inputs_option(text="Trace all inputs of a file of JSON lines, into a file; - for stdin.")
@click.option("-o", "--output", metavar="T", help="Where to write the traces: T.safetensors or T.jsonl.")
@click.option("--all", "every", is_flag=True, help="Write every pair, instead of distinct pairs with counts.")
@skip_failing_option
@click.option("--engine", type=click.Choice(["local", "dask"]), default="local", show_default=True)
@click.option("--scheduler", metavar="ADDRESS", help="The Dask cluster to use; its workers must see the output folder.")
@click.option("--plot", "picture", metavar="FILE.svg|FILE.png", help="Draw a picture instead (needs altac[plot]).")
@click.option("--variables", metavar="A,B", help="Variables in the picture; all that change if not given.")
@click.option("--heads", metavar="A,B", help="Heads in the picture, with who attends to whom.")
@meant_option
@params_option
def trace(
    file: str,
    given: str | None,
    max_layers: int | None,
    layers: str | None,
    only: tuple[str, ...],
    as_json: bool,
    picture: str | None,
    variables: str | None,
    heads: str | None,
    source: Path | None,
    output: str | None,
    every: bool,
    skip_failing: bool,
    engine: Literal["local", "dask"],
    scheduler: str | None,
    meant: Meant,
    params: dict[str, str],
) -> int:
    """Show the residual stream, layer by layer. Changed values are coloured, or marked with * without colour.

    With --inputs and -o: write the assignments before and after every MLP step of many inputs to a file.
    """
    if (given is None) == (source is None) or (source is None) != (output is None):
        raise click.UsageError("Give an INPUT to look at, or --inputs with -o to write traces to a file.")
    if skip_failing and source is None:
        raise click.UsageError("--skip-failing is for --inputs.")
    if picture is None and (variables is not None or heads is not None):
        raise click.UsageError("--variables and --heads are for --plot.")
    if picture is not None and (as_json or only or source is not None):
        raise click.UsageError("--plot takes --variables and --heads, and none of --only, --json and --inputs.")
    if picture is not None and not picture.lower().endswith((".svg", ".png")):
        raise click.BadParameter(f"{picture!r} must end in .svg or .png", param_hint="--plot")
    program = load(file, params)
    report(program.warnings)
    if source is not None and output is not None:
        from altac.cli.trace_files import trace_to_file

        trace_to_file(
            program, source, output, every=every, skip_failing=skip_failing, max_layers=max_layers, engine=engine,
            scheduler=scheduler, as_json=as_json,
        )  # fmt: skip
        return Exit.SUCCESS
    assert given is not None
    tokens = program.encode(as_meant(program, given, meant))
    _known(only, [s.name for s in program.ir.slots], "variable or head", "--only")
    low, high = _range(layers)
    if picture is not None:
        return _plot(program, tokens, max_layers, (low, high), picture, _names(variables), _names(heads))
    from altac.trace import collect, table
    from altac.trace.table import table_lines

    found = collect(program.ir, tokens, max_layers)
    chosen = [s for s in found.snapshots if low <= s.layer <= high]
    if as_json:
        for snapshot in chosen:
            echo_json(found.json(snapshot))
    else:
        console = on_terminal()
        if console is None:
            for line in table(found, chosen, width=columns(sys.stdout), names=only):
                echo(line)
        else:
            paint(console, table_lines(found, chosen, console.width, wants_color(sys.stdout), only, cells))
    if found.result.error is not None:
        report([found.result.error])
        return Exit.FAILURE
    if not as_json:
        run = program.decode(found.result)
        shown = run.text if run.text is not None else json.dumps(run.output, ensure_ascii=False)
        show([f"{shown}   ({ending(run.layers, run.halted, run.cut)})"])
    return Exit.SUCCESS


def _names(text: str | None) -> list[str]:
    return list(dict.fromkeys(n.strip() for n in (text or "").split(",") if n.strip()))


def _known(names: Sequence[str], known: list[str], what: str, option: str) -> None:
    """Refuse a name that nothing has."""
    unknown = [n for n in names if n not in known]
    if unknown:
        from altac.diagnostics.problem import did_you_mean

        close = did_you_mean(unknown[0], known)
        hint = f" Did you mean {close!r}?" if close else ""
        raise click.BadParameter(f"there is no {what} {unknown[0]!r}.{hint}", param_hint=option)


def _plot(
    program: Program, tokens: tuple[int, ...], max_layers: int | None, chosen: tuple[int, int], path: str,
    variables: list[str], heads: list[str],
) -> int:  # fmt: skip
    """Draw a run, up to where it fails if it does."""
    _known(variables, list(program.ir.variable_names), "variable", "--variables")
    _known(heads, [h.name for h in program.ir.heads], "head", "--heads")
    from altac.trace import collect
    from altac.trace.plot import changing, panels, plot

    found = collect(program.ir, tokens, max_layers)
    if not variables and not heads:
        variables = changing(found)
    shown = panels(found, variables, heads, *chosen)
    write_whole(path, plot(shown, "svg" if path.lower().endswith(".svg") else "png"))
    if found.result.error is not None:
        report([found.result.error])
        return Exit.FAILURE
    click.echo(f"{path}: {', '.join(p.title for p in shown)}")
    return Exit.SUCCESS


def _range(text: str | None) -> tuple[int, int]:
    if text is None:
        return 0, sys.maxsize
    first, dots, last = text.partition("..")
    try:
        return int(first), int(last) if dots else int(first)
    except ValueError:
        raise click.BadParameter(f"write A..B or A, not {text!r}", param_hint="--layers") from None
