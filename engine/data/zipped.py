"""A zip of images as a data set, by the rules of a folder of images. Nothing is unpacked to the disk.

An archive is not to be trusted: names only become labels, sizes are checked before anything is unpacked.
"""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.data.layout import SPLIT_FOLDERS, is_seen
from engine.data.picture_files import Content, PictureFiles
from engine.errors import DataFault, PictureFault
from engine.files import reason_of
from engine.images import FORMATS_IN_WORDS

LARGEST_BYTES = 2**28
"""More than the largest picture that is read takes without any compression (64 megapixels of RGBA)."""
_ENCRYPTED = 0x1
# What `zipfile` raises for archives that are damaged, or made by means that it does not know.
UNREADABLE = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, RuntimeError, ValueError,
    LookupError, struct.error, MemoryError,
)  # fmt: skip


class Zipped(PictureFiles):
    """All files in a zip; raises `DataFault` where it is unreadable or empty."""

    def __init__(self, path: Path) -> None:
        with open_zip(path) as archive:
            found = {name: info for info in archive.infolist() if (name := _name(info)) is not None}
        if not found:
            raise DataFault(f"{path}: is empty; put {FORMATS_IN_WORDS} pictures into it")
        names = _without_common_top(found)
        self._entries = [found[names[name]] for name in sorted(names)]
        status = path.stat()
        sizes = [info.compress_size for info in self._entries]
        super().__init__(path, sorted(names), sizes, (status.st_size, status.st_mtime_ns))

    @contextmanager
    def opened(self) -> Iterator[Content]:
        with open_zip(self.path) as archive:
            yield lambda entry: self._content(archive, entry)

    def is_lasting(self, entry: int) -> bool:
        return self.path.exists()

    def _content(self, archive: zipfile.ZipFile, entry: int) -> bytes:
        info, name = self._entries[entry], self.names[entry]
        if info.flag_bits & _ENCRYPTED:
            raise PictureFault(name, "is encrypted; make the archive without a password")
        if info.file_size > LARGEST_BYTES:
            raise PictureFault(name, f"is too large ({info.file_size / 2**20:.0f} MiB)")
        try:
            return archive.read(info)
        except OSError as error:
            raise PictureFault(name, f"cannot be read ({reason_of(error)})") from error
        except UNREADABLE as error:
            raise PictureFault(name, "is damaged within the archive") from error


@contextmanager
def open_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    """The archive, its list of entries read; raises `DataFault` where there is none."""
    try:
        archive = zipfile.ZipFile(path)
    except OSError as error:
        raise DataFault(f"{path}: cannot be read ({reason_of(error)})") from error
    except UNREADABLE as error:
        raise DataFault(f"{path}: is not a zip archive, or damaged") from error
    with archive:
        yield archive


def _name(info: zipfile.ZipInfo) -> str | None:
    """Its path with `/`, in characters that any output takes; None for folders and what people do not see."""
    parts = [part for part in info.filename.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    if info.filename.endswith(("/", "\\")) or not parts or not all(map(is_seen, parts)):
        return None
    text = "/".join(parts).encode("utf-8", "replace").decode()
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def _without_common_top(names: dict[str, zipfile.ZipInfo]) -> dict[str, str]:
    """Names without the one folder that was packed, if it is no split, and the names they had."""
    tops = {name.partition("/")[0] if "/" in name else None for name in names}
    top = tops.pop()
    if tops or top is None or top in SPLIT_FOLDERS:
        return {name: name for name in names}
    return {name.partition("/")[2]: name for name in names}
