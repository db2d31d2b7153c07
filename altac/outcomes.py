"""What comes out of runs: for inputs, and for ``test`` lines."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from altac.diagnostics.problem import Problem

if TYPE_CHECKING:
    from altac import ir
    from altac.interpreter.inputs import Skipped

Engine = Literal["interpreter", "transformer"]


@dataclass(frozen=True)
class Run:
    """The outcome for one input, in JSON values; ``text`` is None where the output type has no spelling, and
    ``error`` is set if the input failed. ``place`` tells inputs apart: a line of a file, or a number; an input alone has none."""

    input: list[str | int]
    output: list[Any]
    text: str | None
    layers: int
    halted: bool
    error: Problem | None = None
    place: str = field(default="", compare=False, repr=False)

    def json(self) -> dict[str, Any]:
        """The form of the command contract; with ``error`` instead of results if the input failed."""
        if self.error is not None:
            from altac.diagnostics.json import to_json

            return {"input": self.input, "error": to_json(self.error)}
        return {
            "input": self.input, "output": self.output, "text": self.text, "layers": self.layers, "halted": self.halted,
        }  # fmt: skip

    def _repr_html_(self) -> str:
        from altac.display.program import run_html

        return run_html(self)


class Runs(list[Run]):
    """Outcomes in the order of their inputs; ``skipped`` are those that were left out."""

    def __init__(self, runs: Iterable[Run] = (), skipped: tuple[Skipped, ...] = ()) -> None:
        super().__init__(runs)
        self.skipped = skipped

    def _repr_html_(self) -> str:
        from altac.display.program import runs_html

        return runs_html(self)


@dataclass(frozen=True)
class TestOutcome:
    """One ``test`` line on one engine. ``got`` is what came out, in the form of what was expected."""

    test: ir.Test
    engine: Engine
    got: str | tuple[str | int | bool, ...] | None
    error: Problem | None = None

    @property
    def passed(self) -> bool:
        return self.error is None and self.got == self.test.expected
