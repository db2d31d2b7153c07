"""How long an editor waits for the language server, keystroke by keystroke.

    python -m benchmarks.language_server [FILE]

Types a line into the largest example, with every keystroke waiting for its diagnostics, and asks for a completion, a hover and
colours after each. Prints and records medians and worst cases in milliseconds, and their ratios to a plain check of the
same text in a warm process, since seconds differ between machines.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time
from collections.abc import Awaitable
from pathlib import Path

from lsprotocol import types

from altac.api import check_source
from altac.source import Source
from tests.lsp.client import editor

ROOT = Path(__file__).resolve().parents[1]
LARGEST = ROOT / "examples" / "scan" / "scan.alta"
RESULTS = Path(__file__).resolve().parent / "results" / "language_server.json"
LINE = "    if tree.node == rule_now { item <- item_now }"


def plain_check(path: Path, text: str) -> float:
    """Milliseconds of a warm check in this process, the median of ten."""
    times = []
    for count in range(10):
        start = time.perf_counter()
        check_source(Source(str(path), text + "\n" * count))  # another text each time, as when one types
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times[1:])


async def measure(path: Path) -> dict[str, list[float]]:
    """Milliseconds of every step, by what was waited for."""
    text = path.read_text(encoding="utf-8")
    place = text.index("\n", text.index("mlp {")) + 1
    times: dict[str, list[float]] = {"diagnostics": [], "completion": [], "hover": [], "colours": []}

    async def timed(what: str, work: Awaitable[object]) -> None:
        start = time.perf_counter()
        await work
        times[what].append(1000 * (time.perf_counter() - start))

    async with editor() as client:
        uri = await client.open(path, text)
        document = types.TextDocumentIdentifier(uri)
        line = text.count("\n", 0, place)
        for length in range(1, len(LINE) + 1):
            typed = text[:place] + LINE[:length] + "\n" + text[place:]
            end = types.Position(line, length)
            await timed("diagnostics", client.edit(uri, typed))
            await timed("completion", client.text_document_completion_async(types.CompletionParams(document, end)))
            await timed("hover", client.text_document_hover_async(types.HoverParams(document, end)))
            await timed(
                "colours", client.text_document_semantic_tokens_full_async(types.SemanticTokensParams(document))
            )
    return times


def main() -> None:
    """Measure, print, record."""
    path = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else LARGEST
    times = asyncio.run(measure(path))
    check = plain_check(path, path.read_text(encoding="utf-8"))
    report: dict[str, object] = {"file": path.name, "plain_check_ms": round(check, 1)}
    for what, found in times.items():
        report[what] = {
            "median_ms": round(statistics.median(found), 1),
            "worst_ms": round(max(found), 1),
            "median_over_check": round(statistics.median(found) / check, 2),
        }
    if path == LARGEST:
        RESULTS.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
