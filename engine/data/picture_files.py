"""Picture files, wherever they lie, decoded by several threads and kept in their order."""

from __future__ import annotations

import hashlib
import os
from abc import abstractmethod
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.data.layout import labels_of, splits_of
from engine.data.reading import Piece, Skipped, Source
from engine.data.rows import Rows
from engine.data.source import DataShape, Pictures
from engine.errors import DataFault, PictureFault
from engine.images import PictureHeader, Pixels, fitted_crop, quiet_pillow, read_header, read_picture

Content = Callable[[int], Path | bytes]
"""What an entry is read from. Raises `PictureFault`."""

QUICK_BYTES = 2**22
"""Fewer bytes of pictures are decoded in about a second."""
LOOKED_AT = 16
"""So many pictures tell what shape they all have."""
_THREADS = min(8, os.cpu_count() or 1)
_UNDER_WAY = 4 * _THREADS
# A reduced JPEG of twice the size needed, shrunk once more, looks like the full one shrunk.
_SPARE = 2


class PictureFiles(Source):
    """Files by name (with `/`), in the order of their names."""

    def __init__(
        self, path: Path, names: Sequence[str], sizes: Sequence[int], stamp: Iterable[object]
    ) -> None:
        """`sizes` in bytes; `stamp` is all that changes when one of the files does."""
        self.path = path
        self.names = tuple(names)
        self.count = len(names)
        self.stamp = hashlib.sha256(repr([str(path.resolve()), *stamp]).encode()).hexdigest()
        self._bytes = sum(sizes)

    @abstractmethod
    def opened(self) -> AbstractContextManager[Content]:
        """Gives the content of entries to any thread."""

    @abstractmethod
    def is_lasting(self, entry: int) -> bool:
        """Whether an entry that could not be decoded can at least be read."""

    def natural_shape(self) -> DataShape:
        """Half of the pictures have a longer short side, half a shorter; grey where all are."""
        places = np.unique(np.linspace(0, self.count - 1, LOOKED_AT).astype(int))
        headers: list[PictureHeader] = []
        with self.opened() as content:
            for place in places:
                try:
                    headers.append(read_header(content(int(place))))
                except PictureFault:
                    continue
        if not headers:
            return DataShape(64, 3)  # what can be read of it will be told by reading
        side = int(np.median([min(header.width, header.height) for header in headers]))
        return DataShape(side, 1 if all(header.is_grey for header in headers) else 3)

    def is_quick(self, size: int, channels: int) -> bool:
        return self._bytes <= QUICK_BYTES

    def pieces(self, size: int, channels: int, first: int = 0) -> Generator[Piece, None, None]:
        with self.opened() as content, quiet_pillow(), ThreadPoolExecutor(_THREADS, "pictures") as pool:

            def decoded(entry: int) -> Pixels | Skipped:
                try:
                    picture = read_picture(content(entry), channels=channels, enough_px=_SPARE * size)
                    return fitted_crop(picture, size)
                except PictureFault as fault:
                    return Skipped(entry, fault.fault, self.is_lasting(entry))

            coming: deque[Future[Pixels | Skipped]] = deque()
            try:
                for entry in range(first, self.count):
                    coming.append(pool.submit(decoded, entry))
                    if len(coming) >= _UNDER_WAY:
                        yield _piece(coming.popleft().result(), size, channels)
                while coming:
                    yield _piece(coming.popleft().result(), size, channels)
            finally:
                pool.shutdown(cancel_futures=True)
        if not self.path.exists():
            raise DataFault(f"{self.path}: vanished while its pictures were read")

    def described(
        self, images: NDArray[np.uint8] | Rows, entries: NDArray[np.intp], skipped: Sequence[Skipped]
    ) -> Pictures:
        if not len(entries):
            first = f"{self.names[skipped[0].entry]}: {skipped[0].fault}"
            raise DataFault(
                f"{self.path}: none of its {self.count} files can be read as a picture (first: {first})"
            )
        names = [self.names[entry] for entry in entries]
        labels, label_names = labels_of(names)
        return Pictures(
            images=images,
            names=tuple(names),
            labels=labels,
            label_names=label_names,
            split_of=splits_of(names),
            data_name=self.path.resolve().name,
            skipped=tuple(self.names[skip.entry] for skip in skipped),
        )


def _piece(decoded: Pixels | Skipped, size: int, channels: int) -> Piece:
    if isinstance(decoded, Skipped):
        return Piece(np.empty((0, size, size, channels), np.uint8), (decoded,))
    return Piece(decoded[None])
