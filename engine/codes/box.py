"""A rectangle of cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
"""Which cells of a box, `(h, w)`."""


@dataclass(frozen=True, slots=True)
class Box:
    """Rows `top` to `bottom` and columns `left` to `right`, the last of each not included."""

    top: int
    left: int
    bottom: int
    right: int

    @classmethod
    def of(cls, mask: Mask) -> Box | None:
        """The smallest box around the true cells of `mask`, or None where there are none."""
        rows = np.flatnonzero(mask.any(axis=1))
        if rows.size == 0:
            return None
        top, bottom = int(rows[0]), int(rows[-1]) + 1
        columns = np.flatnonzero(mask[top:bottom].any(axis=0))
        return cls(top, int(columns[0]), bottom, int(columns[-1]) + 1)

    @property
    def height(self) -> int:
        return max(0, self.bottom - self.top)

    @property
    def width(self) -> int:
        return max(0, self.right - self.left)

    @property
    def area(self) -> int:
        return self.height * self.width

    @property
    def is_empty(self) -> bool:
        return self.bottom <= self.top or self.right <= self.left

    @property
    def slices(self) -> tuple[slice, slice]:
        """For indexing an array that this box lies in."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def clipped(self, height: int, width: int) -> Box:
        """The part within a grid of `height` x `width` cells."""
        return self.intersection(Box(0, 0, height, width))

    def grown(self, cells: int) -> Box:
        """Larger by `cells` on every side."""
        return Box(self.top - cells, self.left - cells, self.bottom + cells, self.right + cells)

    def shifted(self, rows: int, columns: int) -> Box:
        return Box(self.top + rows, self.left + columns, self.bottom + rows, self.right + columns)

    def scaled(self, factor: int) -> Box:
        """The same region in cells (or pixels) that are `factor` times smaller."""
        return Box(self.top * factor, self.left * factor, self.bottom * factor, self.right * factor)

    def coarsened(self, factor: int) -> Box:
        """The smallest box of cells `factor` times larger that holds this one."""
        return Box(
            self.top // factor, self.left // factor, -(-self.bottom // factor), -(-self.right // factor)
        )

    def union(self, other: Box) -> Box:
        """The smallest box around both; an empty one adds nothing."""
        if self.is_empty or other.is_empty:
            return other if self.is_empty else self
        return Box(
            min(self.top, other.top),
            min(self.left, other.left),
            max(self.bottom, other.bottom),
            max(self.right, other.right),
        )

    def intersection(self, other: Box) -> Box:
        """What both hold; an empty box has neither height nor width."""
        top, left = max(self.top, other.top), max(self.left, other.left)
        bottom, right = min(self.bottom, other.bottom), min(self.right, other.right)
        if bottom <= top or right <= left:
            return Box(top, left, top, left)
        return Box(top, left, bottom, right)

    def contains(self, row: int, column: int) -> bool:
        return self.top <= row < self.bottom and self.left <= column < self.right

    def holds(self, other: Box) -> bool:
        """Whether all of `other` lies in this box."""
        rows = self.top <= other.top and other.bottom <= self.bottom
        return other.is_empty or (rows and self.left <= other.left and other.right <= self.right)
