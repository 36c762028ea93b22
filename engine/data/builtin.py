"""The data sets that come with the program: `emoji`, embedded in `assets/data`."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.data.source import Pictures, split_by_hash

ASSETS = Path(__file__).resolve().parents[2] / "assets"
EMOJI_PX = 64
EMOJI_COLUMNS = 64


def emoji(size: int = EMOJI_PX, channels: int = 3) -> Pictures:
    """Noto Emoji over white: 3,786 pictures, label = category, split by short name.

    The skin tones of one emoji share its short name, so they never part between splits.
    """
    folder = ASSETS / "data" / "emoji"
    with (folder / "noto-emoji-64.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    images = _over_white(_read_tiles(folder / "noto-emoji-64.webp", [int(row["index"]) for row in rows]))
    label_names = tuple(sorted({row["category"] for row in rows}))
    return Pictures(
        images=_shaped(images, size, channels),
        names=tuple(row["short_name"] for row in rows),
        labels=np.array([label_names.index(row["category"]) for row in rows], dtype=np.int64),
        label_names=label_names,
        split_of=split_by_hash([row["short_name"] for row in rows]),
        data_name="emoji",
    )


BUILTIN: Mapping[str, Callable[[int, int], Pictures]] = {"emoji": emoji}


def _read_tiles(path: Path, indices: list[int]) -> NDArray[np.uint8]:
    with Image.open(path) as image:
        sheet = np.asarray(image.convert("RGBA"))
    corners = [divmod(index, EMOJI_COLUMNS) for index in indices]
    tiles = [sheet[r * EMOJI_PX :, c * EMOJI_PX :][:EMOJI_PX, :EMOJI_PX] for r, c in corners]
    return np.stack(tiles)


def _over_white(rgba: NDArray[np.uint8]) -> NDArray[np.uint8]:
    alpha = rgba[..., 3:].astype(np.uint16)
    # Integer rounding of colour * a + 255 * (1 - a); 65,025 fits uint16.
    return ((rgba[..., :3].astype(np.uint16) * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)


def _shaped(images: NDArray[np.uint8], size: int, channels: int) -> NDArray[np.uint8]:
    if size == EMOJI_PX and channels == 3:
        return images
    mode = "RGB" if channels == 3 else "L"
    pictures = (Image.fromarray(image).convert(mode) for image in images)
    resized = [np.asarray(p.resize((size, size), Image.Resampling.LANCZOS)) for p in pictures]
    return np.stack(resized).reshape(len(resized), size, size, channels)
