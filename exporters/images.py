"""Decoded pictures as PNG files, as they are or enlarged."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.errors import OptionFault
from engine.files import write_bytes

Pixels = NDArray[np.uint8]
"""`(H, W, C)`, C = 3 (RGB) or 1 (grey)."""

SCALES = range(1, 9)
LIMIT_PX = 2**28
"""More would take over 2 GB to enlarge and encode."""


def enlarged(pixels: Pixels, scale: int, smooth: bool = False) -> Pixels:
    """The picture 1 to 8 times as large, in squares or `smooth`. Raises `OptionFault` out of range."""
    if scale not in SCALES:
        raise OptionFault(f"scale {scale}: use {SCALES[0]} to {SCALES[-1]}")
    height, width, channels = pixels.shape
    large_height, large_width = height * scale, width * scale
    if large_height * large_width > LIMIT_PX:
        size = f"{large_width} x {large_height} px"
        raise OptionFault(
            f"scale {scale}: {size} is over {LIMIT_PX // 10**6} megapixels, use a smaller scale"
        )
    if scale == 1:
        return pixels
    if not smooth:
        return pixels.repeat(scale, axis=0).repeat(scale, axis=1)
    large = _as_image(pixels).resize((large_width, large_height), Image.Resampling.BICUBIC)
    return np.asarray(large).reshape(large_height, large_width, channels)


def png_bytes(pixels: Pixels) -> bytes:
    """The picture as the content of a PNG file."""
    buffer = io.BytesIO()
    _as_image(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def save_png(path: Path, pixels: Pixels, scale: int = 1, smooth: bool = False) -> None:
    """Write a PNG; raises `OptionFault` for a scale out of range, `CannotWrite` where the file cannot be."""
    write_bytes(path, png_bytes(enlarged(pixels, scale, smooth)))


def _as_image(pixels: Pixels) -> Image.Image:
    return Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
