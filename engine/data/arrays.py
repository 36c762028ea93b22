"""NumPy archives (`.npz`) of pictures: `images` uint8 (N, H, W[, C]) and, where there are any, `labels` (N,).

The arrays' headers are read here and their bytes taken as they are: nothing is ever unpickled.
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from engine.data.raw import Part, RawPictures, in_words, said_why
from engine.data.zipped import open_zip
from engine.errors import DataFault

_IMAGES, _LABELS = "images.npy", "labels.npy"
_SAVE_AS = "save them with numpy.savez(file, images=..., labels=...)"


class Arrays(RawPictures):
    """The pictures of a NumPy archive. Raises `DataFault`."""

    def __init__(self, path: Path) -> None:
        with open_zip(path) as archive, said_why(path):
            infos = {info.filename: info for info in archive.infolist()}
            if _IMAGES not in infos:
                has = ", ".join(sorted(name.removesuffix(".npy") for name in infos)) or "nothing"
                raise DataFault(f"{path}: has no array `images` (it has {has}): {_SAVE_AS}")
            pictures = _pictures(path, archive, infos[_IMAGES])
            labels = _labels(path, archive, infos[_LABELS], pictures) if _LABELS in infos else None
        super().__init__(path, [pictures], labels, [path])


def is_arrays(path: Path) -> bool:
    """Whether a file is called as NumPy calls its archives, or is a zip of nothing but arrays."""
    if path.suffix.lower() == ".npz":
        return True
    with open_zip(path) as archive:
        names = archive.namelist()
    return bool(names) and all(name.endswith(".npy") for name in names)


def _pictures(path: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Part:
    with archive.open(info) as file:
        shape, dtype = _header(path, file, info)
        start = file.tell()
    if dtype != np.uint8:
        raise DataFault(f"{path}: `images` is of type {dtype}, not uint8 (0 to 255)")
    if len(shape) not in (3, 4) or (len(shape) == 4 and shape[3] not in (1, 3)):
        raise DataFault(
            f"{path}: `images` is {in_words(shape)}, not N x H x W, N x H x W x 1 or N x H x W x 3"
        )
    if not math.prod(shape):
        raise DataFault(f"{path}: holds no pictures (`images` is {in_words(shape)})")

    @contextmanager
    def opened() -> Iterator[IO[bytes]]:
        with open_zip(path) as archive, archive.open(_IMAGES) as file:
            file.read(start)
            yield file

    count, height, width, channels = (*shape, 1)[:4]
    return Part(path, (count, height, width, channels), opened)


def _labels(path: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo, pictures: Part) -> NDArray[np.int64]:
    with archive.open(info) as file:
        shape, dtype = _header(path, file, info)
        if dtype.kind not in "iu" or len(shape) != 1:
            raise DataFault(f"{path}: `labels` is {in_words(shape)} of type {dtype}, not N whole numbers")
        if shape[0] != pictures.shape[0]:
            raise DataFault(f"{path}: has {pictures.shape[0]} pictures, but {shape[0]} labels")
        return np.frombuffer(file.read(), dtype).astype(np.int64)


def _header(
    path: Path, file: IO[bytes], info: zipfile.ZipInfo
) -> tuple[tuple[int, ...], np.dtype[np.generic]]:
    """The shape and type of an array whose bytes follow, all of them."""
    what = f"`{info.filename.removesuffix('.npy')}`"
    try:
        version = np.lib.format.read_magic(file)
        read = (
            np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        )
        shape, is_by_columns, dtype = read(file)
    except (ValueError, TypeError, SyntaxError, OverflowError, RecursionError) as error:
        raise DataFault(f"{path}: {what} is no NumPy array") from error
    if dtype.hasobject:
        raise DataFault(f"{path}: {what} holds Python objects; they are refused, as nothing is unpickled")
    if is_by_columns and len(shape) > 1:
        raise DataFault(f"{path}: {what} is stored by columns: save numpy.ascontiguousarray({what[1:-1]})")
    wanted = math.prod(shape) * dtype.itemsize
    if min(shape, default=0) < 0 or wanted > info.file_size - file.tell():
        raise DataFault(f"{path}: is cut short: {what} of {in_words(shape)} was announced")
    return shape, dtype
