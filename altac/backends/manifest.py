"""altac.json: which files of a directory altac has written, and for which target."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from altac.transformer.configuration import json_text, plain, read_json
from altac.untrusted import open_file, read_file

MANIFEST = "altac.json"
#: The program in every directory: as the JSON of its IR, and as its source if it has one.
PROGRAM, SOURCE = "program.json", "program.alta"
#: Bytes of altac.json, and of the configuration of a model.
MAX_BYTES = 1_000_000


@dataclass(frozen=True)
class File:
    """A file by its path within the directory, and the SHA-256 of its bytes."""

    name: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """All of altac.json."""

    format: Literal["altac-model"] = "altac-model"
    version: Literal[1] = 1
    target: str
    files: tuple[File, ...]

    @classmethod
    def of(cls, target: str, files: Mapping[str, bytes]) -> Manifest:
        """The manifest of ``files``."""
        listed = (File(name, hashlib.sha256(data).hexdigest()) for name, data in sorted(files.items()))
        return cls(target=target, files=tuple(listed))

    @classmethod
    def read(cls, directory: Path) -> Manifest:
        """The manifest in ``directory``.

        Raises:
            OSError, ValueError: there is none, or it is not as `to_json` gave it.
        """
        data = read_file(directory / MANIFEST, MAX_BYTES, regular=True)
        if len(data) > MAX_BYTES:
            raise ValueError(f"it is longer than {MAX_BYTES:,} bytes")
        return read_json(cls, data.decode("utf-8"))

    def to_json(self) -> str:
        """The text of altac.json."""
        return json_text(plain(self))

    def altered(self, directory: Path) -> Iterator[str]:
        """The files in ``directory`` that are missing, unreadable or changed."""
        for file in self.files:
            try:
                with open_file(directory / file.name, regular=True) as opened:
                    sound = hashlib.file_digest(opened, "sha256").hexdigest() == file.sha256
            except (OSError, ValueError):
                sound = False
            if not sound:
                yield file.name

    def covers(self, directory: Path) -> bool:
        """Whether there is nothing in ``directory`` but these files and Python's byte code."""
        known = {MANIFEST, *(file.name for file in self.files)}
        return all(name in known for name in _names(directory))


def _names(directory: Path) -> Iterator[str]:
    """The paths of all files and links in ``directory`` within it, byte code aside."""
    for folder, folders, files in os.walk(directory):
        here = Path(folder)
        linked = [name for name in folders if (here / name).is_symlink()]
        folders[:] = [name for name in folders if name != "__pycache__"]
        for name in (*files, *linked):
            yield (here / name).relative_to(directory).as_posix()
