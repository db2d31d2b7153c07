"""A trace as a table for the terminal: one block per moment, a row per variable, a column per position."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from altac.ir import plain_name
from altac.styled import Line, Style, ansi, plain, unstyled
from altac.trace.states import Snapshot, States

_WHEN = {"start": "at the start", "attention": "after attention", "mlp": "after the MLP"}


def table(
    trace: States, snapshots: Sequence[Snapshot], *, width: int = 100, color: bool = False, names: Sequence[str] = ()
) -> Iterator[str]:
    """The lines of ``snapshots``; ``names`` limits the rows. Values that changed since the variable was last shown are
    coloured, or marked with ``*`` without colour."""
    return (ansi([line]) if color else unstyled(line) for line in table_lines(trace, snapshots, width, color, names))


def table_lines(
    trace: States,
    snapshots: Sequence[Snapshot],
    width: int,
    color: bool,
    names: Sequence[str] = (),
    size: Callable[[str], int] = len,
) -> Iterator[Line]:
    """The lines of `table`; ``size`` tells the columns that a text takes (`altac.styled.cells` on a terminal)."""
    before: dict[str, tuple[int | None, ...]] = {}
    chosen = {id(s) for s in snapshots}
    run = 0
    for snapshot in trace.snapshots:
        if snapshot.when == "start":  # of the next token of a causal program: nothing of the last run is kept
            run, before = run + 1, {}
        if id(snapshot) in chosen:
            title = f"layer {snapshot.layer}, {_WHEN[snapshot.when]}" if snapshot.layer else _WHEN["start"]
            yield plain(f"token {run}, {title}" if trace.program.causal is not None else title)
            yield from _block(trace, snapshot, before, width, color, names, size)
            yield plain("")
        before |= {n: v for n, v in snapshot.values.items() if n in trace.program.variable_names}


def _block(
    trace: States,
    snapshot: Snapshot,
    before: dict[str, tuple[int | None, ...]],
    width: int,
    color: bool,
    names: Sequence[str],
    size: Callable[[str], int],
) -> Iterator[Line]:
    rows = [n for n in snapshot.values if not names or n in names]
    if snapshot.when == "attention" and not names:  # variables are as before
        rows = [n for n in rows if n not in trace.program.variable_names]
    symbols = [plain_name(trace.program.symbols[t].name) for t in snapshot.tokens]
    values: dict[str, list[tuple[str, bool]]] = {}
    for name in rows:
        old = before.get(name)
        values[name] = [
            (trace.text(snapshot, name, i), old is not None and old[i] != snapshot.values[name][i])
            for i in range(len(snapshot.tokens))
        ]
    gutter = max([8, *(size(n) for n in rows)])
    gutter = min(gutter, max(8, width // 3))
    start = 0
    while start < len(symbols) or start == 0:
        sizes: list[int] = []
        for i in range(start, len(symbols)):
            wanted = max(size(symbols[i]), len(str(i)), *(size(values[n][i][0]) + (not color) for n in rows), 1)
            if sizes and 2 + gutter + sum(s + 2 for s in sizes) + wanted + 2 > width:
                break
            sizes.append(min(wanted, max(4, width - gutter - 6)))
        end = start + len(sizes)
        style: Style = "faint" if color else "plain"
        for title, texts in (("", [str(i) for i in range(start, end)]), ("token", symbols[start:end])):
            parts = "".join(f"  {_right(_cut(text, s, size), s, size)}" for text, s in zip(texts, sizes, strict=True))
            yield ((f"  {title:<{gutter}}{parts}", style),)
        for name in rows:
            fitted = _fit(name, gutter, size)
            line: list[tuple[str, Style]] = [(f"  {fitted}{' ' * (gutter - size(fitted))}", "plain")]
            for (text, changed), s in zip(values[name][start:end], sizes, strict=True):
                shown = _fit(text, s, size)
                if changed and not color:
                    shown = _cut(f"*{shown}", s, size)
                line.append((" " * (2 + s - size(shown)), "plain"))
                line.append((shown, "changed" if changed and color else "plain"))
            yield tuple(line)
        start = end
        if start >= len(symbols):
            break
        yield plain("")


def _cut(text: str, width: int, size: Callable[[str], int]) -> str:
    """As much of ``text`` as fits."""
    while size(text) > width:
        text = text[: width if len(text) > width else -1]
    return text


def _fit(text: str, width: int, size: Callable[[str], int]) -> str:
    """``text``, its end replaced by a mark if it is too wide."""
    return text if size(text) <= width else _cut(text, width - 1, size) + "…"


def _right(text: str, width: int, size: Callable[[str], int]) -> str:
    return " " * (width - size(text)) + text
