"""What training takes and what there is, in bytes of memory. It is asked first, since running out ends the process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import jax

from altac.analysis.hyperparameters import Hyperparameters, shown
from altac.diagnostics.analysis_errors import BadHyperparameter
from altac.diagnostics.problem import AltacError

#: Bytes of a number in float32.
_NUMBER = 4


def check_memory(how: Hyperparameters, features: int, targets: int) -> None:
    """Refuse hidden layers or batches that cannot fit into memory, for ``features`` inputs and ``targets`` outputs.

    Raises `AltacError`, which names the hyperparameter and what it would take at least.
    """
    room = available()
    for name, needed in (
        ("hidden", of_parameters(how, features, targets)),
        ("batch", of_batch(how, features, targets)),
    ):
        if needed > room:
            value = shown(list(how.hidden) if name == "hidden" else how.batch)
            wanted = f"less: it would take at least {_size(needed)} of memory, and there are {_size(room)}"
            raise AltacError(BadHyperparameter(name=name, value=value, wanted=wanted))


def of_parameters(how: Hyperparameters, features: int, targets: int) -> int:
    """Bytes of the weights, of their gradient, and of what the optimizer keeps: two numbers a weight for Adam, less for
    Adafactor."""
    sizes = (features, *how.hidden, targets)
    weights = sum(a * b + b for a, b in pairwise(sizes))
    return _NUMBER * weights * (4 if how.optimizer == "adam" else 2)


def of_batch(how: Hyperparameters, features: int, targets: int) -> int:
    """Bytes of a batch: its inputs, their noise, and every layer's values."""
    return _NUMBER * how.batch * (2 * features + sum(how.hidden) + targets)


def available() -> int:
    """Bytes that arrays may take on the device: its own memory, or that of this machine and process."""
    own = (jax.local_devices()[0].memory_stats() or {}).get("bytes_limit")
    return int(own) if own else min(_limits())


def _limits() -> Iterator[int]:
    yield 1 << 62
    if hasattr(os, "sysconf"):
        yield os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        import resource

        soft, _ = resource.getrlimit(resource.RLIMIT_AS)
        if soft != resource.RLIM_INFINITY:
            yield soft
    group = Path("/sys/fs/cgroup/memory.max")  # of a container
    if group.is_file() and (text := group.read_text().strip()).isdigit():
        yield int(text)


def _size(number: int) -> str:
    """As in ``1.5 GB``; a million terabytes stand for all that is more."""
    number = min(number, 10**18)
    unit, power = ("GB", 3) if number < 10**12 else ("TB", 4)
    return f"{number / 1000**power:,.1f} {unit}"
