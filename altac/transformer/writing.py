"""A built model to its directory: all files or none."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import NoReturn

from altac.diagnostics.build_errors import NotOurDirectory, NotWritable
from altac.diagnostics.problem import AltacError
from altac.transformer.building import FORMAT, BuiltModel


def write(built: BuiltModel, directory: str | os.PathLike[str]) -> None:
    """Write the files of ``built`` to ``directory``, which must be new, empty or an earlier build.

    The files are written beside it first and moved as a whole, so that a failure leaves what was there.

    Raises:
        AltacError: the directory holds something else, or cannot be written.
    """
    target = Path(directory)
    exists = target.exists() or target.is_symlink()
    if exists and not is_ours(target):
        raise AltacError(NotOurDirectory(path=str(directory)))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    except OSError as error:
        _refuse(directory, error)
    try:
        for name, data in built.files.items():
            (temporary / name).write_bytes(data)
        temporary.chmod(0o755)
        if exists:
            old = Path(tempfile.mkdtemp(prefix=f".{target.name}-old-", dir=target.parent))
            os.replace(target, old / "model")
            try:
                os.replace(temporary, target)
            except OSError:
                os.replace(old / "model", target)
                raise
            finally:
                shutil.rmtree(old, ignore_errors=True)
        else:
            os.replace(temporary, target)
    except OSError as error:
        _refuse(directory, error)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def is_ours(directory: Path) -> bool:
    """Whether ``directory`` is empty, or holds a build and nothing that a build does not write."""
    if not directory.is_dir() or directory.is_symlink():
        return False
    names = {p.name for p in directory.iterdir()}
    if not names:
        return True
    try:
        config = json.loads((directory / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    written = {"model.py", "model.safetensors", "config.json", "labels.json", "README.md", "__pycache__"}
    return isinstance(config, dict) and config.get("format") == FORMAT and names <= written


def _refuse(path: str | os.PathLike[str], error: OSError) -> NoReturn:
    reason = (error.strerror or str(error)).lower()
    raise AltacError(NotWritable(path=str(path), reason=reason)) from None
