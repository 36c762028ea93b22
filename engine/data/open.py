"""Opening a data set by what a user types: a built-in name, a folder of images, or a file that holds many."""

from __future__ import annotations

from pathlib import Path

from engine.data.builtin import BUILTIN, BUILTIN_SHAPES
from engine.data.folder import read_folder
from engine.data.idx import idx_shape, is_idx, is_mnist_folder, read_idx_file, read_mnist_folder
from engine.data.source import DataShape, Pictures
from engine.errors import DataFault
from engine.progress import Progress

IN_WORDS = "emoji, mnist, a folder of images, or an IDX images file"
FOLDER_SHAPE = DataShape(64, 3)
"""Pictures of a folder are of any size: this one trains in minutes."""


def data_place(name: str) -> str:
    """What `name` stands for wherever the program is started from: a built-in name, or an absolute path.

    What does not exist stays as it was typed: that is how its error should name it.
    """
    path = _expanded(name)
    return str(path.absolute()) if name not in BUILTIN and path.exists() else name


def open_data(
    name: str, size: int | None = None, channels: int | None = None, progress: Progress | None = None
) -> Pictures:
    """The data set `name` at `size` x `size` pixels; the size and channels it has by itself without them.

    Raises `DataFault` where there is no such source or nothing in it can be read.
    """
    if size is None or channels is None:
        natural = natural_shape(name)
        size, channels = size or natural.size, channels or natural.channels
    if name in BUILTIN:
        return BUILTIN[name](size, channels)
    path = _found(name)
    if path.is_dir():
        if is_mnist_folder(path):
            return read_mnist_folder(path, size, channels)
        return read_folder(path, size, channels, progress)
    return read_idx_file(path, size, channels)


def natural_shape(name: str) -> DataShape:
    """What the pictures of a data set have by themselves, without reading them all. Raises `DataFault`."""
    if name in BUILTIN:
        return BUILTIN_SHAPES[name]
    path = _found(name)
    if path.is_dir() and not is_mnist_folder(path):
        return FOLDER_SHAPE
    return idx_shape(path)


def _found(name: str) -> Path:
    path = _expanded(name)
    if not path.exists():
        known = ", ".join(sorted(BUILTIN))
        raise DataFault(f"data {name!r}: neither a built-in set ({known}) nor a file or folder that exists")
    if path.is_file() and not is_idx(path):
        raise DataFault(f"data {name!r}: is not a set of pictures: use {IN_WORDS}")
    return path


def _expanded(name: str) -> Path:
    try:
        return Path(name).expanduser()
    except RuntimeError:  # `~nobody`: there is no such user
        return Path(name)
