"""The texts that the server knows: documents open in the editor before files on disk, and what was read off them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from altac import resources
from altac.diagnostics.problem import AltacError
from altac.diagnostics.syntax_errors import UnreadableFile
from altac.lsp import names
from altac.lsp.positions import PositionCodec
from altac.source import Source
from altac.syntax.parser import parse
from altac.syntax.reading import read_module

#: Files of a workspace that are searched for references.
MAX_FILES = 2_000
#: Folders of a workspace that are looked into: one may be opened on a whole disk.
MAX_FOLDERS = 5_000
#: Folders that hold no programs of the author.
_SKIPPED = frozenset({"node_modules", "__pycache__", "site-packages", "dist", "build"})


@dataclass(eq=False)
class Project:
    """Sources, modules and indices by absolute path; each is made once per text and forgotten when the text changes.

    Safe to use from several threads: the values are never changed, and making one twice does no harm.
    """

    opened: dict[str, Source] = field(default_factory=dict)
    folders: list[str] = field(default_factory=list)
    #: How places of all texts are told to the editor, and by it.
    positions: PositionCodec = PositionCodec()
    _disk: dict[str, tuple[tuple[int, int], Source]] = field(default_factory=dict)
    _modules: dict[str, names.Module] = field(default_factory=dict)
    _indices: dict[str, names.Index] = field(default_factory=dict)

    def open(self, path: str, text: str) -> Source:
        """The text of a document in the editor, from now on."""
        source = Source(path, text)
        self.opened[path] = source
        return source

    def close(self, path: str) -> None:
        """The file on disk counts again."""
        self.opened.pop(path, None)

    def source(self, path: str) -> Source | None:
        """The current text; None if there is no such file or it cannot be read as text."""
        try:
            return self.read(path)
        except (AltacError, OSError):
            return None

    def read(self, path: str) -> Source:
        """The current text. Raises `AltacError` or `OSError` if it cannot be had: from disk only that of a file that may be
        imported."""
        path = os.path.normpath(path)
        if path in self.opened:
            return self.opened[path]
        try:
            status = os.stat(path)
        except ValueError as error:  # a zero byte in the path
            raise AltacError(UnreadableFile(name=path, reason=str(error))) from None
        stamp = (status.st_mtime_ns, status.st_size)
        known = self._disk.get(path)
        if known is None or known[0] != stamp:
            known = (stamp, read_module(path))
            self._disk[path] = known
        return known[1]

    def text(self, path: str) -> str:
        """The current text, for the checker's imports."""
        return self.read(path).text

    def module(self, path: str) -> names.Module | None:
        """The parsed file."""
        path = os.path.normpath(path) if os.path.isabs(path) else path
        source = self.source(path)
        if source is None:
            return None
        known = self._modules.get(path)
        if known is None or known.source is not source:
            parsed = parse(source)
            known = names.declare(path, source, parsed.tree, parsed.problems)
            self._modules[path] = known
        return known

    def index(self, path: str) -> names.Index | None:
        """What the names of a file refer to."""
        module = self.module(path)
        if module is None:
            return None
        known = self._indices.get(path)
        if (
            known is None
            or known.module is not module
            or any(self.module(other) is not seen for other, seen in known.seen.items())
        ):
            known = names.resolve(module, self.module)
            self._indices[path] = known
        return known

    def imports(self, path: str) -> set[str]:
        """The files that a file imports, directly or not."""
        found: set[str] = set()
        waiting = [path]
        while waiting:
            module = self.module(waiting.pop())
            for definition in module.space.names.values() if module is not None else ():
                if definition.target is not None and definition.target not in found:
                    found.add(definition.target)
                    waiting.append(definition.target)
        return found

    def files(self) -> Iterator[str]:
        """The programs that may refer to each other: open, beside an open one, or in a folder of the workspace."""
        found = dict.fromkeys(path for path in self.opened if os.path.isabs(path))
        for path in list(found):
            found |= dict.fromkeys(sorted(str(p) for p in Path(path).parent.glob("*.alta")))
            found |= dict.fromkeys(sorted(self.imports(path)))
        visited = 0
        for folder in self.folders:
            for root, folders, files in os.walk(folder):
                visited += 1
                folders[:] = sorted(f for f in folders if not f.startswith(".") and f not in _SKIPPED)
                found |= dict.fromkeys(os.path.join(root, f) for f in sorted(files) if f.endswith(".alta"))
                if len(found) >= MAX_FILES or visited >= MAX_FOLDERS:
                    break
        yield from list(found)[:MAX_FILES]


def source_path(name: str) -> str:
    """The path of a source by the name that the checker gives it: ``std.stack`` or a path."""
    if name.startswith("std."):
        path = resources.stdlib_path(name)
        if path is not None:
            return str(path)
    return os.path.normpath(name) if os.path.isabs(name) else name


def is_standard(path: str) -> bool:
    """Whether a file belongs to the standard library, which is not the author's to change."""
    return any(str(resources.stdlib_path(module)) == path for module in resources.stdlib_modules())
