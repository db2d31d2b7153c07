"""``altac minimize``"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from altac.api import Program, load
from altac.cli.exits import Exit
from altac.cli.inputs import inputs_option, report_skipped, skip_failing_option
from altac.cli.output import count, echo_json, params_option, report, show
from altac.diagnostics.problem import AltacError
from altac.writing import write_whole

if TYPE_CHECKING:
    from altac.analysis.minimal import Minimal


@click.command()
@click.argument("file", metavar="FILE")
@inputs_option(required=True)
@click.option("-o", "--output", "target", metavar="MIN.alta", help="Write the minimal version to this file.")
@click.option("--conjuncts", is_flag=True, help="Also remove conjuncts that make no difference.")
@skip_failing_option
@click.option(
    "--max-layers",
    type=click.IntRange(min=0),
    metavar="K",
    help="Run exactly K layers unless all positions halt before.",
)
@click.option("--verbose", is_flag=True, help="List every rule that is dropped or changed.")
@click.option("--json", "as_json", is_flag=True, help="The report as one JSON object.")
@params_option
def minimize(
    file: str, source: Path, target: str | None, conjuncts: bool, skip_failing: bool, max_layers: int | None,
    verbose: bool, as_json: bool, params: dict[str, str],
) -> int:  # fmt: skip
    """Find the rules, tokens and positions of a program that given inputs need, and write the program that has only these."""
    program = load(file, params)
    report(program.warnings)
    if target is not None:
        _refuse_overwriting(target)
    found = program.minimal(source, conjuncts=conjuncts, max_layers=max_layers, skip_failing=skip_failing)
    report_skipped(found.skipped, len(found.skipped), found.inputs + len(found.skipped))
    if target is not None:
        write_whole(target, found.text)
    if as_json:
        echo_json(_json(program, found, target))
        return Exit.SUCCESS
    show(_lines(program, found, verbose))
    if target is not None:
        show([f"\nwritten to {target}"])
    return Exit.SUCCESS


def _refuse_overwriting(path: str) -> None:
    """Only what this command wrote may be replaced. Raises `AltacError`."""
    from altac.analysis.minimal import HEADING
    from altac.diagnostics.cli_errors import AlreadyExists
    from altac.untrusted import read_file

    try:
        ours = read_file(path, 4 * len(HEADING), regular=True).decode("utf-8", "replace").startswith(HEADING)
    except (OSError, ValueError):
        ours = not os.path.isfile(path)  # what keeps it from being written is found then
    if not ours:
        raise AltacError(AlreadyExists(path=path))


def _lines(program: Program, found: Minimal, verbose: bool) -> Iterator[str]:
    from altac.analysis.wording import conjunct_text, counted, line_of, rule_text
    from altac.ir import plain_name

    original = found.original
    rules = len(found.kept) + len(found.dropped)
    yield (
        f"{program.name} on {count(found.inputs, 'input')}: the MLP reads {count(found.evaluations, 'state')},"
        f" {found.states:,} of them different"
    )
    if found.skipped:
        yield f"  left out      {count(len(found.skipped), 'input')}"
    yield f"  rules         {len(found.kept):,} of {rules:,} apply"
    if original.heads:
        yield f"  head values   {len(found.resets):,} of {len(found.resets) + found.resets_dropped:,} occur"
        yield f"  together      {len(found):,} rules as the paper counts them, a reset for each head value"
    unseen = len(found.unseen_tokens)
    tokens = f"{original.tokens.size - unseen:,} of {original.tokens.size:,} occur"
    names = ", ".join(plain_name(original.symbols[t].name) for t in found.unseen_tokens[:12])
    yield f"  tokens        {tokens}" + (f"; not {names}" if unseen else "") + (", ..." if unseen > 12 else "")
    if original.positions is not None:
        yield f"  positions     {found.length:,} of {original.positions:,} occur"
    for start in found.restricted:
        by = original.variable(start.name).initial.by
        value = conjunct_text(original, (start.name, start.default))
        places = f"{by} that does" if len(start.unseen) == 1 else f"{by}s that do"
        yield f"  start         {value} at {len(start.unseen):,} {places} not occur"
    removed, guards = sum(len(k.removed) for k in found.kept), sum(len(k.guards) for k in found.kept)
    if removed or guards:
        yield f"  conjuncts     {removed:,} removed; {guards:,} only keep heads from being read where undefined"
    if found.overlaps:
        yield f"  overlaps      {count(len(found.overlaps), 'pair')} of rules exclude one another on these inputs only"
    if found.tests_dropped:
        yield f"  test lines    {len(found.tests_dropped):,} of {len(original.tests):,} do not pass any more, left out"
    if found.dropped:
        yield "\nrules that never apply, by the line they come from"
        every = [*(k.original for k in found.kept), *found.dropped]
        for line, number, total in counted(found.dropped, every):
            yield f"  {line.file}:{line.number}  {number:,} of {total:,}  {line.text}"
    if not verbose:
        return
    for rule in found.dropped:
        at = line_of(rule)
        yield f"dropped {'' if at is None else f'(line {at.number}) '}{rule_text(original, rule)}"
    for kept in found.kept:
        for conjunct in kept.removed:
            yield f"removed {conjunct_text(original, conjunct)} from {rule_text(original, kept.original)}"


def _json(program: Program, found: Minimal, target: str | None) -> dict[str, Any]:
    from altac.analysis.wording import conjunct_json, rule_json
    from altac.diagnostics.json import to_json
    from altac.rules.printing import json_value

    ir = found.original
    return {
        "program": program.name,
        "output": target,
        "inputs": found.inputs,
        "failing": [{"place": s.place, "error": to_json(s.problem)} for s in found.skipped],
        "states": found.states,
        "evaluations": found.evaluations,
        "rules": len(found.kept),
        "resets": len(found.resets),
        "resets_dropped": found.resets_dropped,
        "kept": [
            rule_json(ir, k.rule)
            | {
                "count": k.count,
                "removed": [conjunct_json(ir, c) for c in k.removed],
                "guards": [conjunct_json(ir, c) for c in k.guards],
            }
            for k in found.kept
        ],
        "dropped": [rule_json(ir, r) for r in found.dropped],
        "overlaps": [[rule_json(ir, r) for r in pair] for pair in found.overlaps],
        "tokens": [ir.symbols[t].name for t in found.tokens],
        "unseen_tokens": [ir.symbols[t].name for t in found.unseen_tokens],
        "positions": found.length,
        "restricted": [
            {
                "variable": r.name,
                "by": ir.variable(r.name).initial.by,
                "default": json_value(ir.domain(r.name), r.default),
                "unseen": [ir.symbols[i].name for i in r.unseen]
                if ir.variable(r.name).initial.by == "token"
                else list(r.unseen),
            }
            for r in found.restricted
        ],
        "tests_dropped": len(found.tests_dropped),
    }
