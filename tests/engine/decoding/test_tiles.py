"""The tile queue: nothing is missed, nothing much is decoded in vain, and the canvas size does not matter."""

from __future__ import annotations

import time
from statistics import median

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.codes.box import Box
from engine.codes.strokes import footprint, line, sweep
from engine.decoding.tiles import TileQueue

STRIDE = 4


def drained(queue: TileQueue, visible: Box | None = None) -> list[Box]:
    boxes = []
    while queue:
        before = len(queue)
        box = queue.take(visible)
        assert box is not None
        assert not box.is_empty
        assert len(queue) < before
        boxes.append(box)
    assert queue.take(visible) is None
    assert len(queue) == 0
    return boxes


def covered(boxes: list[Box], shape: tuple[int, int]) -> np.ndarray:
    cells = np.zeros(shape, bool)
    for box in boxes:
        assert box.clipped(*shape) == box
        cells[box.slices] = True
    return cells


def dilated(mask: np.ndarray, margin: int) -> np.ndarray:
    padded = np.pad(mask, margin)
    size = 2 * margin + 1
    return np.lib.stride_tricks.sliding_window_view(padded, (size, size)).any(axis=(2, 3))


@st.composite
def strokes(draw: st.DrawFn) -> tuple[tuple[int, int], int, list[tuple[Box, np.ndarray]]]:
    """A canvas, a margin and lines with a brush, many of them reaching over edges and corners."""
    shape = draw(st.integers(1, 90)), draw(st.integers(1, 90))
    cell = st.tuples(st.integers(-3, shape[0] + 2), st.integers(-3, shape[1] + 2))
    sizes = st.sampled_from([1, 2, 4, 9])
    marks = [
        sweep(line(draw(cell), draw(cell)), footprint(draw(sizes), "round"))
        for _ in range(draw(st.integers(1, 4)))
    ]
    return shape, draw(st.integers(0, 6)), marks


@settings(deadline=None)
@given(strokes(), st.booleans())
def test_every_cell_a_stroke_may_change_is_taken(
    case: tuple[tuple[int, int], int, list[tuple[Box, np.ndarray]]], masked: bool
) -> None:
    shape, margin, marks = case
    queue = TileQueue(shape, margin, STRIDE)
    changed = np.zeros(shape, bool)
    for box, mask in marks:
        queue.mark(box, mask if masked else None)
        inside = box.clipped(*shape)
        if not inside.is_empty:
            part = mask[inside.shifted(-box.top, -box.left).slices]
            changed[inside.slices] |= part if masked else True
    boxes = drained(queue)
    assert (dilated(changed, margin) <= covered(boxes, shape)).all()
    for box in boxes:
        read = box.grown(margin)
        assert max(read.height, read.width) * STRIDE <= 256


@settings(deadline=None)
@given(strokes(), st.integers(0, 3))
def test_what_is_painted_while_boxes_are_taken_waits_again(
    case: tuple[tuple[int, int], int, list[tuple[Box, np.ndarray]]], taken_between: int
) -> None:
    shape, margin, marks = case
    queue = TileQueue(shape, margin, STRIDE)
    for box, mask in marks:
        queue.mark(box, mask)
        for _ in range(taken_between):
            queue.take()
    last, mask = marks[-1]
    queue.mark(last, mask)
    changed = np.zeros(shape, bool)
    inside = last.clipped(*shape)
    if not inside.is_empty:
        changed[inside.slices] = mask[inside.shifted(-last.top, -last.left).slices]
    assert (dilated(changed, margin) <= covered(drained(queue), shape)).all()


@settings(deadline=None)
@given(st.integers(1, 200), st.integers(1, 200), st.integers(0, 6))
def test_a_whole_canvas_is_taken_once(height: int, width: int, margin: int) -> None:
    queue = TileQueue((height, width), margin, STRIDE)
    queue.mark_all()
    boxes = drained(queue)
    assert covered(boxes, (height, width)).all()
    assert sum(box.area for box in boxes) == height * width


