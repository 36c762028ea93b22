"""Reading a picture a person brings: any of five formats, whatever its mode, to RGB of eight bits. No torch.

A picture's size is checked from its header, before anything of it is decoded. What Pillow has to say
about a strange file (in warnings, and in a dozen kinds of exception) becomes one `PictureFault`.
"""

from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from engine.errors import PictureFault
from engine.files import reason_of

Pixels = NDArray[np.uint8]
"""`(H, W, C)`, C = 3 (RGB) or 1 (grey)."""

LIMIT_PX = 64_000_000
PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif")
"""What a file dialog offers. Reading goes by a file's first bytes, whatever it is called."""
FORMATS_IN_WORDS = "PNG, JPEG, WebP, BMP or GIF"

# Turning by these undoes what each value of the EXIF tag says the camera did.
_ORIENTATION_TAG = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_GREY_MODES = frozenset({"1", "L", "LA", "I", "I;16", "I;16B"})
# The transparent grey of a PNG of 2 or 4 bits is given in the file's own scale; its pixels come in 0 to 255.
_GREY_STEPS = {"L;2": 85, "L;4": 17}


def read_picture(
    source: Path | bytes,
    limit_px: int = LIMIT_PX,
    name: str = "the pasted image",
    channels: int = 3,
    enough_px: int | None = None,
) -> Pixels:
    """The picture upright and on white, uint8 `(H, W, channels)`; of an animation the first frame.

    `name` is what messages call a picture given as bytes; a file is called by its path. Where a short
    side of `enough_px` would do, a large JPEG may come at 1/2, 1/4 or 1/8 of its size, much sooner.
    Raises `PictureFault` for what is missing, foreign, damaged or of more than `limit_px` pixels.
    """
    wanted = _Wanted(limit_px, channels, enough_px)
    if isinstance(source, bytes):
        return _read(io.BytesIO(source), name, wanted)
    if not source.is_file():
        raise PictureFault(source, _why_no_file(source))
    try:
        file = source.open("rb")
    except OSError as error:
        raise PictureFault(source, f"cannot be read ({reason_of(error)})") from error
    with file:
        return _read(file, source, wanted)


@dataclass(frozen=True, slots=True)
class PictureHeader:
    """What a picture file says of itself before it is decoded."""

    width: int
    height: int
    is_grey: bool


def read_header(source: Path | bytes, name: str = "the pasted image") -> PictureHeader:
    """The size and kind of a picture; raises `PictureFault` as `read_picture` does."""
    called = name if isinstance(source, bytes) else source
    try:
        with quiet_pillow(), io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as file:
            image = _opened(file, called)
            return PictureHeader(image.width, image.height, image.mode in _GREY_MODES)
    except PictureFault:
        raise
    except Exception as error:  # see `_read`
        raise PictureFault(called, "cannot be read as a picture") from error


def resized(pixels: Pixels, width: int, height: int) -> Pixels:
    """The whole picture at `width` x `height` pixels, antialiased."""
    image = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
    # The gap lets a very large photo shrink by whole pixels first: ten times as fast, no visible change.
    small = image.resize((width, height), Image.Resampling.BICUBIC, reducing_gap=3.0)
    return np.array(small).reshape(height, width, pixels.shape[2])


def fitted_crop(pixels: Pixels, side: int) -> Pixels:
    """The largest square in the middle at `side` x `side`: the short side fits, the long one is cut."""
    height, width = pixels.shape[:2]
    square = min(height, width)
    top, left = (height - square) // 2, (width - square) // 2
    middle = pixels[top : top + square, left : left + square]
    return resized(np.ascontiguousarray(middle), side, side)


def _why_no_file(path: Path) -> str:
    if path.is_dir():
        return "is a folder, not a picture"
    return "is not a file" if path.exists() else "does not exist"


@dataclass(frozen=True, slots=True)
class _Wanted:
    limit_px: int
    channels: int
    enough_px: int | None


def _read(file: BinaryIO, name: Path | str, wanted: _Wanted) -> Pixels:
    try:
        with quiet_pillow():
            image = _opened(file, name)
            _check_size(image.size, name, wanted.limit_px)
            _scale_transparency(image)
            if wanted.enough_px is not None:
                image.draft(None, (wanted.enough_px, wanted.enough_px))
            image.load()
            return _as_pixels(_on_white(_upright(image)), wanted.channels)
    except PictureFault:
        raise
    except Image.DecompressionBombError as error:
        raise PictureFault(name, f"is too large; the limit is {_megapixels(wanted.limit_px)}") from error
    except MemoryError as error:
        raise PictureFault(name, "does not fit into memory") from error
    # Damaged files make Pillow's readers raise OSError, SyntaxError, ValueError, IndexError, struct.error ...
    except Exception as error:
        raise PictureFault(name, "is damaged or cut short and cannot be read as a picture") from error


