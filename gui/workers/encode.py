"""A picture turned into codes and back, off the GUI thread: what the image dialogs preview."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.codes.grid import MAX_CELLS
from engine.data.source import Pictures
from engine.decoding.decoder import Decoder
from gui.workers.job import Ticket

WIDEST = 256
"""Most cells across a picture of one's own: more would leave nothing to abstract."""

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class NamedPicture:
    """A picture that came from somewhere: RGB or grey `(H, W, C)`, and its original file if it had one."""

    name: str
    pixels: Pixels
    source: bytes | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """The codes of a picture, `(h, w)` per level, what they decode to, `(H, W, C)`, and by which model."""

    codes: tuple[NDArray[np.int64], ...]
    picture: Pixels
    model: Decoder


def grid_size(pixels: Pixels, across: int) -> tuple[int, int]:
    """Rows and columns of coarsest cells that keep the picture's proportions, `across` cells wide at most."""
    height, width = pixels.shape[:2]
    columns = max(1, min(across, MAX_CELLS * width // height))
    return max(1, min(MAX_CELLS, round(height * columns / width))), columns


def encode_picture(decoder: Decoder, pixels: Pixels, across: int, ticket: Ticket) -> Encoded:
    """The picture at `across` cells wide as codes, and decoded again."""
    from engine.decoding.windowed import decode_full, encode_windowed
    from engine.images import resized

    rows, columns = grid_size(pixels, across)
    stride = decoder.levels[0].stride_px
    fitted = resized(_in_channels(pixels, decoder.channels), columns * stride, rows * stride)
    ticket.raise_if_cancelled()
    codes = encode_windowed(
        decoder, fitted, lambda done: ticket.report(done / 2), cancelled=lambda: ticket.cancelled
    )
    picture = decode_full(
        decoder,
        codes,
        progress=lambda done: ticket.report(0.5 + done / 2),
        cancelled=lambda: ticket.cancelled,
    )
    return Encoded(tuple(codes), picture, decoder)


def read_named_picture(source: Path | bytes, stride_px: int, ticket: Ticket) -> NamedPicture:
    """A file's or the clipboard's picture, no larger than the widest grid needs; raises `PictureFault`."""
    from engine.images import read_picture

    ticket.raise_if_cancelled()
    pixels = read_picture(source, enough_px=WIDEST * stride_px)
    if isinstance(source, bytes):
        return NamedPicture("Pasted image", pixels, source)
    return NamedPicture(source.stem, pixels, source.read_bytes())


class RandomPictures:
    """Pictures of a data set, one at a time; the set is read with the first. Used on one worker's thread."""

    def __init__(self, data: str, size_px: int, channels: int, seed: int | None = None) -> None:
        self._data, self._size_px, self._channels = data, size_px, channels
        self._rng = np.random.default_rng(seed)
        self._pictures: Pictures | None = None

    def pick(self, ticket: Ticket) -> NamedPicture:
        """Another picture; raises `DataFault` where the set is not there."""
        from engine.data.open import open_data

        if self._pictures is None:
            self._pictures = open_data(self._data, self._size_px, self._channels)
        ticket.raise_if_cancelled()
        chosen = int(self._rng.integers(len(self._pictures)))
        return NamedPicture(self._pictures.names[chosen], self._pictures.images[chosen])


def _in_channels(pixels: Pixels, channels: int) -> Pixels:
    if pixels.shape[2] == channels:
        return pixels
    if channels == 3:
        return pixels.repeat(3, axis=2)
    # The weights of ITU-R BT.601, as Pillow's own conversion to grey.
    grey = pixels.astype(np.float32) @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    return np.rint(grey).astype(np.uint8)[..., None]