@pytest.mark.parametrize("margin", [1, 3, 4, 5, 6])
def test_a_whole_canvas_goes_in_nearly_as_few_windows_as_possible(margin: int) -> None:
    queue = TileQueue((512, 512), margin, STRIDE)
    queue.mark_all()
    most = 64 - 2 * margin
    assert len(drained(queue)) <= 1.4 * (512 / most) ** 2


@pytest.mark.parametrize("place", [(0, 0), (100, 100), (13, 27), (252, 1), (1020, 1020)])
@pytest.mark.parametrize("margin", [1, 4, 6])
def test_a_small_brush_is_one_tight_window_wherever_it_is(place: tuple[int, int], margin: int) -> None:
    queue = TileQueue((1024, 1024), margin, STRIDE)
    brush = Box(place[0], place[1], place[0] + 4, place[1] + 4)
    queue.mark(brush, footprint(4, "round"))
    assert drained(queue) == [brush.grown(margin).clipped(1024, 1024)]


@pytest.mark.parametrize("margin", [1, 4])
def test_a_diagonal_is_a_band_not_a_box(margin: int) -> None:
    queue = TileQueue((1024, 1024), margin, STRIDE)
    box, mask = sweep(line((0, 0), (1023, 1023)), footprint(4, "round"))
    queue.mark(box, mask)
    decoded = sum(box.grown(margin).clipped(1024, 1024).area for box in drained(queue))
    assert decoded < 0.1 * 1024**2


def test_far_dabs_are_windows_of_their_own() -> None:
    queue = TileQueue((64, 64), 1, STRIDE)
    queue.mark(Box(0, 0, 2, 2))
    queue.mark(Box(60, 60, 62, 62))
    assert sorted(box.top for box in drained(queue)) == [0, 59]


def test_what_is_seen_comes_first_and_near_the_pointer_first_of_all() -> None:
    queue = TileQueue((1024, 1024), 4, STRIDE)
    queue.mark_all()
    queue.mark(Box(700, 700, 702, 702))
    first = queue.take(Box(600, 600, 800, 800))
    assert first is not None
    assert first.contains(700, 700)
    view = Box(100, 200, 300, 400)
    taken = queue.take(view)
    seen = [taken]
    while taken is not None and not taken.intersection(view).is_empty:
        taken = queue.take(view)
        seen.append(taken)
    before_others = [box for box in seen[:-1] if box is not None]
    assert covered(before_others, (1024, 1024))[view.slices].all()
    assert queue


def test_opening_starts_in_the_middle_of_the_view() -> None:
    queue = TileQueue((1024, 1024), 4, STRIDE)
    queue.mark_all()
    first = queue.take(Box(0, 0, 400, 600))
    assert first is not None
    assert first.contains(200, 300)


def test_marks_outside_the_canvas_are_nothing() -> None:
    queue = TileQueue((8, 8), 2, STRIDE)
    queue.mark(Box(9, 0, 12, 3))
    queue.mark(Box(3, 3, 3, 3))
    assert not queue
    assert queue.take() is None


@pytest.mark.parametrize(("stride", "margin"), [(16, 4), (16, 8), (32, 6), (2, 4)])
def test_wide_margins_and_other_strides_still_drain(stride: int, margin: int) -> None:
    queue = TileQueue((70, 50), margin, stride)
    queue.mark_all()
    assert covered(drained(queue), (70, 50)).all()
    queue.mark(Box(0, 0, 70, 50), np.eye(70, 50, dtype=bool))
    assert (dilated(np.eye(70, 50, dtype=bool), margin) <= covered(drained(queue), (70, 50))).all()


def test_a_stroke_costs_the_same_on_the_largest_canvas() -> None:
    queue = TileQueue((1024, 1024), 4, STRIDE)
    taken = []
    for step in range(40):
        started = time.perf_counter()
        queue.mark(Box(step * 20, step * 20, step * 20 + 6, step * 20 + 6))
        queue.take(Box(0, 0, 300, 300))
        taken.append(time.perf_counter() - started)
    assert median(taken) < 0.002
