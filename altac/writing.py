"""Writing files: whole or not at all."""

from __future__ import annotations

import os

from altac.diagnostics.cli_errors import CannotWrite
from altac.diagnostics.problem import AltacError


def write_whole(path: str, content: str | bytes) -> None:
    """Write a file completely or not at all. Raises `AltacError`."""
    import tempfile

    target = os.path.realpath(path)
    try:
        mode = os.stat(target).st_mode & 0o777 if os.path.exists(target) else 0o644
        handle, temporary = tempfile.mkstemp(dir=os.path.dirname(target), prefix=".altac-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content.encode("utf-8") if isinstance(content, str) else content)
            os.chmod(temporary, mode)
            os.replace(temporary, target)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as error:
        raise AltacError(CannotWrite(path=path, reason=(error.strerror or str(error)).lower())) from None
