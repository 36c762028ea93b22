"""Flood fill against the textbook one, and its speed where it matters."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.codes.box import Box
from engine.codes.regions import flood


def textbook(codes: np.ndarray, row: int, column: int, within: np.ndarray) -> np.ndarray:
    filled = np.zeros(codes.shape, bool)
    stack = [(row, column)]
    while stack:
        r, c = stack.pop()
        inside = 0 <= r < codes.shape[0] and 0 <= c < codes.shape[1]
        if inside and within[r, c] and not filled[r, c] and codes[r, c] == codes[row, column]:
            filled[r, c] = True
            stack += [(r + 1, c), (r - 1, c), (r, c + 1), (r, c - 1)]
    return filled


@settings(deadline=None)
@given(st.integers(1, 16), st.integers(1, 16), st.integers(0, 10_000), st.sampled_from([0.5, 0.8, 1.0]))
def test_flood_is_the_textbook_one(height: int, width: int, seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 2, (height, width))
    within = rng.random((height, width)) < share
    row, column = int(rng.integers(height)), int(rng.integers(width))
    box, mask = flood(codes, row, column, None if share == 1.0 else within)
    filled = np.zeros((height, width), bool)
    if not box.is_empty:
        filled[box.slices] = mask
        assert Box.of(mask) == Box(0, 0, box.height, box.width)
    assert (filled == textbook(codes, row, column, within)).all()


@pytest.mark.parametrize("start", [(-1, 0), (0, -1), (3, 0), (0, 3)])
def test_a_start_outside_fills_nothing(start: tuple[int, int]) -> None:
    box, mask = flood(np.zeros((3, 3), int), *start)
    assert box.is_empty
    assert mask.size == 0


def comb() -> np.ndarray:
    codes = np.zeros((1024, 1024), np.int64)
    codes[:-1, 1::2] = 1
    return codes


def winding() -> np.ndarray:
    codes = np.zeros((1024, 1024), np.int64)
    codes[:-1, 1::4] = 1
    codes[1:, 3::4] = 1
    return codes


@pytest.mark.parametrize(
    ("codes", "limit_s"),
    [(np.zeros((1024, 1024), np.int64), 0.15), (comb(), 1.0), (winding(), 1.0), (winding().T.copy(), 1.0)],
    ids=["uniform", "comb", "winding", "winding across"],
)
def test_the_largest_grid_fills_at_once(codes: np.ndarray, limit_s: float) -> None:
    taken = []
    for _ in range(3):  # the best of three: the machine may be busy
        started = time.perf_counter()
        _, mask = flood(codes, 0, 0)
        taken.append(time.perf_counter() - started)
    assert mask.sum() == (codes == 0).sum()
    assert min(taken) < limit_s
