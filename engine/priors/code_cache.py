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
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.analysis.reconstruction import batch_size, batches_of, device_of
from engine.data.cache import cache_folder
from engine.data.source import Pictures
from engine.errors import CannotWrite
from engine.files import make_folder, reason_of
from engine.models.base import DiscreteAutoencoder
from engine.progress import Progress

Codes = list[NDArray[np.uint16]]
"""Per level (n, h, w), coarsest first; memory maps."""
Shape = tuple[int, int, int]

MOST_SETS = 32
_VERSION = 1


def cached_codes(
    model: DiscreteAutoencoder, model_id: str, pictures: Pictures, mirrored: bool, tell: Progress
) -> Codes:
    """The codes of every picture, followed, where `mirrored`, by those of every mirror image.

    A grid of codes cannot be mirrored itself: a code is an edge that faces one way. Raises `CannotWrite`.
    """
    home = cache_folder().parent / "codes" / _key(model_id, pictures, mirrored)
    shapes = _shapes(model, pictures, mirrored)
    found = _read(home, model, shapes)
    if found is not None:
        with contextlib.suppress(OSError):
            os.utime(home)
        return found
    try:
        _extract(home, model, pictures, shapes, tell)
        _forget_all_but_newest(home.parent)
    except OSError as error:
        raise CannotWrite(home, f"cannot be written ({reason_of(error)})") from error
    found = _read(home, model, shapes)
    if found is None:
        raise CannotWrite(home, "does not give back what was written")
    return found


def _shapes(model: DiscreteAutoencoder, pictures: Pictures, mirrored: bool) -> list[Shape]:
    height, width = pictures.images.shape[1:3]
    coarsest, count = model.levels[0].stride_px, len(pictures) * (2 if mirrored else 1)
    rows, columns = -(-height // coarsest), -(-width // coarsest)
    ratios = [coarsest // level.stride_px for level in model.levels]
    return [(count, rows * ratio, columns * ratio) for ratio in ratios]


def _key(model_id: str, pictures: Pictures, mirrored: bool) -> str:
    shape = pictures.images.shape
    digest = hashlib.sha256(f"{_VERSION} {model_id} {shape} {mirrored}".encode())
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
    home: Path, model: DiscreteAutoencoder, pictures: Pictures, shapes: list[Shape], tell: Progress
) -> None:
    """Write all of it under another name, then put it in place. Raises `OSError`."""
    make_folder(home.parent)
    part = Path(tempfile.mkdtemp(suffix=".part", dir=home.parent))
    try:
        _encode_all(part, model, pictures, shapes, tell)
        shutil.rmtree(home, ignore_errors=True)  # it does not fit, or another program was as quick
        part.rename(home)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _encode_all(
    folder: Path, model: DiscreteAutoencoder, pictures: Pictures, shapes: list[Shape], tell: Progress
) -> None:
    grids = [
        np.lib.format.open_memmap(folder / _name(level), "w+", np.uint16, shape)
        for level, shape in enumerate(shapes)
    ]
    done, count = 0, len(pictures)
    for images in batches_of(pictures, device_of(model)):
        _encode_into(grids, done, model, images)
        if len(grids[0]) > count:
            _encode_into(grids, count + done, model, images.flip(3))
        done += len(images)
        tell("Encoding pictures", done / count)
    for grid in grids:
        grid.flush()


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
