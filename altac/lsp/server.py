"""The server: messages in, answers out. What is asked is found in the other modules.

The event loop only takes messages and sends answers. Two threads work: one checks documents, one answers questions about
names and text, so that a long check holds up no completion. A check that finishes after its document changed is dropped.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, TypeVar

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from altac.diagnostics.problem import Problem
from altac.lsp.counts import Counting, Counts
from altac.lsp.diagnostics import Report, check_document, failed_check, to_diagnostic
from altac.lsp.positions import path_of, uri_of
from altac.lsp.project import Project
from altac.lsp.protocol import AltacProtocol
from altac.source import Source

if TYPE_CHECKING:
    from altac.lsp.facts import Facts

#: Seconds to wait for further edits before a check.
DELAY = 0.01
#: Seconds that a hover waits for rules to be counted.
PATIENCE = 0.3
#: Seconds between looks at whether the editor still lives.
_WATCH = 2.0
#: Stack of the working threads: expressions may be nested as deeply as on the command line.
_STACK = 256 * 1024 * 1024

_Result = TypeVar("_Result")


class AltacServer(LanguageServer):
    """A server for one editor."""

    protocol: AltacProtocol

    def __init__(self) -> None:
        # Whole texts rather than edits: a document can never differ from what the editor shows.
        full = types.TextDocumentSyncKind.Full
        super().__init__("altac", _version(), text_document_sync_kind=full, protocol_cls=AltacProtocol)
        self.project = Project()
        self.reports: dict[str, Report] = {}
        self.versions: dict[str, int] = {}
        self.uris: dict[str, str] = {}
        self.asked_to_leave = False
        self._checks = ThreadPoolExecutor(1, thread_name_prefix="check")
        self._questions = ThreadPoolExecutor(1, thread_name_prefix="question")
        self._counts: dict[str, Counting] = {}
        self._waiting: dict[str, None] = {}
        #: Documents that were edited since their last report. Another document may have been checked against any of their texts.
        self._edited: set[str] = set()
        self._running = False
        self._timer: asyncio.TimerHandle | None = None

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Show a fault of the server to the author. Faults of what the editor sends are answered, not shown."""
        if source is not JsonRpcException:
            super().report_server_error(error, source)
        elif not isinstance(error, JsonRpcException):
            self.protocol.refuse(error)

    async def ask(self, question: Callable[..., _Result], *arguments: Any) -> _Result:
        """The answer of a question, found in the thread for questions."""
        return await asyncio.get_running_loop().run_in_executor(self._questions, question, *arguments)

    def report(self, path: str) -> Report | None:
        """The last finished check that knows most of a file: its own, or that of a program that imports it."""
        own = self.reports.get(path)
        if own is not None and own.facts.program is not None:
            return own
        others = (r for r in self.reports.values() if any(place[0] == path for place in r.facts.slots))
        return next(others, own)

    def facts(self, path: str) -> Facts | None:
        """What that check found out."""
        report = self.report(path)
        return None if report is None else report.facts

    def problems(self, path: str) -> tuple[Problem, ...]:
        """The problems of a document; none if it has changed since."""
        report = self.reports.get(path)
        if report is None or report.source is not self.project.opened.get(path):
            return ()
        return report.problems.get(path, ())

    async def counts(self, path: str) -> Counts | None:
        """Rules and units of a program without errors, as far as they can be had soon: the rest is counted meanwhile."""
        report = self.report(path)
        if report is None or report.facts.program is None:
            return None
        root = report.source.name
        if self.project.opened.get(root) is not report.source:
            return None
        if root not in self._counts:
            self._counts[root] = Counting(root, {p: s.text for p, s in self.project.opened.items()})
        counting = self._counts[root]
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(counting.rules_known.wait(), PATIENCE)
        return counting.counts

    def _forget_counts(self) -> None:
        for counting in self._counts.values():
            counting.cancel()
        self._counts.clear()

    # --- documents --------------------------------------------------------------------------------

    def opened(self, uri: str, text: str, number: int) -> None:
        """A document was opened, or has another text."""
        path = path_of(uri)
        self.project.open(path, text)
        self.versions[path] = number
        self.uris[path] = uri
        self._forget_counts()
        self._edited.add(path)
        self.schedule([path])

    def changed(
        self,
        document: types.VersionedTextDocumentIdentifier,
        changes: Sequence[types.TextDocumentContentChangeEvent],
    ) -> None:
        """A document was changed: its text was replaced, or parts of it, one after the other. Others than open ones are not."""
        source = self.project.opened.get(path_of(document.uri))
        if source is None:
            return
        for change in changes:
            text = change.text
            if isinstance(change, types.TextDocumentContentChangePartial):
                place = self.project.positions.span_of(source, change.range)
                text = source.text[: place.start] + text + source.text[place.end :]
            source = Source(source.name, text)
        self.opened(document.uri, source.text, document.version)

    def closed(self, uri: str) -> None:
        """A document was closed; its problems are no longer shown."""
        path = path_of(uri)
        self.project.close(path)
        self.versions.pop(path, None)
        self._forget_counts()
        self._waiting.pop(path, None)
        self._edited.discard(path)
        report = self.reports.pop(path, None)
        for place in {path, *(report.problems if report is not None else ())}:
            self.publish(place)
        self.schedule(self.project.opened)

    def schedule(self, paths: Iterable[str]) -> None:
        """Check documents soon, those that wait already in their turn."""
        for path in paths:
            self._waiting.setdefault(path)
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(DELAY, self._next)

    def _next(self) -> None:
        self._timer = None
        if self._running or not self._waiting:
            return
        path = next(iter(self._waiting))
        del self._waiting[path]
        source = self.project.opened.get(path)
        if source is None:
            self._next()
            return
        self._running = True
        edited = path in self._edited
        future = asyncio.get_running_loop().run_in_executor(self._checks, self._check, source, edited)
        future.add_done_callback(lambda done: self._checked(source, done))

    def _check(self, source: Source, edited: bool) -> tuple[Report, list[str]]:
        """The report of a document, and if it was ``edited`` since its last one, the open documents that import it."""
        report = check_document(self.project, source)
        return report, [] if not edited else [
            p for p in list(self.project.opened) if source.name in self.project.imports(p)
        ]

    def _checked(self, source: Source, done: asyncio.Future[tuple[Report, list[str]]]) -> None:
        self._running = False
        if done.cancelled():
            return
        error = done.exception()
        if error is not None:
            logging.getLogger(__name__).error("checking %s failed", source.name, exc_info=error)
        if self.project.opened.get(source.name) is source:
            report, dependents = done.result() if error is None else (failed_check(source, error), [])
            before = self.reports.get(source.name)
            self.reports[source.name] = report
            self._edited.discard(source.name)
            for place in {*report.problems, *(before.problems if before is not None else ())}:
                self.publish(place)
            for path in dependents:
                if path != source.name:
                    self._waiting.setdefault(path)
            self._refresh_hints()
        if self._timer is None:
            self._next()

    def publish(self, path: str) -> None:
        """Show the problems of a file: those of its own check, and those that checks of its importers found in it."""
        current = self.project.opened.get(path)
        found: dict[tuple[str, int, int], Problem] = {}
        for root in sorted(self.reports, key=lambda root: root != path):
            for problem in self.reports[root].problems.get(path, ()):
                span = problem.span
                if span is not None and current is not None and span.source.text != current.text:
                    continue
                key = (problem.code, -1, -1) if span is None else (problem.code, span.start, span.end)
                found.setdefault(key, problem)
        diagnostics = [to_diagnostic(problem, self.project.positions) for problem in found.values()]
        self.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(self.uris.get(path, uri_of(path)), diagnostics, self.versions.get(path))
        )

    def _refresh_hints(self) -> None:
        """Have the editor ask again for hints, which come from checks."""
        workspace = self.client_capabilities.workspace
        hints = workspace.inlay_hint if workspace is not None else None
        if hints is not None and hints.refresh_support:
            self.workspace_inlay_hint_refresh(None)


