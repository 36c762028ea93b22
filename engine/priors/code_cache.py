"""The codes of a set of pictures, extracted once into memory-mapped files and found again by any run.

    codes/<key>/level_0.npy, level_1.npy, ...      uint16 (n, h, w), coarsest level first

The key is a hash of the pictures and of the model's `model_id`, so nothing here is ever out of date. The
folder holds the sets that were used last.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.analysis.reconstruction import batch_size, batches_of, device_of
from engine.data.cache import cache_folder
from engine.data.source import Pictures
from engine.data.variations import SCALE, SHIFT, TURN, variation_draws, varied
from engine.errors import CannotWrite
from engine.files import make_folder, reason_of
from engine.models.base import DiscreteAutoencoder
from engine.progress import Progress

Codes = list[NDArray[np.uint16]]
"""Per level (n, h, w), coarsest first; memory maps."""
Shape = tuple[int, int, int]

MOST_SETS = 32
_VERSION = 2


@dataclass(frozen=True, slots=True)
class Copies:
    """What is encoded of every picture: itself, its variations and, where `mirrored`, their mirror images.

    A grid of codes cannot be mirrored or shifted itself: a code is an edge that faces one way.
    """

    mirrored: bool = False
    variations: int = 0

    def __len__(self) -> int:
        return (1 + self.variations) * (1 + self.mirrored)

    def place(self, variation: NDArray[np.intp], flip: NDArray[np.bool_]) -> NDArray[np.intp]:
        """Among the copies, of a variation (0 is the picture itself), mirrored or not."""
        return variation * (1 + self.mirrored) + flip


AS_THEY_ARE = Copies()


def cached_codes(
    model: DiscreteAutoencoder, model_id: str, pictures: Pictures, copies: Copies, tell: Progress
) -> Codes:
    """The codes of the n pictures, then those of the next copy of each, and so on: (n * copies, h, w).

    Raises `CannotWrite`.
    """
    home = cache_folder().parent / "codes" / _key(model_id, pictures, copies)
    shapes = _shapes(model, pictures, copies)
    found = _read(home, model, shapes)
    if found is not None:
        with contextlib.suppress(OSError):
            os.utime(home)
        return found
    try:
        _extract(home, model, pictures, copies, shapes, tell)
        _forget_all_but_newest(home.parent)
    except OSError as error:
        raise CannotWrite(home, f"cannot be written ({reason_of(error)})") from error
    found = _read(home, model, shapes)
    if found is None:
        raise CannotWrite(home, "does not give back what was written")
    return found


def _shapes(model: DiscreteAutoencoder, pictures: Pictures, copies: Copies) -> list[Shape]:
    height, width = pictures.images.shape[1:3]
    coarsest, count = model.levels[0].stride_px, len(pictures) * len(copies)
    rows, columns = -(-height // coarsest), -(-width // coarsest)
    ratios = [coarsest // level.stride_px for level in model.levels]
    return [(count, rows * ratio, columns * ratio) for ratio in ratios]


def _key(model_id: str, pictures: Pictures, copies: Copies) -> str:
    shape = pictures.images.shape
    how = (SHIFT, TURN, SCALE) if copies.variations else ()
    digest = hashlib.sha256(f"{_VERSION} {model_id} {shape} {copies} {how}".encode())
    size = batch_size(*shape[1:3])
    for first in range(0, len(pictures), size):
        digest.update(np.ascontiguousarray(pictures.images[first : first + size]).tobytes())
    return digest.hexdigest()[:32]


def _read(home: Path, model: DiscreteAutoencoder, shapes: list[Shape]) -> Codes | None:
    """What lies there, if the model could have said it: nothing else fits an embedding."""
    codes: Codes = []
    for level, (known, shape) in enumerate(zip(model.levels, shapes, strict=True)):
        try:
            grids = np.load(home / _name(level), mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError):
            return None
        if grids.dtype != np.uint16 or grids.shape != shape or grids.max() >= known.codes:
            return None
        codes.append(grids)
    return codes


@torch.inference_mode()
def _extract(
    home: Path,
    model: DiscreteAutoencoder,
    pictures: Pictures,
    copies: Copies,
    shapes: list[Shape],
    tell: Progress,
) -> None:
    """Write all of it under another name, then put it in place. Raises `OSError`."""
    make_folder(home.parent)
    part = Path(tempfile.mkdtemp(suffix=".part", dir=home.parent))
    try:
        _encode_all(part, model, pictures, copies, shapes, tell)
        shutil.rmtree(home, ignore_errors=True)  # it does not fit, or another program was as quick
        part.rename(home)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _encode_all(
    folder: Path,
    model: DiscreteAutoencoder,
    pictures: Pictures,
    copies: Copies,
    shapes: list[Shape],
    tell: Progress,
) -> None:
    grids = [
        np.lib.format.open_memmap(folder / _name(level), "w+", np.uint16, shape)
        for level, shape in enumerate(shapes)
    ]
    done, count = 0, len(pictures)
    draws = [variation_draws(count, number) for number in range(1, copies.variations + 1)]
    for images in batches_of(pictures, device_of(model)):
        own = [of_all[done : done + len(images)] for of_all in draws]
        for copy, pictured in enumerate(_copied(images, own, copies.mirrored)):
            _encode_into(grids, copy * count + done, model, pictured)
            tell("Encoding pictures", (done + len(images) * (copy + 1) / len(copies)) / count)
        done += len(images)
    for grid in grids:
        grid.flush()


def _copied(images: Tensor, draws: list[Tensor], mirrored: bool) -> Iterator[Tensor]:
    """A batch, its variations by their draws and their mirror images, in the order of `Copies.place`."""
    for pictured in (images, *(varied(images, each) for each in draws)):
        yield pictured
        if mirrored:
            yield pictured.flip(3)


def _encode_into(
    grids: list[np.memmap[Any, np.dtype[np.uint16]]], place: int, model: DiscreteAutoencoder, images: Tensor
) -> None:
    for grid, codes in zip(grids, model.encode_codes(images), strict=True):
        grid[place : place + len(images)] = codes.cpu().numpy()


def _forget_all_but_newest(folder: Path) -> None:
    with contextlib.suppress(OSError):  # another program may be doing the same
        sets = [path for path in folder.iterdir() if path.suffix != ".part"]
        for path in sorted(sets, key=lambda path: -path.stat().st_mtime)[MOST_SETS:]:
            shutil.rmtree(path, ignore_errors=True)


def _name(level: int) -> str:
    return f"level_{level}.npy"
