"""What each part of a model means, with source lines: labels.json as frozen values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, Literal

from altac.ir import Variable, label
from altac.source import Span
from altac.transformer.attention import Group
from altac.transformer.certificate import Certificate
from altac.transformer.configuration import json_text
from altac.transformer.layout import Layout, is_numerical
from altac.units.layers import Layer, Units


@dataclass(frozen=True)
class Dimension:
    """A dimension of the residual stream: one value of a variable or head, or the mean that a head computes."""

    name: str
    kind: Literal["variable", "head"]
    slot: str
    value: str
    source: str | None = None
    line: int | None = None


@dataclass(frozen=True)
class HeadOutput:
    """What an attention head computes for a head of the program; ``scale`` is how many times its mean, if it is one."""

    head: str
    value: str
    mean: bool = False
    scale: int | None = None
    source: str | None = None
    line: int | None = None


@dataclass(frozen=True)
class AttentionHead:
    """An attention head, with all heads of the program that select alike. ``query`` and ``key`` are None if it selects by
    offset alone, ``offsets`` if it selects anywhere."""

    name: str
    query: str | None
    key: str | None
    offsets: tuple[int, ...] | None
    outputs: tuple[HeadOutput, ...]


@dataclass(frozen=True)
class Threshold:
    """A test whether a mean reaches a boundary between two buckets."""

    name: str
    slot: str


@dataclass(frozen=True)
class Bucket:
    """The feature that a mean stands for ``value``."""

    name: str
    slot: str
    value: str


@dataclass(frozen=True)
class HiddenUnit:
    """A hidden unit of the MLP, with the source lines that it comes from."""

    name: str
    source: str | None = None
    lines: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Labels:
    """A label for each dimension, attention head, threshold, bucket, predicate and hidden unit, in their order.

    ``predicates`` are the units of the first hidden layer where there are two, ``hidden_units`` those of the last.
    """

    residual: tuple[Dimension, ...] = field(repr=False)
    attention_heads: tuple[AttentionHead, ...] = field(repr=False)
    thresholds: tuple[Threshold, ...] = field(default=(), repr=False)
    buckets: tuple[Bucket, ...] = field(default=(), repr=False)
    predicates: tuple[HiddenUnit, ...] = field(default=(), repr=False)
    hidden_units: tuple[HiddenUnit, ...] = field(repr=False)

    def to_json(self) -> str:
        """The text of labels.json; what a label does not have is left out."""
        return json_text(_data(self))


def make_labels(layout: Layout, groups: Sequence[Group], units: Units, certificate: Certificate) -> Labels:
    """The labels of the weights that are made of the same arguments."""
    resets = tuple(
        HiddenUnit(f"reset {m.head.name}, {part} part", **_lines((m.head.span,) if m.head.span else ()))
        for m in certificate.means
        for part in ("positive", "negative")
    )
    return Labels(
        residual=tuple(_dimensions(layout)),
        attention_heads=tuple(_attention_head(group, certificate) for group in groups),
        thresholds=tuple(
            Threshold(f"{m.head.name} >= {t.boundary}", m.head.name) for m in certificate.means for t in m.thresholds
        ),
        buckets=tuple(_buckets(layout)),
        predicates=() if units.predicates is None else _hidden_units(units.predicates),
        hidden_units=_hidden_units(units.layer) + resets,
    )


def _dimensions(layout: Layout) -> Iterator[Dimension]:
    for slot in layout.program.slots:
        kind: Literal["variable", "head"] = "variable" if isinstance(slot, Variable) else "head"
        if is_numerical(slot):
            yield Dimension(slot.name, kind, slot.name, "mean", **_line(slot.span))
            continue
        for code in range(slot.domain.low, slot.domain.low + slot.domain.size):
            value = label(slot.domain, code)
            yield Dimension(f"{slot.name} = {value}", kind, slot.name, value, **_line(slot.span))


def _attention_head(group: Group, certificate: Certificate) -> AttentionHead:
    scales = {m.head.name: m.scale for m in certificate.means}
    outputs = tuple(
        HeadOutput(h.name, h.value, h.name in scales, scales.get(h.name), **_line(h.span)) for h in group.heads
    )
    offsets = None if group.offsets is None else tuple(sorted(group.offsets))
    return AttentionHead(", ".join(h.name for h in group.heads), group.query, group.key, offsets, outputs)


def _buckets(layout: Layout) -> Iterator[Bucket]:
    for head in layout.numerical:
        for code in range(head.domain.size):
            value = label(head.domain, code)
            yield Bucket(f"{head.name} = {value}", head.name, value)


def _hidden_units(layer: Layer) -> tuple[HiddenUnit, ...]:
    return tuple(HiddenUnit(origin.label, **_lines(origin.spans)) for origin in layer.origins)


def _line(span: Span | None) -> dict[str, Any]:
    return {} if span is None else {"source": str(span), "line": span.line}


def _lines(spans: Sequence[Span]) -> dict[str, Any]:
    return {"source": str(spans[0]), "lines": tuple(sorted({s.line for s in spans}))} if spans else {}


def _data(value: Any) -> Any:
    if is_dataclass(value):
        present = ((f, getattr(value, f.name)) for f in fields(value))
        return {f.name: _data(v) for f, v in present if v != f.default}
    return [_data(v) for v in value] if isinstance(value, tuple) else value
