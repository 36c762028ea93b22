"""Which cells tools may paint, and what can be done with the codes inside: copy, paste, move, clear, fill.

Selections count coarsest cells; on a finer level they cover the same region of the picture. The
functions below change the grid at once and return the patches of one undo step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.codes.box import Box, Mask
from engine.codes.grid import CodeGrid
from engine.codes.patch import Patch, merge
from engine.errors import CodesFault

Mode = Literal["replace", "add", "subtract"]


class Selection:
    """Selected cells of a grid; never changed, every operation gives a new one."""

    def __init__(self, mask: Mask) -> None:
        """`mask` is `(h, w)` of the grid's coarsest cells, and is copied."""
        self.mask: Mask = np.array(mask, dtype=np.bool_)
        self.mask.flags.writeable = False

    @classmethod
    def of(cls, mask: Mask) -> Selection:
        return cls(mask)

    @classmethod
    def nothing(cls, height: int, width: int) -> Selection:
        return cls(np.zeros((height, width), dtype=np.bool_))

    @classmethod
    def everything(cls, height: int, width: int) -> Selection:
        return cls(np.ones((height, width), dtype=np.bool_))

    @cached_property
    def box(self) -> Box | None:
        """The smallest box around the selected cells, None when nothing is selected."""
        return Box.of(self.mask)

    @property
    def is_empty(self) -> bool:
        return self.box is None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Selection) and np.array_equal(self.mask, other.mask)

    def __hash__(self) -> int:
        return hash((self.mask.shape, self.box))

    def __repr__(self) -> str:
        return f"Selection({np.count_nonzero(self.mask)} of {self.mask.shape}, {self.box})"

    def combined(self, box: Box, mask: Mask, mode: Mode = "replace") -> Selection:
        """With the cells of `mask`, `(h, w)` of `box` (may reach outside), selected, added or taken away."""
        shape = _placed(box, mask, self.mask.shape)
        if mode == "add":
            return Selection(self.mask | shape)
        return Selection(self.mask & ~shape if mode == "subtract" else shape)

    def inverted(self) -> Selection:
        return Selection(~self.mask)

    def moved(self, rows: int, columns: int) -> Selection:
        """Shifted; what leaves the grid is no longer selected."""
        height, width = self.mask.shape
        return Selection(_placed(Box(0, 0, height, width).shifted(rows, columns), self.mask, (height, width)))

    def limits(self, box: Box, mask: Mask, ratio: int = 1) -> Mask:
        """What of a stroke may be painted: all of `mask` when nothing is selected.

        `box` and `mask` count cells of a level with `ratio` cells per coarsest cell.
        """
        if self.is_empty:
            return mask
        height, width = self.mask.shape
        within = box.clipped(height * ratio, width * ratio)
        allowed = np.zeros(mask.shape, dtype=np.bool_)
        if not within.is_empty:
            inside = within.shifted(-box.top, -box.left).slices
            allowed[inside] = mask[inside] & refined(self.mask, within, ratio)
        return allowed


@dataclass(frozen=True, slots=True, eq=False)
class Fragment:
    """Copied codes, and where they came from; cells outside `mask` mean nothing."""

    mask: Mask
    """`(h, w)` in coarsest cells."""
    codes: tuple[NDArray[np.int64], ...]
    """Per level, coarsest first, `(h * ratio, w * ratio)`."""
    top: int
    left: int


def copy_cells(grid: CodeGrid, selection: Selection) -> Fragment | None:
    """The selected codes of all levels, or None when nothing is selected."""
    box = selection.box
    if box is None:
        return None
    codes = tuple(
        level[box.scaled(ratio).slices].copy() for level, ratio in zip(grid.levels, grid.ratios, strict=True)
    )
    return Fragment(selection.mask[box.slices].copy(), codes, box.top, box.left)


