"""A data set: pictures of one size with names, labels and a split."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.data.rows import Rows
from engine.errors import DataFault

SPLITS = ("train", "valid", "test")
UNLABELLED = "unlabelled"
"""The label of pictures that have none."""


@dataclass(frozen=True, slots=True)
class DataShape:
    """The side in pixels and the channels (1 grey, 3 RGB) that pictures of a source have by themselves."""

    size: int
    channels: int


@dataclass(frozen=True, slots=True)
class Pictures:
    """N pictures of one size. `skipped` names the files that could not be read.

    A split shares the pictures of the whole: `images` are then `Rows`, of which parts are read by indexing,
    and all of them, where that is not too much, by `images[:]`.
    """

    images: NDArray[np.uint8] | Rows  # (N, H, W, C)
    names: tuple[str, ...]
    labels: NDArray[np.int64]  # (N,) into label_names
    label_names: tuple[str, ...]
    split_of: NDArray[np.str_]  # (N,) of SPLITS
    data_name: str
    skipped: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.images)

    def split(self, name: str) -> Pictures:
        """The pictures of one split, or of `all`; raises `DataFault` for another name."""
        if name == "all":
            return self
        if name not in SPLITS:
            raise DataFault(f"split {name!r} does not exist: use train, valid, test or all")
        return self._chosen(np.flatnonzero(self.split_of == name))

    def head(self, count: int) -> Pictures:
        """The first `count` pictures, or all where there are fewer."""
        return self._chosen(np.arange(min(count, len(self))))

    def spread(self, count: int) -> Pictures:
        """`count` pictures, evenly picked over the set, or all where there are fewer."""
        if len(self) <= count:
            return self
        return self._chosen(np.linspace(0, len(self) - 1, count).astype(np.intp))

    def binarised(self) -> Pictures:
        """ONE Bernoulli(grey / 255) draw of every pixel, 0 or 255, with seed 0, by place in the data set.

        A split of the binarised set and the binarised split are the same. Twice is once.
        """
        return replace(self, images=self._rows().binarised())

    def _chosen(self, indices: NDArray[np.intp]) -> Pictures:
        return Pictures(
            images=self._rows().chosen(indices),
            names=tuple(self.names[index] for index in indices),
            labels=self.labels[indices],
            label_names=self.label_names,
            split_of=self.split_of[indices],
            data_name=self.data_name,
            skipped=self.skipped,
        )

    def _rows(self) -> Rows:
        return self.images if isinstance(self.images, Rows) else Rows.all_of(self.images)


def split_by_hash(keys: Sequence[str]) -> NDArray[np.str_]:
    """Splits by SHA-256 of each key modulo 10: 0 test, 1 valid, the rest train; equal keys never part."""
    digits = (int(hashlib.sha256(key.encode()).hexdigest(), 16) % 10 for key in keys)
    return np.array([{0: "test", 1: "valid"}.get(digit, "train") for digit in digits], dtype="<U5")
