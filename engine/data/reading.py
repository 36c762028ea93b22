"""What all sources of pictures have in common: they are read once, in order, in pieces."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.data.rows import Rows
from engine.data.source import DataShape, Pictures


@dataclass(frozen=True, slots=True)
class Skipped:
    """An entry that could not be read, and whether that is the file's own fault and will stay so."""

    entry: int
    fault: str
    is_lasting: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Pictures (n, S, S, C) of the next n + len(skipped) entries of a source."""

    images: NDArray[np.uint8]
    skipped: tuple[Skipped, ...] = ()


class Source(ABC):
    """Entries in an order that is always the same, most of them pictures.

    `stamp` changes when what it reads from is changed; messages call it `path`.
    """

    path: Path
    count: int
    stamp: str

    @abstractmethod
    def natural_shape(self) -> DataShape:
        """What the pictures have by themselves, found without reading them all."""

    @abstractmethod
    def is_quick(self, size: int, channels: int) -> bool:
        """Whether reading it again is nothing to wait for."""

    @abstractmethod
    def pieces(self, size: int, channels: int, first: int = 0) -> Generator[Piece, None, None]:
        """All entries from `first` on, decoded at `size` x `size`. Raises `DataFault`."""

    @abstractmethod
    def described(
        self, images: NDArray[np.uint8] | Rows, entries: NDArray[np.intp], skipped: Sequence[Skipped]
    ) -> Pictures:
        """The data set of the entries that could be read."""
