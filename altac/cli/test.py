"""``altac test``"""

from __future__ import annotations

import json
from typing import Any

import click

from altac.api import Engine, TestOutcome, load
from altac.cli.exits import Exit
from altac.cli.output import params_option, report, show
from altac.diagnostics.cli_errors import NoTests
from altac.diagnostics.problem import AltacError
from altac.styled import Style

#: The column of the values of a failing test.
_VALUE = 12


@click.command()
@click.argument("files", nargs=-1, metavar="[FILE...]")
@click.option("--engine", type=click.Choice(["both", "interpreter", "transformer"]), default="both", show_default=True)
@params_option
def test(files: tuple[str, ...], engine: str, params: dict[str, str]) -> int:
    """Run the test lines of programs, on the interpreter and on the compiled model.

    Without FILE, every .alta file with test lines in and below the current folder.
    """
    from pathlib import Path

    searched = not files
    chosen = list(files) or sorted(str(p) for p in Path().rglob("*.alta") if p.is_file() or p.is_symlink())
    if not chosen:
        raise click.UsageError("There is no .alta file here. Give a FILE.")
    engines: list[Any] = ["interpreter", "transformer"] if engine == "both" else [engine]
    passed = failed = 0
    for file in chosen:
        try:
            program = load(file, params)
        except AltacError as error:
            if searched and error.problems[0].code == "not-a-program":
                continue
            report(error.problems)
            failed += 1
            continue
        if not program.ir.tests:
            if not searched:
                report([NoTests(path=file)])
            continue
        for one in engines:
            try:
                outcomes = program.test(one)
            except AltacError as error:
                report(error.problems)
                failed += len(program.ir.tests)
                continue
            bad = [o for o in outcomes if not o.passed]
            passed += len(outcomes) - len(bad)
            failed += len(bad)
            style: Style = "error" if bad else "passed"
            show(
                [
                    (
                        (f"{file}: ", "plain"),
                        (f"{len(outcomes) - len(bad)} of {len(outcomes)} pass", style),
                        (f" on the {one}", "plain"),
                    )
                ]
            )
            for outcome in bad:
                _explain(outcome, one)
    show([((f"{passed} passed, {failed} failed", "error" if failed else "passed"),)])
    return Exit.FAILURE if failed else Exit.SUCCESS


def _explain(outcome: TestOutcome, engine: Engine) -> None:
    given = outcome.test
    place = given.span if given.span is not None else "test"
    show([((f"{place}: ", "plain"), (f"fails on the {engine}", "error"))], err=True)
    show([f"  input     {_text(given.input)}", f"  expected  {_text(given.expected)}"], err=True, hang=_VALUE)
    if outcome.error is not None:
        report([outcome.error])
    else:
        show([f"  got       {_text(outcome.got)}"], err=True, hang=_VALUE)


def _text(value: Any) -> str:
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)
