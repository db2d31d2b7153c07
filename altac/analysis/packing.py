"""Rows of codes as a few 64-bit words, and rows that are equal as one row with a count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

_MIX = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)


@dataclass(frozen=True)
class Packing:
    """Packs rows with one number per column, ``0 .. sizes[i] - 1``, into words of 64 bits; exact and invertible."""

    sizes: tuple[int, ...]

    @cached_property
    def places(self) -> tuple[tuple[int, int, int], ...]:
        """Word, shift and mask of every column."""
        found = []
        word, used = 0, 0
        for size in self.sizes:
            bits = max(1, (size - 1).bit_length())
            if used + bits > 64:
                word, used = word + 1, 0
            found.append((word, used, (1 << bits) - 1))
            used += bits
        return tuple(found)

    @property
    def words(self) -> int:
        return self.places[-1][0] + 1 if self.places else 1

    def pack(self, columns: Sequence[Array], length: int) -> Array:
        """Words (length, words) of columns of ``length`` numbers each."""
        packed = np.zeros((self.words, length), np.uint64)
        for column, (word, shift, _) in zip(columns, self.places, strict=True):
            packed[word] |= column.astype(np.uint64) << np.uint64(shift)
        return np.ascontiguousarray(packed.T)

    def unpack(self, words: Array) -> Array:
        """The numbers (N, columns), int32, of words (N, words)."""
        found = np.zeros((len(words), len(self.sizes)), np.int32)
        for i, (word, shift, mask) in enumerate(self.places):
            found[:, i] = (words[:, word] >> np.uint64(shift)) & np.uint64(mask)
        return found


@dataclass(frozen=True)
class Counted:
    """Distinct rows: ``words`` (N, W), how often each occurred (N,), and one place (N, 3): input, layer, position."""

    words: Array
    counts: Array
    witness: Array

    def __len__(self) -> int:
        return len(self.counts)

    def take(self, which: Array | slice) -> Counted:
        return Counted(self.words[which], self.counts[which], self.witness[which])


def hashed(words: Array) -> Array:
    """A 64-bit number per row; equal rows have equal numbers."""
    value = np.zeros(len(words), np.uint64)
    for column in words.T:
        value = (value ^ column) * _MIX
        value ^= value >> _SHIFT
    return value


def join(parts: Sequence[Counted]) -> Counted:
    """The rows of all parts, one after the other."""
    return Counted(
        np.concatenate([p.words for p in parts]),
        np.concatenate([p.counts for p in parts]),
        np.concatenate([p.witness for p in parts]),
    )


def distinct(rows: Counted) -> Counted:
    """Equal rows as one, with the witness of the first; sorted by `hashed`."""
    if not len(rows):
        return rows
    keys = hashed(rows.words)
    order = np.argsort(keys, kind="stable")
    new = _boundaries(keys[order], rows.words[order])
    if new is None:  # two rows have one hash
        order = np.lexsort((*rows.words.T, keys))
        new = np.ones(len(order), bool)
        new[1:] = (rows.words[order][1:] != rows.words[order][:-1]).any(axis=1)
    starts = np.flatnonzero(new)
    return Counted(rows.words[order[starts]], np.add.reduceat(rows.counts[order], starts), rows.witness[order[starts]])


def _boundaries(keys: Array, words: Array) -> Array | None:
    """Where a row differs from the one before; None if rows of one hash differ."""
    other = np.ones(len(keys), bool)
    other[1:] = keys[1:] != keys[:-1]
    differs = np.ones(len(keys), bool)
    differs[1:] = (words[1:] != words[:-1]).any(axis=1)
    return None if (differs & ~other).any() else other
