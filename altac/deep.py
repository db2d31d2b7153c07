"""Runs deeply recursive work on a stack of its own: long chains of `if` nest as deep as they are long."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")

_STACK = 512 * 1024 * 1024
_DEPTH = 150_000
_NAME = "altac-deep"


def deeply(work: Callable[[], T]) -> T:
    """The result of ``work()``, computed in a thread with room for some hundred thousand nested calls.

    Several threads may be at it at once.
    """
    if threading.current_thread().name == _NAME:
        return work()
    results: list[T] = []
    errors: list[BaseException] = []

    def keep() -> None:
        try:
            results.append(work())
        except BaseException as error:
            errors.append(error)

    with _LIMIT.raised():
        thread = _LIMIT.start(keep)
        thread.join()
    if errors:
        raise errors[0]
    return results[0]


class _Limit:
    """The limit of nested calls, which is one for all threads: raised while any of them needs it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._before = 0

    @contextmanager
    def raised(self) -> Iterator[None]:
        with self._lock:
            if not self._users:
                self._before = sys.getrecursionlimit()
                sys.setrecursionlimit(max(self._before, _DEPTH))
            self._users += 1
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1
                if not self._users:
                    sys.setrecursionlimit(self._before)

    def start(self, work: Callable[[], None]) -> threading.Thread:
        """A thread with a deep stack that does ``work``; an interrupt does not wait for it."""
        thread = threading.Thread(target=work, name=_NAME, daemon=True)
        with self._lock:
            size = threading.stack_size(_STACK)
            try:
                thread.start()
            finally:
                threading.stack_size(size)
        return thread


_LIMIT = _Limit()
