"""The files of the language that are not Python: the grammar and the standard library.

In a wheel they lie in the package (``altac/_grammar``, ``altac/_stdlib``); in a checkout or an editable
install beside it (``grammar/``, ``stdlib/``).
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def _folder(name: str) -> Path:
    packaged = _PACKAGE / f"_{name}"
    return packaged if packaged.is_dir() else _PACKAGE.parent / name


def grammar_text() -> str:
    """The Lark grammar of the language."""
    return (_folder("grammar") / "alta.lark").read_text(encoding="utf-8")


def stdlib_modules() -> tuple[str, ...]:
    """The dotted names of the standard modules (``std.stack``), sorted."""
    folder = _folder("stdlib")
    files = (path.relative_to(folder).with_suffix("") for path in folder.rglob("*.alta"))
    return tuple(sorted("std." + ".".join(file.parts) for file in files))


def stdlib_path(module: str) -> Path | None:
    """The file of a standard module by its dotted name (``std.stack`` or ``stack``), or None if there is none."""
    parts = module.removeprefix("std.").split(".")
    if not all(part.isidentifier() for part in parts):
        return None
    path = _folder("stdlib").joinpath(*parts).with_suffix(".alta")
    return path if path.is_file() else None


def example_text(code: str) -> str | None:
    """The example of a diagnostic as Markdown, or None if there is no such code."""
    path = _PACKAGE / "diagnostics" / "examples" / f"{code}.md"
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code) or not path.is_file():
        return None
    return path.read_text(encoding="utf-8")


def cache_folder() -> Path:
    """Where files that only save time may be kept; it need not exist nor be writable."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / "Library" / "Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "altac"
