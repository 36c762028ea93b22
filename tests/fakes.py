"""Small stand-ins that obey the real contracts: a decoder in NumPy with a real receptive field."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.decoding.decoder import CodeLevel, Codes
from engine.errors import CodesFault


class TinyDecoder:
    """Decodes each cell to its code's colour, blended with its eight neighbours (margin 1, borders repeat).

    Encoding picks the code of the nearest colour of each cell's mean, so flat pictures survive the
    round trip.
    """

    name = "tiny"
    model_id = "0" * 64
    device = "cpu"
    labels = ("one", "two")
    channels = 3
    image_size = 32
    receptive_margin = 1
    encode_margin = 1

    def __init__(self, codes: int = 16, stride_px: int = 4) -> None:
        self.levels = (CodeLevel(stride_px, codes, 3),)
        self._colours = np.random.default_rng(7).random((codes, 3), dtype=np.float32)
        self._colours[0] = 1.0

    def codebook(self, level: int) -> NDArray[np.float32]:
        if level != 0:
            raise CodesFault(f"level {level}: this model has one level")
        return self._colours

    def encode(self, images: NDArray[np.float32]) -> list[Codes]:
        stride = self.levels[0].stride_px
        batch, channels, height, width = images.shape
        padded = np.pad(images, ((0, 0), (0, 0), (0, -height % stride), (0, -width % stride)), mode="edge")
        rows, columns = padded.shape[2] // stride, padded.shape[3] // stride
        cells = padded.reshape(batch, channels, rows, stride, columns, stride).mean(axis=(3, 5))
        distance = ((cells.transpose(0, 2, 3, 1)[..., None, :] - self._colours) ** 2).sum(axis=-1)
        return [distance.argmin(axis=-1).astype(np.int64)]

    def decode(self, codes: Sequence[Codes]) -> NDArray[np.float32]:
        (level,) = codes
        if level.min() < 0 or level.max() >= self.levels[0].codes:
            raise CodesFault(
                f"codes reach from {level.min()} to {level.max()}, not 0 to {self.levels[0].codes - 1}"
            )
        colours = self._colours[level]  # (B, h, w, 3)
        padded = np.pad(colours, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
        rows, columns = level.shape[1:]
        around = [padded[:, r : r + rows, c : c + columns] for r in range(3) for c in range(3)]
        blended = 0.75 * colours + 0.25 * np.mean(around, axis=0, dtype=np.float32)
        stride = self.levels[0].stride_px
        images = blended.repeat(stride, axis=1).repeat(stride, axis=2).transpose(0, 3, 1, 2)
        return np.ascontiguousarray(images, dtype=np.float32)
