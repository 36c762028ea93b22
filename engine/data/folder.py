"""A folder of images as a data set. What cannot be read is skipped and named, never a reason to stop."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from engine.data.layout import is_seen
from engine.data.picture_files import Content, PictureFiles
from engine.errors import DataFault
from engine.files import reason_of
from engine.images import FORMATS_IN_WORDS


@dataclass(frozen=True, slots=True)
class _Found:
    """A file of the folder; `name` is its path from there with `/`, in characters that any output takes."""

    path: str
    name: str
    size: int
    changed_ns: int


class Folder(PictureFiles):
    """All files under a folder; raises `DataFault` where it is missing, unreadable or empty."""

    def __init__(self, path: Path) -> None:
        files = _find_files(path)
        stamps = ((file.name, file.size, file.changed_ns) for file in files)
        super().__init__(path, [file.name for file in files], [file.size for file in files], stamps)
        self._paths = [file.path for file in files]

    @contextmanager
    def opened(self) -> Iterator[Content]:
        yield lambda entry: Path(self._paths[entry])

    def is_lasting(self, entry: int) -> bool:
        path = Path(self._paths[entry])
        if not path.is_file():
            return path.exists()
        try:
            with path.open("rb") as file:
                file.read(1)
        except OSError:
            return False
        return True


def _find_files(root: Path) -> list[_Found]:
    if not root.exists():
        raise DataFault(f"{root}: does not exist")
    if not root.is_dir():
        raise DataFault(f"{root}: is not a folder of images")
    try:
        files = sorted(_walk(str(root), "", ()), key=lambda file: file.name)
    except OSError as error:
        raise DataFault(f"{error.filename}: cannot be read ({reason_of(error)})") from error
    if not files:
        raise DataFault(f"{root}: is empty; put {FORMATS_IN_WORDS} pictures into it")
    return files


def _walk(folder: str, prefix: str, above: tuple[str, ...]) -> Iterator[_Found]:
    """The files below; hidden ones are not seen, and a link to a folder that is being walked is a loop."""
    real = os.path.realpath(folder)
    if real in above:
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            if not is_seen(entry.name):
                continue
            name = f"{prefix}{entry.name}"
            if _is_folder(entry):
                yield from _walk(entry.path, f"{name}/", (*above, real))
            else:
                yield _found(entry, os.fsencode(name).decode("utf-8", "replace"))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False


def _found(entry: os.DirEntry[str], name: str) -> _Found:
    try:
        status = entry.stat()
    except OSError:  # gone, or a link that leads nowhere: reading it will say so
        return _Found(entry.path, name, 0, 0)
    return _Found(entry.path, name, status.st_size, status.st_mtime_ns)
