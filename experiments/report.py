"""Tables and figures of a result."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from altac.durable import replacing, write_file

Cell = str | int | float | None


@dataclass(frozen=True)
class Table:
    """Rows of cells; a float is an accuracy, shown in percent."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""

    def markdown(self) -> str:
        lines = [f"## {self.title}", "", _row(self.columns), _row(["---"] * len(self.columns))]
        lines += [_row([_shown(cell) for cell in row]) for row in self.rows]
        return "\n".join([*lines, "", self.note, ""] if self.note else [*lines, ""])


@dataclass(frozen=True)
class Outcome:
    """What an experiment found: tables, data for JSON, and whether each of its ``claims`` holds."""

    name: str
    tables: tuple[Table, ...]
    data: dict[str, Any]
    claims: Mapping[str, bool] = field(default_factory=dict)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _shown(cell: Cell) -> str:
    match cell:
        case None:
            return "–"
        case float():
            return "–" if math.isnan(cell) else f"{cell:.1%}" if 0 < cell < 1 else f"{cell:.0%}"
    return str(cell)


def write(outcome: Outcome, folder: Path, how: Mapping[str, Any]) -> None:
    """Write NAME.md and NAME.json, each as a whole. ``how`` has the command, preset, seed and date."""
    folder.mkdir(parents=True, exist_ok=True)
    claims = [f"- {'yes' if holds else 'NO'}: {claim}" for claim, holds in outcome.claims.items()]
    stated = ", ".join(f"{k} {v}" for k, v in how.items())
    text = "\n".join([f"# {outcome.name}", "", stated, "", *(t.markdown() for t in outcome.tables), *claims, ""])
    tables = [vars(t) for t in outcome.tables]
    data = {"name": outcome.name, **how, "claims": dict(outcome.claims), "tables": tables, "data": outcome.data}
    write_file(folder / f"{outcome.name}.md", text)
    write_file(folder / f"{outcome.name}.json", json.dumps(data, indent=1) + "\n")


def bars(groups: Mapping[str, Mapping[str, Sequence[float]]], labels: Sequence[str], path: Path) -> None:
    """One panel per group: bars of accuracies by label, one colour per series."""
    pyplot = _pyplot()
    figure, axes = pyplot.subplots(1, len(groups), figsize=(5 * len(groups), 3.6), sharey=True, squeeze=False)
    for axis, (title, series) in zip(axes[0], groups.items(), strict=True):
        width = 0.8 / len(series)
        for k, (name, values) in enumerate(series.items()):
            at = [i + (k - (len(series) - 1) / 2) * width for i in range(len(labels))]
            axis.bar(at, values, width, label=name)
        axis.set_xticks(range(len(labels)), labels, fontsize=8)
        axis.set_ylim(0, 1.05)
        axis.set_title(title)
    axes[0][0].legend(fontsize=8, loc="lower left")
    _save(figure, path)


def curves(panels: Mapping[str, Mapping[str, Mapping[int, float]]], xlabel: str, path: Path) -> None:
    """One panel per entry: lines of values between 0 and 1 over a number."""
    pyplot = _pyplot()
    figure, axes = pyplot.subplots(1, len(panels), figsize=(5.5 * len(panels), 3.6), sharey=True, squeeze=False)
    for axis, (title, series) in zip(axes[0], panels.items(), strict=True):
        for name, points in series.items():
            axis.plot(list(points), list(points.values()), label=name)
        axis.set_ylim(-0.02, 1.05)
        axis.set_xlabel(xlabel)
        axis.set_title(title)
        axis.legend(fontsize=8)
    _save(figure, path)


def _pyplot() -> Any:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    return pyplot


def _save(figure: Any, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.tight_layout()
    with replacing(path) as file:
        figure.savefig(file, format=path.suffix[1:])
    _pyplot().close(figure)
