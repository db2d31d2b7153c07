"""Files that users ask for: whole or not at all, with a diagnostic where that fails."""

from __future__ import annotations

import os

from altac.diagnostics.cli_errors import CannotWrite
from altac.diagnostics.problem import AltacError
from altac.durable import write_file
from altac.untrusted import reason_of


def write_whole(path: str | os.PathLike[str], content: str | bytes) -> None:
    """Write a file completely or not at all. Raises `AltacError`."""
    try:
        write_file(path, content)
    except OSError as error:
        raise AltacError(CannotWrite(path=os.fspath(path), reason=reason_of(error))) from None
