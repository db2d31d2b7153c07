"""Files of inputs as token sequences."""

from __future__ import annotations

from dataclasses import dataclass

from altac.diagnostics.learnability_errors import FailingInput, NoInputs
from altac.diagnostics.problem import AltacError, Problem
from altac.interpreter.codec import read_input
from altac.interpreter.lines import open_lines, parse_lines
from altac.ir import Program


@dataclass(frozen=True)
class Inputs:
    """Token indices, frame included, of the inputs of ``file``, with their line numbers; and what was skipped, by line."""

    file: str
    tokens: tuple[tuple[int, ...], ...]
    lines: tuple[int, ...]
    skipped: tuple[tuple[int, Problem], ...] = ()

    def failed(self, problems: dict[int, Problem]) -> AltacError:
        """The error that stops a command when some inputs, by number, fail: it shows the first."""
        number, problem = min(problems.items(), key=lambda item: item[0])
        place = f"{self.file}:{self.lines[number]}"
        return AltacError(
            FailingInput(place=place, number=number + 1, failing=len(problems), inputs=len(self.tokens)), problem
        )

    def without(self, problems: dict[int, Problem]) -> Inputs:
        """What is left when inputs are skipped; `AltacError` if nothing is."""
        kept = [i for i in range(len(self.tokens)) if i not in problems]
        skipped = (*self.skipped, *((self.lines[i], p) for i, p in problems.items()))
        if not kept:
            raise self.failed(problems)
        return Inputs(self.file, tuple(self.tokens[i] for i in kept), tuple(self.lines[i] for i in kept), skipped)


def read_inputs(program: Program, path: str, skip: bool = False) -> Inputs:
    """The inputs in a file of JSON lines, - for standard input.

    ``skip`` leaves out lines that are no inputs of ``program``, instead of stopping at the first.

    Raises:
        AltacError: the file cannot be read, has no inputs, or a line that is none.
    """
    file = "<stdin>" if path == "-" else path
    tokens, numbers, skipped = [], [], []
    with open_lines(path) as lines:
        for line in parse_lines(lines, file):
            problem = line.problem
            if problem is None:
                try:
                    tokens.append(read_input(program, line.given))
                    numbers.append(line.number)
                    continue
                except AltacError as error:
                    problem = error.problems[0]
                    failing = FailingInput(place=f"{file}:{line.number}", number=line.number, failing=1, inputs=0)
                    stop = AltacError(failing, problem)
            else:
                stop = AltacError(problem)
            if not skip:
                raise stop
            skipped.append((line.number, problem))
    if not tokens and skipped:
        failing = FailingInput(place=f"{file}:{skipped[0][0]}", number=1, failing=len(skipped), inputs=len(skipped))
        raise AltacError(failing, skipped[0][1])
    if not tokens:
        raise AltacError(NoInputs(place=file))
    return Inputs(file, tuple(tokens), tuple(numbers), tuple(skipped))
