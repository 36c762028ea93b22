"""Flood fill: the connected region of one code, as fast on a million cells as on ten.

Cells are joined in runs along rows, runs in neighbouring rows are joined where they overlap, and the
components of that graph are found by hooking and pointer jumping (Shiloach and Vishkin, 1982): array
operations only, in a number of rounds that grows with the logarithm of the runs, mazes included.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.codes.box import Box, Mask

Indices = NDArray[np.int64]


def flood(codes: NDArray[np.integer], row: int, column: int, within: Mask | None = None) -> tuple[Box, Mask]:
    """The cells joined to `(row, column)` by edges through cells of its code (and of `within`).

    `codes` and `within` are `(h, w)`. An empty box where the start lies outside either.
    """
    height, width = codes.shape
    started = 0 <= row < height and 0 <= column < width and (within is None or bool(within[row, column]))
    if not started:
        return Box(row, column, row, column), np.zeros((0, 0), dtype=np.bool_)
    same = codes == codes[row, column]
    if within is not None:
        same &= within
    region = _component(same, row, column)
    box = Box.of(region) or Box(row, column, row, column)
    return box, region[box.slices].copy()


def _component(same: Mask, row: int, column: int) -> Mask:
    """The part of `same` that is joined to its true cell `(row, column)`."""
    width = same.shape[1]
    starts, ends = row_runs(same)
    roots = _roots(len(starts), *_overlaps(starts, ends, width))
    seed = int(np.searchsorted(starts, row * width + column, side="right")) - 1
    region = np.zeros_like(same)
    region[same] = np.repeat(roots == roots[seed], ends - starts)
    return region


def row_runs(mask: Mask) -> tuple[Indices, Indices]:
    """Start and end (not included) of each row's runs of true cells, as row-major indices in `mask`."""
    height, width = mask.shape
    edged = np.zeros((height, width + 1), dtype=np.int8)
    edged[:, :width] = mask
    steps = np.diff(edged.ravel(), prepend=np.int8(0))
    # One column was added per row: take it off again.
    starts, ends = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)
    return starts - starts // (width + 1), ends - ends // (width + 1)


def _overlaps(starts: Indices, ends: Indices, width: int) -> tuple[Indices, Indices]:
    """Pairs of runs, one in a row and one in the next, that share a column."""
    # A run overlaps those below that end after its start and start before its end, all moved up a row.
    first = np.searchsorted(ends, starts + width, side="right")
    last = np.searchsorted(starts, ends + width, side="left")
    counts = np.maximum(last - first, 0)
    above = np.repeat(np.arange(len(starts)), counts)
    offsets = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return above, np.repeat(first, counts) + offsets


def _roots(count: int, a: Indices, b: Indices) -> Indices:
    """For each of `count` runs the lowest run of its component; `a` and `b` are the joined pairs."""
    parent = np.arange(count)
    while a.size:
        low, high = np.minimum(a, b), np.maximum(a, b)
        # The lowest of all it touches, not any: else a comb's teeth join its back one a round.
        np.minimum.at(parent, high, low)
        parent = _flattened(parent)
        a, b = parent[a], parent[b]
        apart = a != b
        a, b = a[apart], b[apart]
    return parent


def _flattened(parent: Indices) -> Indices:
    """Every run pointing at its root."""
    while not np.array_equal(above := parent[parent], parent):
        parent = above
    return parent
