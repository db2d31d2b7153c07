"""Outcomes of runs, which show themselves, and of ``test`` lines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from altac.diagnostics.problem import Problem
from altac.display.html import cell, heading, page, problem_html, table, text

if TYPE_CHECKING:
    from altac import ir
    from altac.interpreter.inputs import Skipped


Engine = Literal["interpreter", "transformer"]


@dataclass(frozen=True)
class Run:
    """The outcome for one input, in JSON values; ``text`` is None where the output type has no spelling, and
    ``error`` is set if the input failed. ``place`` tells inputs apart: a line of a file or a number; an input alone has none."""

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
        if self.error is not None:
            return page(text(_line(self.input)), problem_html(self.error))
        if len(self.input) != len(self.output):
            return Runs([self])._repr_html_()
        rows = [
            [heading("", "left"), *(heading(i) for i in range(len(self.input)))],
            [heading("input", "left"), *(cell(item) for item in self.input)],
            [heading("output", "left"), *(cell(_item(item)) for item in self.output)],
        ]
        shown = "" if self.text is None else f"{self.text}   "
        state = f"{self.layers} layer{'' if self.layers == 1 else 's'}, {'halted' if self.halted else 'not halted'}"
        return page(table(rows), text(f"{shown}({state})"))


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


class Runs(list[Run]):
    """Outcomes in the order of their inputs; ``skipped`` are the inputs that were left out."""

    def __init__(self, runs: Iterable[Run] = (), skipped: tuple[Skipped, ...] = ()) -> None:
        super().__init__(runs)
        self.skipped = skipped

    def _repr_html_(self) -> str:
        rows = [[heading(name, "left") for name in ("input", "output", "layers", "")]]
        for run in self:
            given = cell(_line(run.input), "left")
            if run.error is not None:
                rows.append(
                    [given, cell(run.error.render_title(), "left failed"), cell(run.layers), cell("failed", "left")]
                )
                continue
            output = run.text if run.text is not None else _line(run.output)
            rows.append(
                [given, cell(output, "left"), cell(run.layers), cell("" if run.halted else "not halted", "left")]
            )
        return page(table(rows))


def _item(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _line(values: Sequence[object]) -> str:
    return json.dumps(list(values), ensure_ascii=False)
