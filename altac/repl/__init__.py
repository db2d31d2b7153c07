"""The interactive session."""

from altac.repl.terminal import main

__all__ = ["main"]
