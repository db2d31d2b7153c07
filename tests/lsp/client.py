"""A real client of the language server: pygls' own, talking to ``python -m altac lsp`` through pipes."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
from lsprotocol import types
from pygls.lsp.client import LanguageClient

WAIT = 30.0
_UNIT = {"utf-8": 1, "utf-16": 2, "utf-32": 4}
_PYTHON = {"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}


class Editor(LanguageClient):
    """Opens, edits and asks, and keeps what the server publishes."""

    def __init__(self) -> None:
        super().__init__("test editor", "1")
        self.published: dict[str, types.PublishDiagnosticsParams] = {}
        self.versions: dict[str, int] = {}
        self.changed = asyncio.Condition()
        self.messages: list[str] = []
        self.capabilities = types.ServerCapabilities()

        @self.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        async def publish(params: types.PublishDiagnosticsParams) -> None:
            async with self.changed:
                self.published[params.uri] = params
                self.changed.notify_all()

        @self.feature(types.WINDOW_SHOW_MESSAGE)
        def show(params: types.ShowMessageParams) -> None:
            self.messages.append(params.message)

    async def open(self, path: Path | str, text: str | None = None) -> str:
        """Open a document and wait for its first diagnostics; its URI."""
        uri = path.as_uri() if isinstance(path, Path) else path
        if text is None:
            assert isinstance(path, Path)
            text = path.read_text(encoding="utf-8")
        self.versions[uri] = 1
        self.text_document_did_open(types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "alta", 1, text)))
        await self.diagnostics(uri)
        return uri

    async def edit(self, uri: str, text: str, *, wait: bool = True) -> list[types.Diagnostic]:
        """Replace the text; the diagnostics of the new one."""
        self.versions[uri] += 1
        self.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(self.versions[uri], uri),
                [types.TextDocumentContentChangeWholeDocument(text)],
            )
        )
        return await self.diagnostics(uri) if wait else []

    async def diagnostics(self, uri: str) -> list[types.Diagnostic]:
        """The diagnostics of the current version, once they are there."""
        wanted = self.versions.get(uri)

        def there() -> bool:
            return uri in self.published and (wanted is None or self.published[uri].version == wanted)

        async with self.changed:
            await asyncio.wait_for(self.changed.wait_for(there), WAIT)
        return list(self.published[uri].diagnostics)

    async def until(self, uri: str, holds: Callable[[list[types.Diagnostic]], bool]) -> list[types.Diagnostic]:
        """The diagnostics of ``uri`` once they satisfy ``holds``."""

        def there() -> bool:
            return uri in self.published and holds(list(self.published[uri].diagnostics))

        async with self.changed:
            await asyncio.wait_for(self.changed.wait_for(there), WAIT)
        return list(self.published[uri].diagnostics)


@asynccontextmanager
async def editor(folder: Path | None = None, **options: Any) -> AsyncIterator[Editor]:
    """An editor with a running server, ended in order."""
    client = Editor()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p), "JAX_PLATFORMS": "cpu"}
    await client.start_io(sys.executable, "-m", "altac", "lsp", env=environment)
    try:
        folders = [types.WorkspaceFolder(folder.as_uri(), folder.name)] if folder is not None else None
        answer = await client.initialize_async(
            types.InitializeParams(
                capabilities=options.get("capabilities", types.ClientCapabilities()),
                process_id=os.getpid(),
                workspace_folders=folders,
            )  # fmt: skip
        )
        client.capabilities = answer.capabilities
        client.initialized(types.InitializedParams())
        yield client
    finally:
        if client._server is not None and client._server.returncode is None:
            await asyncio.wait_for(client.shutdown_async(None), WAIT)
            client.exit(None)
            await asyncio.wait_for(client._server.wait(), WAIT)
        await client.stop()


def run(work: Awaitable[Any]) -> Any:
    """Run a test that talks to a server."""

    async def main() -> Any:
        return await work

    return asyncio.run(main())


def at(text: str, marked: str, occurrence: int = 0) -> types.Position:
    """The position of the ``|`` in ``marked``, found without it in ``text``; counted in UTF-16."""
    offset = -1
    plain = marked.replace("|", "", 1)
    for _ in range(occurrence + 1):
        offset = text.index(plain, offset + 1)
    before = text[: offset + marked.index("|")]
    line = before.rsplit("\n", 1)[-1]
    return types.Position(before.count("\n"), len(line.encode("utf-16-le")) // 2)


def cut(text: str, where: types.Range) -> str:
    """The text of a range, cut as an editor does that holds UTF-16."""
    lines = [line.encode("utf-16-le") for line in text.split("\n")]
    if where.start.line == where.end.line:
        return lines[where.start.line][2 * where.start.character : 2 * where.end.character].decode("utf-16-le")
    first = lines[where.start.line][2 * where.start.character :]
    last = lines[where.end.line][: 2 * where.end.character]
    middle = lines[where.start.line + 1 : where.end.line]
    return "\n".join(part.decode("utf-16-le") for part in (first, *middle, last))


def apply(text: str, edits: list[types.TextEdit]) -> str:
    """``text`` after edits, as an editor makes them that holds UTF-16."""
    return Ruler(text, "utf-16").edited(text, edits)


class Ruler:
    """Offsets to positions and back, by encoding the text before them."""

    def __init__(self, text: str, encoding: str) -> None:
        self.lines = re.split(r"(?<=\n)|(?<=\r)(?!\n)", text)
        self.encoding = encoding

    def units(self, text: str) -> int:
        return len(text.encode(_PYTHON[self.encoding])) // _UNIT[self.encoding]

    def position(self, offset: int) -> types.Position:
        for number, line in enumerate(self.lines):
            if offset < len(line) or number == len(self.lines) - 1:
                return types.Position(number, self.units(line[:offset]))
            offset -= len(line)
        raise AssertionError

    def offset(self, place: types.Position) -> int:
        unit, line = _UNIT[self.encoding], self.lines[place.line]
        data = line.encode(_PYTHON[self.encoding])
        assert place.character * unit <= len(data)
        return sum(map(len, self.lines[: place.line])) + len(
            data[: place.character * unit].decode(_PYTHON[self.encoding])
        )

    def plain(self, answer: Any) -> Any:
        """An answer with offsets in place of positions; what holds none is left as it is."""
        match answer:
            case types.Position():
                return self.offset(answer)
            case list() | tuple():
                return [self.plain(item) for item in answer]
            case dict():
                return {key: self.plain(item) for key, item in answer.items()}
            case _ if attrs.has(type(answer)):
                return {field.name: self.plain(getattr(answer, field.name)) for field in attrs.fields(type(answer))}
            case _:
                return answer

    def edited(self, text: str, edits: list[types.TextEdit]) -> str:
        for edit in sorted(edits, key=lambda e: self.offset(e.range.start), reverse=True):
            text = text[: self.offset(edit.range.start)] + edit.new_text + text[self.offset(edit.range.end) :]
        return text
