"""The grid: what may get in, and that every change can be taken back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.codes.grid import Box, CodeGrid, Patch
from engine.codes.patch import merge
from engine.errors import CodesFault


def random_grid(seed: int, height: int = 7, width: int = 9, ratios: tuple[int, ...] = (1,)) -> CodeGrid:
    rng = np.random.default_rng(seed)
    levels = [rng.integers(0, 8, (height * ratio, width * ratio)) for ratio in ratios]
    return CodeGrid(levels, [8] * len(ratios))


def test_filled_has_the_shape_and_codes_asked_for() -> None:
    grid = CodeGrid.filled(2, 3, codes=(4, 1), code_counts=(8, 2), ratios=(1, 2))
    assert grid.shape == (2, 3)
    assert grid.ratios == (1, 2)
    assert [level.shape for level in grid.levels] == [(2, 3), (4, 6)]
    assert (grid.levels[0] == 4).all()
    assert (grid.levels[1] == 1).all()
    assert grid.levels[0].dtype == np.int64


def test_levels_follow_the_grid_and_refuse_to_be_written() -> None:
    grid = CodeGrid.filled(2, 2, (0,), (8,))
    seen = grid.levels[0]
    grid.paint(0, Box(0, 0, 1, 1), np.ones((1, 1), bool), 5)
    assert seen[0, 0] == 5
    with pytest.raises(ValueError, match="read-only"):
        seen[0, 0] = 1


def test_the_grid_copies_what_it_is_given() -> None:
    codes = np.zeros((2, 2), np.int64)
    grid = CodeGrid([codes], [8])
    codes[0, 0] = 7
    assert grid.levels[0][0, 0] == 0
    other = grid.copy()
    other.paint(0, Box(0, 0, 1, 1), np.ones((1, 1), bool), 3)
    assert grid.levels[0][0, 0] == 0


@pytest.mark.parametrize("shape", [(0, 1), (1, 0), (1025, 1), (1, 1025)])
def test_sizes_outside_1_to_1024_are_refused(shape: tuple[int, int]) -> None:
    with pytest.raises(CodesFault, match="1 to 1024"):
        CodeGrid.filled(*shape, codes=(0,), code_counts=(8,))
    with pytest.raises(CodesFault):
        CodeGrid([np.zeros(shape, np.int64)], [8])


@pytest.mark.parametrize("shape", [(1, 1), (1024, 1), (1, 1024)])
def test_the_smallest_and_longest_grids_are_fine(shape: tuple[int, int]) -> None:
    assert CodeGrid.filled(*shape, codes=(0,), code_counts=(8,)).shape == shape


@pytest.mark.parametrize(
    ("levels", "counts"),
    [
        ([], []),
        ([np.zeros((2, 2), np.int64)], [8, 8]),
        ([np.zeros((2, 2), np.float32)], [8]),
        ([np.zeros((2, 2, 1), np.int64)], [8]),
        ([np.zeros((2, 2), bool)], [8]),
        ([np.full((2, 2), 8)], [8]),
        ([np.full((2, 2), -1)], [8]),
        ([np.full((2, 2), 2**63, np.uint64)], [8]),
        ([np.zeros((2, 2), np.int64)], [0]),
        ([np.zeros((2, 2), np.int64), np.zeros((3, 4), np.int64)], [8, 8]),
        ([np.zeros((2, 2), np.int64), np.zeros((4, 2), np.int64)], [8, 8]),
        ([np.zeros((2, 2), np.int64), np.zeros((1, 1), np.int64)], [8, 8]),
        ([np.zeros((2, 2), np.int64), np.zeros((18, 18), np.int64)], [8, 8]),
    ],
)
def test_levels_that_do_not_fit_are_refused(levels: list[np.ndarray], counts: list[int]) -> None:
    with pytest.raises(CodesFault):
        CodeGrid(levels, counts)


def test_paint_returns_only_what_changed() -> None:
    grid = CodeGrid([np.array([[1, 1, 2], [1, 2, 2]])], [8])
    patch = grid.paint(0, Box(0, 0, 2, 3), np.ones((2, 3), bool), 2)
    assert patch is not None
    assert patch.box == Box(0, 0, 2, 2)
    assert patch.mask.tolist() == [[True, True], [True, False]]
    assert patch.old.tolist() == [1, 1, 1]
    assert patch.new.tolist() == [2, 2, 2]
    assert (grid.levels[0] == 2).all()
    assert grid.paint(0, Box(0, 0, 2, 3), np.ones((2, 3), bool), 2) is None


def test_paint_clips_to_the_grid() -> None:
    grid = CodeGrid.filled(2, 2, (0,), (8,))
    patch = grid.paint(0, Box(-3, -3, 1, 1), np.ones((4, 4), bool), 1)
    assert patch is not None
    assert patch.box == Box(0, 0, 1, 1)
    assert grid.levels[0].tolist() == [[1, 0], [0, 0]]
    assert grid.paint(0, Box(5, 5, 6, 6), np.ones((1, 1), bool), 1) is None
    assert grid.paint(0, Box(0, 0, 0, 0), np.ones((0, 0), bool), 1) is None


def test_paint_takes_an_array_of_codes_and_ignores_those_outside_the_mask() -> None:
    grid = CodeGrid.filled(1, 3, (0,), (8,))
    mask = np.array([[True, False, True]])
    patch = grid.paint(0, Box(0, 0, 1, 3), mask, np.array([[3, 99, 5]]))
    assert patch is not None
    assert grid.levels[0].tolist() == [[3, 0, 5]]


@pytest.mark.parametrize("codes", [8, -1, np.array([[8]]), np.zeros((2, 2), int), 1.5, np.array([[0.5]])])
def test_codes_that_do_not_fit_change_nothing(codes: object) -> None:
    grid = CodeGrid.filled(1, 1, (0,), (8,))
    with pytest.raises(CodesFault):
        grid.paint(0, Box(0, 0, 1, 1), np.ones((1, 1), bool), codes)  # type: ignore[arg-type]  # the point
    assert grid.levels[0].tolist() == [[0]]


def test_a_level_or_mask_that_does_not_fit_is_refused() -> None:
    grid = CodeGrid.filled(1, 1, (0,), (8,))
    with pytest.raises(CodesFault, match="level 1"):
        grid.paint(1, Box(0, 0, 1, 1), np.ones((1, 1), bool), 0)
    with pytest.raises(CodesFault, match="mask"):
        grid.paint(0, Box(0, 0, 1, 1), np.ones((1, 2), bool), 0)


def test_apply_refuses_patches_of_another_grid() -> None:
    grid = CodeGrid.filled(2, 2, (0,), (8,))
    one = np.ones((1, 1), bool)
    with pytest.raises(CodesFault, match="does not lie"):
        grid.apply(Patch(0, Box(2, 0, 3, 1), one, np.array([0]), np.array([1])))
    with pytest.raises(CodesFault, match="codes reach"):
        grid.apply(Patch(0, Box(0, 0, 1, 1), one, np.array([0]), np.array([8])))
    with pytest.raises(CodesFault, match="level 3"):
        grid.apply(Patch(3, Box(0, 0, 1, 1), one, np.array([0]), np.array([1])))


def test_a_change_on_a_fine_level_is_known_in_coarsest_cells() -> None:
    grid = CodeGrid.filled(4, 4, codes=(0, 0), code_counts=(8, 8), ratios=(1, 2))
    mask = np.array([[True, False, False, True]])
    patch = grid.paint(1, Box(3, 1, 4, 5), mask, 1)
    assert patch is not None
    box, coarse = grid.coarse(patch)
    assert box == Box(1, 0, 2, 3)
    assert coarse.tolist() == [[True, False, True]]
    first = grid.paint(0, Box(0, 0, 1, 1), np.ones((1, 1), bool), 1)
    assert first is not None
    assert grid.coarse(first)[0] == Box(0, 0, 1, 1)


boxes = st.builds(
    lambda top, left, height, width: Box(top, left, top + height, left + width),
    st.integers(-4, 9),
    st.integers(-4, 11),
    st.integers(1, 8),
    st.integers(1, 8),
)


@st.composite
def painted(draw: st.DrawFn) -> tuple[CodeGrid, CodeGrid, list[Patch]]:
    """A grid before and after some random paints, and their patches."""
    grid = random_grid(draw(st.integers(0, 99)), ratios=(1, 2))
    before, patches = grid.copy(), []
    for _ in range(draw(st.integers(0, 6))):
        level, box = draw(st.integers(0, 1)), draw(boxes)
        mask = np.random.default_rng(draw(st.integers(0, 99))).random((box.height, box.width)) < 0.6
        patch = grid.paint(level, box, mask, draw(st.integers(0, 7)))
        patches += [patch] if patch is not None else []
    return before, grid, patches


def same(a: CodeGrid, b: CodeGrid) -> bool:
    return all(np.array_equal(x, y) for x, y in zip(a.levels, b.levels, strict=True))


@settings(deadline=None)
@given(painted())
def test_patches_lead_there_and_back(case: tuple[CodeGrid, CodeGrid, list[Patch]]) -> None:
    before, after, patches = case
    start = before.copy()
    for patch in patches:
        assert Box.of(patch.mask) == Box(0, 0, patch.box.height, patch.box.width)
        assert (patch.old != patch.new).all()
        before.apply(patch)
    assert same(before, after)
    for patch in reversed(patches):
        before.apply(patch.reversed())
    assert same(before, start)


@settings(deadline=None)
@given(painted(), st.data())
def test_a_locked_level_is_left_alone_and_can_be_undone(
    case: tuple[CodeGrid, CodeGrid, list[Patch]], data: st.DataObject
) -> None:
    before, after, patches = case
    locked = data.draw(st.sampled_from(range(len(after.levels))))
    grid = before.copy()
    grid.locked = frozenset({locked})
    for patch in patches:
        codes = np.zeros(patch.mask.shape, np.int64)
        codes[patch.mask] = patch.new
        assert (grid.paint(patch.level, patch.box, patch.mask, codes) is None) or patch.level != locked
    assert np.array_equal(grid.levels[locked], before.levels[locked])
    for level in set(range(len(after.levels))) - {locked}:
        assert np.array_equal(grid.levels[level], after.levels[level])
    for patch in patches:  # undo and redo do not mind
        grid.apply(patch)
    assert same(grid, after)


@settings(deadline=None)
@given(painted())
def test_merged_patches_do_the_same_in_one_per_level(case: tuple[CodeGrid, CodeGrid, list[Patch]]) -> None:
    before, after, patches = case
    merged = merge(patches)
    assert len({patch.level for patch in merged}) == len(merged)
    start = before.copy()
    for patch in merged:
        assert (patch.old != patch.new).all()
        assert Box.of(patch.mask) == Box(0, 0, patch.box.height, patch.box.width)
        before.apply(patch)
    assert same(before, after)
    for patch in merged:
        before.apply(patch.reversed())
    assert same(before, start)


def test_paint_that_cancels_out_merges_to_nothing() -> None:
    grid = CodeGrid.filled(3, 3, (0,), (8,))
    patches = [grid.paint(0, Box(0, 0, 3, 3), np.ones((3, 3), bool), code) for code in (1, 2, 0)]
    assert merge(patch for patch in patches if patch is not None) == ()
    assert merge(()) == ()


def test_a_patch_knows_when_it_is_wrong() -> None:
    with pytest.raises(CodesFault):
        Patch(0, Box(0, 0, 1, 2), np.ones((1, 1), bool), np.array([1]), np.array([1]))
    with pytest.raises(CodesFault):
        Patch(0, Box(0, 0, 1, 1), np.ones((1, 1), bool), np.array([1, 2]), np.array([1]))
