"""A painting: its codes, what erasing returns to, its history, the model it is made with, and its file.

painting.codebrush (zip)
  document.json     format, version, title, model name and id, size, strides, source
  level_0.npy, ...  the codes, int64 (h, w), coarsest level first
  start_0.npy, ...  what erasing returns to
  thumb.png         the picture, at most 512 px
  source.png        optional: the image it was made from, byte for byte
  history*          optional: see engine.codes.history_file
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.codes.archive import Archive, UnreadableError, open_archive, pack_archive
from engine.codes.box import Box, Mask
from engine.codes.description import MAX_TEXT, Description, LevelDescription
from engine.codes.grid import CodeGrid, checked_ratios
from engine.codes.history import History
from engine.codes.history_file import history_members, read_history
from engine.codes.npy import HEADER_LIMIT, pack_array, parse_array
from engine.codes.patch import Patch
from engine.codes.png import (
    MAX_THUMB_BYTES,
    Pixels,
    PngFile,
    export_png,
    read_embedded,
    read_thumbnail,
    thumbnail,
)
from engine.errors import CodesFault, PaintingFault
from engine.files import write_bytes

__all__ = ["Levels", "Painting", "PaintingModel", "holds_painting", "open_preview", "png_with_painting"]

UNTITLED = "Untitled painting"
MAX_SOURCE_BYTES = 1 << 26
"""Longest source image that travels in the file; a longer one is left out."""
_MAX_JSON_BYTES = 1 << 16
_KINDS = {
    b"\x89PNG": "png",
    b"\xff\xd8\xff": "jpg",
    b"RIFF": "webp",
    b"GIF8": "gif",
    b"BM": "bmp",
}

Levels = Sequence[NDArray[np.integer]]
"""`(h, w)` per level, coarsest first."""


class LevelFacts(Protocol):
    """What a painting needs to know of a level of a model."""

    @property
    def stride_px(self) -> int: ...
    @property
    def codes(self) -> int: ...


class PaintingModel(Protocol):
    """What a painting needs to know of its model: a `Decoder` and a `ModelCard` both say it."""

    @property
    def name(self) -> str: ...
    @property
    def model_id(self) -> str: ...
    @property
    def levels(self) -> Sequence[LevelFacts]: ...


class Painting:
    """What is open on the canvas. `title`, `path` and `source` may be set; codes change through `grid`."""

    def __init__(
        self,
        grid: CodeGrid,
        strides: Sequence[int],
        model_name: str,
        model_id: str,
        *,
        start: Levels | None = None,
        title: str = UNTITLED,
        history: History | None = None,
        path: Path | None = None,
        source: bytes | None = None,
    ) -> None:
        """`start` (the codes as they are where it is None) and `strides` are per level.

        Raises `CodesFault` where the levels, their strides and `start` do not fit one another.
        """
        if len(strides) != len(grid.levels) or any(
            stride * ratio != strides[0] for stride, ratio in zip(strides, grid.ratios, strict=False)
        ):
            raise CodesFault(f"strides of {tuple(strides)} px do not fit levels in ratio {grid.ratios}")
        begun = CodeGrid(grid.levels if start is None else start, grid.code_counts)
        if [level.shape for level in begun.levels] != [level.shape for level in grid.levels]:
            raise CodesFault("what erasing returns to has another size than the painting")
        self.grid = grid
        self.start = begun.levels
        self.strides = tuple(strides)
        self.model_name = model_name
        self.model_id = model_id
        self.title = title
        self.history = history or History()
        self.path = path
        self.source = source

    @classmethod
    def blank(
        cls, height: int, width: int, codes: Sequence[int], model: PaintingModel, title: str = UNTITLED
    ) -> Painting:
        """`height` x `width` coarsest cells, each level filled with its one code of `codes`."""
        counts = [level.codes for level in model.levels]
        strides = [level.stride_px for level in model.levels]
        grid = CodeGrid.filled(height, width, codes, counts, [strides[0] // stride for stride in strides])
        return cls(grid, strides, model.name, model.model_id, title=title)

    @classmethod
    def of_codes(
        cls, levels: Levels, model: PaintingModel, title: str = UNTITLED, source: bytes | None = None
    ) -> Painting:
        """Codes made by `model`, `(h, w)` per level; `source` is the image file they were made from."""
        grid = CodeGrid(levels, [level.codes for level in model.levels])
        strides = [level.stride_px for level in model.levels]
        return cls(grid, strides, model.name, model.model_id, title=title, source=source)

    @property
    def size_px(self) -> tuple[int, int]:
        """Height and width of the decoded picture."""
        height, width = self.grid.shape
        return height * self.strides[0], width * self.strides[0]

    @property
    def is_modified(self) -> bool:
        """Whether it differs from its file (for one without a file: from how it began)."""
        return not self.history.is_saved

    def erase(self, level: int, box: Box, mask: Mask) -> Patch | None:
        """Take the cells of `mask` back to the start, like `CodeGrid.paint`."""
        start = self.start[level]
        within = box.clipped(*start.shape)
        codes = start[within.slices]
        return self.grid.paint(level, within, mask[within.shifted(-box.top, -box.left).slices], codes)

    def adopt(self, model: PaintingModel) -> None:
        """Make it a painting of another model; raises `CodesFault` where that has not the same levels."""
        strides = [level.stride_px for level in model.levels]
        ratios = tuple(strides[0] // stride for stride in strides)
        if (
            ratios != self.grid.ratios
            or tuple(level.codes for level in model.levels) != self.grid.code_counts
        ):
            raise CodesFault(
                f"{model.name} cannot show this painting: it has other levels or numbers of codes"
            )
        self.strides = tuple(strides)
        self.model_name, self.model_id = model.name, model.model_id
        self.history.mark_unsaved()

    def begin_again(self, levels: Levels, model: PaintingModel) -> tuple[Patch, ...]:
        """Other codes of the same size, as if it had begun with them; the patches of what changed.

        Levels that are locked are so afterwards.
        Raises `CodesFault` where the sizes differ, the codes do not fit, or something was painted already.
        """
        if self.history.steps:
            raise CodesFault(f"{self.title}: something was painted already, it cannot begin again")
        begun = CodeGrid(levels, [level.codes for level in model.levels])
        if [level.shape for level in begun.levels] != [level.shape for level in self.grid.levels]:
            raise CodesFault(f"{self.title}: other codes must have its size")
        self.adopt(model)
        self.start = begun.levels
        locked, self.grid.locked = self.grid.locked, frozenset()
        painted = [
            self.grid.paint(number, Box(0, 0, *codes.shape), np.ones(codes.shape, np.bool_), codes)
            for number, codes in enumerate(begun.levels)
        ]
        self.grid.locked = locked
        return tuple(patch for patch in painted if patch is not None)

    def save(self, path: Path, picture: Pixels | None = None) -> None:
        """Write the file and count as saved; `picture` `(H, W, C)` becomes the thumbnail.

        Raises `CannotWrite`, in which case the file that was there before is still there.
        """
        self.save_copy(path, picture)
        self.path = path
        self.history.mark_saved()

    def save_copy(self, path: Path, picture: Pixels | None = None) -> None:
        """Write the file but stay as modified as before, for autosave."""
        write_bytes(path, self.to_bytes(picture))

    def to_bytes(self, picture: Pixels | None = None, whole: bool = True) -> bytes:
        """The content of the file; without history and source where it is not `whole`."""
        source = self.source if whole and len(self.source or b"") <= MAX_SOURCE_BYTES else None
        source_name = None if source is None else f"source.{_kind(source)}"
        members = {"document.json": self._description(source_name).to_json()}
        for number, (level, start) in enumerate(zip(self.grid.levels, self.start, strict=True)):
            members |= {f"level_{number}.npy": pack_array(level), f"start_{number}.npy": pack_array(start)}
        if picture is not None:
            members["thumb.png"] = thumbnail(picture)
        if source is not None and source_name is not None:
            members[source_name] = source
        return pack_archive(members | (history_members(self.history) if whole else {}))

    @classmethod
    def open(cls, path: Path) -> Painting:
        """Read a `.codebrush` file; raises `PaintingFault`."""
        with _faults_of(path), open_archive(path) as archive:
            painting = cls._from_archive(archive)
        painting.path = path
        return painting

    @classmethod
    def from_png(cls, path: Path) -> Painting:
        """The painting that an exported PNG carries, without a path of its own; raises `PaintingFault`."""
        with _faults_of(path):
            content = read_embedded(path)
            if content is None:
                raise UnreadableError("carries no painting")
            with open_archive(content) as archive:
                return cls._from_archive(archive)

    @classmethod
    def _from_archive(cls, archive: Archive) -> Painting:
        description = Description.from_json(archive.read("document.json", _MAX_JSON_BYTES))
        levels = description.levels
        shapes = [(level.height, level.width) for level in levels]
        counts = [level.codes for level in levels]
        checked_ratios(shapes)
        codes, start = (
            [_read_codes(archive, f"{name}_{number}.npy", shape) for number, shape in enumerate(shapes)]
            for name in ("level", "start")
        )
        source = description.source
        return cls(
            CodeGrid(codes, counts),
            [level.stride_px for level in levels],
            description.model_name,
            description.model_id,
            start=start,
            title=description.title,
            history=read_history(archive, shapes, counts),
            source=None if source is None else archive.read(source, MAX_SOURCE_BYTES),
        )

    def _description(self, source: str | None) -> Description:
        levels = zip(self.grid.levels, self.grid.code_counts, self.strides, strict=True)
        return Description(
            self.title[:MAX_TEXT],
            self.model_name[:MAX_TEXT],
            self.model_id[:MAX_TEXT],
            tuple(LevelDescription(len(level), level.shape[1], count, px) for level, count, px in levels),
            source,
        )


def open_preview(path: Path) -> Pixels | None:
    """The picture in a painting's file, `(H, W, 3)`, None where it has none; raises `PaintingFault`.

    It is the whole picture up to 512 px, else reduced to that.
    """
    with _faults_of(path), open_archive(path) as archive:
        if "thumb.png" not in archive:
            return None
        return read_thumbnail(archive.read("thumb.png", MAX_THUMB_BYTES))


def png_with_painting(picture: Pixels, painting: Painting, scale: int = 1, smooth: bool = False) -> PngFile:
    """`picture` as a PNG, `scale` times as large, that carries its painting where that is not too large."""
    return export_png(picture, painting.to_bytes(whole=False), scale, smooth)


def holds_painting(path: Path) -> bool:
    """Whether `path` is a PNG that carries a painting."""
    try:
        return read_embedded(path) is not None
    except UnreadableError:
        return False


def _read_codes(archive: Archive, name: str, shape: tuple[int, int]) -> NDArray[np.integer]:
    array = parse_array(archive.read(name, HEADER_LIMIT + 8 * shape[0] * shape[1]), name)
    if array.shape != shape:
        raise UnreadableError(f"its {name} has the shape {array.shape}, but document.json says {shape}")
    return array


def _kind(source: bytes) -> str:
    return next((kind for start, kind in _KINDS.items() if source.startswith(start)), "bin")


@contextmanager
def _faults_of(path: Path) -> Iterator[None]:
    """Whatever is wrong with a file, said with its name."""
    try:
        yield
    except (UnreadableError, CodesFault) as error:
        raise PaintingFault(path, str(error)) from error
