"""Real pictures to try an export on: emoji that the built-in model was not trained on, laid side by side."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Sheet = NDArray[np.float32]
"""`(H, W, C)` in [0, 1]."""

_EXAMPLE = ("cat2", "pizza", "dragon")


def emoji_sheet(channels: int) -> tuple[Sheet, Sheet]:
    """The test split in a square about 1150 px a side, and three of its emoji in a row as an example."""
    from engine.data.builtin import emoji

    test = emoji().split("test")
    across = int(len(test) ** 0.5)
    example = test.images[[test.names.index(name) for name in _EXAMPLE]]
    return _sheet(test.images[: across**2], across, channels), _sheet(example, len(example), channels)


def windows(
    sheet: Sheet, rng: np.random.Generator, batch: int, height: int, width: int
) -> NDArray[np.float32]:
    """`batch` random windows of the sheet: float32 (batch, C, height, width)."""
    tops = rng.integers(0, sheet.shape[0] - height, batch)
    lefts = rng.integers(0, sheet.shape[1] - width, batch)
    corners = zip(tops, lefts, strict=True)
    cut = [sheet[top : top + height, left : left + width] for top, left in corners]
    return np.ascontiguousarray(np.stack(cut).transpose(0, 3, 1, 2))


def _sheet(tiles: NDArray[np.uint8], across: int, channels: int) -> Sheet:
    """Tiles (N, s, s, 3) in rows of `across`."""
    size = tiles.shape[1]
    grid = tiles.reshape(-1, across, size, size, 3).swapaxes(1, 2)
    sheet = grid.reshape(-1, across * size, 3).astype(np.float32) / np.float32(255)
    return sheet if channels == 3 else sheet.mean(axis=2, keepdims=True, dtype=np.float32)
