"""A built model to its directory, whatever the target: all files or none."""

from __future__ import annotations

import os
from pathlib import Path

from altac.backends import DEFAULT, backend
from altac.backends.manifest import MANIFEST, MAX_BYTES, PROGRAM, SOURCE, Manifest
from altac.diagnostics.build_errors import NotOurDirectory, NotWritable
from altac.diagnostics.problem import AltacError
from altac.durable import ForeignFolderError, replace_folder
from altac.ir import Program
from altac.ir.json import dump
from altac.transformer import BuiltModel
from altac.transformer.configuration import FORMAT, parse_json
from altac.untrusted import read_file, reason_of


def write(
    built: BuiltModel,
    directory: str | os.PathLike[str],
    target: str = DEFAULT,
    *,
    program: Program | None = None,
    source: str | None = None,
) -> None:
    """Write ``built`` for ``target`` to ``directory``, which must be new, empty or an earlier build for any target.

    ``program`` is what the model is to equal: the one that was built, or what that was before it was pruned. ``source`` is
    the text of its file, for people. `altac.durable` replaces the directory as a whole, so that a failure leaves what was there.

    Raises:
        AltacError: there is no such target, or it cannot carry the model; the directory holds something else, or cannot be
            written.
    """
    files = {**backend(target).files(built), PROGRAM: dump(program or built.program).encode()}
    if source is not None:
        files[SOURCE] = source.encode()
    files[MANIFEST] = Manifest.of(target, files).to_json().encode()
    try:
        replace_folder(directory, files, is_ours)
    except ForeignFolderError:
        raise AltacError(NotOurDirectory(path=str(directory))) from None
    except OSError as error:
        raise AltacError(NotWritable(path=str(directory), reason=reason_of(error))) from None


def is_ours(directory: Path) -> bool:
    """Whether ``directory`` is empty, or holds a build and nothing that a build does not write."""
    if not directory.is_dir() or directory.is_symlink():
        return False
    if not any(directory.iterdir()):
        return True
    try:
        return Manifest.read(directory).covers(directory)
    except (OSError, ValueError):
        return _is_early(directory)


def _is_early(directory: Path) -> bool:
    """Whether ``directory`` holds a build of the time before there was a manifest."""
    try:
        config = parse_json(read_file(directory / "config.json", MAX_BYTES, regular=True).decode("utf-8"))
    except (OSError, ValueError):
        return False
    written = {"model.py", "model.safetensors", "config.json", "labels.json", "README.md", "__pycache__"}
    names = {path.name for path in directory.iterdir()}
    return isinstance(config, dict) and config.get("format") == FORMAT and names <= written
