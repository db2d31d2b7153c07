"""``altac theorem``"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from altac.api import Program, load
from altac.cli.exits import Exit
from altac.cli.inputs import inputs_option, report_skipped, skip_failing_option
from altac.cli.output import count, echo_json, params_option, report, show

if TYPE_CHECKING:
    from altac.analysis.theorem import Unneeded, Verdict, Violation

#: Findings that are shown unless all are wanted.
_SHOWN = 20


def _alpha(_ctx: click.Context, _param: click.Parameter, value: str | None) -> Fraction | None:
    if value is None:
        return None
    number = re.fullmatch(r"\d{1,30}(\.\d{1,30})?|\.\d{1,30}|\d{1,30}/\d{1,30}", value.strip(), re.ASCII)
    denominator = value.partition("/")[2]
    found = Fraction(value) if number and not (denominator and int(denominator) == 0) else Fraction(0)
    if found <= 0:
        raise click.BadParameter(f"write a positive number such as 0.5 or 1/3, not {value!r}")
    return found


@click.command()
@click.argument("file", metavar="FILE")
@inputs_option(required=True)
@click.option(
    "--alpha",
    callback=_alpha,
    metavar="A",
    help="The weight of the regulariser; 0.5 by default: the theorems hold below 1.",
)
@skip_failing_option
@click.option(
    "--max-layers",
    type=click.IntRange(min=0),
    metavar="K",
    help="Run exactly K layers unless all positions halt before.",
)
@click.option("--verbose", is_flag=True, help="List every rule, conjunct and parameter at fault.")
@click.option("--json", "as_json", is_flag=True, help="The verdict as one JSON object.")
@params_option
def theorem(
    file: str, source: Path, alpha: Fraction | None, skip_failing: bool, max_layers: int | None, verbose: bool,
    as_json: bool, params: dict[str, str],
) -> int:  # fmt: skip
    """Tell whether the rules of a program are minimal for given inputs, and whether the MLP compiled from them is a strict
    coordinate-wise local optimum of the regularised reconstruction loss (appendix B of the ALTA paper)."""
    program = load(file, params)
    report(program.warnings)
    verdict = program.theorem(source, alpha=alpha, max_layers=max_layers, skip_failing=skip_failing)
    report_skipped(verdict.skipped, len(verdict.skipped), verdict.inputs + len(verdict.skipped))
    if as_json:
        echo_json(_json(program, verdict))
    else:
        show(_lines(program, verdict, None if verbose else _SHOWN))
    return Exit.SUCCESS


def _lines(program: Program, verdict: Verdict, most: int | None) -> Iterator[str]:
    yield (
        f"{program.name} on {count(verdict.inputs, 'input')}: {count(len(verdict.rules), 'rule')},"
        f" {count(verdict.parameters, 'parameter')}, {count(verdict.states, 'different state')}"
    )
    if verdict.skipped:
        yield f"  left out         {count(len(verdict.skipped), 'input')}"
    idle = sum(u.conjunct is None for u in verdict.unneeded)
    needless = f"{count(idle, 'rule')} and {count(len(verdict.unneeded) - idle, 'conjunct')} are not needed"
    yield f"  minimal          {'yes' if verdict.minimal else f'no: {needless}'}"
    faults = f"no: not in {count(len(verdict.violations), 'parameter')}"
    yield f"  strict optimum   {'yes' if verdict.strict_optimum else faults}, at alpha = {verdict.alpha}"
    if verdict.below:  # 0: for no alpha; None: there is no parameter to speak of
        yield f"  strict for       0 < alpha < {verdict.below:,}"
    if verdict.unneeded:
        yield "\nnot needed"
        yield from _by_rule(program, verdict.unneeded, _needless, most)
    if verdict.violations:
        yield "\nparameters, and the left and right derivative of the loss in them"
        yield from _by_rule(program, verdict.violations, _derivatives, most)


_Finding = TypeVar("_Finding", "Unneeded", "Violation")


def _by_rule(
    program: Program,
    findings: Sequence[_Finding],
    shown: Callable[[Program, _Finding], str],
    most: int | None,
) -> Iterator[str]:
    """A line for each rule, and under it one for each of its findings."""
    from altac.analysis.wording import line_of, rule_text

    last = None
    for done, finding in enumerate(findings):
        if done == most:
            yield f"  and {len(findings) - done:,} more; --verbose shows all"
            return
        if finding.number != last:
            line, last = line_of(finding.rule), finding.number
            place = "" if line is None else f" ({line.file}:{line.number})"
            yield f"  rule {last}{place}: {rule_text(program.ir, finding.rule)}"
        yield f"    {shown(program, finding)}"


def _needless(program: Program, found: Unneeded) -> str:
    from altac.analysis.wording import conjunct_text

    return "never applies" if found.conjunct is None else f"does not need {conjunct_text(program.ir, found.conjunct)}"


def _derivatives(program: Program, found: Violation) -> str:
    return f"{_parameter(program, found)} = {found.weight}: {found.left}, {found.right}"


def _parameter(program: Program, found: Violation) -> str:
    """The name of a parameter: ``b1[3]``, ``W1[3, done = true]``, ``W2[done = true, 3]``."""
    from altac.analysis.wording import conjunct_text

    if found.feature is None:
        return f"b1[{found.number}]"
    feature = conjunct_text(program.ir, found.feature)
    return f"W1[{found.number}, {feature}]" if found.matrix == "W1" else f"W2[{feature}, {found.number}]"


def _number(value: Fraction) -> int | float | str:
    """As a JSON number if that is exact, else as text."""
    if value.denominator == 1:
        return int(value)
    return float(value) if Fraction(float(value)) == value else str(value)


def _json(program: Program, verdict: Verdict) -> dict[str, Any]:
    from altac.analysis.wording import conjunct_json, rule_json
    from altac.diagnostics.json import to_json

    ir = program.ir
    return {
        "program": program.name,
        "minimal": verdict.minimal,
        "strict_optimum": verdict.strict_optimum,
        "alpha": _number(verdict.alpha),
        "strict_below": verdict.below,
        "rules": len(verdict.rules),
        "parameters": verdict.parameters,
        "inputs": verdict.inputs,
        "failing": [{"place": s.place, "error": to_json(s.problem)} for s in verdict.skipped],
        "states": verdict.states,
        "unneeded": [
            {
                "number": u.number,
                "rule": rule_json(ir, u.rule),
                "conjunct": None if u.conjunct is None else conjunct_json(ir, u.conjunct),
            }
            for u in verdict.unneeded
        ],
        "violations": [
            {
                "parameter": _parameter(program, v),
                "number": v.number,
                "rule": rule_json(ir, v.rule),
                "weight": v.weight,
                "left": _number(v.left),
                "right": _number(v.right),
            }
            for v in verdict.violations
        ],
    }
