"""Inputs of a program, from wherever they come: from lists, and from files of JSON lines, a string or an array a line.

Files are read line by line. A byte order mark, blank lines, and any line ends are read over.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import TextIOWrapper
from itertools import chain, islice
from typing import Any, BinaryIO, TextIO

from altac.diagnostics.cli_errors import BadLine
from altac.diagnostics.input_errors import TooManyInputs
from altac.diagnostics.learnability_errors import FailingInput, NoInputs
from altac.diagnostics.problem import AltacError, Problem
from altac.diagnostics.syntax_errors import UnreadableFile
from altac.interpreter.codec import read_input
from altac.ir import Program
from altac.untrusted import open_file, parse_json, reason_of

#: Text in the program's spelling, or token names and numbers.
Input = str | Sequence[str | int]
#: Inputs, or the path of a file of them, - for standard input.
Given = Iterable[Input] | os.PathLike[str]

#: Characters in a line of a file.
MAX_LINE = 1_000_000
#: Characters of a longer line that are read over to find its end.
_SEARCHED = 64 * MAX_LINE
#: Lines, and tokens of all inputs together, where all are needed at once.
MAX_INPUTS, MAX_TOKENS = 4_000_000, 40_000_000
#: Inputs, and tokens or characters of all of them, that are run together where they come one by one.
BATCH, BATCH_TOKENS = 4096, 1_000_000
#: Collections of which a list would be something else.
_NO_LISTS = (bytes, bytearray, Mapping, Set)
#: Malformed lines that are shown.
_SHOWN = 20


@dataclass(frozen=True)
class Item:
    """One input, or why it cannot be one. ``place`` names it in messages, empty for an input alone; ``number`` is its
    line, or counts from 1."""

    place: str
    number: int
    given: Any = None
    problem: Problem | None = None


@dataclass(frozen=True)
class Skipped:
    """An input that was left out: where it is, and why."""

    place: str
    number: int
    problem: Problem


@dataclass(frozen=True)
class Inputs:
    """Token indices, frame included, of inputs from the file ``name`` (empty: from a list), and what was left out.

    ``numbers`` has the lines of the inputs, or counts them from 1.
    """

    name: str
    tokens: tuple[tuple[int, ...], ...]
    numbers: Sequence[int]
    skipped: tuple[Skipped, ...] = ()

    @classmethod
    def of(cls, inputs: Inputs | Sequence[Sequence[int]]) -> Inputs:
        """Sequences of token indices as inputs."""
        if isinstance(inputs, Inputs):
            return inputs
        return cls("", tuple(map(tuple, inputs)), range(1, len(inputs) + 1))

    def __len__(self) -> int:
        return len(self.tokens)

    def place(self, index: int) -> str:
        """What an input is called in messages; nothing if it is alone."""
        alone = not self.name and len(self.tokens) + len(self.skipped) == 1
        return "" if alone else _place(self.name, self.numbers[index])

    def leave_out(self, problems: Mapping[int, Problem], skip_failing: bool) -> Inputs:
        """These inputs without those, by index, on which the program fails.

        Raises:
            AltacError: some fail and are not to be left out, or none is left.
        """
        if not problems:
            return self
        found = [Skipped(self.place(i), self.numbers[i], p) for i, p in problems.items()]
        skipped = tuple(sorted((*self.skipped, *found), key=lambda s: s.number))
        kept = [i for i in range(len(self.tokens)) if i not in problems]
        if not skip_failing or not kept:
            raise failing(skipped[0], len(skipped), len(self.tokens) + len(self.skipped))
        return replace(
            self, tokens=tuple(self.tokens[i] for i in kept), numbers=[self.numbers[i] for i in kept], skipped=skipped
        )


def read_inputs(program: Program, given: Given, skip_failing: bool = False) -> Inputs:
    """All inputs of a list or a file. ``skip_failing`` leaves out what is malformed or no input of ``program``.

    Raises:
        AltacError: the file cannot be read, is empty or longer than fits into memory, an input is malformed or no input
            of the program, or all are.
        TypeError: ``given`` is neither inputs nor a path.
    """
    name = _name(given) if isinstance(given, os.PathLike) else ""
    tokens: list[tuple[int, ...]] = []
    numbers: list[int] = []
    skipped: list[Skipped] = []
    held = malformed = 0
    for item in items(given):
        problem = item.problem
        if problem is None:
            try:
                tokens.append(read_input(program, item.given))
                numbers.append(item.number)
                held += len(tokens[-1])
            except AltacError as error:
                problem = error.problems[0]
        if problem is not None:
            skipped.append(Skipped(item.place, item.number, problem))
            malformed += isinstance(problem, BadLine)
        if item.number > MAX_INPUTS or held > MAX_TOKENS:
            raise AltacError(TooManyInputs(name=name or "the list", inputs=MAX_INPUTS, tokens=MAX_TOKENS))
        if malformed >= _SHOWN and not skip_failing:
            break
    if name and not tokens and not skipped:
        raise AltacError(NoInputs(place=name))
    if malformed and not skip_failing:
        raise AltacError(*(s.problem for s in skipped if isinstance(s.problem, BadLine)))
    if skipped and not (skip_failing and tokens):
        raise failing(skipped[0], len(skipped), len(tokens) + len(skipped))
    return Inputs(name, tuple(tokens), numbers, tuple(skipped))


def items(given: Given) -> Iterator[Item]:
    """The inputs of a list or a file, one by one; lines that are none come with the reason.

    Raises:
        AltacError: the file cannot be read, or has a line whose end is not found.
        TypeError: ``given`` is neither inputs nor a path.
    """
    if isinstance(given, os.PathLike):
        return _lines(given)
    if isinstance(given, str):
        return iter([Item("", 1, given)])
    if isinstance(given, _NO_LISTS) or not isinstance(given, Iterable):
        raise TypeError(f"a text, a list of inputs or a Path is needed, not {str(given)[:80]}")
    return _listed(given)


def _listed(given: Iterable[Input]) -> Iterator[Item]:
    """The inputs of a list, which may have no end; one alone has no place."""
    rest = iter(given)
    first = list(islice(rest, 2))
    for number, one in enumerate(chain(first, rest), 1):
        yield Item(_place("", number) if len(first) > 1 else "", number, as_item(one))


def batches(program: Program, given: Iterable[Item]) -> Iterator[list[tuple[Item, tuple[int, ...]]]]:
    """Items with their token indices, as many as are well run together; those that are no inputs with their problem."""
    batch: list[tuple[Item, tuple[int, ...]]] = []
    held = 0
    for item in given:
        tokens: tuple[int, ...] = ()
        if item.problem is None:
            try:
                tokens = read_input(program, item.given)
            except AltacError as error:
                item = replace(item, problem=error.problems[0])
        batch.append((item, tokens))
        held += len(item.given) if isinstance(item.given, str | list) else 1  # also of what is no input
        if len(batch) >= BATCH or held >= BATCH_TOKENS:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch


def as_item(given: object) -> object:
    """An input as `read_input` takes it: any collection that has an order, but text, as a list."""
    return list(given) if isinstance(given, Iterable) and not isinstance(given, (str, *_NO_LISTS)) else given


def _place(name: str, number: int) -> str:
    return f"{name}:{number}" if name else f"input {number}"


def failing(first: Skipped, number: int, inputs: int) -> AltacError:
    """Says that the program fails on a ``number`` of inputs, and why on the ``first``; of an input alone only why."""
    if not first.place:
        return AltacError(first.problem)
    return AltacError(FailingInput(place=first.place, failing=number, inputs=inputs), first.problem)


# files


def _name(path: os.PathLike[str]) -> str:
    name = os.fspath(path)
    return "<stdin>" if name == "-" else name


def _lines(path: os.PathLike[str]) -> Iterator[Item]:
    """The inputs on the lines of a file."""
    name = _name(path)
    number = 0
    try:
        if name == "<stdin>" and sys.stdin is None:
            raise OSError(None, "it is closed")
        binary = sys.stdin.buffer if name == "<stdin>" else open_file(path)
        with _text(binary, keep=name == "<stdin>") as lines:
            while text := lines.readline(MAX_LINE + 1):
                number += 1
                reason = ""
                if len(text) > MAX_LINE and text[-1] != "\n":
                    reason = f"the line has more than {MAX_LINE:,} characters"
                    if not _ends(lines):
                        raise AltacError(BadLine(file=name, line=number, reason=reason))
                elif not (text := text.removeprefix("\ufeff").strip()):
                    continue
                yield _parsed(text, name, number, reason)
    except (OSError, ValueError) as error:
        raise AltacError(UnreadableFile(name=name, reason=reason_of(error))) from None


@contextmanager
def _text(binary: BinaryIO, keep: bool) -> Iterator[TextIOWrapper]:
    """A stream as text, closed at the end unless it is to ``keep``."""
    lines = TextIOWrapper(binary, encoding="utf-8", errors="surrogateescape")
    try:
        yield lines
    finally:
        if keep:
            lines.detach()
        else:
            lines.close()


def _ends(lines: TextIO) -> bool:
    """Read over the rest of a line; whether its end was found."""
    for _ in range(_SEARCHED // MAX_LINE):
        part = lines.readline(MAX_LINE)
        if not part or part[-1] == "\n":
            return True
    return False


def _parsed(text: str, name: str, number: int, reason: str) -> Item:
    """An input from JSON: a string or an array of strings and whole numbers; why not, if there is a ``reason`` already."""
    value: Any = None
    if not reason:
        try:
            value = parse_json(text)
            reason = _unfit(value)
        except ValueError as error:
            reason = str(error)
        broken = "" if text.isascii() else next((c for c in text if "\udc80" <= c <= "\udcff"), "")
        if broken:
            reason = f"not UTF-8: it has the byte 0x{ord(broken) - 0xDC00:02X}"
            if number == 1 and text[:2] in ("\udcff\udcfe", "\udcfe\udcff"):
                reason = "the file is UTF-16: save it as UTF-8"
    place = _place(name, number)
    if reason:
        return Item(place, number, problem=BadLine(file=name, line=number, reason=reason))
    return Item(place, number, value)


def _unfit(value: object) -> str:
    """Why a JSON value is no input; empty if it is one."""
    if isinstance(value, str):
        return ""
    if not isinstance(value, list):
        return "expected a JSON string or array"
    for i, item in enumerate(value):
        if isinstance(item, bool) or not isinstance(item, str | int):
            return f"item {i} is {_cut(item)}, not a token name or a number"
    return ""


def _cut(item: object) -> str:
    """The beginning of a JSON value, without writing all of it."""
    match item:
        case list():
            return "an array"
        case dict():
            return "an object"
        case _:
            return json.dumps(item)[:40]
