"""Inputs from files of JSON lines."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any, TextIO

from altac.api import Program
from altac.diagnostics.cli_errors import BadLine
from altac.diagnostics.problem import AltacError, Problem

if TYPE_CHECKING:
    from altac.analysis.states import Failure


@dataclass(frozen=True)
class Item:
    """One input, or why it cannot be one. ``place`` names it in messages."""

    place: str
    given: Any = None
    problem: Problem | None = None


def open_inputs(path: str) -> TextIO:
    """A file of inputs; ``-`` is stdin. Raises `AltacError`."""
    if path == "-":
        return TextIOWrapper(sys.stdin.buffer, encoding="utf-8", errors="replace")
    try:
        return open(path, encoding="utf-8", errors="replace")
    except OSError as error:
        from altac.diagnostics.syntax_errors import UnreadableFile

        raise AltacError(UnreadableFile(name=path, reason=(error.strerror or str(error)).lower())) from None


def read_items(lines: TextIO, name: str) -> Iterator[Item]:
    """The inputs on the lines of the file called ``name``; blank lines are left out."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield _parsed(line, f"{name}:{number}", name, number)


def _parsed(text: str, place: str, file: str, number: int) -> Item:
    """An input from JSON: a string or an array of strings and whole numbers."""
    reason = ""
    try:
        value = json.loads(text)
        if not isinstance(value, str | list):
            reason = "expected a JSON string or array"
        elif isinstance(value, list):
            for i, item in enumerate(value):
                if isinstance(item, bool) or not isinstance(item, str | int):
                    reason = f"item {i} is {json.dumps(item)[:40]}, not a token name or a number"
                    break
    except RecursionError:
        reason = "nested too deeply"
    except ValueError as error:
        reason = f"not JSON: {error}"
    if reason:
        return Item(place, problem=BadLine(file=file, line=number, reason=reason))
    return Item(place, value)


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
        with open_inputs(path) as lines:
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
