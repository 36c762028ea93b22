"""Where decoded pictures are kept, so that a set is decoded once and a second start is at once.

    pictures/<key>/          a set at one size: see `decoded`
    pictures/<key>.part/     one that is being read, or was interrupted: it is gone on with
    pictures/<key>.once/     not to be found again, as files could not be read for a passing reason
    pictures/<key>.lock      held by who reads it

The folder is kept below `MOST_BYTES` by forgetting what was not used for longest.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import math
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from engine.data.decoded import ENTRIES, IMAGES, Decoded, OnDisk, Shape, read_finished, refusals_of
from engine.errors import CannotWrite
from engine.locks import open_lock, taken
from engine.progress import Progress

VARIABLE = "CODEBRUSH_CACHE"
MOST_BYTES = 2**33
"""What the cache holds at most: 8 GiB, or the one set that was read last."""
SPARE_BYTES = 2**28
"""What is left free on the disk."""
_VERSION = 1
_WAIT_S = 0.2


def cache_folder() -> Path:
    """The user's, or the one that the environment names."""
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named) / "pictures"
    from platformdirs import user_cache_path

    return user_cache_path("codebrush", False) / "pictures"


class Cache:
    """Of one set at one size; `stamp` says what the set is made of."""

    def __init__(self, folder: Path, stamp: str, count: int, shape: Shape) -> None:
        self.folder = folder
        self._count, self._shape = count, shape
        self._key = hashlib.sha256(f"{_VERSION} {stamp} {count} {shape}".encode()).hexdigest()[:32]

    @contextlib.contextmanager
    def held(self, tell: Progress) -> Iterator[None]:
        """Wait until no other program reads the same; without locks there is nothing to share."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            handle = open_lock(self._path(".lock"))
        except OSError:
            yield
            return
        try:
            while not taken(handle):
                tell("Another program reads these pictures: waiting", 0.0)
                time.sleep(_WAIT_S)
            yield
        finally:
            os.close(handle)

    def find(self, most_bytes: int) -> Decoded | None:
        """The set if it is there, memory-mapped beyond `most_bytes`."""
        found = read_finished(self._path(), self._count, self._shape, most_bytes)
        if found is None:
            _forget(self._path())
            return None
        with contextlib.suppress(OSError):
            os.utime(self._path() / ENTRIES)
        return found

    def begin(self) -> OnDisk:
        """Write the set, or go on with it. Raises `CannotWrite` where there is no room."""
        with refusals_of(self.folder):
            self._make_room()
        return OnDisk(self._path(".part"), self._shape)

    def keep(self, is_lasting: bool, most_bytes: int) -> Decoded:
        """The set that was written, to be found again if it `is_lasting`. Raises `CannotWrite`."""
        home = self._path("" if is_lasting else ".once")
        _forget(home)
        with refusals_of(self.folder):
            self._path(".part").rename(home)
        found = read_finished(home, self._count, self._shape, most_bytes)
        if found is None:
            raise CannotWrite(self.folder, "does not give back what was written")
        return found

    def drop(self) -> None:
        """Forget what was written so far."""
        _forget(self._path(".part"))

    def _path(self, end: str = "") -> Path:
        return self.folder / f"{self._key}{end}"

    def _make_room(self) -> None:
        needed = self._count * math.prod(self._shape) - _bytes(self._path(".part"))
        others = sorted((used, path) for path in self._others() if (used := _last_use(path)) is not None)
        for _, path in others:
            is_full = shutil.disk_usage(self.folder).free < needed + SPARE_BYTES
            if not is_full and needed + sum(map(_bytes, self._others())) <= MOST_BYTES:
                return
            _forget(path)
        if shutil.disk_usage(self.folder).free < needed + SPARE_BYTES:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _others(self) -> list[Path]:
        folders = (path for path in self.folder.iterdir() if path.is_dir() and path != self._path(".part"))
        return [path for path in folders if path.suffix != ".part" or not _is_read(path)]


def _bytes(folder: Path) -> int:
    try:
        return (folder / IMAGES).stat().st_size
    except OSError:
        return 0


def _last_use(folder: Path) -> float:
    try:
        return (folder / ENTRIES).stat().st_mtime
    except OSError:
        return 0.0


def _is_read(part: Path) -> bool:
    """Whether a program writes to it now."""
    handle = open_lock(part.with_suffix(".lock"))
    try:
        return not taken(handle)
    finally:
        os.close(handle)


def _forget(folder: Path) -> None:
    """Remove all of it or, where another program holds it open and the system minds, nothing."""
    gone = folder.with_suffix(".gone")
    with contextlib.suppress(OSError):
        shutil.rmtree(gone, ignore_errors=True)
        folder.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)
