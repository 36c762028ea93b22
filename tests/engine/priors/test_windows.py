"""Windows over a selection: blocks cover it once, windows are as large as the prior has seen."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.codes.box import Box
from engine.priors.windows import Window, windows_of


@given(
    st.integers(1, 40),
    st.integers(1, 40),
    st.integers(1, 12),
    st.integers(1, 12),
    st.lists(st.tuples(st.integers(0, 39), st.integers(0, 39)), max_size=6),
    st.booleans(),
)
def test_blocks_hold_every_selected_cell_once(
    height: int, width: int, rows: int, columns: int, cells: list[tuple[int, int]], is_fine: bool
) -> None:
    masks = [np.zeros((height, width), np.bool_), np.zeros((2 * height, 2 * width), np.bool_)]
    for row, column in cells:
        masks[int(is_fine)][row % masks[int(is_fine)].shape[0], column % masks[int(is_fine)].shape[1]] = True
    found = windows_of(masks, (rows, columns))
    covered = np.zeros((height, width), np.int64)
    for window in found:
        assert window.box.holds(window.block)
        assert Box(0, 0, height, width).holds(window.box)
        assert (window.box.height, window.box.width) == (min(rows, height), min(columns, width))
        covered[window.block.slices] += 1
    assert covered.max() <= 1
    fine = covered.repeat(2, axis=0).repeat(2, axis=1)
    assert covered[masks[0]].all()
    assert fine[masks[1]].all()


def test_blocks_lie_in_the_middle_but_at_the_edges() -> None:
    mask = np.zeros((64, 40), np.bool_)
    mask[20:36, 0:3] = True
    assert windows_of([mask], (16, 16)) == [
        Window(Box(16, 0, 32, 16), Box(20, 0, 28, 3)),
        Window(Box(24, 0, 40, 16), Box(28, 0, 36, 3)),
    ]
    mask[:] = False
    mask[63, 39] = True
    assert windows_of([mask], (16, 16)) == [Window(Box(48, 24, 64, 40), Box(63, 39, 64, 40))]


def test_a_grid_that_was_trained_on_is_one_window() -> None:
    mask = np.zeros((16, 12), np.bool_)
    assert windows_of([mask], (16, 16)) == []
    mask[3, 4] = True
    assert windows_of([mask], (16, 16)) == [Window(Box(0, 0, 16, 12), Box(0, 0, 16, 12))]
