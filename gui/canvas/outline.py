"""The border of a set of cells as few straight lines."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.codes.box import Box, Mask
from engine.codes.regions import row_runs

Edges = NDArray[np.int64]
"""(N, 4): x1, y1, x2, y2 in cell corners, each horizontal or vertical."""


def border(mask: Mask) -> Edges:
    """The edges between true cells of `mask` and others (or its outside), joined where they are straight."""
    padded = np.pad(mask, 1)
    below_differs = padded[1:, 1:-1] != padded[:-1, 1:-1]
    right_differs = padded[1:-1, 1:] != padded[1:-1, :-1]
    y, left, right = _runs(below_differs)
    x, top, bottom = _runs(np.ascontiguousarray(right_differs.T))
    across = np.stack([left, y, right, y], axis=1)
    down = np.stack([x, top, x, bottom], axis=1)
    return np.concatenate([across, down])


def shifted(edges: Edges, box: Box) -> Edges:
    """Edges of a mask of `box`, counted from the canvas's corner."""
    return np.asarray(edges + np.array([box.left, box.top, box.left, box.top]))


def within(edges: Edges, box: Box) -> Edges:
    """Those that may cross `box` (in cell corners)."""
    x1, y1, x2, y2 = edges.T
    near: Edges = edges[(x1 <= box.right) & (x2 >= box.left) & (y1 <= box.bottom) & (y2 >= box.top)]
    return near


def _runs(mask: Mask) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Row, first and last (not included) column of each run of true cells."""
    starts, ends = row_runs(mask)
    width = mask.shape[1]
    rows = starts // width
    return rows, starts - rows * width, ends - rows * width
