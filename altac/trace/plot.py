"""A trace as a picture: a panel per variable or head, a row per layer, a column per position.

Everything is drawn on one canvas whose unit is an inch, so that text fits its cell whatever is shown.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from altac.diagnostics.cli_errors import MissingExtra, PlotTooLarge
from altac.diagnostics.problem import AltacError
from altac.ir import BoolDomain, Head, plain_name
from altac.trace.states import States, Step, attended, layers

#: Values in a plot beyond which it cannot be read.
MOST_CELLS = 20_000

_FONT = 8  # points
_CHARACTER = 0.6 * _FONT / 72  # width of a character of the monospaced font, in inches
_ROW, _GAP, _ARROWS = 0.24, 0.4, 0.34
_LONGEST = 14  # characters of a value
_WIDTH = 10.0  # inches up to which panels stand side by side
_INK, _DIM, _LINE, _ARROW = "#1c1e22", "#7b808a", "#d5d2cb", "#0b66b0"
_CHANGED, _EDGE, _FAILED = "#ffe3a0", "#b26a00", "#f6c9c4"


@dataclass(frozen=True)
class Cell:
    """A value in a panel; ``row`` is an index into `Panel.rows`. ``failed`` marks where the run failed."""

    row: int
    column: int
    text: str
    changed: bool
    failed: bool


@dataclass(frozen=True)
class Panel:
    """What is drawn about one variable or head; ``rows`` are the numbers of the layers. ``arrows`` are (row, position that
    is read, position that reads it, whether a categorical head selects more than one)."""

    title: str
    rows: tuple[str, ...]
    tokens: tuple[str, ...]
    cells: tuple[Cell, ...]
    arrows: tuple[tuple[int, int, int, bool], ...]
    head: bool
    boolean: bool


def panels(
    trace: States, variables: Sequence[str], heads: Sequence[str] = (), low: int = 0, high: int | None = None
) -> list[Panel]:
    """The panels of ``variables`` and ``heads`` for the layers ``low..high``.

    Raises:
        AltacError: they have more than `MOST_CELLS` values.
    """
    steps = list(layers(trace))
    chosen = [i for i, s in enumerate(steps) if low <= s.layer and (high is None or s.layer <= high)]
    cells = sum(len(steps[i].read.tokens) for i in chosen) * (len(variables) + len(heads))
    if cells > MOST_CELLS:
        raise AltacError(PlotTooLarge(cells=cells, most=MOST_CELLS))
    return [_panel(trace, steps, chosen, name) for name in (*variables, *heads)]


def changing(trace: States) -> list[str]:
    """The variables that any layer changes, and the output: what is shown if nothing is chosen."""
    names = trace.program.variable_names
    seen: set[str] = {trace.program.output}
    before: dict[str, tuple[int | None, ...]] = {}
    for step in layers(trace):
        if step.written is not None:
            seen |= {n for n in names if step.layer and step.written.values[n] != before[n]}
            before = step.written.values
    return [n for n in names if n in seen]


def _panel(trace: States, steps: list[Step], chosen: list[int], name: str) -> Panel:
    program = trace.program
    slot = next(s for s in program.slots if s.name == name)
    cells: list[Cell] = []
    arrows: list[tuple[int, int, int, bool]] = []
    place = getattr(trace.result.error, "position", None)
    if isinstance(slot, Head):
        chosen = [i for i in chosen if steps[i].layer]  # before the first layer a head has no value
    for row, i in enumerate(chosen):
        step = steps[i]
        before = steps[i - 1].written if step.layer else None
        now = step.read
        if not isinstance(slot, Head):
            now = step.written or before or step.read
        elif before is not None:
            for to, selected in enumerate(attended(trace, before, slot)):
                clash = name not in step.read.means and len(selected) > 1
                arrows += [(row, at, to, clash) for at in selected]
        for column in range(len(step.read.tokens)):
            text = trace.text(now, name, column)
            changed = (
                not isinstance(slot, Head) and before is not None
                and before.values[name][column] != now.values[name][column]
            )  # fmt: skip
            cells.append(Cell(row, column, text, changed, step.written is None and column == place))
    tokens = [plain_name(program.symbols[t].name) for t in max((s.read.tokens for s in steps), key=len, default=())]
    numbers = [
        f"{s.run + 1}.{s.layer}" if program.causal is not None else str(s.layer) for s in (steps[i] for i in chosen)
    ]
    boolean = isinstance(slot.domain, BoolDomain)
    return Panel(name, tuple(numbers), tuple(tokens), tuple(cells), tuple(arrows), isinstance(slot, Head), boolean)


def plot(found: Sequence[Panel], form: Literal["svg", "png"]) -> bytes:
    """The picture of some panels.

    Raises:
        AltacError: matplotlib is not installed.
    """
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError:
        raise AltacError(MissingExtra(what="a plot", package="matplotlib", extra="plot")) from None
    places, width, height = _arrange(found)
    figure = Figure(figsize=(width, height))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.axis("off")
    for panel, (x, y) in zip(found, places, strict=True):
        _Painter(axes, panel, x, y).paint()
    result = io.BytesIO()
    with warnings.catch_warnings(), matplotlib.rc_context({"svg.hashsalt": "altac"}):
        warnings.filterwarnings("ignore", message="Glyph")  # a character that the font lacks is drawn as a box
        metadata = {"Date": None} if form == "svg" else {}
        figure.savefig(result, format=form, dpi=200, metadata=metadata, facecolor="white")
    return result.getvalue()


def _shown(text: str) -> str:
    text = text.replace(" ", "␣").replace("\n", "⏎").replace("\t", "⇥") if not text.strip() else text
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _pitch(panel: Panel) -> float:
    return _ROW + (_ARROWS if panel.head else 0)


def _columns(panel: Panel) -> list[float]:
    longest = [max(2, len(_shown(t)), len(str(i))) for i, t in enumerate(panel.tokens)]
    for cell in panel.cells:
        longest[cell.column] = max(longest[cell.column], len(_shown(cell.text)))
    return [n * _CHARACTER + 0.12 for n in longest]


def _gutter(panel: Panel) -> float:
    return max([len("layer"), *map(len, panel.rows)]) * _CHARACTER + 0.14


def _size(panel: Panel) -> tuple[float, float]:
    return _gutter(panel) + sum(_columns(panel)), 2.6 * _ROW + len(panel.rows) * _pitch(panel)


def _arrange(found: Sequence[Panel]) -> tuple[list[tuple[float, float]], float, float]:
    """Where the upper left corners of the panels are, and the size of the whole, in inches."""
    places: list[tuple[float, float]] = []
    x = y = _GAP / 2
    line = widest = 0.0
    for panel in found:
        width, height = _size(panel)
        if x > _GAP and x + width > _WIDTH:
            x, y, line = _GAP / 2, y + line + _GAP, 0.0
        places.append((x, y))
        x += width + _GAP
        line, widest = max(line, height), max(widest, x - _GAP / 2)
    return places, max(widest, 1.0), y + line + _GAP / 2


class _Painter:
    """Draws one panel with its upper left corner at (x, y)."""

    def __init__(self, axes: Any, panel: Panel, x: float, y: float) -> None:
        self.axes, self.panel, self.y = axes, panel, y
        self.columns = _columns(panel)
        self.left = x + _gutter(panel)
        self.edges = [self.left]
        for width in self.columns:
            self.edges.append(self.edges[-1] + width)
        self.x = x
        self.top = y + 2.6 * _ROW
        self.pitch = _pitch(panel)

    def paint(self) -> None:
        panel, header = self.panel, self.y + 2.05 * _ROW
        self.text(self.left, self.y + 0.5 * _ROW, panel.title, weight="bold", ha="left", size=_FONT + 1)
        self.text(self.left - 0.1, header, "layer", color=_DIM, ha="right")
        for i, token in enumerate(panel.tokens):
            self.text(self.centre(i), self.y + 1.3 * _ROW, str(i), color=_DIM, size=_FONT - 2)
            self.text(self.centre(i), header, _shown(token), weight="bold")
        self.axes.plot([self.x, self.edges[-1]], [self.top] * 2, color=_INK, lw=0.6)
        for row, number in enumerate(panel.rows):
            self.text(self.left - 0.1, self.bottom(row) - _ROW / 2, number, color=_DIM, ha="right")
            self.axes.plot([self.x, self.edges[-1]], [self.bottom(row)] * 2, color=_LINE, lw=0.4)
        for cell in panel.cells:
            self.cell(cell)
        for row, at, to, clash in panel.arrows:
            self.arrow(row, at, to, clash)

    def centre(self, column: int) -> float:
        return (self.edges[column] + self.edges[column + 1]) / 2

    def bottom(self, row: int) -> float:
        return self.top + (row + 1) * self.pitch

    def text(self, x: float, y: float, text: str, **style: Any) -> None:
        style = {"size": _FONT, "color": _INK, "ha": "center", "family": "monospace"} | style
        self.axes.text(x, y, text, va="center_baseline", parse_math=False, **style)

    def cell(self, cell: Cell) -> None:
        bottom = self.bottom(cell.row)
        if cell.changed or cell.failed:
            left, width = self.edges[cell.column], self.columns[cell.column]
            x, y = [left, left + width, left + width, left], [bottom - _ROW, bottom - _ROW, bottom, bottom]
            self.axes.fill(x, y, color=_FAILED if cell.failed else _CHANGED, lw=0)
        if cell.changed:
            self.axes.plot([left, left + width], [bottom - 0.008] * 2, color=_EDGE, lw=1.1, solid_capstyle="butt")
        faint = cell.text == "-" or (self.panel.boolean and cell.text == "false" and not cell.changed)
        weight = "bold" if cell.changed else "normal"
        self.text(
            self.centre(cell.column), bottom - _ROW / 2, _shown(cell.text), color=_DIM if faint else _INK, weight=weight
        )

    def arrow(self, row: int, at: int, to: int, clash: bool) -> None:
        from matplotlib.patches import FancyArrowPatch
        from matplotlib.path import Path

        x1, x2 = self.centre(at), self.centre(to)
        y1, y2 = self.bottom(row) - self.pitch + 0.03, self.bottom(row) - _ROW + 0.01
        middle = (y1 + y2) / 2
        curve = Path([(x1, y1), (x1, middle), (x2, middle), (x2, y2)], [Path.MOVETO, *[Path.CURVE4] * 3])
        style = "dashed" if clash else "solid"
        self.axes.add_patch(
            FancyArrowPatch(path=curve, arrowstyle="->", mutation_scale=5, lw=0.7, color=_ARROW, linestyle=style)
        )
