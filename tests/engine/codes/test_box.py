"""Boxes against what they mean: sets of cells."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.codes.box import Box

boxes = st.builds(Box, *[st.integers(-5, 12)] * 4)


def cells(box: Box) -> set[tuple[int, int]]:
    return {(row, column) for row in range(box.top, box.bottom) for column in range(box.left, box.right)}


@settings(deadline=None)
@given(boxes, boxes)
def test_intersection_and_containment_are_those_of_sets(a: Box, b: Box) -> None:
    assert cells(a.intersection(b)) == cells(a) & cells(b)
    assert a.holds(b) == (cells(b) <= cells(a))
    assert a.area == len(cells(a))
    assert a.is_empty == (not cells(a))
    assert all(a.contains(*cell) for cell in cells(a))
    assert not a.contains(99, 0)


@settings(deadline=None)
@given(boxes, boxes)
def test_union_is_the_smallest_box_around_both(a: Box, b: Box) -> None:
    union = a.union(b)
    assert cells(a) | cells(b) <= cells(union)
    together = cells(a) | cells(b)
    if together:
        rows, columns = zip(*together, strict=True)
        assert union == Box(min(rows), min(columns), max(rows) + 1, max(columns) + 1)


@settings(deadline=None)
@given(boxes, st.integers(1, 4))
def test_coarsened_holds_the_box_and_no_cell_more(box: Box, factor: int) -> None:
    if not box.is_empty:
        touched = {(row // factor, column // factor) for row, column in cells(box)}
        assert cells(box.coarsened(factor)) == touched
        assert box.coarsened(factor).scaled(factor).holds(box)


@settings(deadline=None)
@given(st.integers(0, 2**12 - 1))
def test_of_is_tight(bits: int) -> None:
    mask = np.array([bits >> bit & 1 for bit in range(12)], bool).reshape(3, 4)
    box = Box.of(mask)
    if box is None:
        assert not mask.any()
    else:
        assert mask[box.slices].sum() == mask.sum()
        inside = mask[box.slices]
        assert inside[0].any()
        assert inside[-1].any()
        assert inside[:, 0].any()
        assert inside[:, -1].any()


def test_grown_shifted_clipped() -> None:
    box = Box(1, 2, 3, 5)
    assert box.grown(1) == Box(0, 1, 4, 6)
    assert box.shifted(-2, 1) == Box(-1, 3, 1, 6)
    assert box.grown(9).clipped(4, 6) == Box(0, 0, 4, 6)
    assert (box.height, box.width) == (2, 3)
    assert box.slices == (slice(1, 3), slice(2, 5))
