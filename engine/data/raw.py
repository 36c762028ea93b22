"""Pictures that lie one after another as bytes: what IDX files and NumPy archives hold."""

from __future__ import annotations

import contextlib
import hashlib
import lzma
import math
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from engine.data.reading import Piece, Skipped, Source
from engine.data.rows import Rows
from engine.data.shaping import shaped
from engine.data.source import UNLABELLED, DataShape, Pictures, split_by_hash
from engine.errors import DataFault
from engine.files import reason_of

PIECE_BYTES = 2**24
"""So much is read at once."""
QUICK_BYTES = 2**22
"""So much is resized in about a second."""
UNREADABLE = (
    OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, NotImplementedError, RuntimeError,
)  # fmt: skip
"""What reading a compressed file raises where it is damaged or gone."""


@dataclass(frozen=True, slots=True)
class Part:
    """The pictures (n, H, W, C) of one file; `opened` gives what follows its header."""

    path: Path
    shape: tuple[int, int, int, int]
    opened: Callable[[], AbstractContextManager[IO[bytes]]]

    def chunks(self, first: int) -> Generator[NDArray[np.uint8], None, None]:
        """From picture `first` on. Raises `DataFault` where the file is cut short, damaged or goes on."""
        size = math.prod(self.shape[1:])
        with said_why(self.path), self.opened() as file:
            file.seek(first * size, 1)
            while first < self.shape[0]:
                count = min(self.shape[0] - first, max(1, PIECE_BYTES // size))
                content = file.read(count * size)
                if len(content) < count * size:
                    raise DataFault(f"{self.path}: is cut short: {in_words(self.shape[:3])} were announced")
                yield np.frombuffer(content, np.uint8).reshape(count, *self.shape[1:])
                first += count
            # A file that goes on is not what its header says; and only here check sums are compared.
            if file.read(1):
                raise DataFault(f"{self.path}: is longer than its header says")


class RawPictures(Source):
    """The pictures of one or more parts of equal shape."""

    def __init__(
        self, path: Path, parts: Sequence[Part], labels: NDArray[np.int64] | None, files: Sequence[Path]
    ) -> None:
        """`labels` (N,) are any numbers; `files` are all that was read of."""
        self.path = path
        self.count = sum(part.shape[0] for part in parts)
        self.stamp = _stamp(files)
        self._parts = tuple(parts)
        self._labels = labels

    def natural_shape(self) -> DataShape:
        _, height, width, channels = self._parts[0].shape
        return DataShape(min(height, width), channels)

    def is_quick(self, size: int, channels: int) -> bool:
        _, height, width, own_channels = self._parts[0].shape
        is_as_it_is = (size, size, channels) == (height, width, own_channels)
        return is_as_it_is or self.count * height * width * own_channels <= QUICK_BYTES

    def pieces(self, size: int, channels: int, first: int = 0) -> Generator[Piece, None, None]:
        for part in self._parts:
            with contextlib.closing(part.chunks(min(first, part.shape[0]))) as chunks:
                for chunk in chunks:
                    yield Piece(shaped(chunk, size, channels))
            first = max(0, first - part.shape[0])

    def described(
        self, images: NDArray[np.uint8] | Rows, entries: NDArray[np.intp], skipped: Sequence[Skipped]
    ) -> Pictures:
        names = tuple(map(str, range(self.count)))
        labels, label_names = np.zeros(self.count, np.int64), [UNLABELLED]
        if self._labels is not None:
            values, labels = np.unique(self._labels, return_inverse=True)
            label_names = [str(value) for value in values]
        return Pictures(
            images=images,
            names=names,
            labels=labels.astype(np.int64),
            label_names=tuple(label_names),
            split_of=self.splits(names),
            data_name=self.path.resolve().name,
        )

    def splits(self, names: Sequence[str]) -> NDArray[np.str_]:
        """The split of each picture, (N,)."""
        return split_by_hash(names)


@contextlib.contextmanager
def said_why(path: Path) -> Iterator[None]:
    """Turns what reading a damaged file raises into a `DataFault` that names it."""
    try:
        yield
    except MemoryError as error:
        raise DataFault(f"{path}: does not fit into memory") from error
    except UNREADABLE as error:
        reason = reason_of(error) if isinstance(error, OSError) and error.errno else str(error).lower()
        raise DataFault(f"{path}: cannot be read ({reason or 'it is damaged'})") from error


def in_words(shape: Sequence[int]) -> str:
    """E.g. `10 x 28 x 28`."""
    return " x ".join(map(str, shape))


def _stamp(files: Sequence[Path]) -> str:
    known = [(str(file.resolve()), file.stat().st_size, file.stat().st_mtime_ns) for file in files]
    return hashlib.sha256(repr(known).encode()).hexdigest()
