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
    ``error`` is set if the input failed. ``place`` tells inputs apart: a line of a file or a number; an input alone has none.
    ``cut`` is the number of tokens, frame and input included, at which the limit of a causal program ended it before its stop
    token."""

    input: list[str | int]
    output: list[Any]
    text: str | None
    layers: int
    halted: bool
    error: Problem | None = None
    place: str = field(default="", compare=False, repr=False)
    cut: int | None = None

    def json(self) -> dict[str, Any]:
        """The form of the command contract; with ``error`` instead of results if the input failed."""
        if self.error is not None:
            from altac.diagnostics.json import to_json

            return {"input": self.input, "error": to_json(self.error)}
        return {
            "input": self.input, "output": self.output, "text": self.text, "layers": self.layers, "halted": self.halted,
            **({} if self.cut is None else {"cut": self.cut}),
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
        return page(table(rows), text(f"{shown}({ending(self.layers, self.halted, self.cut)})"))


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
            notes = [*([] if run.halted else ["not halted"]), *([] if run.cut is None else [cut_words(run.cut)])]
            rows.append([given, cell(output, "left"), cell(run.layers), cell(", ".join(notes), "left")])
        return page(table(rows))


def ending(layers: int, halted: bool, cut: int | None) -> str:
    """How a run ended, for the end of a line."""
    words = [f"{layers} layer{'' if layers == 1 else 's'}", "halted" if halted else "not halted"]
    return ", ".join(words if cut is None else [*words, cut_words(cut)])


def cut_words(limit: int) -> str:
    """That the limit on the tokens ended a causal run."""
    return f"cut at the limit of {limit} token{'' if limit == 1 else 's'}, input included"


def _item(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _line(values: Sequence[object]) -> str:
    return json.dumps(list(values), ensure_ascii=False)
