"""Some pictures of a larger array, gathered when they are asked for: a split of a set larger than memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data.binarising import binarise

_AT_ONCE = 2**22
"""So many values are binarised at a time."""

Chosen = int | np.integer[Any] | slice | NDArray[np.integer[Any]] | list[int]


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Reads like an array (n, H, W, C) along its first axis; what it gives are copies.

    `base` (N, H, W, C) may be a memory map, `rows` are n indices into it. With `is_binary` each picture is
    binarised as it is read.
    """

    base: NDArray[np.uint8]
    rows: NDArray[np.intp]
    is_binary: bool = False

    @classmethod
    def all_of(cls, base: NDArray[np.uint8]) -> Rows:
        """Every picture of `base`."""
        return cls(base, np.arange(len(base)))

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self.rows), *self.base.shape[1:])

    @property
    def size(self) -> int:
        """How many values there are in all."""
        return len(self.rows) * int(np.prod(self.base.shape[1:]))

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, chosen: Chosen) -> NDArray[np.uint8]:
        """Pictures (n, H, W, C), or one (H, W, C) where `chosen` is a number."""
        if isinstance(chosen, int | np.integer):
            return np.asarray(self[[int(chosen)]][0])
        rows = self.rows[chosen]
        images: NDArray[np.uint8] = np.asarray(self.base[rows])
        return binarise(images, rows) if self.is_binary else images

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.asarray(self[:], dtype=dtype)

    def chosen(self, indices: NDArray[np.intp]) -> Rows:
        """Of these pictures the ones at `indices`."""
        return Rows(self.base, self.rows[indices], self.is_binary)

    def binarised(self) -> NDArray[np.uint8] | Rows:
        """All of them binarised: at once where they lie in memory, else as they are read."""
        if self.is_binary:
            return self
        if isinstance(self.base, np.memmap):
            return Rows(self.base, self.rows, is_binary=True)
        parts = np.array_split(self.rows, 1 + self.size // _AT_ONCE)
        return np.concatenate([binarise(self.base[part], part) for part in parts])
