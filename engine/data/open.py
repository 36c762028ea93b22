"""Opening a data set by what a user types: a built-in name, or a folder of images."""

from __future__ import annotations

from pathlib import Path

from engine.data.builtin import BUILTIN
from engine.data.folder import read_folder
from engine.data.source import DataShape, Pictures
from engine.errors import DataFault
from engine.progress import Progress


def data_place(name: str) -> str:
    """What `name` stands for wherever the program is started from: a built-in name, or an absolute path.

    What is no folder stays as it was typed: that is how its error should name it.
    """
    path = _expanded(name)
    return str(path.absolute()) if name not in BUILTIN and path.is_dir() else name


def open_data(name: str, size: int, channels: int, progress: Progress | None = None) -> Pictures:
    """The data set `name` (a built-in name or a folder of images) at `size` x `size` pixels.

    Raises `DataFault` where there is no such source or nothing in it can be read.
    """
    if name in BUILTIN:
        return BUILTIN[name](size, channels)
    path = _expanded(name)
    if not path.exists():
        known = ", ".join(sorted(BUILTIN))
        raise DataFault(f"data {name!r}: neither a built-in set ({known}) nor a folder that exists")
    if not path.is_dir():
        raise DataFault(f"data {name!r}: is not a folder of images")
    return read_folder(path, size, channels, progress)


def natural_shape(name: str) -> DataShape:
    """What the pictures of a data set have by themselves, without reading them."""
    del name
    return DataShape(64, 3)


def _expanded(name: str) -> Path:
    try:
        return Path(name).expanduser()
    except RuntimeError:  # `~nobody`: there is no such user
        return Path(name)
