"""Strokes: no gaps, full reach, the shapes people know."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.codes.box import Box
from engine.codes.strokes import ellipse, footprint, line, rectangle, sweep

cells = st.tuples(st.integers(-40, 40), st.integers(-40, 40))


def drawn(mask: np.ndarray) -> list[str]:
    return ["".join("#" if cell else "." for cell in row) for row in mask]


@settings(deadline=None)
@given(cells, cells)
def test_a_line_has_no_gaps_and_both_ends(start: tuple[int, int], end: tuple[int, int]) -> None:
    points = line(start, end)
    assert tuple(points[0]) == start
    assert tuple(points[-1]) == end
    assert points.dtype == np.int64
    steps = np.abs(np.diff(points, axis=0))
    assert (steps.max(axis=1, initial=1) == 1).all()
    assert len(points) == 1 + max(abs(end[0] - start[0]), abs(end[1] - start[1]))


@settings(deadline=None)
@given(cells, cells)
def test_a_line_stays_within_half_a_cell_of_the_ideal(start: tuple[int, int], end: tuple[int, int]) -> None:
    points = line(start, end)
    ideal = np.linspace(start, end, len(points))
    assert np.abs(points - ideal).max() <= 0.5 + 1e-9


def test_footprints_are_the_discs_people_know() -> None:
    assert drawn(footprint(1, "round")) == ["#"]
    assert drawn(footprint(2, "round")) == ["##", "##"]
    assert drawn(footprint(3, "round")) == [".#.", "###", ".#."]
    assert drawn(footprint(4, "round")) == [".##.", "####", "####", ".##."]
    assert drawn(footprint(5, "round")) == [".###.", "#####", "#####", "#####", ".###."]
    assert footprint(6, "square").all()


@pytest.mark.parametrize("size", range(1, 33))
def test_round_footprints_are_symmetrical_and_reach_all_sides(size: int) -> None:
    mask = footprint(size, "round")
    assert mask.shape == (size, size)
    assert Box.of(mask) == Box(0, 0, size, size)
    assert (mask == mask[::-1]).all()
    assert (mask == mask.T).all()
    assert abs(mask.sum() - np.pi / 4 * size**2) <= 0.12 * size**2 + 1


@settings(deadline=None)
@given(st.lists(cells, min_size=1, max_size=8), st.integers(1, 6), st.sampled_from(["round", "square"]))
def test_sweep_is_the_union_of_its_stamps(points: list[tuple[int, int]], size: int, shape: str) -> None:
    stamp = footprint(size, "round" if shape == "round" else "square")
    box, mask = sweep(np.array(points), stamp)
    expected = {
        (row - size // 2 + r, column - size // 2 + c)
        for row, column in points
        for r, c in np.argwhere(stamp).tolist()
    }
    assert {(int(r) + box.top, int(c) + box.left) for r, c in np.argwhere(mask)} == expected
    assert mask.shape == (box.height, box.width)
    assert Box.of(mask) == Box(0, 0, box.height, box.width)


def test_rectangles() -> None:
    box, mask = rectangle((4, 5), (2, 3))
    assert box == Box(2, 3, 5, 6)
    assert mask.all()
    assert drawn(rectangle((0, 0), (2, 3), filled=False)[1]) == ["####", "#..#", "####"]
    assert drawn(rectangle((1, 1), (1, 1), filled=False)[1]) == ["#"]


@settings(deadline=None)
@given(cells, cells, st.booleans())
def test_ellipses_touch_every_side_and_stay_inside(
    a: tuple[int, int], b: tuple[int, int], filled: bool
) -> None:
    box, mask = ellipse(a, b, filled)
    assert box == rectangle(a, b)[0]
    assert Box.of(mask) == Box(0, 0, box.height, box.width)
    assert (mask == mask[::-1]).all()
    assert (mask == mask[:, ::-1]).all()
    full = ellipse(a, b)[1]
    assert (mask <= full).all()
    if filled:  # no holes: each row is one run
        assert (np.abs(np.diff(np.pad(full, 1).astype(int), axis=1)).sum(axis=1) <= 2).all()


def test_an_outlined_ellipse() -> None:
    assert drawn(ellipse((0, 0), (4, 6), filled=False)[1]) == [
        "..###..",
        "##...##",
        "#.....#",
        "##...##",
        "..###..",
    ]
