"""A data set: pictures of one size with names, labels and a split."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.errors import DataFault

SPLITS = ("train", "valid", "test")


@dataclass(frozen=True, slots=True)
class DataShape:
    """The side in pixels and the channels (1 grey, 3 RGB) that pictures of a source have by themselves."""

    size: int
    channels: int


@dataclass(frozen=True, slots=True)
class Pictures:
    """N pictures of one size. `skipped` names the files that could not be read."""

    images: NDArray[np.uint8]  # (N, H, W, C)
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

    def binarised(self) -> Pictures:
        """ONE Bernoulli(grey / 255) draw of every pixel, 0 or 255, with seed 0, picture by picture."""
        uniform = np.random.default_rng(0).random(self.images.shape, dtype=np.float32)
        return replace(self, images=(uniform * 255 < self.images).astype(np.uint8) * np.uint8(255))

    def _chosen(self, indices: NDArray[np.intp]) -> Pictures:
        return Pictures(
            images=self.images[indices],
            names=tuple(self.names[index] for index in indices),
            labels=self.labels[indices],
            label_names=self.label_names,
            split_of=self.split_of[indices],
            data_name=self.data_name,
            skipped=self.skipped,
        )


def split_by_hash(keys: Sequence[str]) -> NDArray[np.str_]:
    """Splits by SHA-256 of each key modulo 10: 0 test, 1 valid, the rest train; equal keys never part."""
    digits = (int(hashlib.sha256(key.encode()).hexdigest(), 16) % 10 for key in keys)
    return np.array([{0: "test", 1: "valid"}.get(digit, "train") for digit in digits], dtype="<U5")
