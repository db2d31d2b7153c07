"""Inputs from files of JSON lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TextIO

import click

from altac.api import Program
from altac.diagnostics.problem import AltacError, Problem
from altac.interpreter.lines import open_lines, parse_lines

if TYPE_CHECKING:
    from altac.analysis.states import Failure


@dataclass(frozen=True)
class Item:
    """One input, or why it cannot be one. ``place`` names it in messages."""

    place: str
    given: Any = None
    problem: Problem | None = None


def read_items(lines: TextIO, name: str) -> Iterator[Item]:
    """The inputs on the lines of the file called ``name``; blank lines are left out."""
    for line in parse_lines(lines, name):
        yield Item(f"{name}:{line.number}", line.given, line.problem)


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


#: Bad lines that are shown.
_SHOWN = 20


@dataclass(frozen=True)
class InputSet:
    """Inputs of a program as token indices, each with its place; and those that are none: place and reason."""

    tokens: tuple[tuple[int, ...], ...]
    places: tuple[str, ...]
    failing: tuple[tuple[str, Problem], ...]

    def with_failures(self, failures: Iterable[Failure]) -> list[tuple[str, Problem]]:
        """The failing inputs together with those on which the program fails, in the order of their lines."""
        found = [*self.failing, *((self.places[f.index], f.problem) for f in failures)]
        return sorted(found, key=lambda f: int(f[0].rpartition(":")[2]))


def read_set(program: Program, path: str, skip_failing: bool) -> InputSet:
    """The inputs of a file, for an analysis that needs all of them.

    Raises:
        AltacError: the file cannot be read or is empty, a line is malformed, or, unless ``skip_failing``, a line is
            no input of the program.
    """
    from altac.diagnostics.learnability_errors import FailingInput, NoInputs

    name = "<stdin>" if path == "-" else path
    sound: list[tuple[str, tuple[int, ...]]] = []
    failing: list[tuple[str, Problem]] = []
    malformed: list[Problem] = []
    try:
        with open_lines(path) as lines:
            for item in read_items(lines, name):
                if item.problem is not None:
                    malformed.append(item.problem)
                    if len(malformed) >= _SHOWN:
                        break
                    continue
                try:
                    sound.append((item.place, program.encode(item.given)))
                except AltacError as error:
                    failing.append((item.place, error.problems[0]))
    except OSError as error:  # a folder opens on some systems, and fails when it is read
        from altac.diagnostics.syntax_errors import UnreadableFile

        raise AltacError(UnreadableFile(name=path, reason=(error.strerror or str(error)).lower())) from None
    if malformed:
        raise AltacError(*malformed)
    if not sound and not failing:
        raise AltacError(NoInputs(place=name))
    if failing and not (skip_failing and sound):
        place, problem = failing[0]
        count = len(sound) + len(failing)
        raise AltacError(FailingInput(place=place, number=1, failing=len(failing), inputs=count), problem)
    return InputSet(tuple(t for _, t in sound), tuple(p for p, _ in sound), tuple(failing))


def placed(error: AltacError, inputs: InputSet) -> AltacError:
    """``error`` of an analysis, with the places of inputs instead of their numbers."""
    from altac.diagnostics.learnability_errors import FailingInput

    return AltacError(
        *(
            replace(p, place=inputs.places[p.number - 1]) if isinstance(p, FailingInput) and not p.place else p
            for p in error.problems
        )
    )
