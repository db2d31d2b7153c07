"""Exit statuses."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """0: success; 1: the program or the data is at fault; 2: the command line is; 130: interrupted."""

    SUCCESS = 0
    FAILURE = 1
    USAGE = 2
    INTERRUPTED = 130
