"""The grid of codes a painting is made of, and the patches that say what changed in it.

`CodeGrid` is the only writer of codes: everything that paints goes through `paint` or `apply`, so a
code out of range or a cell outside the grid can never get in.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.codes.box import Box, Mask
from engine.codes.patch import Patch, merge
from engine.errors import CodesFault

__all__ = ["MAX_CELLS", "MAX_CODES", "MAX_RATIO", "Box", "CodeGrid", "Mask", "Patch", "merge"]

MAX_CELLS = 1024
"""Longest side of a grid in coarsest cells."""
MAX_RATIO = 8
"""How many times finer a level may be than the coarsest one."""
MAX_CODES = 1 << 20
"""Most codes a level may choose from."""


class CodeGrid:
    """One or several levels of codes, coarsest first, of 1x1 to 1024x1024 coarsest cells.

    Finer levels have a whole number of cells (`ratios`) along each side of a coarsest cell.
    """

    def __init__(self, levels: Sequence[NDArray[np.integer]], code_counts: Sequence[int]) -> None:
        """Copies `levels`, `(h, w)` each; raises `CodesFault` for shapes, types or codes that do not fit."""
        self._counts = _checked_counts(code_counts)
        if len(levels) != len(self._counts):
            raise CodesFault(f"{len(levels)} levels of codes, but {len(self._counts)} counts of codes")
        shapes = [_checked_shape(level, number) for number, level in enumerate(levels)]
        self._ratios = checked_ratios(shapes)
        self._levels = tuple(np.array(level, dtype=np.int64) for level in levels)
        for number, level in enumerate(self._levels):
            self.check_codes(number, level)
        self._views = tuple(_read_only(level) for level in self._levels)
        self.locked: frozenset[int] = frozenset()
        """Levels that `paint` leaves as they are; `apply`, by which undo works, does not mind."""

    @classmethod
    def filled(
        cls,
        height: int,
        width: int,
        codes: Sequence[int],
        code_counts: Sequence[int],
        ratios: Sequence[int] = (1,),
    ) -> CodeGrid:
        """A grid of `height` x `width` coarsest cells, each level filled with its one code of `codes`."""
        if not len(codes) == len(code_counts) == len(ratios):
            raise CodesFault(
                f"{len(codes)} codes, {len(code_counts)} counts and {len(ratios)} ratios: one per level each"
            )
        if any(not 1 <= ratio <= MAX_RATIO for ratio in ratios):
            raise CodesFault(f"ratios {tuple(ratios)}: each must be from 1 to {MAX_RATIO}")
        check_size(height, width)
        shapes = [(height * ratio, width * ratio) for ratio in ratios]
        return cls(
            [np.full(shape, code, dtype=np.int64) for shape, code in zip(shapes, codes, strict=True)],
            code_counts,
        )

    @property
    def levels(self) -> tuple[NDArray[np.int64], ...]:
        """The codes, `(h, w)` per level, as views that follow the grid and refuse to be written."""
        return self._views

    @property
    def code_counts(self) -> tuple[int, ...]:
        """How many codes each level chooses from (K)."""
        return self._counts

    @property
    def ratios(self) -> tuple[int, ...]:
        """Cells of each level along one side of a coarsest cell; the first is 1."""
        return self._ratios

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in coarsest cells."""
        height, width = self._levels[0].shape
        return height, width

    def copy(self) -> CodeGrid:
        """A grid of its own with the same codes."""
        return CodeGrid(self._levels, self._counts)

    def paint(
        self, level: int, box: Box, mask: Mask, codes: int | np.integer | NDArray[np.integer]
    ) -> Patch | None:
        """Write `codes` into the cells of `mask`; the patch of what changed, or None where nothing did.

        `box` (cells of `level`) may reach outside the grid, `mask` is `(h, w)` of the box. `codes` is one
        code or an array of the mask's shape. Raises `CodesFault` and changes nothing if they do not fit.
        """
        target = self._level(level)
        if mask.shape != (box.height, box.width):
            raise CodesFault(f"a mask of {mask.shape} cells for a box of {box.height} x {box.width}")
        within = box.clipped(*target.shape)
        if within.is_empty:
            return None
        inside = within.shifted(-box.top, -box.left).slices
        wanted = self._wanted(level, codes, mask)
        if level in self.locked:
            return None
        wanted = np.broadcast_to(wanted, mask.shape)[inside]
        changed = mask[inside] & (target[within.slices] != wanted)
        tight = Box.of(changed)
        if tight is None:
            return None
        changed, wanted = changed[tight.slices].copy(), wanted[tight.slices]
        area = tight.shifted(within.top, within.left)
        patch = Patch(level, area, changed, target[area.slices][changed], wanted[changed].astype(np.int64))
        target[area.slices][changed] = patch.new
        return patch

    def apply(self, patch: Patch) -> None:
        """Write `patch.new`; raises `CodesFault` for a patch that does not lie in this grid."""
        target = self._level(patch.level)
        if patch.box.clipped(*target.shape) != patch.box:
            raise CodesFault(f"a change at {patch.box} does not lie in a level of {target.shape} cells")
        self.check_codes(patch.level, patch.new)
        target[patch.box.slices][patch.mask] = patch.new

    def coarse(self, patch: Patch) -> tuple[Box, Mask]:
        """The coarsest cells that `patch` touches, for what counts in those (windows, tiles)."""
        ratio = self._ratios[patch.level]
        if ratio == 1:
            return patch.box, patch.mask
        box = patch.box.coarsened(ratio)
        fine = np.zeros((box.height * ratio, box.width * ratio), dtype=np.bool_)
        fine[patch.box.shifted(-box.top * ratio, -box.left * ratio).slices] = patch.mask
        blocks = fine.reshape(box.height, ratio, box.width, ratio)
        return box, np.logical_or.reduce(blocks, axis=(1, 3))

    def check_codes(self, level: int, codes: NDArray[np.integer]) -> None:
        """Raise `CodesFault` unless all of `codes` (any shape) may stand on `level`."""
        self._level(level)
        if codes.size and not (codes.min() >= 0 and codes.max() < self._counts[level]):
            raise CodesFault(
                f"level {level}: codes reach from {codes.min()} to {codes.max()}, "
                f"not within 0 to {self._counts[level] - 1}"
            )

    def _level(self, level: int) -> NDArray[np.int64]:
        if not 0 <= level < len(self._levels):
            raise CodesFault(f"level {level}: this grid has levels 0 to {len(self._levels) - 1}")
        return self._levels[level]

    def _wanted(
        self, level: int, codes: int | np.integer | NDArray[np.integer], mask: Mask
    ) -> NDArray[np.integer]:
        wanted = np.asarray(codes)
        if wanted.dtype.kind not in "iu" or wanted.shape not in ((), mask.shape):
            raise CodesFault(f"codes of {wanted.dtype} {wanted.shape} for a mask of {mask.shape} cells")
        self.check_codes(level, wanted if wanted.ndim == 0 else wanted[mask])
        return wanted


