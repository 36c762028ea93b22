"""Selections and what is done with the codes inside them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.codes.grid import Box, CodeGrid
from engine.codes.selection import (
    Selection,
    beneath,
    clear_cells,
    copy_cells,
    fill_cells,
    move_cells,
    paste_cells,
)
from engine.errors import CodesFault


def full(height: int, width: int) -> np.ndarray:
    return np.ones((height, width), bool)


def numbered(height: int = 4, width: int = 5, ratios: tuple[int, ...] = (1, 2)) -> CodeGrid:
    levels = [np.arange(height * r * width * r).reshape(height * r, width * r) for r in ratios]
    return CodeGrid(levels, [height * width * r * r for r in ratios])


def test_nothing_and_everything() -> None:
    nothing, everything = Selection.nothing(2, 3), Selection.everything(2, 3)
    assert nothing.is_empty
    assert nothing.box is None
    assert everything.box == Box(0, 0, 2, 3)
    assert nothing.inverted() == everything
    assert nothing != everything
    with pytest.raises(ValueError, match="read-only"):
        everything.mask[0, 0] = False


def test_replace_add_subtract() -> None:
    one = Selection.nothing(3, 3).combined(Box(-1, -1, 2, 2), full(3, 3))
    assert one.box == Box(0, 0, 2, 2)
    both = one.combined(Box(2, 2, 9, 9), full(7, 7), "add")
    assert both.mask.sum() == 5
    assert both.combined(Box(0, 0, 2, 2), full(2, 2), "subtract").box == Box(2, 2, 3, 3)
    assert both.combined(Box(0, 0, 1, 1), full(1, 1), "replace").mask.sum() == 1
    assert both.combined(Box(8, 8, 9, 9), full(1, 1), "replace").is_empty


def test_moved_loses_what_leaves_the_grid() -> None:
    selection = Selection.nothing(3, 3).combined(Box(0, 0, 2, 2), full(2, 2))
    assert selection.moved(1, 2).box == Box(1, 2, 3, 3)
    assert selection.moved(-1, 0).box == Box(0, 0, 1, 2)
    assert selection.moved(3, 0).is_empty


def test_limits_lets_everything_through_when_nothing_is_selected() -> None:
    mask = full(2, 2)
    assert (Selection.nothing(3, 3).limits(Box(2, 2, 4, 4), mask) == mask).all()


def test_limits_keeps_a_stroke_inside() -> None:
    selection = Selection.nothing(3, 3).combined(Box(1, 1, 2, 3), full(1, 2))
    allowed = selection.limits(Box(-1, 0, 3, 5), full(4, 5))
    assert np.argwhere(allowed).tolist() == [[2, 1], [2, 2]]
    assert not selection.limits(Box(7, 7, 8, 8), full(1, 1)).any()


@settings(deadline=None)
@given(st.integers(0, 999), st.integers(-3, 8), st.integers(-3, 8), st.integers(1, 3))
def test_limits_on_a_finer_level_covers_the_same_picture(seed: int, top: int, left: int, ratio: int) -> None:
    rng = np.random.default_rng(seed)
    selection = Selection(rng.random((3, 4)) < 0.5)
    if selection.is_empty:
        return
    box = Box(top, left, top + 5, left + 6)
    mask = rng.random((5, 6)) < 0.7
    allowed = selection.limits(box, mask, ratio)
    for row, column in np.ndindex(5, 6):
        r, c = (top + row) // ratio, (left + column) // ratio
        selected = 0 <= r < 3 and 0 <= c < 4 and selection.mask[r, c]
        assert allowed[row, column] == (mask[row, column] and selected)


def test_copy_takes_every_level() -> None:
    grid = numbered()
    fragment = copy_cells(grid, Selection.nothing(4, 5).combined(Box(1, 2, 3, 4), full(2, 2)))
    assert fragment is not None
    assert (fragment.top, fragment.left) == (1, 2)
    assert fragment.codes[0].tolist() == grid.levels[0][1:3, 2:4].tolist()
    assert fragment.codes[1].tolist() == grid.levels[1][2:6, 4:8].tolist()
    assert copy_cells(grid, Selection.nothing(4, 5)) is None


def test_paste_clips_and_respects_the_shape() -> None:
    grid = numbered(ratios=(1,))
    selection = Selection.of(np.pad([[True, False], [True, True]], ((0, 2), (0, 3))))
    fragment = copy_cells(grid, selection)
    assert fragment is not None
    before = grid.copy()
    (patch,) = paste_cells(grid, fragment, 3, 4)
    assert grid.levels[0][3, 4] == 0
    assert patch.box == Box(3, 4, 4, 5)
    assert paste_cells(grid, fragment, 9, 9) == ()
    grid.apply(patch.reversed())
    assert (grid.levels[0] == before.levels[0]).all()


def test_paste_refuses_what_comes_from_another_model() -> None:
    fragment = copy_cells(numbered(ratios=(1,)), Selection.everything(4, 5))
    assert fragment is not None
    with pytest.raises(CodesFault, match="other levels"):
        paste_cells(numbered(ratios=(1, 2)), fragment, 0, 0)
    with pytest.raises(CodesFault, match="codes reach"):
        paste_cells(CodeGrid.filled(4, 5, (0,), (3,)), fragment, 0, 0)


def test_paste_that_does_not_fit_changes_no_level() -> None:
    fragment = copy_cells(numbered(ratios=(1, 2)), Selection.everything(4, 5))
    assert fragment is not None
    grid = CodeGrid.filled(4, 5, (0, 0), (99, 3), (1, 2))
    with pytest.raises(CodesFault):
        paste_cells(grid, fragment, 0, 0)
    assert (grid.levels[0] == 0).all()


def test_fill_and_clear_stay_inside_the_selection() -> None:
    grid = numbered()
    start = tuple(np.zeros_like(level) for level in grid.levels)
    selection = Selection.nothing(4, 5).combined(Box(1, 1, 2, 3), full(1, 2))
    (patch,) = fill_cells(grid, selection, 1, 7)
    assert patch.level == 1
    assert (grid.levels[1][2:4, 2:6] == 7).all()
    assert (grid.levels[1] == 7).sum() == 8 + 1  # the cell numbered 7 was there before
    clear_cells(grid, start, selection)
    assert (grid.levels[0][1, 1:3] == 0).all()
    assert (grid.levels[1][2:4, 2:6] == 0).all()
    assert grid.levels[0][0, 1] == 1
    nothing = Selection.nothing(4, 5)
    assert fill_cells(grid, nothing, 0, 1) == ()
    assert clear_cells(grid, start, nothing) == ()
    assert move_cells(grid, start, nothing, 1, 1) == ()


@settings(deadline=None)
@given(st.integers(0, 999), st.integers(-6, 6), st.integers(-6, 6))
def test_moving_leaves_the_start_behind_in_one_step(seed: int, rows: int, columns: int) -> None:
    rng = np.random.default_rng(seed)
    grid = CodeGrid([rng.integers(0, 9, (4, 5)), rng.integers(0, 9, (8, 10))], [9, 9])
    start = tuple(rng.integers(0, 9, level.shape) for level in grid.levels)
    selection = Selection(rng.random((4, 5)) < 0.5)
    before = grid.copy()
    patches = move_cells(grid, start, selection, rows, columns)
    assert len({patch.level for patch in patches}) == len(patches)
    for level, ratio in enumerate(grid.ratios):
        expected = np.array(before.levels[level])
        inside = selection.mask.repeat(ratio, 0).repeat(ratio, 1)
        expected[inside] = start[level][inside]
        for row, column in np.argwhere(inside):
            to = row + rows * ratio, column + columns * ratio
            if 0 <= to[0] < expected.shape[0] and 0 <= to[1] < expected.shape[1]:
                expected[to] = before.levels[level][row, column]
        assert (grid.levels[level] == expected).all()
    for patch in patches:
        grid.apply(patch.reversed())
    assert all((a == b).all() for a, b in zip(grid.levels, before.levels, strict=True))


def test_beneath_are_the_cells_of_finer_levels() -> None:
    mask = np.zeros((2, 3), bool)
    mask[1, 2] = True
    coarse, middle, fine = beneath(mask, 0, (1, 2, 4))
    assert np.array_equal(coarse, mask)
    assert np.argwhere(middle).tolist() == [[2, 4], [2, 5], [3, 4], [3, 5]]
    assert (fine.shape, fine.sum(), fine[4:8, 8:12].all()) == ((8, 12), 16, True)
    coarse, same, fine = beneath(middle, 1, (1, 2, 4))
    assert not coarse.any()
    assert coarse.shape == (2, 3)
    assert np.array_equal(same, middle)
    assert fine.sum() == 16
