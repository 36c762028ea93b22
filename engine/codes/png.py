"""PNG files: a painting's thumbnail, and pictures that carry their painting along.

The painting travels as an uncompressed `iTXt` chunk of base64 (Pillow refuses compressed text over
1 MiB on reading). Chunks are read here without Pillow, which would refuse the file for a picture of
hundreds of megapixels although nobody asked for the pixels.
"""

from __future__ import annotations

import base64
import warnings
import zlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin

from engine.codes.archive import UnreadableError, opened
from engine.errors import OptionFault

Pixels = NDArray[np.uint8]
"""`(H, W, C)`, C 1 or 3."""

KEY = "codebrush"
MAX_EMBEDDED = 1 << 20
"""Longest text a PNG carries, bytes."""
THUMB_PX = 512
MAX_THUMB_BYTES = 4 << 20
MAX_EXPORT_PX = 1 << 28
"""Most pixels of an exported picture, 16384 x 16384."""

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_MAX_CHUNKS = 1 << 16


@dataclass(frozen=True, slots=True)
class PngFile:
    """The content of a PNG file."""

    content: bytes
    has_painting: bool
    """False where the painting was too large to travel along (over 1 MiB)."""


def export_png(picture: Pixels, painting: bytes, scale: int = 1, smooth: bool = False) -> PngFile:
    """`picture` `scale` times as large (1 to 8), carrying `painting` as long as that is at most 1 MiB.

    Raises `OptionFault` where the result would have more than 16384 x 16384 pixels.
    """
    height, width = picture.shape[:2]
    if not 1 <= scale <= 8:
        raise OptionFault(f"a scale of {scale}: choose 1 to 8")
    if height * width * scale**2 > MAX_EXPORT_PX:
        raise OptionFault(
            f"at {scale}x the picture would be {width * scale} x {height * scale} px: choose less"
        )
    text = base64.b64encode(painting)
    chunks = PngImagePlugin.PngInfo()
    has_painting = len(text) <= MAX_EMBEDDED
    if has_painting:
        chunks.add_itxt(KEY, text.decode("ascii"))
    content = BytesIO()
    _enlarged(picture, scale, smooth).save(content, "PNG", pnginfo=chunks)
    return PngFile(content.getvalue(), has_painting)


def thumbnail(picture: Pixels) -> bytes:
    """`picture` as a PNG, reduced to a longer side of 512 px where it is larger."""
    image = _image(picture)
    image.thumbnail((THUMB_PX, THUMB_PX), Image.Resampling.LANCZOS)
    content = BytesIO()
    image.save(content, "PNG")
    return content.getvalue()


def read_thumbnail(content: bytes) -> Pixels | None:
    """The pixels of a thumbnail, `(H, W, 3)`, or None for anything that is not a sound one."""
    # The size first, from the header's fixed place: Pillow would warn of a bomb instead of refusing it.
    sides = [int.from_bytes(content[at : at + 4], "big") for at in (16, 20)]
    if not content.startswith(_SIGNATURE) or not all(1 <= side <= THUMB_PX for side in sides):
        return None
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(BytesIO(content), formats=["PNG"]) as image:
            if image.size != (sides[0], sides[1]):
                return None
            return np.array(image.convert("RGB"), dtype=np.uint8)
    except Exception:  # Pillow raises whatever its parser stumbles over
        return None


def read_embedded(path: Path) -> bytes | None:
    """The painting that a PNG file carries, or None; raises `UnreadableError` where it is no sound PNG."""
    with opened(path) as file:
        text = _find_text(file)
    if text is None:
        return None
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise UnreadableError("the painting inside is damaged") from error


def _find_text(file: BinaryIO) -> bytes | None:
    """The text behind `KEY` in a PNG."""
    if file.read(8) != _SIGNATURE:
        raise UnreadableError("is no PNG image")
    for _ in range(_MAX_CHUNKS):
        header = file.read(8)
        length, kind = int.from_bytes(header[:4], "big"), header[4:]
        if len(header) < 8 or kind == b"IEND":
            return None
        if kind != b"iTXt" or length > MAX_EMBEDDED + 1024:
            file.seek(length + 4, 1)
            continue
        data, checksum = file.read(length), file.read(4)
        key, _, rest = data.partition(b"\0")
        if key == KEY.encode():
            return _text_of(kind + data, rest, checksum)
    return None


def _text_of(chunk: bytes, rest: bytes, checksum: bytes) -> bytes:
    """The text of an `iTXt` chunk; `rest` is what follows its keyword."""
    if zlib.crc32(chunk).to_bytes(4, "big") != checksum:
        raise UnreadableError("the painting inside is damaged")
    if not rest.startswith(b"\0\0"):
        raise UnreadableError("the painting inside was packed by another program")
    return rest[2:].split(b"\0", 2)[-1]  # after language and translated keyword


def _enlarged(picture: Pixels, scale: int, smooth: bool) -> Image.Image:
    image = _image(picture)
    method = Image.Resampling.BICUBIC if smooth else Image.Resampling.NEAREST
    return image if scale == 1 else image.resize((image.width * scale, image.height * scale), method)


def _image(picture: Pixels) -> Image.Image:
    return Image.fromarray(np.ascontiguousarray(picture[..., 0] if picture.shape[2] == 1 else picture))
