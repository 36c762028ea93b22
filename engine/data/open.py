"""Opening a data set by what a user types: a built-in name, a folder of images, or a file that holds many."""

from __future__ import annotations

import zipfile
from pathlib import Path

from engine.data.arrays import Arrays, is_arrays
from engine.data.builtin import BUILTIN, BUILTIN_SHAPES
from engine.data.folder import Folder
from engine.data.idx import IdxFile, MnistFolder, is_idx, is_mnist_folder
from engine.data.names import DATA_IN_WORDS
from engine.data.reader import read
from engine.data.reading import Source
from engine.data.source import DataShape, Pictures
from engine.data.zipped import Zipped
from engine.errors import DataFault
from engine.progress import Progress

MOST_PX = 64
"""Larger pictures are made so small where nothing is said: a first model should be there in minutes."""


def data_place(name: str) -> str:
    """What `name` stands for wherever the program is started from: a built-in name, or an absolute path.

    What does not exist stays as it was typed: that is how its error should name it.
    """
    path = _expanded(name)
    return str(path.absolute()) if name not in BUILTIN and path.exists() else name


def open_data(
    name: str, size: int | None = None, channels: int | None = None, progress: Progress | None = None
) -> Pictures:
    """The data set `name` at `size` x `size` pixels; without them at its `natural_shape`.

    Raises `DataFault` where there is no such source or nothing in it can be read.
    """
    if size is None or channels is None:
        natural = natural_shape(name)
        size, channels = size or natural.size, channels or natural.channels
    return BUILTIN[name](size, channels) if name in BUILTIN else read(_source(name), size, channels, progress)


def natural_shape(name: str) -> DataShape:
    """What pictures of a data set are read at where nothing else is asked for: their own shape, up to 64 px.

    Found without reading them all. Raises `DataFault`.
    """
    own = BUILTIN_SHAPES[name] if name in BUILTIN else _source(name).natural_shape()
    return DataShape(min(own.size, MOST_PX), own.channels)


def _source(name: str) -> Source:
    path = _expanded(name)
    if not path.exists():
        known = ", ".join(sorted(BUILTIN))
        raise DataFault(f"data {name!r}: neither a built-in set ({known}) nor a file or folder that exists")
    if path.is_dir():
        return MnistFolder(path) if is_mnist_folder(path) else Folder(path)
    if path.suffix.lower() in (".zip", ".npz") or (path.is_file() and zipfile.is_zipfile(path)):
        return Arrays(path) if is_arrays(path) else Zipped(path)
    if path.is_file() and is_idx(path):
        return IdxFile(path)
    raise DataFault(f"data {name!r}: is not a set of pictures: use {DATA_IN_WORDS}")


def _expanded(name: str) -> Path:
    try:
        return Path(name).expanduser()
    except RuntimeError:  # `~nobody`: there is no such user
        return Path(name)
