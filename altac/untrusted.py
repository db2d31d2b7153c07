"""Reading what others wrote: files that may be pipes, devices or folders, and JSON and TOML of any shape.

Nothing here takes more memory than it is told, or waits for ever; what goes wrong is said in plain words.
"""

from __future__ import annotations

import json
import os
import re
import stat
from contextlib import suppress
from io import BufferedReader
from typing import Any

#: Seconds for which somebody may take to open a named pipe for writing.
PATIENCE = 5.0
#: Nested brackets. Python's own bound is the recursion limit; where that is high, JSON can overflow the C stack.
MAX_DEPTH = 100

_TOO_DEEP = "nested too deeply"
#: Strings, to be read over, and brackets.
_BRACKETS = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}]', re.DOTALL)


def open_file(path: str | os.PathLike[str], *, regular: bool = False) -> BufferedReader:
    """The file at ``path`` for reading. A pipe is waited for, but not for ever; ``regular`` refuses all but plain files.

    Raises:
        OSError: it cannot be read; its ``strerror`` says why.
        ValueError: ``path`` can be no path.
    """
    mode = os.stat(path).st_mode
    if regular and not stat.S_ISREG(mode):
        raise OSError(None, "it is no plain file")
    if stat.S_ISDIR(mode):
        raise OSError(None, "is a directory")
    return open(_open_pipe(path) if stat.S_ISFIFO(mode) else path, "rb")


def read_file(path: str | os.PathLike[str], limit: int, *, regular: bool = False) -> bytes:
    """Up to ``limit`` bytes of a file, and one more if it has more. Raises as `open_file` does."""
    with open_file(path, regular=regular) as file:
        return file.read(limit + 1)


def _open_pipe(path: str | os.PathLike[str]) -> int:
    """A descriptor of a pipe that somebody writes to."""
    from queue import Empty, SimpleQueue
    from threading import Thread

    opened: SimpleQueue[int | OSError] = SimpleQueue()

    def wait() -> None:
        try:
            opened.put(os.open(path, os.O_RDONLY))
        except OSError as error:
            opened.put(error)

    Thread(target=wait, daemon=True).start()
    try:
        found = opened.get(timeout=PATIENCE)
    except Empty:
        with suppress(OSError, Empty):  # writing to the pipe for a moment lets the thread end
            os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
            if isinstance(late := opened.get(timeout=1), int):
                os.close(late)
        raise OSError(None, f"it is a pipe that nothing has written to for {PATIENCE:g} seconds") from None
    if isinstance(found, OSError):
        raise found
    return found


def reason_of(error: OSError | ValueError) -> str:
    """Why a file could not be opened or read, for a message."""
    strerror = getattr(error, "strerror", None)
    return strerror.lower() if strerror else str(error)


def parse_json(text: str) -> Any:
    """The value of JSON text. Raises ValueError with what is wrong, in words that fit after a colon."""
    _check_depth(text)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}" if "\n" in text.strip() else f"column {error.colno}"
        raise ValueError(f"not JSON: {error.msg[:1].lower()}{error.msg[1:]} at {place}") from None
    except (RecursionError, ValueError) as error:
        raise ValueError(_excess(error)) from None


def parse_toml(text: str) -> dict[str, Any]:
    """The table of TOML text. Raises ValueError with what is wrong."""
    import tomllib

    _check_depth(text)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(str(error)[:1].lower() + str(error)[1:]) from None
    except (RecursionError, ValueError) as error:
        raise ValueError(_excess(error)) from None


def _check_depth(text: str) -> None:
    """Refuse brackets that are nested too deeply."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    depth = 0
    for found in _BRACKETS.finditer(text):
        if (bracket := found[0]) in ("[", "{"):
            depth += 1
        elif bracket in ("]", "}"):
            depth -= 1
        if depth > MAX_DEPTH:
            raise ValueError(_TOO_DEEP)


def _excess(error: Exception) -> str:
    """Of text that is well formed: what a parser finds too large in it."""
    return _TOO_DEEP if isinstance(error, RecursionError) else "a number in it has thousands of digits"
