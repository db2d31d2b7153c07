"""Half a minute of ``make fuzz``, and that the fuzzer sees what is wrong."""

from __future__ import annotations

import pytest

from tests.fuzz import cases, driver, watch
from tests.fuzz.driver import attempt, fuzz


def test_half_a_minute_finds_nothing() -> None:
    report = fuzz(25, seed=0, workers=1)
    assert report.findings == []
    assert set(report.counts) == set(cases.KINDS)
    assert report.counts["sources"] > 10


def _fails(number: int) -> None:
    raise ValueError(f"case {number}")


def _slow(number: int) -> None:
    with watch.step("counting", 0.01):
        sum(range(3_000_000))


def _large(number: int) -> None:
    with watch.step("filling", 10):
        bytearray(8 * watch.MEMORY)  # the system may take other memory away meanwhile


def _endless(number: int) -> None:
    while True:
        pass


@pytest.mark.parametrize(
    ("case", "said"),
    [(_fails, "case 7"), (_slow, "counting took"), (_large, "filling took"), (_endless, "does not end within 5 s")],
)
def test_what_is_wrong_is_seen(case: object, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(cases.KINDS, "sources", (case, 1.0))
    monkeypatch.setattr(driver, "HANGS", 5)
    monkeypatch.setattr(watch, "MEMORY", 32 << 20)
    found = attempt("sources", 7)
    assert found is not None and found.startswith("--kind sources --number 7\n") and said in found


def test_cases_can_be_made_again() -> None:
    assert attempt("sources", 12345) is None
    first, second = cases.numbers(3), cases.numbers(3)
    assert [next(first) for _ in range(5)] == [next(second) for _ in range(5)]
