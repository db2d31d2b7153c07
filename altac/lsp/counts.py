"""How many rules and hidden units a program takes, by variable and by update.

Counting takes seconds and numpy, so a process of its own does it: it holds up no keystroke and can be ended when the text
changes. It gets the texts of the editor as JSON and answers with a line for the rules and
a line for the units.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from altac.diagnostics.problem import AltacError
from altac.lsp.project import Project, source_path
from altac.source import Span

if TYPE_CHECKING:
    from altac import ir

#: Seconds after which counting is given up.
LIMIT = 60.0
#: Finds modules where this process does, and never in the folder of the programs.
_START = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from altac.lsp.counts import main; main()"


@dataclass(eq=False)
class Counts:
    """Rules of level 0 and units of level 2 by variable; ``units`` and ``width`` are None until they are known.

    ``spans`` are the rules by the update that they come from: path, start and end.
    """

    rules: Counter[str] = field(default_factory=Counter)
    spans: Counter[tuple[str, int, int]] = field(default_factory=Counter)
    total: int = 0
    units: Counter[str] | None = None
    width: int | None = None

    def update(self, target: Span) -> int | None:
        """The rules of the update whose target is at ``target``."""
        path = target.source.name
        found = [
            (end - start, count) for (file, start, end), count in self.spans.items()
            if file == path and start <= target.start and target.end <= end
            and "<-" not in target.source.text[start : target.start]
        ]  # fmt: skip
        return min(found)[1] if found else None


class Counting:
    """One count under way, of the texts as they are now. ``counts`` is filled as answers come in."""

    def __init__(self, path: str, opened: Mapping[str, str]) -> None:
        self.counts: Counts | None = None
        self.rules_known = asyncio.Event()
        self._task = asyncio.get_running_loop().create_task(self._run(path, dict(opened)))

    def cancel(self) -> None:
        """End the process; what it found so far stays."""
        self._task.cancel()

    async def _run(self, path: str, opened: dict[str, str]) -> None:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-c", _START, json.dumps([p for p in sys.path if p]), limit=1 << 26,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        assert process.stdin is not None and process.stdout is not None
        try:
            with contextlib.suppress(BrokenPipeError, ConnectionError):
                process.stdin.write(json.dumps({"path": path, "opened": opened}).encode())
                process.stdin.close()
            while line := await process.stdout.readline():
                self._take(json.loads(line))
        finally:
            self.rules_known.set()
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    def _take(self, answer: dict[str, Any]) -> None:
        if self.counts is None:
            spans = Counter({(file, start, end): count for file, start, end, count in answer["spans"]})
            self.counts = Counts(Counter(answer["rules"]), spans, answer["total"])
            self.rules_known.set()
        else:
            self.counts.units, self.counts.width = Counter(answer["units"]), answer["width"]


def count(path: str, opened: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """The answers: rules, then units. Fewer if the program has errors or too many of them."""
    from altac.lsp.diagnostics import check_document

    project = Project()
    for file, text in opened.items():
        project.open(file, text)
    program = check_document(project, project.read(path)).facts.program
    if program is not None:
        with contextlib.suppress(AltacError):
            yield _rules(program)
            yield from _units(program)


def _rules(program: ir.Program) -> dict[str, Any]:
    from altac.rules import count_rules

    found = count_rules(program)
    targets: Counter[str] = Counter()
    spans: Counter[Span] = Counter()
    for (target, span), number in found.items():
        if target in program.variable_names:
            targets[target] += number
            if span is not None:
                spans[span] += number
    return {
        "total": found.total(),
        "rules": targets,
        "spans": [(source_path(s.source.name), s.start, s.end, n) for s, n in spans.items()],
    }


def _units(program: ir.Program) -> Iterator[dict[str, Any]]:
    """A unit counts for every variable that it changes; variables that nothing depends on are not compiled."""
    from altac.compile import Record, compile_program

    record = Record()
    with contextlib.suppress(AltacError):  # what cannot be certified has units all the same
        compile_program(program, allow_sampled=True, record=record)
    if "prove" not in record.results:
        return
    small, found = record.results["prune"], record.results["units"]
    changed = {variable.name: 0 for variable in program.variables}
    for variable in small.variables:
        first = found.features.offset[variable.name]
        rows = (found.w2.rows >= first) & (found.w2.rows < first + found.features.size[variable.name])
        changed[variable.name] = len(set(found.w2.cols[rows].tolist()))
    yield {"units": changed, "width": found.width}


def main() -> None:
    """Answer one question on stdin."""
    deadline = threading.Timer(LIMIT, os._exit, (1,))
    deadline.daemon = True
    deadline.start()
    question = json.loads(sys.stdin.buffer.read())
    for answer in count(question["path"], question["opened"]):
        print(json.dumps(answer), flush=True)
