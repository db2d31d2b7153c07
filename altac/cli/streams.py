"""The standard streams, so that neither their encoding nor a full disk or closed end at the other side is an internal error."""

from __future__ import annotations

import codecs
import contextlib
import errno
import io
import os
import sys
from typing import TYPE_CHECKING

from altac.untrusted import reason_of

if TYPE_CHECKING:
    from typing import TextIO

    from _typeshed import ReadableBuffer, WriteableBuffer

#: The handler of what an encoding does not have, for `codecs`: the escapes of JSON, so that JSON stays JSON.
ESCAPED = "altac-escaped"


class OutputError(Exception):
    """Standard output cannot be written. No `OSError`: those are of files, and click has its own way with them."""

    def __init__(self, error: OSError) -> None:
        super().__init__(str(error))
        self.reason = reason_of(error)
        self.is_closed = error.errno == errno.EPIPE


class _Output(io.FileIO):
    def write(self, data: ReadableBuffer, /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            raise OutputError(error) from None


class _Messages(io.FileIO):
    def write(self, data: ReadableBuffer, /) -> int:
        with contextlib.suppress(OSError):  # there is nowhere left to say so
            return super().write(data)
        return memoryview(data).nbytes


class _Input(io.FileIO):
    def readinto(self, buffer: WriteableBuffer, /) -> int:
        try:
            return super().readinto(buffer)
        except OSError as error:
            raise OSError(error.errno, error.strerror, "standard input") from None

    def readall(self) -> bytes:
        try:
            return super().readall()
        except OSError as error:
            raise OSError(error.errno, error.strerror, "standard input") from None


def _escape(error: UnicodeError) -> tuple[str | bytes, int]:
    assert isinstance(error, UnicodeEncodeError)
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i] << 8 | units[i + 1]:04x}" for i in range(0, len(units), 2)), error.end


codecs.register_error(ESCAPED, _escape)


def prepare() -> None:
    """Make the standard streams of this process, unless they are someone else's, safe to use.

    What their encoding does not have is escaped, or replaced when it is read; a closed one is an error only where it is used;
    standard output raises `OutputError`, and what cannot be said on standard error is not said.
    """
    for handle in range(3):
        try:
            os.fstat(handle)
        except OSError:  # else the next file that is opened would be taken for it
            os.open(os.devnull, os.O_WRONLY if handle == 0 else os.O_RDONLY)
    if sys.stdin is sys.__stdin__:
        if sys.stdin is None:
            sys.stdin = io.TextIOWrapper(io.BufferedReader(_Input(0, "rb", closefd=False)))
        _reconfigure(sys.stdin, "replace")
    if sys.stdout is sys.__stdout__:
        if _is_plain(sys.stdout):
            sys.stdout = _wrapped(_Output(1, "wb", closefd=False), sys.stdout)
        _reconfigure(sys.stdout, ESCAPED)
    if sys.stderr is sys.__stderr__ and _is_plain(sys.stderr):
        sys.stderr = _wrapped(_Messages(2, "wb", closefd=False), sys.stderr)


def abandon_output() -> None:
    """Point standard output at nothing, so that closing it when the process ends does not fail once more."""
    handle = os.open(os.devnull, os.O_WRONLY)
    os.dup2(handle, 1)
    os.close(handle)


def _is_plain(stream: TextIO | None) -> bool:
    """Whether a stream is closed, or on a file or a pipe: terminals are never full, and have ways of their own."""
    buffer = getattr(stream, "buffer", None)
    return stream is None or not stream.isatty() and type(getattr(buffer, "raw", buffer)) is io.FileIO


def _wrapped(raw: io.FileIO, like: object) -> io.TextIOWrapper:
    return io.TextIOWrapper(
        io.BufferedWriter(raw), encoding=getattr(like, "encoding", None), errors=getattr(like, "errors", None),
        line_buffering=getattr(like, "line_buffering", False),
    )  # fmt: skip


def _reconfigure(stream: object, errors: str) -> None:
    """Give a stream that is strict another handler of errors; one that the user has chosen stays."""
    if isinstance(stream, io.TextIOWrapper) and stream.errors in ("strict", "surrogateescape"):
        stream.reconfigure(errors=errors)
