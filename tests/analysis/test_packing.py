"""Rows in 64-bit words: an inverse, and equal rows merged."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from altac.analysis import packing
from altac.analysis.packing import Counted, Packing, distinct


@st.composite
def tables(draw: st.DrawFn) -> tuple[tuple[int, ...], np.ndarray]:
    sizes = tuple(draw(st.lists(st.sampled_from([1, 2, 3, 5, 17, 1000, 65536]), min_size=1, max_size=20)))
    rows = draw(st.lists(st.tuples(*(st.integers(0, s - 1) for s in sizes)), max_size=30))
    return sizes, np.array(rows, np.int64).reshape(len(rows), len(sizes))


@given(tables())
def test_unpacking_inverts_packing(table: tuple[tuple[int, ...], np.ndarray]) -> None:
    sizes, rows = table
    words = Packing(sizes).pack(list(rows.T), len(rows))
    assert words.shape == (len(rows), Packing(sizes).words)
    assert (Packing(sizes).unpack(words) == rows).all()


@pytest.mark.parametrize("collide", [False, True])
def test_equal_rows_are_counted(collide: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if collide:  # rows that differ have one hash
        monkeypatch.setattr(packing, "hashed", lambda words: np.zeros(len(words), np.uint64))
    words = np.array([[5, 1], [7, 1], [5, 1], [5, 2], [7, 1], [5, 1]], np.uint64)
    witness = np.arange(18).reshape(6, 3)
    found = distinct(Counted(words, np.array([1, 1, 1, 1, 10, 1]), witness))
    got = {tuple(w): (c, tuple(at)) for w, c, at in zip(found.words.tolist(), found.counts, found.witness, strict=True)}
    assert got == {(5, 1): (3, (0, 1, 2)), (7, 1): (11, (3, 4, 5)), (5, 2): (1, (9, 10, 11))}
