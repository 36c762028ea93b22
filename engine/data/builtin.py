"""The data sets that come with the program, embedded in `assets/data`: emoji and handwritten digits."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.data.idx import MnistFolder
from engine.data.reader import read_into_memory
from engine.data.shaping import shaped
from engine.data.source import DataShape, Pictures, split_by_hash

ASSETS = Path(__file__).resolve().parents[2] / "assets"
NOTO = ASSETS / "data" / "emoji" / "noto-emoji-64.webp"
DESIGNS = ASSETS / "data" / "emoji-designs" / "emoji-designs-64.webp"
EMOJI_PX = 64
EMOJI_COLUMNS = 64


def emoji(size: int = EMOJI_PX, channels: int = 3) -> Pictures:
    """Noto Emoji over white: 3,786 pictures, label = category, split by short name.

    The skin tones of one emoji share its short name, so they never part between splits.
    """
    return _emoji("emoji", [NOTO], size, channels)


def emoji_designs(size: int = EMOJI_PX, channels: int = 3) -> Pictures:
    """`emoji` and 8,992 pictures of the same in other designs: Noto's earlier ones, Twemoji, Fluent.

    Labels and splits are those of `emoji`: all designs of one emoji share its short name.
    """
    return _emoji("emoji-designs", [NOTO, DESIGNS], size, channels)


def _emoji(name: str, sheets: Sequence[Path], size: int, channels: int) -> Pictures:
    """Of sheets of tiles, each with a table of the same name beside it."""
    rows: list[dict[str, str]] = []
    tiles = []
    for sheet in sheets:
        with sheet.with_suffix(".csv").open(newline="", encoding="utf-8") as file:
            of_sheet = list(csv.DictReader(file))
        tiles.append(shaped(_read_tiles(sheet, [int(row["index"]) for row in of_sheet]), size, channels))
        rows += of_sheet
    label_names = tuple(sorted({row["category"] for row in rows}))
    return Pictures(
        images=np.concatenate(tiles),
        names=tuple(row["short_name"] for row in rows),
        labels=np.array([label_names.index(row["category"]) for row in rows], dtype=np.int64),
        label_names=label_names,
        split_of=split_by_hash([row["short_name"] for row in rows]),
        data_name=name,
    )


def mnist(size: int = 28, channels: int = 1) -> Pictures:
    """MNIST: 70,000 handwritten digits, its own test split, the last 10,000 to train with for validation."""
    return read_into_memory(MnistFolder(ASSETS / "data" / "mnist"), size, channels)


BUILTIN: Mapping[str, Callable[[int, int], Pictures]] = {
    "emoji": emoji,
    "emoji-designs": emoji_designs,
    "mnist": mnist,
}
BUILTIN_SHAPES: Mapping[str, DataShape] = {
    "emoji": DataShape(EMOJI_PX, 3),
    "emoji-designs": DataShape(EMOJI_PX, 3),
    "mnist": DataShape(28, 1),
}


def _read_tiles(path: Path, indices: list[int]) -> NDArray[np.uint8]:
    """Pictures of the sheet over white, (n, 64, 64, 3)."""
    with Image.open(path) as image:
        white = Image.new("RGB", image.size, (255, 255, 255))
        white.paste(image, mask=image.getchannel("A") if "A" in image.getbands() else None)
    sheet = np.asarray(white)
    corners = [divmod(index, EMOJI_COLUMNS) for index in indices]
    tiles = [sheet[r * EMOJI_PX :, c * EMOJI_PX :][:EMOJI_PX, :EMOJI_PX] for r, c in corners]
    return np.stack(tiles)
