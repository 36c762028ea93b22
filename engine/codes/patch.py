"""What changed in a grid: only the cells that did, with the codes before and after."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from engine.codes.box import Box, Mask
from engine.errors import CodesFault


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """The change of some cells of one level. Its arrays are never written again."""

    level: int
    box: Box
    mask: Mask
    """`(h, w)` of the box."""
    old: NDArray[np.int64]
    """Codes before, one per true cell of `mask` in row-major order."""
    new: NDArray[np.int64]
    """Codes after, likewise."""

    def __post_init__(self) -> None:
        if self.mask.shape != (self.box.height, self.box.width):
            raise CodesFault(f"a patch whose mask is {self.mask.shape} but whose box is {self.box}")
        if not self.old.shape == self.new.shape == (np.count_nonzero(self.mask),):
            raise CodesFault(f"a patch of {np.count_nonzero(self.mask)} cells with {self.old.size} codes")
        for array in (self.mask, self.old, self.new):
            array.flags.writeable = False

    def reversed(self) -> Patch:
        """The patch that takes this one back."""
        return Patch(self.level, self.box, self.mask, self.new, self.old)


def merge(patches: Iterable[Patch]) -> tuple[Patch, ...]:
    """One patch per level with the same effect: first old, last new; cells that ended unchanged are dropped.

    `patches` are in the order in which they were applied.
    """
    by_level: dict[int, list[Patch]] = defaultdict(list)
    for patch in patches:
        by_level[patch.level].append(patch)
    merged = (_merged(by_level[level]) for level in sorted(by_level))
    return tuple(patch for patch in merged if patch is not None)


def _merged(patches: Sequence[Patch]) -> Patch | None:
    """`patches` of one level as one, or None if they cancel out."""
    around = reduce(Box.union, (patch.box for patch in patches))
    shape = around.height, around.width
    touched = np.zeros(shape, dtype=np.bool_)
    # Not initialised: only touched cells are read, and a long thin stroke in a large box costs no memory.
    old, new = np.empty(shape, dtype=np.int64), np.empty(shape, dtype=np.int64)
    areas = [patch.box.shifted(-around.top, -around.left).slices for patch in patches]
    for area, patch in zip(areas, patches, strict=True):
        touched[area] |= patch.mask
        new[area][patch.mask] = patch.new
    for area, patch in zip(reversed(areas), reversed(patches), strict=True):
        old[area][patch.mask] = patch.old
    return _between(patches[0].level, around, touched, old, new)


def _between(
    level: int, around: Box, touched: Mask, old: NDArray[np.int64], new: NDArray[np.int64]
) -> Patch | None:
    cells = np.flatnonzero(touched)
    cells = cells[old.ravel()[cells] != new.ravel()[cells]]
    changed = np.zeros(touched.shape, dtype=np.bool_)
    changed.ravel()[cells] = True
    tight = Box.of(changed)
    if tight is None:
        return None
    box = tight.shifted(around.top, around.left)
    return Patch(level, box, changed[tight.slices].copy(), old.ravel()[cells], new.ravel()[cells])
