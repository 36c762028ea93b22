"""Blocks cover a selection once, and with what is around them are as large as the prior has seen."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.codes.box import Box
from engine.priors.blocks import blocks_of


@given(
    st.integers(1, 40),
    st.integers(1, 40),
    st.integers(1, 12),
    st.lists(st.tuples(st.integers(0, 79), st.integers(0, 79)), max_size=6),
    st.booleans(),
)
def test_blocks_hold_every_selected_cell_once(
    height: int, width: int, trained: int, cells: list[tuple[int, int]], is_fine: bool
) -> None:
    masks = [np.zeros((height, width), np.bool_), np.zeros((2 * height, 2 * width), np.bool_)]
    chosen = masks[int(is_fine)]
    for row, column in cells:
        chosen[row % len(chosen), column % chosen.shape[1]] = True
    blocks, margin = blocks_of(masks, trained)
    covered = np.zeros((height, width), np.int64)
    for block in blocks:
        assert Box(0, 0, height, width).holds(block)
        looked_at = block.grown(margin)
        assert max(looked_at.height, looked_at.width) <= trained
        covered[block.slices] += 1
    assert covered.max() <= 1
    assert covered[masks[0]].all()
    assert covered.repeat(2, axis=0).repeat(2, axis=1)[masks[1]].all()
    assert bool(blocks) == bool(cells)


def test_a_block_is_half_of_what_is_looked_at() -> None:
    mask = np.zeros((64, 40), np.bool_)
    mask[20:36, 0:3] = True
    assert blocks_of([mask], 16) == ([Box(20, 0, 28, 3), Box(28, 0, 36, 3)], 4)
    mask[:] = False
    mask[63, 39] = True
    assert blocks_of([mask], 16) == ([Box(63, 39, 64, 40)], 4)


def test_a_grid_that_was_trained_on_is_one_block() -> None:
    mask = np.zeros((16, 12), np.bool_)
    assert blocks_of([mask], 16) == ([], 0)
    mask[3, 4] = True
    assert blocks_of([mask], 16) == ([Box(0, 0, 16, 12)], 0)
