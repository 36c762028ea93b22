"""Decoding and encoding in windows: any size in bounded memory, and the same result as at once.

A window is a box of coarsest cells with `receptive_margin` cells of context around it, cut off at the
border of the canvas, where the decoder's borders repeat as they do for the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engine.codes.box import Box
from engine.decoding.decoder import Decoder, from_pixels, to_pixels
from engine.decoding.prior import CodePrior, Surprise
from engine.decoding.tiles import TileQueue
from engine.errors import CodesFault

__all__ = [
    "WINDOW_PX",
    "CancelledError",
    "TileQueue",
    "Window",
    "covering",
    "decode_full",
    "decode_window",
    "encode_windowed",
    "read_window",
    "surprise_window",
]

WINDOW_PX = 256
"""Longest side of a window, its context included."""

Pixels = NDArray[np.uint8]
"""`(H, W, C)`."""
Levels = Sequence[NDArray[np.int64]]
"""`(h, w)` per level, coarsest first."""
Progress = Callable[[float], None]
"""Is told the share done, 0 to 1."""
Asked = Callable[[], bool]
"""Whether to stop."""


class CancelledError(Exception):
    """Stopped because the caller asked for it; nothing is wrong."""


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """All that decoding a box takes, copied: the canvas may be painted on meanwhile."""

    codes: tuple[NDArray[np.int64], ...]
    """Per level, coarsest first, `(h, w)`: the box and its context."""
    box: Box
    """What will be decoded, in coarsest cells of the canvas."""
    inner: Box
    """Where `box` lies in `codes[0]`."""


def read_window(levels: Levels, box: Box, margin: int) -> Window:
    """Copy the codes for decoding `box` (coarsest cells; what lies outside the canvas is left out)."""
    height, width = levels[0].shape
    kept = box.clipped(height, width)
    if kept.is_empty:
        raise CodesFault(f"a window at {box} lies outside the canvas of {width} x {height} cells")
    read = kept.grown(margin).clipped(height, width)
    codes = tuple(level[read.scaled(level.shape[0] // height).slices].copy() for level in levels)
    return Window(codes, kept, kept.shifted(-read.top, -read.left))


def decode_window(decoder: Decoder, window: Window) -> Pixels:
    """The pixels of `window.box`, `(H, W, C)`. Raises `CodesFault` for codes that do not fit the model."""
    images = decoder.decode([codes[None] for codes in window.codes])
    rows, columns = window.inner.scaled(decoder.levels[0].stride_px).slices
    pixels: Pixels = to_pixels(images[:, :, rows, columns])[0]
    return pixels


def surprise_window(
    prior: CodePrior, window: Window, condition: NDArray[np.float32] | None = None
) -> list[Surprise]:
    """Per level the surprise of the codes of `window.box`, read with the prior's margin around it."""
    rows = window.codes[0].shape[0]
    return [
        level.within(window.inner.scaled(grid.shape[0] // rows))
        for level, grid in zip(prior.surprise(window.codes, condition), window.codes, strict=True)
    ]


def decode_full(
    decoder: Decoder,
    codes: Levels,
    limit_px: int = WINDOW_PX,
    progress: Progress | None = None,
    cancelled: Asked | None = None,
) -> Pixels:
    """The whole picture of `codes` (`(h, w)` per level), by windows of at most `limit_px` with context.

    Raises `CodesFault` for codes that do not fit the model, `CancelledError` when `cancelled()` says so.
    """
    if len(codes) != len(decoder.levels):
        raise CodesFault(f"{len(codes)} levels of codes for a model with {len(decoder.levels)}")
    height, width = codes[0].shape
    stride, margin = decoder.levels[0].stride_px, decoder.receptive_margin
    picture = np.empty((height * stride, width * stride, decoder.channels), dtype=np.uint8)
    for box in _boxes(height, width, limit_px // stride, margin, progress, cancelled):
        picture[box.scaled(stride).slices] = decode_window(decoder, read_window(codes, box, margin))
    return picture


def encode_windowed(
    decoder: Decoder,
    pixels: Pixels,
    progress: Progress | None = None,
    cancelled: Asked | None = None,
    limit_px: int = WINDOW_PX,
) -> list[NDArray[np.int64]]:
    """The codes of a picture of any size, `(h, w)` per level, as encoding it at once would give them.

    `pixels` `(H, W, C)` is padded by its edge to the coarsest stride. Raises `CancelledError` when
    `cancelled()` says so.
    """
    stride, margin = decoder.levels[0].stride_px, decoder.encode_margin
    padding = ((0, -pixels.shape[0] % stride), (0, -pixels.shape[1] % stride), (0, 0))
    padded = np.pad(pixels, padding, mode="edge")
    height, width = padded.shape[0] // stride, padded.shape[1] // stride
    ratios = [stride // level.stride_px for level in decoder.levels]
    codes = [np.empty((height * ratio, width * ratio), dtype=np.int64) for ratio in ratios]
    for box in _boxes(height, width, limit_px // stride, margin, progress, cancelled):
        read = box.grown(margin).clipped(height, width)
        encoded = decoder.encode(from_pixels(padded[read.scaled(stride).slices][None]))
        inner = box.shifted(-read.top, -read.left)
        for level, found, ratio in zip(codes, encoded, ratios, strict=True):
            level[box.scaled(ratio).slices] = found[0][inner.scaled(ratio).slices]
    return codes


def _boxes(
    height: int,
    width: int,
    limit: int,
    margin: int,
    progress: Progress | None,
    cancelled: Asked | None,
) -> Iterator[Box]:
    """Boxes that cover the canvas once, each at most `limit` cells with its context; reports after each."""
    boxes = covering(height, width, limit, margin)
    for done, box in enumerate(boxes):
        if cancelled is not None and cancelled():
            raise CancelledError
        yield box
        if progress is not None:
            progress((done + 1) / len(boxes))


def covering(height: int, width: int, limit: int, margin: int) -> list[Box]:
    """Boxes that cover a canvas once, row by row, each at most `limit` cells with `margin` around it."""
    rows, columns = (_spans(length, limit, margin) for length in (height, width))
    return [Box(top, left, bottom, right) for top, bottom in rows for left, right in columns]


def _spans(length: int, limit: int, margin: int) -> list[tuple[int, int]]:
    """`length` cells in as few spans of about equal size as fit `limit`; one whole span needs no context."""
    count = 1 if length <= limit else -(-length // max(1, limit - 2 * margin))
    edges = [length * index // count for index in range(count + 1)]
    return list(pairwise(edges))