def _version() -> str:
    try:
        return version("altac")
    except PackageNotFoundError:
        return "unknown"


def serve(register: Callable[[AltacServer], None]) -> int:
    """Serve the editor on stdin and stdout until it leaves; the exit code. Ends too when the editor dies.

    ``register`` gives the server its features (`altac.lsp.features.register`).
    """
    logging.basicConfig(stream=sys.stderr, level=logging.ERROR)
    sys.setrecursionlimit(20_000)
    threading.stack_size(_STACK)
    output = sys.stdout.buffer
    sys.stdout = sys.stderr  # what prints must not speak in between
    # Trees are made and dropped at every keystroke and hold no cycles: looking for some would only take time.
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    server = AltacServer()
    register(server)
    threading.Thread(target=_watch_editor, args=(server,), daemon=True).start()
    with contextlib.suppress(BrokenPipeError, ConnectionError, SystemExit):
        server.start_io(sys.stdin.buffer, output)
    return 0 if server.asked_to_leave else 1


def _watch_editor(server: AltacServer) -> None:
    """End the process when the editor's has ended: some editors leave the pipe open when they crash."""
    while True:
        time.sleep(_WATCH)
        if server.process_id is not None and not _alive(server.process_id):
            os._exit(1)


def _alive(number: int) -> bool:
    if sys.platform == "win32":
        return True  # there the pipe closes
    with contextlib.suppress(PermissionError):
        try:
            os.kill(number, 0)
        except ProcessLookupError:
            return False
    return True
