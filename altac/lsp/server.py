"""The server: messages in, answers out. What is asked is found in the other modules.

The event loop only takes messages and sends answers. Two threads work: one checks documents, one answers questions about
names and text, so that a long check holds up no completion. A check that finishes after its document changed is dropped.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import PackageNotFoundError, version
from typing import Any, TypeVar

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from altac.diagnostics.problem import Problem
from altac.lsp.diagnostics import Report, check_document, to_diagnostic
from altac.lsp.positions import path_of, uri_of
from altac.lsp.project import Project
from altac.source import Source

#: Seconds to wait for further edits before a check.
DELAY = 0.02
#: Seconds between looks at whether the editor still lives.
_WATCH = 2.0
#: Stack of the working threads: expressions may be nested as deeply as on the command line.
_STACK = 256 * 1024 * 1024

_Result = TypeVar("_Result")


class AltacServer(LanguageServer):
    """A server for one editor."""

    def __init__(self) -> None:
        # Whole texts rather than edits: a document can never differ from what the editor shows.
        super().__init__("altac", _version(), text_document_sync_kind=types.TextDocumentSyncKind.Full)
        self.project = Project()
        self.reports: dict[str, Report] = {}
        self.versions: dict[str, int] = {}
        self.asked_to_leave = False
        self._checks = ThreadPoolExecutor(1, thread_name_prefix="check")
        self._questions = ThreadPoolExecutor(1, thread_name_prefix="question")
        self._waiting: dict[str, None] = {}
        self._running = False
        self._timer: asyncio.TimerHandle | None = None

    async def ask(self, question: Callable[..., _Result], *arguments: Any) -> _Result:
        """The answer of a question, found in the thread for questions."""
        return await asyncio.get_running_loop().run_in_executor(self._questions, question, *arguments)

    # --- documents --------------------------------------------------------------------------------

    def opened(self, uri: str, text: str, number: int) -> None:
        """A document was opened or changed."""
        path = path_of(uri)
        self.project.open(path, text)
        self.versions[path] = number
        self.schedule([path])

    def closed(self, uri: str) -> None:
        """A document was closed; its problems are no longer shown."""
        path = path_of(uri)
        self.project.close(path)
        self.versions.pop(path, None)
        self._waiting.pop(path, None)
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
        future = asyncio.get_running_loop().run_in_executor(self._checks, self._check, source)
        future.add_done_callback(lambda done: self._checked(source, done))

    def _check(self, source: Source) -> tuple[Report, list[str]]:
        """The report of a document, and the open documents that import it and were checked before its last change."""
        report = check_document(self.project, source)
        before = self.reports.get(source.name)
        if before is not None and before.source.text == source.text:
            return report, []
        return report, [p for p in list(self.project.opened) if source.name in self.project.imports(p)]

    def _checked(self, source: Source, done: asyncio.Future[tuple[Report, list[str]]]) -> None:
        self._running = False
        if done.cancelled():
            return
        error = done.exception()
        if error is not None:
            # Not the document's fault: say so once, and go on.
            logging.getLogger(__name__).error("checking %s failed", source.name, exc_info=error)
        elif self.project.opened.get(source.name) is source:
            report, dependents = done.result()
            before = self.reports.get(source.name)
            self.reports[source.name] = report
            for place in {*report.problems, *(before.problems if before is not None else ())}:
                self.publish(place)
            for path in dependents:
                if path != source.name:
                    self._waiting.setdefault(path)
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
        diagnostics = [to_diagnostic(problem) for problem in found.values()]
        self.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(uri_of(path), diagnostics, self.versions.get(path))
        )


def _version() -> str:
    try:
        return version("altac")
    except PackageNotFoundError:
        return "unknown"


def make_server() -> AltacServer:
    """A server that answers everything altac can."""
    server = AltacServer()

    @server.feature(types.INITIALIZED)
    def initialized(ls: AltacServer, params: types.InitializedParams) -> None:
        ls.project.folders = [path_of(uri) for uri in ls.workspace.folders]

    @server.feature(types.SHUTDOWN)
    def shutdown(ls: AltacServer, params: None) -> None:
        ls.asked_to_leave = True

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def did_open(ls: AltacServer, params: types.DidOpenTextDocumentParams) -> None:
        document = params.text_document
        ls.opened(document.uri, document.text, document.version)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def did_change(ls: AltacServer, params: types.DidChangeTextDocumentParams) -> None:
        if params.content_changes:
            document = params.text_document
            ls.opened(document.uri, params.content_changes[-1].text, document.version)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def did_close(ls: AltacServer, params: types.DidCloseTextDocumentParams) -> None:
        ls.closed(params.text_document.uri)

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def did_change_files(ls: AltacServer, params: types.DidChangeWatchedFilesParams) -> None:
        ls.schedule(ls.project.opened)

    return server


def serve() -> int:
    """Serve the editor on stdin and stdout until it leaves; the exit code. Ends too when the editor dies."""
    logging.basicConfig(stream=sys.stderr, level=logging.ERROR)
    sys.setrecursionlimit(20_000)
    threading.stack_size(_STACK)
    output = sys.stdout.buffer
    sys.stdout = sys.stderr  # what prints must not speak in between
    server = make_server()
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
