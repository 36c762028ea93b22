"""Reading a zip that may have been cut off, tampered with or made to harm: by name, within limits.

Nothing is ever extracted to disk; members that nobody asks for are not even unpacked.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

_LARGEST_FILE = 1 << 30
_LARGEST_UNPACKED = 1 << 31
"""Bytes that all members together may say they have."""
_LARGEST_DIRECTORY = 1 << 20
"""Bytes of the list of members: zipfile reads it whole, whatever its size."""
_END = b"PK\x05\x06"
_END_64 = b"PK\x06\x07"
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
_BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, OverflowError, ValueError)


class UnreadableError(Exception):
    """What is wrong with a file, in words that go behind its name. Callers turn it into `PaintingFault`."""


class Archive:
    """An open zip whose list of members has been checked."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._members = {info.filename: info for info in archive.infolist()}

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def read(self, name: str, limit: int) -> bytes:
        """A member's content of at most `limit` bytes; raises `UnreadableError`."""
        info = self._members.get(name)
        if info is None:
            raise UnreadableError(f"holds no {name}")
        if info.compress_type not in _METHODS or info.flag_bits & _ENCRYPTED:
            raise UnreadableError(f"its {name} is encrypted or packed in an unknown way")
        if info.file_size > limit:
            raise UnreadableError(f"its {name} would unpack to {info.file_size} bytes, more than it can need")
        try:
            with self._archive.open(info) as member:
                content = member.read(limit + 1)
        except (*_BROKEN, RuntimeError) as error:
            raise UnreadableError(f"its {name} is damaged") from error
        if len(content) != info.file_size:
            raise UnreadableError(f"its {name} is not as long as it says")
        return content


@contextmanager
def opened(source: Path | bytes) -> Iterator[BinaryIO]:
    """A file for reading, or memory as one; raises `UnreadableError` for what is no plain file."""
    if isinstance(source, bytes):
        yield BytesIO(source)
        return
    try:
        # A pipe or a device would block or never end.
        if not source.is_file():
            raise UnreadableError("is a folder or no file" if source.exists() else "does not exist")
        file = source.open("rb")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UnreadableError(f"cannot be read ({reason.lower()})") from error
    with file:
        yield file


@contextmanager
def open_archive(source: Path | bytes) -> Iterator[Archive]:
    """Open a zip from a file or from memory; raises `UnreadableError` before anything large is read."""
    with opened(source) as file:
        _check_ending(file)
        try:
            archive = zipfile.ZipFile(file)
        except (*_BROKEN, RuntimeError) as error:
            raise UnreadableError("is damaged, cut off or no painting") from error
        with archive:
            _check_members(archive.infolist())
            yield Archive(archive)


def pack_archive(members: Mapping[str, bytes]) -> bytes:
    """A zip of `members`, the same bytes for the same content."""
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(name)  # with zip's earliest date instead of now
            info.compress_type = (
                zipfile.ZIP_STORED if name.endswith((".png", ".jpg")) else zipfile.ZIP_DEFLATED
            )
            info.external_attr = 0o644 << 16
            archive.writestr(info, data, compresslevel=3)
    return content.getvalue()


def _check_ending(file: BinaryIO) -> None:
    """Refuse files without a zip's ending, and those whose list of members is out of proportion."""
    size = file.seek(0, 2)
    if size > _LARGEST_FILE:
        raise UnreadableError(f"is {size} bytes long, more than any painting")
    file.seek(max(0, size - (1 << 16) - 22 - 20))
    tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) < at + 22:
        raise UnreadableError("is damaged, cut off or no painting")
    directory_bytes = int.from_bytes(tail[at + 12 : at + 16], "little")
    if directory_bytes > _LARGEST_DIRECTORY or tail[max(0, at - 20) : at].startswith(_END_64):
        raise UnreadableError("lists more members than any painting has")


def _check_members(members: list[zipfile.ZipInfo]) -> None:
    for info in members:
        if _leads_outside(info.orig_filename) or _leads_outside(info.filename):
            raise UnreadableError(f"holds a member named {info.orig_filename!r}, which points outside of it")
    total = sum(info.file_size for info in members)
    if total > _LARGEST_UNPACKED:
        raise UnreadableError(f"would unpack to {total} bytes, more than any painting")


def _leads_outside(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    return parts[0] == "" or ":" in parts[0] or ".." in parts
