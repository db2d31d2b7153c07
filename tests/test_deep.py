"""Deep work of several threads at once."""

from __future__ import annotations

import sys
import threading

import pytest

from altac.deep import deeply


def depth(left: int) -> int:
    return 0 if left == 0 else 1 + depth(left - 1)


def test_there_is_room_for_long_chains() -> None:
    assert deeply(lambda: depth(50_000)) == 50_000
    assert deeply(lambda: deeply(lambda: depth(20_000))) == 20_000


def test_errors_come_through_and_the_limit_is_as_before() -> None:
    before = sys.getrecursionlimit()
    with pytest.raises(ZeroDivisionError):
        deeply(lambda: 1 // 0)
    with pytest.raises(RecursionError):
        deeply(lambda: depth(1_000_000))
    assert sys.getrecursionlimit() == before


def test_none_waits_for_another() -> None:
    before, begun, done = sys.getrecursionlimit(), threading.Event(), threading.Event()

    def slow() -> int:
        begun.set()
        assert done.wait(20)
        return depth(20_000)

    results: list[int] = []
    other = threading.Thread(target=lambda: results.append(deeply(slow)))
    other.start()
    assert begun.wait(20)
    assert deeply(lambda: depth(20_000)) == 20_000  # while the other is at it
    done.set()
    other.join()
    assert results == [20_000] and sys.getrecursionlimit() == before
