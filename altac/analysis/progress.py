"""How long work tells how far it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

#: Called with what is counted, gives a context in which a function is told what is done, and of how much.
Progress = Callable[[str], AbstractContextManager[Callable[[int, int], None]]]


@contextmanager
def silent(_unit: str) -> Iterator[Callable[[int, int], None]]:
    """Tells nothing."""
    yield lambda done, total: None
