"""IDX files, the format MNIST came in: pictures `images-idx3`, their labels `labels-idx1` beside them.

    0 0 <type> <dimensions>, then each dimension as a big-endian uint32, then the values, row-major

Plain or gzipped, known by their content. Only unsigned bytes (type 8) are pictures or labels.
"""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import IO, cast

import numpy as np
from numpy.typing import NDArray

from engine.data.shaping import shaped
from engine.data.source import UNLABELLED, DataShape, Pictures, split_by_hash
from engine.errors import DataFault
from engine.files import reason_of

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
    except (OSError, EOFError, zlib.error):
        return False
    return len(head) == 4 and head[:2] == b"\0\0" and head[2] in _TYPES


def is_mnist_folder(folder: Path) -> bool:
    """Whether the folder holds the four files that MNIST consists of."""
    return all(_beside(folder, name) is not None for name in _MNIST)


def idx_shape(path: Path) -> DataShape:
    """The natural shape of the pictures in an IDX file or a folder like MNIST's; raises `DataFault`."""
    file = _beside(path, _MNIST[0]) if path.is_dir() else path
    _, height, width = _header(file or path, 3)
    return DataShape(min(height, width), 1)


def read_idx_file(path: Path, size: int, channels: int) -> Pictures:
    """The pictures of one IDX file, labelled if `labels-idx1` is beside it; splits by the hash of the index.

    Raises `DataFault`.
    """
    images, labels = _pair(path, _labels_of(path))
    names = [str(index) for index in range(len(images))]
    return _pictures(images, labels, split_by_hash(names), path.resolve().name, size, channels)


def read_mnist_folder(folder: Path, size: int, channels: int, data_name: str | None = None) -> Pictures:
    """The four files of MNIST or of a set made to replace it, with its own test split. Raises `DataFault`."""
    files = [_beside(folder, name) or folder / name for name in _MNIST]
    train, test = _pair(files[0], files[1]), _pair(files[2], files[3])
    if train[0].shape[1:] != test[0].shape[1:]:
        raise DataFault(f"{files[2]}: its pictures are of another size than those of {files[0].name}")
    images, labels = np.concatenate([train[0], test[0]]), np.concatenate([train[1], test[1]])
    splits = np.full(len(images), "train", dtype="<U5")
    splits[max(0, len(train[0]) - VALID_COUNT) : len(train[0])] = "valid"
    splits[len(train[0]) :] = "test"
    return _pictures(images, labels, splits, data_name or folder.resolve().name, size, channels)


def _pair(images_path: Path, labels_path: Path | None) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Pictures (N, H, W) and labels (N,), -1 where there are none."""
    images = _read(images_path, 3)
    if not len(images):
        raise DataFault(f"{images_path}: holds no pictures")
    if labels_path is None:
        return images, np.full(len(images), -1)
    labels = _read(labels_path, 1).astype(np.int64)
    if len(labels) != len(images):
        raise DataFault(f"{images_path}: has {len(images)} pictures, but {len(labels)} labels are beside it")
    return images, labels


def _pictures(
    images: NDArray[np.uint8],
    labels: NDArray[np.int64],
    splits: NDArray[np.str_],
    data_name: str,
    size: int,
    channels: int,
) -> Pictures:
    return Pictures(
        images=shaped(images[..., None], size, channels),
        names=tuple(map(str, range(len(images)))),
        labels=np.maximum(labels, 0),
        label_names=tuple(map(str, range(int(labels.max()) + 1))) or (UNLABELLED,),
        split_of=splits,
        data_name=data_name,
    )


def _read(path: Path, dimensions: int) -> NDArray[np.uint8]:
    shape = _header(path, dimensions)
    wanted = math.prod(shape)
    try:
        if wanted > _INFLATED * path.stat().st_size:  # before memory is taken for it
            raise DataFault(f"{path}: is cut short: {' x '.join(map(str, shape))} bytes were announced")
        with _opened(path) as file:
            file.seek(4 + 4 * dimensions)
            # One byte more than promised: a file that goes on is not what its header says.
            content = file.read(wanted + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DataFault(f"{path}: cannot be read ({_reason(error)})") from error
    if len(content) != wanted:
        fault = "is cut short" if len(content) < wanted else "is longer than its header says"
        raise DataFault(f"{path}: {fault}: {' x '.join(map(str, shape))} bytes were announced")
    return np.frombuffer(content, np.uint8).reshape(shape)


def _header(path: Path, dimensions: int) -> tuple[int, ...]:
    """The dimensions; raises `DataFault` where they are not `dimensions` of unsigned bytes."""
    try:
        with _opened(path) as file:
            head = file.read(4 + 4 * dimensions)
    except (OSError, EOFError, zlib.error) as error:
        raise DataFault(f"{path}: cannot be read ({_reason(error)})") from error
    what = "pictures (three dimensions)" if dimensions == 3 else "labels (one dimension)"
    if len(head) < 4 or head[:2] != b"\0\0" or head[3] != dimensions:
        raise DataFault(f"{path}: is not an IDX file of {what}")
    if head[2] != _UNSIGNED_BYTE:
        raise DataFault(f"{path}: holds values of IDX type {head[2]}; only unsigned bytes (8) are read")
    if len(head) < 4 + 4 * dimensions:
        raise DataFault(f"{path}: is cut short within its header")
    shape = struct.unpack(f">{dimensions}I", head[4:])
    if 0 in shape[1:]:
        raise DataFault(f"{path}: its pictures have no pixels ({' x '.join(map(str, shape))})")
    return tuple(shape)


def _opened(path: Path) -> IO[bytes]:
    with path.open("rb") as file:
        is_zipped = file.read(2) == _GZIP
    return cast(IO[bytes], gzip.open(path, "rb")) if is_zipped else path.open("rb")


def _reason(error: OSError | EOFError | zlib.error) -> str:
    return reason_of(error) if isinstance(error, OSError) and error.errno else str(error).lower()


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
