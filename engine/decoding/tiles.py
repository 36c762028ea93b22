"""What of the canvas must be decoded anew: a set of tiles, never one box.

A diagonal stroke's box is the whole canvas; its tiles are a thin band. Each tile keeps the box of its
cells that wait, so a small brush stays a small window. Cells are coarsest cells throughout.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from engine.codes.box import Box, Mask

_TILE_CELLS = 16
"""Tiles are at most this long: 1024 cells are then some 70 tiles a side, so scanning all tiles is cheap."""
_LEAST_CELLS = 8
"""A box may always be this long, even where a wide margin leaves no room for it in a window."""
_CALL_COST = 64
"""What one more window costs beside its area, in cells that could be decoded instead."""
_NOTHING = 1 << 30  # where the box of a tile that does not wait begins

Tile = tuple[int, int]
"""Row and column of a tile among the tiles."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """What waits of one tile."""

    box: Box
    cost: int  # of a window for it alone


class TileQueue:
    """The cells of one canvas that wait for decoding, taken in windows.

    Not for several threads: the thread that owns the canvas marks and takes, a worker decodes.
    What is marked after a `take` waits again, also while that window is being decoded.
    """

    def __init__(self, shape: tuple[int, int], margin: int, stride_px: int, limit_px: int = 256) -> None:
        """`shape` in cells; a change shows up to `margin` cells away; windows are at most `limit_px` wide."""
        self._shape = shape
        self._margin = margin
        self._limit = max(_LEAST_CELLS, limit_px // stride_px - 2 * margin)  # longest side of a box, cells
        self._across = -(-self._limit // _TILE_CELLS)  # whole tiles along a box of that size
        self._tile = self._limit // self._across
        rows, columns = (-(-length // self._tile) for length in shape)
        self._waiting = np.zeros((rows, columns), dtype=np.bool_)
        self._tops = np.arange(rows) * self._tile
        self._lefts = np.arange(columns) * self._tile
        # Per tile the box of its waiting cells: top, left, bottom, right.
        self._boxes = np.empty((4, rows, columns), dtype=np.int64)
        self._boxes[:2], self._boxes[2:] = _NOTHING, -_NOTHING
        self._focus: tuple[float, float] | None = None

    def __len__(self) -> int:
        """How many tiles wait."""
        return int(np.count_nonzero(self._waiting))

    def __bool__(self) -> bool:
        return bool(self._waiting.any())

    def mark(self, box: Box, mask: Mask | None = None) -> None:
        """The cells of `box` (of its `mask`, `(h, w)`) changed: they and `margin` cells around them wait."""
        inside = box.clipped(*self._shape)
        if inside.is_empty:
            return
        self._focus = (inside.top + inside.bottom) / 2, (inside.left + inside.right) / 2
        if mask is None or max(inside.height, inside.width) <= self._tile:
            self._add(inside.grown(self._margin).clipped(*self._shape))
        else:
            self._add_cells(inside, mask[inside.shifted(-box.top, -box.left).slices])

    def mark_all(self) -> None:
        """Everything waits; what lies in the middle of the view comes first."""
        self._focus = None
        self._add(Box(0, 0, *self._shape))

    def take(self, visible: Box | None = None) -> Box | None:
        """The next box to decode, which then no longer waits; None when nothing waits.

        Boxes that touch `visible` come first, and among them those near the last mark. With `margin` cells
        of context a box fits the window.
        """
        seed = None if visible is None else self._nearest(visible.clipped(*self._shape))
        if seed is None:
            seed = self._nearest(Box(0, 0, *self._shape))
        if seed is None:
            return None
        box = self._joined(seed)
        self._settle(box)
        return box

    def _add(self, box: Box) -> None:
        """All cells of `box`, which lies on the canvas, wait."""
        tiles = box.coarsened(self._tile).slices
        tops, lefts = self._tops[tiles[0], None], self._lefts[None, tiles[1]]
        boxes = self._boxes[(slice(None), *tiles)]
        np.minimum(boxes[0], np.maximum(tops, box.top), out=boxes[0])
        np.minimum(boxes[1], np.maximum(lefts, box.left), out=boxes[1])
        np.maximum(boxes[2], np.minimum(tops + self._tile, box.bottom), out=boxes[2])
        np.maximum(boxes[3], np.minimum(lefts + self._tile, box.right), out=boxes[3])
        self._waiting[tiles] = True

    def _add_cells(self, box: Box, mask: Mask) -> None:
        """The true cells of `mask` and their surroundings wait: tile by tile, each by its own tight box."""
        tiles = box.coarsened(self._tile)
        around = tiles.scaled(self._tile)
        placed = np.zeros((around.height, around.width), dtype=np.bool_)
        placed[box.shifted(-around.top, -around.left).slices] = mask
        filled, boxes = _tight_boxes(placed, self._tile)
        boxes += np.array([around.top, around.left, around.top, around.left])[:, None, None]
        boxes += np.array([-1, -1, 1, 1])[:, None, None] * self._margin
        reach = -(-self._margin // self._tile)
        for down in range(-reach, reach + 1):
            for right in range(-reach, reach + 1):
                self._add_shifted(tiles, filled, boxes, down, right)

    def _add_shifted(self, tiles: Box, filled: Mask, boxes: NDArray[np.int64], down: int, right: int) -> None:
        """What `boxes` of `tiles` cover of the tiles `down` and `right` of them waits too."""
        there = tiles.shifted(down, right).clipped(*self._waiting.shape)
        if there.is_empty:
            return
        here = there.shifted(-down - tiles.top, -right - tiles.left).slices
        tops, lefts = self._tops[there.slices[0], None], self._lefts[None, there.slices[1]]
        top, left, bottom, right_ = boxes[(slice(None), *here)]
        top, left = np.maximum(top, tops), np.maximum(left, lefts)
        bottom = np.minimum(bottom, np.minimum(tops + self._tile, self._shape[0]))
        right_ = np.minimum(right_, np.minimum(lefts + self._tile, self._shape[1]))
        covered = filled[here] & (top < bottom) & (left < right_)
        waiting = self._boxes[(slice(None), *there.slices)]
        np.minimum(waiting[0], top, out=waiting[0], where=covered)
        np.minimum(waiting[1], left, out=waiting[1], where=covered)
        np.maximum(waiting[2], bottom, out=waiting[2], where=covered)
        np.maximum(waiting[3], right_, out=waiting[3], where=covered)
        self._waiting[there.slices] |= covered

    def _nearest(self, view: Box) -> Tile | None:
        """The tile waiting in `view` that is nearest to the last mark, else to the middle of `view`."""
        if view.is_empty:
            return None
        tiles = view.coarsened(self._tile)
        top, left, bottom, right = self._boxes[(slice(None), *tiles.slices)]
        seen = (top < view.bottom) & (bottom > view.top) & (left < view.right) & (right > view.left)
        if not seen.any():
            return None
        row, column = self._focus or ((view.top + view.bottom) / 2, (view.left + view.right) / 2)
        distance = np.abs(top + bottom - 2 * row) ** 2 + np.abs(left + right - 2 * column) ** 2
        nearest = int(np.where(seen, distance, np.inf).argmin())
        return tiles.top + nearest // tiles.width, tiles.left + nearest % tiles.width

    def _box(self, tile: Tile) -> Box:
        top, left, bottom, right = self._boxes[:, tile[0], tile[1]].tolist()
        return Box(top, left, bottom, right)

    def _joined(self, seed: Tile) -> Box:
        """The box of `seed` and of what waits beside it, where one window is cheaper than several."""
        near = self._waiting_near(seed)
        worth, box = self._block(seed, near)
        joined = True
        while joined:
            joined = False
            for other in near.values():
                both = box.union(other.box)
                if both == box or max(both.height, both.width) > self._limit:
                    continue
                if (worth_of_both := self._worth(both, near)) >= worth:
                    worth, box, joined = worth_of_both, both, True
        return box

    def _waiting_near(self, seed: Tile) -> dict[Tile, _Waiting]:
        """The waiting tiles that could share a window with `seed`."""
        row, column = seed
        reach = Box(row, column, row + 1, column + 1).grown(self._across).clipped(*self._waiting.shape)
        found = np.argwhere(self._waiting[reach.slices]).tolist()
        tiles = [(reach.top + row, reach.left + column) for row, column in found]
        return {tile: _Waiting(box := self._box(tile), self._cost(box)) for tile in tiles}

    def _block(self, seed: Tile, near: dict[Tile, _Waiting]) -> tuple[float, Box]:
        """The box of the aligned block of tiles around `seed` that makes the most of its window.

        Aligned, so that boxes fill a canvas of which much waits without leaving slivers.
        """
        top, left = (index // self._across * self._across for index in seed)
        block = Box(top, left, top + self._across, left + self._across)
        found = []
        while block.area > 0:
            box = reduce(Box.union, (there.box for tile, there in near.items() if block.contains(*tile)))
            found.append((self._worth(box, near), box))
            block = _half(block, seed)
        return max(found, key=lambda choice: choice[0])

    def _worth(self, box: Box, near: dict[Tile, _Waiting]) -> float:
        """How many times what decoding `box` costs a window for each of the tiles in it would cost."""
        return sum(other.cost for other in near.values() if box.holds(other.box)) / self._cost(box)

    def _cost(self, box: Box) -> int:
        rows = min(box.bottom + self._margin, self._shape[0]) - max(box.top - self._margin, 0)
        columns = min(box.right + self._margin, self._shape[1]) - max(box.left - self._margin, 0)
        return _CALL_COST + rows * columns

    def _settle(self, taken: Box) -> None:
        """Nothing in `taken` waits any more."""
        tiles = taken.coarsened(self._tile)
        for row, column in np.argwhere(self._waiting[tiles.slices]).tolist():
            tile = tiles.top + row, tiles.left + column
            rest = _without(self._box(tile), taken)
            self._waiting[tile] = rest is not None
            left_over = rest or Box(_NOTHING, _NOTHING, -_NOTHING, -_NOTHING)
            self._boxes[:, tile[0], tile[1]] = (
                left_over.top,
                left_over.left,
                left_over.bottom,
                left_over.right,
            )


def _half(block: Box, seed: Tile) -> Box:
    """The half of `block`, cut across its longer side, that holds `seed`; an empty one of a single tile."""
    if block.area == 1:
        return Box(*seed, *seed)
    if block.height >= block.width:
        middle = (block.top + block.bottom) // 2
        halves = (
            Box(block.top, block.left, middle, block.right),
            Box(middle, block.left, block.bottom, block.right),
        )
    else:
        middle = (block.left + block.right) // 2
        halves = (
            Box(block.top, block.left, block.bottom, middle),
            Box(block.top, middle, block.bottom, block.right),
        )
    return halves[0] if halves[0].contains(*seed) else halves[1]


def _tight_boxes(mask: Mask, tile: int) -> tuple[Mask, NDArray[np.int64]]:
    """Which tiles of `mask` hold a true cell, `(rows, columns)`, and their boxes, `(4, rows, columns)`."""
    rows, columns = mask.shape[0] // tile, mask.shape[1] // tile
    tiled = mask.reshape(rows, tile, columns, tile)
    used_rows = np.logical_or.reduce(tiled, axis=3)  # (rows, tile, columns)
    used_columns = np.logical_or.reduce(tiled, axis=1)  # (rows, columns, tile)
    origin_rows, origin_columns = np.arange(rows)[:, None] * tile, np.arange(columns)[None, :] * tile
    top = origin_rows + used_rows.argmax(axis=1)
    left = origin_columns + used_columns.argmax(axis=2)
    bottom = origin_rows + tile - used_rows[:, ::-1].argmax(axis=1)
    right = origin_columns + tile - used_columns[:, :, ::-1].argmax(axis=2)
    return np.logical_or.reduce(used_rows, axis=1), np.stack([top, left, bottom, right])


def _without(box: Box, taken: Box) -> Box | None:
    """What is left of `box` outside `taken`, as one box (so it may hold some of `taken` still)."""
    if taken.holds(box):
        return None
    if taken.left <= box.left and taken.right >= box.right:
        if taken.top <= box.top:
            return Box(max(box.top, taken.bottom), box.left, box.bottom, box.right)
        if taken.bottom >= box.bottom:
            return Box(box.top, box.left, min(box.bottom, taken.top), box.right)
    if taken.top <= box.top and taken.bottom >= box.bottom:
        if taken.left <= box.left:
            return Box(box.top, max(box.left, taken.right), box.bottom, box.right)
        if taken.right >= box.right:
            return Box(box.top, box.left, box.bottom, min(box.right, taken.left))
    return box
