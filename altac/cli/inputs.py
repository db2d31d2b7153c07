"""What commands share that take inputs: options, and what they say of inputs that are left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import click

from altac.cli.output import count, show

if TYPE_CHECKING:
    from altac.api import Program
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


#: How an INPUT is to be read: as text, as a JSON array of tokens, or as text if the program's spellings can read it.
Meant = Literal["text", "tokens"] | None


def meant_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds ``--text`` and ``--tokens``, which say what an INPUT is, as the argument ``meant``."""
    text = click.option("--text", "meant", flag_value="text", help="An INPUT is text, also where JSON could be meant.")
    tokens = click.option("--tokens", "meant", flag_value="tokens", help="An INPUT is a JSON array of tokens.")
    return text(tokens(command))


def as_meant(program: Program, text: str, meant: Meant) -> str | list[Any]:
    """An INPUT of the command line, for `Program.encode`. Raises `AltacError` if it is not what it is meant to be."""
    from altac.interpreter.codec import input_json, read_array, read_text

    match meant:
        case None:
            return text
        case "text":
            return list(input_json(program.ir, read_text(program.ir, text)))
        case "tokens":
            return read_array(text)


def report_skipped(skipped: Sequence[Skipped], number: int, inputs: int) -> None:
    """Say on stderr how many of all ``inputs`` were left out, and of the first which and why."""
    if not number:
        return
    lines = [f"{number:,} of {count(inputs, 'input')} left out:"]
    for one in skipped[:SHOWN]:
        place = f"{one.place or 'the input'}: "
        lines.append(f"  {place}{one.problem.render_title().removeprefix(place)}")
    if number > SHOWN:
        lines.append(f"  and {number - SHOWN:,} more")
    show(lines, err=True)
