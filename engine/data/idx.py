"""IDX files, the format MNIST came in: pictures `images-idx3`, their labels `labels-idx1` beside them.

    0 0 <type> <dimensions>, then each dimension as a big-endian uint32, then the values, row-major

Plain or gzipped, known by their content. Only unsigned bytes (type 8) are pictures or labels.
"""

from __future__ import annotations

import gzip
import math
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

import numpy as np
from numpy.typing import NDArray

from engine.data.raw import UNREADABLE, Part, RawPictures, in_words, said_why
from engine.errors import DataFault

VALID_COUNT = 10_000
"""MNIST's validation split: the last of its training pictures."""
_INFLATED = 1032
"""No gzipped byte becomes more than so many."""
_MNIST = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
_UNSIGNED_BYTE = 8
_TYPES = (_UNSIGNED_BYTE, 9, 11, 12, 13, 14)
_GZIP = b"\x1f\x8b"


def is_idx(path: Path) -> bool:
    """Whether the file begins as an IDX file does."""
    try:
        with _opened(path) as file:
            head = file.read(4)
    except UNREADABLE:
        return False
    return len(head) == 4 and head[:2] == b"\0\0" and head[2] in _TYPES


def is_mnist_folder(folder: Path) -> bool:
    """Whether the folder holds the four files that MNIST consists of."""
    return all(_beside(folder, name) is not None for name in _MNIST)


class IdxFile(RawPictures):
    """The pictures of one IDX file, labelled if `labels-idx1` is beside it. Raises `DataFault`."""

    def __init__(self, path: Path) -> None:
        pictures, labels_path = _pictures(path), _labels_of(path)
        labels = None if labels_path is None else _labels(labels_path, pictures)
        super().__init__(path, [pictures], labels, [path, labels_path] if labels_path else [path])


class MnistFolder(RawPictures):
    """The four files of MNIST or of a set made to replace it, with its own test split. Raises `DataFault`."""

    def __init__(self, folder: Path) -> None:
        files = [_beside(folder, name) or folder / name for name in _MNIST]
        train, test = _pictures(files[0]), _pictures(files[2])
        if train.shape[1:] != test.shape[1:]:
            raise DataFault(f"{files[2]}: its pictures are of another size than those of {files[0].name}")
        labels = np.concatenate([_labels(files[1], train), _labels(files[3], test)])
        super().__init__(folder, [train, test], labels, files)
        self._train = train.shape[0]

    def splits(self, names: Sequence[str]) -> NDArray[np.str_]:
        splits = np.full(len(names), "train", dtype="<U5")
        splits[max(0, self._train - VALID_COUNT) : self._train] = "valid"
        splits[self._train :] = "test"
        return splits


def _pictures(path: Path) -> Part:
    count, height, width = _header(path, 3)
    if not count:
        raise DataFault(f"{path}: holds no pictures")
    if not height * width:
        raise DataFault(f"{path}: its pictures have no pixels ({in_words((count, height, width))})")

    @contextmanager
    def opened() -> Iterator[IO[bytes]]:
        with _opened(path) as file:
            file.seek(_header_bytes(3))
            yield file

    return Part(path, (count, height, width, 1), opened)


def _labels(path: Path, pictures: Part) -> NDArray[np.int64]:
    (count,) = _header(path, 1)
    if count != pictures.shape[0]:
        has = f"has {pictures.shape[0]} pictures, but {count} labels are beside it"
        raise DataFault(f"{pictures.path}: {has} ({path.name})")
    with said_why(path), _opened(path) as file:
        file.seek(_header_bytes(1))
        content = file.read(count + 1)
    if len(content) != count:
        fault = "is cut short" if len(content) < count else "is longer than its header says"
        raise DataFault(f"{path}: {fault}: {count} labels were announced")
    return np.frombuffer(content, np.uint8).astype(np.int64)


def _header(path: Path, dimensions: int) -> tuple[int, ...]:
    """The dimensions; raises `DataFault` where they are not `dimensions` of unsigned bytes."""
    with said_why(path), _opened(path) as file:
        head, file_bytes = file.read(_header_bytes(dimensions)), path.stat().st_size
    what = "pictures (three dimensions)" if dimensions == 3 else "labels (one dimension)"
    if len(head) < 4 or head[:2] != b"\0\0" or head[3] != dimensions:
        raise DataFault(f"{path}: is not an IDX file of {what}")
    if head[2] != _UNSIGNED_BYTE:
        raise DataFault(f"{path}: holds values of IDX type {head[2]}; only unsigned bytes (8) are read")
    if len(head) < _header_bytes(dimensions):
        raise DataFault(f"{path}: is cut short within its header")
    shape = tuple(struct.unpack(f">{dimensions}I", head[4:]))
    if math.prod(shape) > _INFLATED * file_bytes:  # before memory is taken for it
        raise DataFault(f"{path}: is cut short: {in_words(shape)} were announced")
    return shape


def _header_bytes(dimensions: int) -> int:
    return 4 + 4 * dimensions


def _opened(path: Path) -> IO[bytes]:
    with path.open("rb") as file:
        is_zipped = file.read(2) == _GZIP
    return cast(IO[bytes], gzip.open(path, "rb")) if is_zipped else path.open("rb")


def _labels_of(path: Path) -> Path | None:
    name = path.name.removesuffix(".gz")
    for images, labels in (("images-idx3", "labels-idx1"), ("images.idx3", "labels.idx1")):
        if images in name:
            return _beside(path.parent, name.replace(images, labels))
    return None


def _beside(folder: Path, name: str) -> Path | None:
    """The file of that name in `folder`, plain or gzipped; programs that unpack write a dot for the dash."""
    dotted = name.replace("-idx", ".idx")
    candidates: Sequence[Path] = [folder / f"{stem}{end}" for stem in (name, dotted) for end in ("", ".gz")]
    return next((path for path in candidates if path.is_file()), None)
