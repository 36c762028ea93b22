"""A picture being drawn, as an animated GIF: its codes appear one after another, as a prior draws them."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.codes.box import Mask
from engine.decoding.decoder import Codes
from engine.files import write_bytes
from engine.progress import Progress, tell_nobody
from exporters.images import Pixels

Decode = Callable[[Sequence[Codes]], Pixels]
"""Pictures (B, H, W, C) of codes (B, h, w) per level."""

MOST_FRAMES = 60
DRAWN_MS = 3000
"""So long it takes till all codes are there, where there are enough of them."""
LONGEST_MS = 200
"""No frame but the last is seen for longer, however few codes there are."""
HELD_MS = 1500
"""The whole picture is seen for so long."""
LEAST_PX = 256
COVER = (0x24, 0x27, 0x2E)
"""Where nothing is drawn yet: as in the gallery."""
DIMMED = 0.35
"""What is only known from a coarser level shines so much through the cover."""
_Cell = TypeVar("_Cell", bound=np.generic)
_AT_ONCE = 16
"""Frames decoded side by side."""


def drawing(codes: Sequence[Codes], decode: Decode, progress: Progress = tell_nobody) -> list[Pixels]:
    """Frames (H, W, C) in which codes (h, w) per level, coarsest first, appear in raster order.

    Each is what the decoder makes of the codes so far: those to come repeat what is above them, as its own
    borders do, and are covered. Finer codes that are still to come under a coarse one are one of those that
    follow, and dimmed.
    """
    counts = _counts(sum(level.size for level in codes))
    frames: list[Pixels] = []
    for first in range(0, len(counts), _AT_ONCE):
        part = [_shown(codes, count) for count in counts[first : first + _AT_ONCE]]
        pictures = decode([np.stack(level) for level in zip(*(shown for shown, _ in part), strict=True)])
        frames += [_covered(picture, known) for picture, (_, known) in zip(pictures, part, strict=True)]
        progress("Drawing", len(frames) / len(counts))
    return frames


def save_gif(path: Path, frames: Sequence[Pixels]) -> None:
    """Write frames as a GIF that begins anew for ever; raises `CannotWrite` where it cannot be written."""
    write_bytes(path, gif_bytes(frames))


def gif_bytes(frames: Sequence[Pixels]) -> bytes:
    """The content of the file: enlarged by a whole number to `LEAST_PX` at least, the last frame held."""
    scale = math.ceil(LEAST_PX / max(frames[0].shape[:2]))
    images = [_as_image(frame) for frame in frames]
    if images[0].mode == "RGB":
        images = _in_one_palette(images, dithered=scale == 1)
    height, width = frames[0].shape[:2]
    images = [image.resize((scale * width, scale * height), Image.Resampling.NEAREST) for image in images]
    each_ms = min(LONGEST_MS, DRAWN_MS // len(images))
    buffer = io.BytesIO()
    images[0].save(
        buffer,
        "GIF",
        save_all=True,
        append_images=images[1:],
        duration=[each_ms] * (len(images) - 1) + [HELD_MS],
        loop=0,
    )
    return buffer.getvalue()


def _counts(cells: int) -> list[int]:
    """How many codes there are in each frame, all in the last."""
    frames = min(cells, MOST_FRAMES)
    return [cells * frame // frames for frame in range(1, frames + 1)]


def _shown(codes: Sequence[Codes], count: int) -> tuple[list[Codes], list[Mask]]:
    """What is decoded of the first `count` codes, and which of each level are known, coarsest first."""
    shown: list[Codes] = []
    known: list[Mask] = []
    for level, drawn in zip(codes, _drawn(codes, count), strict=True):
        filled = np.where(drawn, level, _repeated(level, drawn))
        if known:
            ratio = len(level) // len(known[-1])
            told = _finer(level[::ratio, ::ratio], ratio)
            filled = np.where(~drawn & _finer(known[-1], ratio), told, filled)
        shown.append(filled)
        known.append(drawn)
    return shown, known


def _drawn(codes: Sequence[Codes], count: int) -> Iterator[Mask]:
    """Which cells of each level are among the first `count`."""
    for level in codes:
        yield (np.arange(level.size) < count).reshape(level.shape)
        count -= level.size


def _repeated(level: Codes, drawn: Mask) -> Codes:
    """For each cell the last code drawn at it or above, on the first row the last one drawn on the left."""
    rows = np.where(drawn, np.arange(len(level))[:, None], -1)
    above = np.maximum.accumulate(rows, axis=0)
    left = level[0, max(0, int(drawn[0].sum()) - 1)]
    return np.where(above < 0, left, np.take_along_axis(level, np.maximum(above, 0), axis=0))


def _covered(picture: Pixels, known: Sequence[Mask]) -> Pixels:
    """Only where the finest codes are known the picture is bright."""
    height, _, channels = picture.shape
    light = np.zeros(picture.shape[:2])
    for level, mask in enumerate(known):
        stride_px = height // len(mask)
        share = 1.0 if level == len(known) - 1 else DIMMED
        light = np.maximum(light, share * _finer(mask, stride_px))
    cover = np.array(COVER[:channels])
    mixed: Pixels = np.rint(cover + light[..., None] * (picture - cover)).astype(np.uint8)
    return mixed


def _finer(cells: NDArray[_Cell], ratio: int) -> NDArray[_Cell]:
    """Each cell as `ratio` x `ratio` of them."""
    return cells.repeat(ratio, axis=0).repeat(ratio, axis=1)


def _as_image(frame: Pixels) -> Image.Image:
    return Image.fromarray(frame[..., 0] if frame.shape[2] == 1 else frame)


def _in_one_palette(images: Sequence[Image.Image], dithered: bool) -> list[Image.Image]:
    """256 colours of the last frame, the first and one between: with colours of their own they would flicker.

    Of pictures of 64 px an octree keeps most (RMS error 3.3/255; median cut 4.6). Enlarged, they are clearer
    without dithering.
    """
    width, height = images[0].size
    some = Image.new("RGB", (width, 3 * height))
    for place, image in enumerate((images[0], images[len(images) // 2], images[-1])):
        some.paste(image, (0, place * height))
    palette = some.quantize(256, Image.Quantize.FASTOCTREE)
    dither = Image.Dither.FLOYDSTEINBERG if dithered else Image.Dither.NONE
    return [image.quantize(palette=palette, dither=dither) for image in images]
