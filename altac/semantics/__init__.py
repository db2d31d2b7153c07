"""From the syntax tree to a checked program."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from altac.semantics.checker import Checked, Checker, Symbol
from altac.source import Source

__all__ = ["Checked", "Symbol", "check"]


def check(
    source: Source,
    params: Mapping[str, Any] | None = None,
    read: Callable[[str], str] | None = None,
    inspect: Callable[[Checker], None] | None = None,
) -> Checked:
    """Check a main file and everything it imports.

    ``params`` replaces the values of parameters: Python values, or strings in the language. ``read`` gives the
    text of an imported file by its path (the file system if left out). ``inspect`` is shown the checker when it is
    done, for tools that want what it knows of a program with errors too. Never raises for what a file holds: every fault
    is among the problems, and the program is None if one of them is an error.
    """
    from altac.semantics.program import check as run

    return run(source, params, read, inspect)
