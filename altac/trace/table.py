"""A trace as a table for the terminal: one block per moment, a row per variable, a column per position."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from altac.trace.collect import Snapshot, Trace

_CHANGED, _DIM, _RESET = "\x1b[1;32m", "\x1b[2m", "\x1b[0m"
_WHEN = {"start": "at the start", "attention": "after attention", "mlp": "after the MLP"}


def table(
    trace: Trace, snapshots: Sequence[Snapshot], *, width: int = 100, color: bool = False, names: Sequence[str] = ()
) -> Iterator[str]:
    """The lines of ``snapshots``; ``names`` limits the rows. Values that changed since the variable was last shown are
    coloured, or marked with ``*`` without colour."""
    before: dict[str, tuple[int | None, ...]] = {}
    chosen = {id(s) for s in snapshots}
    run = 0
    for snapshot in trace.snapshots:
        if snapshot.when == "start":  # of the next token of a causal program: nothing of the last run is kept
            run, before = run + 1, {}
        if id(snapshot) in chosen:
            title = f"layer {snapshot.layer}, {_WHEN[snapshot.when]}" if snapshot.layer else _WHEN["start"]
            yield f"token {run}, {title}" if trace.program.causal is not None else title
            yield from _block(trace, snapshot, before, width, color, names)
            yield ""
        before |= {n: v for n, v in snapshot.values.items() if n in trace.program.variable_names}


def _block(
    trace: Trace,
    snapshot: Snapshot,
    before: dict[str, tuple[int | None, ...]],
    width: int,
    color: bool,
    names: Sequence[str],
) -> Iterator[str]:
    rows = [n for n in snapshot.values if not names or n in names]
    if snapshot.when == "attention" and not names:  # variables are as before
        rows = [n for n in rows if n not in trace.program.variable_names]
    symbols = [str(trace.program.symbols[t].name) for t in snapshot.tokens]
    cells: dict[str, list[tuple[str, bool]]] = {}
    for name in rows:
        old = before.get(name)
        cells[name] = [
            (trace.text(snapshot, name, i), old is not None and old[i] != snapshot.values[name][i])
            for i in range(len(snapshot.tokens))
        ]
    gutter = max([8, *(len(n) for n in rows)])
    gutter = min(gutter, max(8, width // 3))
    start = 0
    while start < len(symbols) or start == 0:
        sizes: list[int] = []
        for i in range(start, len(symbols)):
            size = max(len(symbols[i]), len(str(i)), *(len(cells[n][i][0]) + (not color) for n in rows), 1)
            if sizes and 2 + gutter + sum(s + 2 for s in sizes) + size + 2 > width:
                break
            sizes.append(min(size, max(4, width - gutter - 6)))
        end = start + len(sizes)
        yield _row("", [str(i) for i in range(start, end)], sizes, gutter, _DIM if color else "")
        yield _row("token", symbols[start:end], sizes, gutter, _DIM if color else "")
        for name in rows:
            parts = []
            for (text, changed), size in zip(cells[name][start:end], sizes, strict=True):
                shown = text if len(text) <= size else text[: size - 1] + "…"
                if changed and not color:
                    shown = f"*{shown}"[:size]
                pad = " " * (size - len(shown))
                parts.append(pad + (f"{_CHANGED}{shown}{_RESET}" if changed and color else shown))
            yield f"  {_fit(name, gutter):<{gutter}}" + "".join("  " + p for p in parts)
        start = end
        if start >= len(symbols):
            break
        yield ""


def _fit(name: str, width: int) -> str:
    return name if len(name) <= width else name[: width - 1] + "…"


def _row(name: str, texts: list[str], sizes: list[int], gutter: int, style: str) -> str:
    line = f"  {name:<{gutter}}" + "".join(f"  {t[:s]:>{s}}" for t, s in zip(texts, sizes, strict=True))
    return f"{style}{line}{_RESET}" if style else line
