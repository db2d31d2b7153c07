"""The layout of the residual stream as text."""

from __future__ import annotations

from collections.abc import Iterator

from altac.ir import Head, Variable, label
from altac.transformer.layout import Layout, is_numerical


def layout_lines(layout: Layout) -> Iterator[str]:
    """A line for each variable and head: its dimensions and what they stand for; then the features beyond the stream."""
    slots = layout.program.slots
    width = max((len(dimensions(layout, slot)) for slot in slots), default=0)
    for slot in slots:
        yield f"{dimensions(layout, slot):<{width}}  {meaning(layout, slot)}"
    yield f"residual stream: {layout.width} dimensions"
    for head in layout.numerical:
        first = layout.buckets[head.name]
        yield f"features {first}..{first + head.domain.size - 1}: buckets of {head.name}"


def dimensions(layout: Layout, slot: Variable | Head) -> str:
    """``3``, ``0..9``"""
    first = layout.offsets[slot.name]
    size = 1 if is_numerical(slot) else slot.domain.size
    return str(first) if size == 1 else f"{first}..{first + size - 1}"


def meaning(layout: Layout, slot: Variable | Head) -> str:
    """What the dimensions of a slot stand for."""
    kind = "head" if isinstance(slot, Head) else "variable"
    if is_numerical(slot):
        return f"{kind} {slot.name}: the mean of the selected values"
    low, size = slot.domain.low, slot.domain.size
    values = [label(slot.domain, code) for code in range(low, low + size)]
    listed = ", ".join(values) if size <= 6 else f"{values[0]}, {values[1]}, ..., {values[-1]}"
    return f"{kind} {slot.name}: {listed}"