def paste_cells(grid: CodeGrid, fragment: Fragment, top: int, left: int) -> tuple[Patch, ...]:
    """Put `fragment` with its corner at coarsest cell `(top, left)`; what lies outside the grid is left out.

    Raises `CodesFault` for a fragment of a grid with other levels or more codes.
    """
    height, width = fragment.mask.shape
    ratios = tuple(codes.shape[0] // height for codes in fragment.codes)
    if ratios != grid.ratios:
        raise CodesFault("what was copied comes from a model with other levels and cannot be pasted here")
    masks = [refined(fragment.mask, None, ratio) for ratio in ratios]
    for level, (mask, codes) in enumerate(zip(masks, fragment.codes, strict=True)):
        grid.check_codes(level, codes[mask])  # all before any is painted
    box = Box(top, left, top + height, left + width)
    patches = [
        grid.paint(level, box.scaled(ratio), mask, codes)
        for level, (ratio, mask, codes) in enumerate(zip(ratios, masks, fragment.codes, strict=True))
    ]
    return tuple(patch for patch in patches if patch is not None)


def clear_cells(
    grid: CodeGrid, start: Sequence[NDArray[np.int64]], selection: Selection
) -> tuple[Patch, ...]:
    """Take the selected cells of all levels back to the codes of `start` (what erasing returns to)."""
    box = selection.box
    if box is None:
        return ()
    fragment = Fragment(
        selection.mask[box.slices],
        tuple(level[box.scaled(ratio).slices] for level, ratio in zip(start, grid.ratios, strict=True)),
        box.top,
        box.left,
    )
    return paste_cells(grid, fragment, box.top, box.left)


def fill_cells(grid: CodeGrid, selection: Selection, level: int, code: int) -> tuple[Patch, ...]:
    """Fill the selected cells of one level with `code`."""
    box = selection.box
    if box is None:
        return ()
    ratio = grid.ratios[level]
    patch = grid.paint(level, box.scaled(ratio), refined(selection.mask[box.slices], None, ratio), code)
    return () if patch is None else (patch,)


def move_cells(
    grid: CodeGrid, start: Sequence[NDArray[np.int64]], selection: Selection, rows: int, columns: int
) -> tuple[Patch, ...]:
    """Move the selected codes of all levels; the codes of `start` stay behind, what leaves the grid is lost.

    The patches are one step, at most one per level. The selection itself moves with `Selection.moved`.
    """
    fragment = copy_cells(grid, selection)
    if fragment is None:
        return ()
    cleared = clear_cells(grid, start, selection)
    return merge(cleared + paste_cells(grid, fragment, fragment.top + rows, fragment.left + columns))


def beneath(mask: Mask, level: int, ratios: Sequence[int]) -> list[Mask]:
    """Per level, coarsest first, the cells that lie in those of `mask` (of `level`); none of coarser ones."""
    rows, columns = (side // ratios[level] for side in mask.shape)
    return [
        refined(mask, None, ratio // ratios[level])
        if finer >= level
        else np.zeros((rows * ratio, columns * ratio), np.bool_)
        for finer, ratio in enumerate(ratios)
    ]


def refined(mask: Mask, box: Box | None, ratio: int) -> Mask:
    """`mask` in cells `ratio` times smaller: all of it, or only `box` (in those cells, inside)."""
    if box is None:
        return mask if ratio == 1 else mask.repeat(ratio, axis=0).repeat(ratio, axis=1)
    if ratio == 1:
        return mask[box.slices]
    coarse = box.coarsened(ratio)
    fine = refined(mask[coarse.slices], None, ratio)
    return fine[box.shifted(-coarse.top * ratio, -coarse.left * ratio).slices]


def _placed(box: Box, mask: Mask, shape: tuple[int, ...]) -> Mask:
    """`mask` of `box` in a grid of `shape`, clipped."""
    height, width = shape
    placed = np.zeros((height, width), dtype=np.bool_)
    within = box.clipped(height, width)
    if not within.is_empty:
        placed[within.slices] = mask[within.shifted(-box.top, -box.left).slices]
    return placed
