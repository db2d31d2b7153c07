"""What commands share that take inputs: options, and what they say of inputs that are left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from altac.cli.output import count, show

if TYPE_CHECKING:
    from altac.interpreter.inputs import Skipped

F = TypeVar("F", bound=Callable[..., Any])

#: Inputs that are left out and shown one by one.
SHOWN = 5


def inputs_option(required: bool = False, text: str = "Inputs as JSON lines; - for stdin.") -> Callable[[F], F]:
    """Adds ``--inputs F.jsonl``, as ``source``."""
    return click.option(
        "--inputs", "source", type=click.Path(path_type=Path), metavar="F.jsonl", required=required, help=text
    )


def skip_failing_option(command: F) -> F:
    """Adds ``--skip-failing``."""
    return click.option(
        "--skip-failing", is_flag=True,
        help="Leave out inputs that cannot be read or on which the program fails, and say how many; none left is an error.",
    )(command)  # fmt: skip


def report_skipped(skipped: Sequence[Skipped], number: int, inputs: int) -> None:
    """Say on stderr how many of all ``inputs`` were left out, and of the first which and why."""
    if not number:
        return
    lines = [f"{number:,} of {count(inputs, 'input')} left out:"]
    lines += [f"  {s.place or 'the input'}: {s.problem.render_title()}" for s in skipped[:SHOWN]]
    if number > SHOWN:
        lines.append(f"  and {number - SHOWN:,} more")
    show(lines, err=True)
