"""Files to sources."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from altac.diagnostics.problem import AltacError
from altac.diagnostics.syntax_errors import FileTooLarge, NotUtf8, UnreadableFile
from altac.source import Source
from altac.syntax.limits import MAX_CHARACTERS
from altac.untrusted import read_file, reason_of

#: How the names of files end that programs may import.
SUFFIX = ".alta"


def read_source(path: str | os.PathLike[str], name: str | None = None) -> Source:
    """The text of a file; ``name`` is what diagnostics call it (its path if left out).

    Raises `AltacError` if it cannot be read, is too large or is not UTF-8.
    """
    shown = str(path) if name is None else name
    try:
        data = read_file(path, 4 * MAX_CHARACTERS)  # UTF-8 takes at most four bytes for a character
    except (OSError, ValueError) as error:
        hint = _meant(os.fspath(path)) if isinstance(error, FileNotFoundError) else ""
        raise AltacError(UnreadableFile(name=shown, reason=reason_of(error), hint=hint)) from None
    return decode_source(data, shown)


def _meant(path: str) -> str:
    """What to do about a file that is not there."""
    if path.endswith(SUFFIX):
        return ""
    if os.path.isfile(path + SUFFIX):
        return f"did you mean `{path}{SUFFIX}`?"
    return f"a program is a file whose name ends in `{SUFFIX}`, and stands before its inputs"


def decode_source(data: bytes, name: str) -> Source:
    """The source that ``data`` holds as UTF-8, a byte order mark at its head left out. Raises `AltacError`."""
    if len(data) > 4 * MAX_CHARACTERS:
        raise AltacError(FileTooLarge(name=name, size=f"over {MAX_CHARACTERS}", limit=MAX_CHARACTERS))
    try:
        text = data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line, _ = Source(name, data[: error.start].decode("utf-8")).position(error.start)
        problem = NotUtf8(name=name, byte=f"0x{data[error.start]:02X}", offset=error.start, line=line)
        raise AltacError(problem) from None
    return Source(name, text)


def read_module(path: str | os.PathLike[str]) -> Source:
    """The text of a file that a program imports, which may not be any file: see `check_module`. Raises `AltacError`."""
    check_module(path)
    return read_source(path)


def check_module(path: str | os.PathLike[str]) -> None:
    """Refuse what a program may not import: files whose names, or those of what links lead to, do not end in `SUFFIX`, and what
    is no regular file. Looks at names before it looks at files, and opens none. Raises `AltacError`.
    """
    reason = _unfit(path)
    if reason:
        raise AltacError(UnreadableFile(name=str(path), reason=reason))


def _unfit(path: str | os.PathLike[str]) -> str:
    if not str(path).endswith(SUFFIX):
        return f"modules are files whose names end in `{SUFFIX}`"
    try:
        if not os.path.realpath(path).endswith(SUFFIX):
            return f"it is a link to a file whose name does not end in `{SUFFIX}`"
        if not stat.S_ISREG(Path(path).stat().st_mode):
            return "it is not a regular file"
    except FileNotFoundError:
        return ""  # it may have a text all the same: that of an editor
    except (OSError, ValueError) as error:
        return reason_of(error)
    return ""
