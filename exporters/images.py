"""Decoded pictures as PNG files."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.files import write_bytes

Pixels = NDArray[np.uint8]
"""`(H, W, C)`, C = 3 (RGB) or 1 (grey)."""

LIMIT_PX = 2**28
"""More would take over 2 GB to decode and write."""


def png_bytes(pixels: Pixels) -> bytes:
    """The picture as the content of a PNG file."""
    buffer = io.BytesIO()
    _as_image(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def save_png(path: Path, pixels: Pixels) -> None:
    """Write a PNG; raises `CannotWrite` where the file cannot be."""
    write_bytes(path, png_bytes(pixels))


def _as_image(pixels: Pixels) -> Image.Image:
    return Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
