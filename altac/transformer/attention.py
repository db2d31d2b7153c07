"""Attention weights: heads with the same query, key and offsets share one attention head.

Appendix A.2 of the ALTA paper, with W_Q and W_K on the values that query and key have in common, values
stacked, and relative masks as position biases. A head of the program that selects by offset
alone has no query and no key: its logits are its biases.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from altac.ir import Head
from altac.transformer.certificate import LOGIT_GAP, Certificate
from altac.transformer.layout import Array, Layout, is_numerical, matches, numbers

#: Bias of an offset that is not allowed: far enough below a match, and finite.
FORBIDDEN = -2 * LOGIT_GAP


@dataclass(frozen=True)
class Group:
    """Heads of the program that one attention head computes; they select alike."""

    query: str | None
    key: str | None
    offsets: frozenset[int] | None
    heads: tuple[Head, ...]


def group_heads(layout: Layout, merge: bool = True) -> list[Group]:
    """The attention heads, in order of their first head of the program."""
    groups: dict[Any, list[Head]] = {}
    for number, head in enumerate(layout.program.heads):
        identity = (head.query, head.key, head.offsets, None if merge else number)
        groups.setdefault(identity, []).append(head)
    return [Group(query, key, offsets, tuple(heads)) for (query, key, offsets, _), heads in groups.items()]


def attention_weights(layout: Layout, groups: Sequence[Group], certificate: Certificate) -> dict[str, Array]:
    """``attention.query`` and ``.key`` (H, D, K), ``.value`` (H, D, V), ``.output`` (H, V, D), ``.bias`` (H, 2 M + 3).

    ``bias[h, clip(j - i, -M - 1, M + 1) + M + 1]`` is added to the logit of position j as seen from i. Empty if the
    program has no heads.
    """
    if not groups:
        return {}
    pairs = [_pairs(layout, group) for group in groups]
    entries = [_values(layout, group, certificate) for group in groups]
    keys = max(int(columns.max(initial=-1)) + 1 for _, columns, _ in pairs)
    values = max(int(columns.max(initial=-1)) + 1 for _, _, columns, *_ in entries)
    count, width = len(groups), layout.width
    query = np.zeros((count, width, keys), np.float64)
    key = np.zeros((count, width, keys), np.float64)
    value = np.zeros((count, width, values), np.float64)
    output = np.zeros((count, values, width), np.float64)
    for h, (group, (asked, columns, wanted)) in enumerate(zip(groups, pairs, strict=True)):
        if group.query is not None and group.key is not None:
            query[h, layout.dims(group.query, asked), columns] = LOGIT_GAP
            key[h, layout.dims(group.key, wanted), columns] = 1
    for h, (source, weight, column, target) in enumerate(entries):
        value[h, source, column] = weight
        output[h, column, target] = 1
    return {
        "attention.query": query, "attention.key": key, "attention.value": value, "attention.output": output,
        "attention.bias": offset_bias([g.offsets for g in groups], certificate.max_length),
    }  # fmt: skip


def _pairs(layout: Layout, group: Group) -> tuple[Array, Array, Array]:
    """Every (query code, column, key code) of a selection; a column of W_Q and W_K is one key value that is asked for."""
    if group.query is None or group.key is None:
        none = np.zeros(0, np.int64)
        return none, none, none
    query, key = layout.program.domain(group.query), layout.program.domain(group.key)
    queries, keys = np.array(layout.reachable[group.query]), np.array(layout.reachable[group.key])
    chosen = matches(query, key)[np.ix_(queries - query.low, keys - key.low)]
    kept = np.flatnonzero(chosen.any(axis=0))
    rows, columns = np.nonzero(chosen[:, kept])
    return queries[rows], columns, keys[kept][columns]


def _values(layout: Layout, group: Group, certificate: Certificate) -> tuple[Array, Array, Array, Array]:
    """Residual dimension read, weight, column and residual dimension written, for every value of every head."""
    means = {m.head.name: m for m in certificate.means}
    sources, weights, columns, targets = [], [], [], []
    at = 0
    for head in group.heads:
        domain = layout.program.domain(head.value)
        codes = np.array(layout.reachable[head.value])
        sources.append(layout.dims(head.value, codes))
        if is_numerical(head):
            every = numbers(domain)
            scale = means[head.name].scale
            weights.append(np.array([float(every[c - domain.low] * scale) for c in codes.tolist()]))
            columns.append(np.full(len(codes), at))
            targets.append(np.full(len(codes), layout.offsets[head.name]))
            at += 1
        else:
            weights.append(np.ones(len(codes)))
            columns.append(at + np.arange(len(codes)))
            targets.append(layout.dims(head.name, codes))
            at += len(codes)
    return np.concatenate(sources), np.concatenate(weights), np.concatenate(columns), np.concatenate(targets)


def offset_bias(offsets: list[frozenset[int] | None], max_length: int | None) -> Array:
    """The biases of all heads by offset, shape (H, 2 M + 3); offsets beyond M are alike."""
    far = 0
    for allowed in offsets:
        reach = max((abs(o) for o in allowed), default=0) if allowed is not None else 0
        far = max(far, reach if max_length is None else min(reach, max_length))
    bias = np.zeros((len(offsets), 2 * far + 3), np.float64)
    for h, allowed in enumerate(offsets):
        if allowed is not None:
            bias[h] = FORBIDDEN
            bias[h, [o + far + 1 for o in allowed if abs(o) <= far]] = 0
    return bias
