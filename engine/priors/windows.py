"""Windows of the size that a prior was trained on, over the selected part of a larger grid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.codes.box import Box, Mask


@dataclass(frozen=True, slots=True)
class Window:
    """What is looked at, and the part of it that is filled; in coarsest cells."""

    box: Box
    block: Box

    def cells(self, ratio: int) -> tuple[slice, slice]:
        """All of it, of a level with `ratio` cells along a coarsest one."""
        return self.box.scaled(ratio).slices

    def filled(self, ratio: int) -> tuple[slice, slice]:
        """Its block."""
        return self.block.scaled(ratio).slices


def windows_of(masks: Sequence[Mask], trained: tuple[int, int]) -> list[Window]:
    """Windows of at most `trained` (rows, columns) coarsest cells whose blocks hold all that `masks` select.

    `masks` (h, w) per level, coarsest first. A grid no larger than that is one window, filled as a whole.
    Blocks are half as large, in raster order, and lie in the middle of their windows but at the grid's edges.
    """
    height, width = masks[0].shape
    selected = _selected(masks)
    if height <= trained[0] and width <= trained[1]:
        return [Window(Box(0, 0, height, width), Box(0, 0, height, width))] if selected.any() else []
    around = Box.of(selected)
    if around is None:
        return []
    rows, columns = (
        list(_spans(first, last, whole, size))
        for first, last, whole, size in (
            (around.top, around.bottom, height, trained[0]),
            (around.left, around.right, width, trained[1]),
        )
    )
    found = [
        Window(Box(top[0], left[0], top[1], left[1]), Box(top[2], left[2], top[3], left[3]))
        for top in rows
        for left in columns
    ]
    return [window for window in found if selected[window.block.slices].any()]


def _selected(masks: Sequence[Mask]) -> NDArray[np.bool_]:
    """Which coarsest cells hold something selected of any level."""
    height, width = masks[0].shape
    parts = [mask.reshape(height, len(mask) // height, width, -1).any(axis=(1, 3)) for mask in masks]
    return np.asarray(np.logical_or.reduce(parts), np.bool_)


def _spans(first: int, last: int, whole: int, size: int) -> Iterator[tuple[int, int, int, int]]:
    """Begin and end of windows along an axis of `whole` cells, and of their blocks, `first` to `last`."""
    if whole <= size:
        yield 0, whole, first, last
        return
    step = max(1, size // 2)
    for begin in range(first, last, step):
        end = min(begin + step, last)
        window = min(max(0, begin - (size - step) // 2), whole - size)
        yield window, window + size, begin, end
