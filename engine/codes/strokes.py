"""The shapes that tools paint, as cells: no grid, no codes, no Qt.

Shapes come as `(Box, mask)` with `mask` `(h, w)` of the box. Boxes may reach outside a grid;
`CodeGrid.paint` clips them. Points are `(row, column)`.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.codes.box import Box, Mask
from engine.codes.regions import flood

__all__ = ["Cell", "Points", "Shape", "ellipse", "flood", "footprint", "line", "rectangle", "sweep"]

Cell = tuple[int, int]
"""Row and column."""
Points = NDArray[np.int64]
"""`(N, 2)` rows and columns."""
Shape = Literal["round", "square"]


def line(start: Cell, end: Cell) -> Points:
    """The cells from `start` to `end`, both included, without gaps (neighbours share an edge or a corner)."""
    first, last = np.array(start, dtype=np.int64), np.array(end, dtype=np.int64)
    steps = int(np.abs(last - first).max())
    along = np.arange(steps + 1, dtype=np.int64)[:, None]
    # Rounds half up in whole numbers, so that no slope stutters as it would with rounding to even.
    points: Points = first + (2 * along * (last - first) + steps) // max(1, 2 * steps)
    return points


def footprint(size: int, shape: Shape) -> Mask:
    """A brush of `size` x `size` cells (1 or more) as a mask."""
    if shape == "square":
        return np.ones((size, size), dtype=np.bool_)
    return _oval(size, size)


def sweep(points: Points, footprint: Mask) -> tuple[Box, Mask]:
    """All cells that `footprint` covers when stamped on each of `points` `(N, 2)`, N at least 1.

    A stamp's own cell `(h // 2, w // 2)` lies on the point.
    """
    height, width = footprint.shape
    corners = np.unique(np.asarray(points, dtype=np.int64), axis=0) - (height // 2, width // 2)
    top, left = int(corners[:, 0].min()), int(corners[:, 1].min())
    bottom, right = int(corners[:, 0].max()) + height, int(corners[:, 1].max()) + width
    mask = np.zeros((bottom - top, right - left), dtype=np.bool_)
    rows, columns = corners[:, 0] - top, corners[:, 1] - left
    for row, column in np.argwhere(footprint):
        mask[rows + row, columns + column] = True
    return Box(top, left, bottom, right), mask


def rectangle(a: Cell, b: Cell, filled: bool = True) -> tuple[Box, Mask]:
    """The rectangle with opposite corner cells `a` and `b`, or its outline of one cell."""
    box = _spanned(a, b)
    mask = np.ones((box.height, box.width), dtype=np.bool_)
    return box, mask if filled else _outline(mask)


def ellipse(a: Cell, b: Cell, filled: bool = True) -> tuple[Box, Mask]:
    """The ellipse that touches all sides of the rectangle from `a` to `b`, or its outline of one cell."""
    box = _spanned(a, b)
    mask = _oval(box.height, box.width)
    return box, mask if filled else _outline(mask)


def _spanned(a: Cell, b: Cell) -> Box:
    return Box(min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]) + 1, max(a[1], b[1]) + 1)


def _oval(height: int, width: int) -> Mask:
    """An ellipse that reaches every side of `(height, width)`: 3x3 is a plus, 4x4 lacks its corners."""
    vertical, tall = _from_middle(height)
    horizontal, wide = _from_middle(width)
    distance = (vertical[:, None] * wide) ** 2 + (horizontal[None, :] * tall) ** 2
    # The 2 takes off the single corners that would make small discs look square.
    limit = (tall * wide) ** 2 - 2 * min(tall, wide) ** 2
    return np.asarray(distance <= max(0.0, limit), dtype=np.bool_)


def _from_middle(length: int) -> tuple[NDArray[np.float64], float]:
    """Twice each cell's distance from the middle, and the length they count against.

    An even length is the odd one below with its middle cell doubled: so a flat ellipse still reaches its
    ends, which half cells would cut off.
    """
    distance = np.abs(2.0 * np.arange(length) - (length - 1))
    return (distance, float(length)) if length % 2 else (distance - 1.0, float(length - 1))


def _outline(mask: Mask) -> Mask:
    """The cells of `mask` beside a cell that is not in it."""
    padded = np.pad(mask, 1)
    inner = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    return mask & ~inner
