"""Decoded pictures on their way into memory or into a folder of the cache, and back out of it.

images.npy       uint8 (n, S, S, C), written as they come; the header last
entries.jsonl    now and then {"done": entries, "skipped": [[entry, fault, is_lasting], ...]}, once the
                 pictures themselves are safe on the disk; readers ignore a torn last line
"""

from __future__ import annotations

import contextlib
import math
import os
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from engine.data.reading import Piece, Skipped
from engine.errors import CannotWrite
from engine.files import reason_of

IMAGES, ENTRIES = "images.npy", "entries.jsonl"
SAFE_EVERY_S = 5.0
"""An interrupted read loses this much at most."""
_HEADER_BYTES = 128
Shape = tuple[int, int, int]
"""Of one picture: (S, S, C)."""


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """The pictures (n, S, S, C) of all entries but the skipped ones."""

    images: NDArray[np.uint8]
    skipped: tuple[Skipped, ...]


class InMemory:
    """Pictures of up to `count` entries."""

    def __init__(self, count: int, shape: Shape) -> None:
        self.shape = shape
        self._images = np.empty((count, *shape), np.uint8)
        self._kept = 0
        self.done = 0
        self.skipped: list[Skipped] = []

    def add(self, piece: Piece) -> None:
        """Take the next entries."""
        self._images[self._kept : self._kept + len(piece.images)] = piece.images
        self._kept += len(piece.images)
        self.done += len(piece.images) + len(piece.skipped)
        self.skipped.extend(piece.skipped)

    def decoded(self) -> Decoded:
        """All so far."""
        return Decoded(self._images[: self._kept], tuple(self.skipped))


class OnDisk:
    """Pictures written to a folder, going on where that was interrupted. All of it raises `CannotWrite`."""

    def __init__(self, folder: Path, shape: Shape) -> None:
        self._folder, self.shape = folder, shape
        self.done, self.skipped = read_entries(folder / ENTRIES)
        with contextlib.ExitStack() as opened, refusals_of(folder):
            folder.mkdir(parents=True, exist_ok=True)
            (folder / IMAGES).touch()
            if (folder / IMAGES).stat().st_size < self._end():  # the disk lost some: from the start
                self.done, self.skipped = 0, []
            self._file = opened.enter_context(FileIO(folder / IMAGES, "r+"))
            self._entries = opened.enter_context(FileIO(folder / ENTRIES, "w"))
            self._file.truncate(self._end())
            self._file.seek(self._end())
            self._told = 0
            self._make_safe()
            self.close = opened.pop_all().close

    def add(self, piece: Piece) -> None:
        """Take the next entries; where this raises, all before them are still there."""
        with refusals_of(self._folder):
            _write(self._file, np.ascontiguousarray(piece.images).tobytes())
            self.done += len(piece.images) + len(piece.skipped)
            self.skipped.extend(piece.skipped)
            if time.monotonic() - self._safe_at > SAFE_EVERY_S:
                self._make_safe()

    def _make_safe(self) -> None:
        """All so far survives whatever happens to the program or the machine."""
        os.fsync(self._file.fileno())
        news = [(skip.entry, skip.fault, skip.is_lasting) for skip in self.skipped[self._told :]]
        _write(self._entries, msgspec.json.encode(_Line(self.done, news)) + b"\n")
        os.fsync(self._entries.fileno())
        self._told, self._safe_at = len(self.skipped), time.monotonic()

    def finish(self) -> None:
        """Say in the header how many there are, and let go of the files."""
        with refusals_of(self._folder):
            self._file.seek(0)
            _write(self._file, _header((self._count, *self.shape)))
            self._make_safe()
        self.close()

    def in_memory(self, count: int) -> InMemory:
        """All so far, with room for the rest of `count` entries. Raises `OSError`."""
        sink = InMemory(count, self.shape)
        with (self._folder / IMAGES).open("rb") as file:
            file.seek(_HEADER_BYTES)
            for _ in range(self._count):
                picture = np.frombuffer(file.read(math.prod(self.shape)), np.uint8)
                sink.add(Piece(picture.reshape(1, *self.shape)))
        sink.done, sink.skipped = self.done, self.skipped
        return sink

    @property
    def _count(self) -> int:
        return self.done - len(self.skipped)

    def _end(self) -> int:
        return _HEADER_BYTES + self._count * math.prod(self.shape)


@contextlib.contextmanager
def refusals_of(folder: Path) -> Iterator[None]:
    """Turns what a disk that refuses makes raise into `CannotWrite`."""
    try:
        yield
    except OSError as error:
        raise CannotWrite(folder, f"cannot be written ({reason_of(error)})") from error


def read_entries(path: Path) -> tuple[int, list[Skipped]]:
    """How many entries are done with, and those that could not be read."""
    done, skipped = 0, []
    try:
        lines = path.read_bytes().splitlines()
    except OSError:
        return 0, []
    for line in lines:
        try:
            told = msgspec.json.decode(line, type=_Line)
        except msgspec.DecodeError:
            break
        done = told.done
        skipped += [Skipped(*skip) for skip in told.skipped]
    return done, skipped


def read_finished(folder: Path, count: int, shape: Shape, most_bytes: int) -> Decoded | None:
    """What was made of all `count` entries, memory-mapped beyond `most_bytes`; None if it is not there."""
    done, skipped = read_entries(folder / ENTRIES)
    wanted = (count - len(skipped), *shape)
    try:
        images = np.load(
            folder / IMAGES, mmap_mode="r" if math.prod(wanted) > most_bytes else None, allow_pickle=False
        )
    except (OSError, ValueError, EOFError):
        return None
    if done != count or images.dtype != np.uint8 or images.shape != wanted:
        return None
    return Decoded(images, tuple(skipped))


class _Line(msgspec.Struct):
    done: int
    skipped: list[tuple[int, str, bool]]


def _write(file: FileIO, content: bytes) -> None:
    left = memoryview(content)
    while len(left):
        left = left[file.write(left) :]


def _header(shape: tuple[int, ...]) -> bytes:
    """The header of a `.npy` file, version 1.0, at the length that was left for it."""
    text = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}"
    length = _HEADER_BYTES - 10
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", length) + f"{text:<{length - 1}}\n".encode("ascii")
