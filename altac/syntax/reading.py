"""Files to sources."""

from __future__ import annotations

import os

from altac.diagnostics.problem import AltacError
from altac.diagnostics.syntax_errors import FileTooLarge, NotUtf8, UnreadableFile
from altac.source import Source
from altac.syntax.limits import MAX_CHARACTERS
from altac.untrusted import read_file, reason_of


def read_source(path: str | os.PathLike[str], name: str | None = None) -> Source:
    """The text of a file; ``name`` is what diagnostics call it (its path if left out).

    Raises `AltacError` if it cannot be read, is too large or is not UTF-8.
    """
    shown = str(path) if name is None else name
    try:
        data = read_file(path, 4 * MAX_CHARACTERS)  # UTF-8 takes at most four bytes for a character
    except (OSError, ValueError) as error:
        raise AltacError(UnreadableFile(name=shown, reason=reason_of(error))) from None
    return decode_source(data, shown)


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
