"""Patches and selections made small for keeping: undo has no limit, so a step must cost next to nothing.

A mask becomes runs, codes become the smallest whole numbers that hold them, and what is longer than a
few hundred bytes is deflated. Filling a million cells with one code packs to some kilobytes.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.codes.box import Box, Mask
from engine.codes.patch import Patch
from engine.codes.regions import row_runs
from engine.codes.selection import Selection

_WORTH_DEFLATING = 512  # bytes; below, zlib costs more time than it saves memory


@dataclass(frozen=True, slots=True)
class PackedPatch:
    """A `Patch` in a few bytes."""

    level: int
    box: Box
    runs: PackedArray
    old: PackedArray
    new: PackedArray


@dataclass(frozen=True, slots=True)
class PackedArray:
    """Whole numbers of 0 or more, in as few bytes as will do."""

    dtype: str
    size: int
    deflated: bool
    content: bytes

    @classmethod
    def of(cls, values: NDArray[np.integer]) -> PackedArray:
        dtype = np.min_scalar_type(int(values.max(initial=0)))
        raw = values.astype(dtype).tobytes()
        if len(raw) < _WORTH_DEFLATING:
            return cls(dtype.str, values.size, False, raw)
        return cls(dtype.str, values.size, True, zlib.compress(raw, 1))

    def unpacked(self) -> NDArray[np.int64]:
        raw = zlib.decompress(self.content) if self.deflated else self.content
        return np.frombuffer(raw, dtype=self.dtype).astype(np.int64)


@dataclass(frozen=True, slots=True)
class PackedSelection:
    """A `Selection` in a few bytes."""

    shape: tuple[int, int]
    runs: PackedArray

    @classmethod
    def of(cls, selection: Selection) -> PackedSelection:
        height, width = selection.mask.shape
        return cls((height, width), PackedArray.of(mask_runs(selection.mask)))

    def unpacked(self) -> Selection:
        return Selection(mask_of_runs(self.runs.unpacked(), *self.shape))


def pack(patch: Patch) -> PackedPatch:
    """`patch` for keeping."""
    old, new = PackedArray.of(patch.old), PackedArray.of(patch.new)
    return PackedPatch(patch.level, patch.box, PackedArray.of(mask_runs(patch.mask)), old, new)


def unpack(packed: PackedPatch) -> Patch:
    """The patch again."""
    mask = mask_of_runs(packed.runs.unpacked(), packed.box.height, packed.box.width)
    return Patch(packed.level, packed.box, mask, packed.old.unpacked(), packed.new.unpacked())


def mask_runs(mask: Mask) -> NDArray[np.int64]:
    """`mask` as `[skip, take, skip, take, ...]` in row-major order; runs end with their row."""
    starts, ends = row_runs(mask)
    skips = np.diff(starts, prepend=0)
    skips[1:] -= ends[:-1] - starts[:-1]
    return np.stack([skips, ends - starts], axis=1).ravel()


def mask_of_runs(runs: NDArray[np.int64], height: int, width: int) -> Mask:
    """The mask again; the caller has made sure that `runs` fit it."""
    lengths = np.append(runs, height * width - runs.sum())
    taken = np.arange(lengths.size) % 2 == 1
    return np.repeat(taken, lengths).reshape(height, width)