def _opened(file: BinaryIO, name: Path | str) -> ImageFile.ImageFile:
    """The reader the first bytes ask for. Not by `Image.open`: it warns before the size is known."""
    start = file.read(16)
    file.seek(0)
    if not start:
        raise PictureFault(name, "is empty")
    if start.startswith(b"\x89PNG\r\n\x1a\n"):
        return PngImageFile(file)
    if start.startswith(b"\xff\xd8\xff"):
        return JpegImageFile(file)
    if start.startswith(b"RIFF") and start[8:12] == b"WEBP":
        return WebPImageFile(file)
    if start.startswith(b"BM"):
        return BmpImageFile(file)
    if start.startswith((b"GIF87a", b"GIF89a")):
        return GifImageFile(file)
    raise PictureFault(name, f"is not a {FORMATS_IN_WORDS} picture")


def _check_size(size: tuple[int, int], name: Path | str, limit_px: int) -> None:
    width, height = size
    if width < 1 or height < 1:
        raise PictureFault(name, "has no pixels")
    if width * height > limit_px:
        fault = f"is {width} x {height} pixels ({_megapixels(width * height)})"
        raise PictureFault(name, f"{fault}; the limit is {_megapixels(limit_px)}: make it smaller first")


def _megapixels(pixels: int) -> str:
    return f"{pixels / 1e6:.3g} megapixels" if pixels < 1e9 else f"{pixels / 1e6:.0f} megapixels"


def _upright(image: Image.Image) -> Image.Image:
    try:
        turn = _UPRIGHT.get(image.getexif().get(_ORIENTATION_TAG, 1))
    # Damaged EXIF says nothing about the pixels: such a picture is shown as it is stored.
    except (OSError, SyntaxError, ValueError, LookupError, TypeError, struct.error):
        return image
    return image if turn is None else image.transpose(turn)


def _on_white(image: Image.Image) -> Image.Image:
    """`image` without transparency, modes L or RGB."""
    if image.mode.startswith("I"):
        image = _eight_bits(image)
    if not image.has_transparency_data:
        return image if image.mode in ("L", "RGB") else image.convert("L" if image.mode == "1" else "RGB")
    layered = image.convert("RGBA")
    white = Image.new("RGB", image.size, (255, 255, 255))
    white.paste(layered, mask=layered.getchannel("A"))
    return white


def _scale_transparency(image: ImageFile.ImageFile) -> None:
    """Bring a PNG's transparent colour to the scale its pixels will have; loading forgets the file's."""
    raw_mode, transparent = (image.tile[0].args if image.tile else None), image.info.get("transparency")
    if isinstance(transparent, int) and isinstance(raw_mode, str):
        image.info["transparency"] = transparent * _GREY_STEPS.get(raw_mode, 1)
    elif isinstance(transparent, tuple) and raw_mode == "RGB;16B":
        image.info["transparency"] = tuple(value >> 8 for value in transparent)


def _eight_bits(image: Image.Image) -> Image.Image:
    """A grey picture of 16 bits with 8 (Pillow's own conversion clips at 255), with its transparency."""
    grey = np.clip(np.asarray(image), 0, 65535).astype(np.uint32)
    small = Image.fromarray(((grey * 255 + 32767) // 65535).astype(np.uint8))
    transparent = image.info.get("transparency")
    if isinstance(transparent, int):
        small.putalpha(Image.fromarray(np.where(grey == transparent, 0, 255).astype(np.uint8)))
    return small


def _as_pixels(image: Image.Image, channels: int) -> Pixels:
    converted = image.convert("RGB" if channels == 3 else "L")
    return np.array(converted).reshape(converted.height, converted.width, channels)


@contextmanager
def quiet_pillow() -> Iterator[None]:
    """Without Pillow's warnings of strange files. Threads that read pictures stay within their starter's."""
    # Narrow on purpose: filters are shared by all threads, so another thread may briefly see this one.
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"PIL\.")
        yield
