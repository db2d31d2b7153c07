"""A SUBLEQ machine in straight Python, independent of the example it checks."""

from __future__ import annotations

from collections.abc import Sequence


def execute(memory: Sequence[int], size: int = 16, most: int = 10_000) -> tuple[list[int], int]:
    """The memory at the end, and how many layers of the Transformer the run takes: one for an instruction that
    halts at its operands, three for any other.

    Raises:
        IndexError: an address in ``0..size - 1`` beyond this memory was used.
        TimeoutError: no halt within ``most`` instructions.
    """
    cells = list(memory)
    pc = layers = 0
    for _ in range(most):
        a, b = cells[pc], cells[pc + 1]
        if not (0 <= a < size and 0 <= b < size):
            return cells, layers + 1
        cells[b] -= cells[a]
        layers += 3
        pc = cells[pc + 2] if cells[b] <= 0 else pc + 3
        if not 0 <= pc < size - 2:
            return cells, layers
    raise TimeoutError
