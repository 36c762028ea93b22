"""Paintings with everything in them, and zips of any content, for the tests of files."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np

from engine.codes.box import Box
from engine.codes.document import Painting
from engine.codes.grid import CodeGrid
from engine.codes.history import Step


def painted(steps: int = 3, height: int = 5, width: int = 7) -> Painting:
    """Two levels, `steps` undo steps of which the last is undone, a source image."""
    rng = np.random.default_rng(1)
    levels = [rng.integers(0, 16, (height, width)), rng.integers(0, 300, (2 * height, 2 * width))]
    painting = Painting(
        CodeGrid(levels, [16, 300]),
        (4, 2),
        "tiny",
        "0" * 64,
        title="Hat",
        source=b"\x89PNG not really",
    )
    for number in range(steps):
        level = number % 2
        patch = painting.grid.paint(level, Box(0, number, 3, number + 2), np.ones((3, 2), bool), number + 1)
        assert patch is not None
        painting.history.commit(Step(f"stroke {number}", (patch,)))
    if steps and (undone := painting.history.undo()):
        for patch in undone.reversed().patches:
            painting.grid.apply(patch)
    return painting


def picture(painting: Painting) -> np.ndarray:
    height, width = painting.size_px
    return np.random.default_rng(2).integers(0, 256, (height, width, 3), dtype=np.uint8)


def members_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(members: dict[str, bytes]) -> bytes:
    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return content.getvalue()


def written(folder: Path, content: bytes, name: str = "a.codebrush") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def same(a: Painting, b: Painting) -> bool:
    """Equal in all that a file keeps but the history."""
    arrays = zip((*a.grid.levels, *a.start), (*b.grid.levels, *b.start), strict=True)
    facts = [(p.grid.code_counts, p.strides, p.model_name, p.model_id, p.title) for p in (a, b)]
    return facts[0] == facts[1] and all(np.array_equal(x, y) for x, y in arrays)