def check_size(height: int, width: int) -> None:
    """Raise `CodesFault` unless a grid may have `height` x `width` coarsest cells."""
    if not (1 <= height <= MAX_CELLS and 1 <= width <= MAX_CELLS):
        raise CodesFault(f"a grid of {width} x {height} cells: each side must be from 1 to {MAX_CELLS} cells")


def checked_ratios(shapes: Sequence[tuple[int, int]]) -> tuple[int, ...]:
    """The ratios of levels of these shapes, coarsest first; raises `CodesFault` where they have none."""
    height, width = shapes[0]
    check_size(height, width)
    ratios = tuple(rows // height for rows, _ in shapes)
    for number, (shape, ratio) in enumerate(zip(shapes, ratios, strict=True)):
        if not 1 <= ratio <= MAX_RATIO or shape != (height * ratio, width * ratio):
            raise CodesFault(
                f"level {number} has {shape[1]} x {shape[0]} cells, which is not 1 to {MAX_RATIO} times "
                f"the {width} x {height} cells of level 0"
            )
    return ratios


def _checked_counts(code_counts: Sequence[int]) -> tuple[int, ...]:
    counts = tuple(int(count) for count in code_counts)
    if not counts or any(not 1 <= count <= MAX_CODES for count in counts):
        raise CodesFault(f"counts of codes {counts}: at least one level, each of 1 to {MAX_CODES} codes")
    return counts


def _checked_shape(level: NDArray[np.integer], number: int) -> tuple[int, int]:
    array = np.asarray(level)
    if array.dtype.kind not in "iu" or array.ndim != 2:
        raise CodesFault(f"level {number}: {array.dtype} {array.shape}, not whole numbers of shape (h, w)")
    return array.shape[0], array.shape[1]


def _read_only(array: NDArray[np.int64]) -> NDArray[np.int64]:
    view = array.view()
    view.flags.writeable = False
    return view
