"""Arguments of the Python API: a value that is none of those that are meant is refused, never taken for something else."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any


def choice(what: str, value: Any, choices: Sequence[Any]) -> None:
    """Raise ValueError unless ``value`` is one of the ``choices``, of the same type too: True and 2.0 are no levels."""
    if not any(type(value) is type(one) and value == one for one in choices):
        shown = " or ".join(map(repr, choices)) if len(choices) < 3 else "one of " + ", ".join(map(repr, choices))
        raise ValueError(f"there is no {what} {value!r}: use {shown}")


def integer(what: str, value: Any, least: int, most: int) -> None:
    """Raise TypeError unless ``value`` is an integer, ValueError unless it lies in ``least..most``."""
    count(what, value)
    if not least <= value <= most:
        raise ValueError(f"{what} is a number from {least:,} to {most:,}, not {value:,}")


def count(what: str, value: Any) -> None:
    """Raise TypeError unless ``value`` is an integer, be it numpy's."""
    if not isinstance(value, Integral) or isinstance(value, bool):
        raise TypeError(f"{what} is an integer, not {value!r}")


def flags(**values: Any) -> None:
    """Raise TypeError unless every value is True or False."""
    for what, value in values.items():
        if not isinstance(value, bool):
            raise TypeError(f"{what} is True or False, not {value!r}")
