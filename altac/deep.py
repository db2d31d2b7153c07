"""Runs deeply recursive work on a stack of its own: long chains of `if` nest as deep as they are long."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_STACK = 512 * 1024 * 1024
_DEPTH = 150_000
_LOCK = threading.Lock()


def deeply(work: Callable[[], T]) -> T:
    """The result of ``work()``, computed in a thread with room for some hundred thousand nested calls."""
    if threading.current_thread().name == "altac-deep":
        return work()
    results: list[T] = []
    errors: list[BaseException] = []

    def keep() -> None:
        try:
            results.append(work())
        except BaseException as error:
            errors.append(error)

    with _LOCK:
        limit, stack = sys.getrecursionlimit(), threading.stack_size(_STACK)
        sys.setrecursionlimit(max(limit, _DEPTH))
        try:
            thread = threading.Thread(target=keep, name="altac-deep", daemon=True)  # an interrupt does not wait for it
            thread.start()
            thread.join()
        finally:
            sys.setrecursionlimit(limit)
            threading.stack_size(stack)
    if errors:
        raise errors[0]
    return results[0]
