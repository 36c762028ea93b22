"""Opening a data set by what a user types: a built-in name, or a folder of images."""

from __future__ import annotations

from pathlib import Path

from engine.data.builtin import BUILTIN
from engine.data.folder import read_folder
from engine.data.source import Pictures, Progress
from engine.errors import DataFault


def open_data(name: str, size: int, channels: int, progress: Progress | None = None) -> Pictures:
    """The data set `name` (a built-in name or a folder of images) at `size` x `size` pixels.

    Raises `DataFault` where there is no such source or nothing in it can be read.
    """
    if name in BUILTIN:
        return BUILTIN[name](size, channels)
    try:
        path = Path(name).expanduser()
    except RuntimeError:  # `~nobody`: there is no such user
        path = Path(name)
    if not path.exists():
        known = ", ".join(sorted(BUILTIN))
        raise DataFault(f"data {name!r}: neither a built-in set ({known}) nor a folder that exists")
    if not path.is_dir():
        raise DataFault(f"data {name!r}: is not a folder of images")
    return read_folder(path, size, channels, progress)
