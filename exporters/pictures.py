"""Pictures to codes and back, file by file: what `encode` and `decode` do.

Both work in windows, so a large picture takes time, not memory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from engine.decoding.codes_file import read_codes, write_codes
from engine.decoding.decoder import Decoder
from engine.decoding.windowed import decode_full, encode_windowed
from engine.errors import CodesFault
from engine.images import read_picture
from engine.progress import Progress
from exporters.destination import refuse_unwritable, require_suffix
from exporters.images import LIMIT_PX, Pixels, save_png
from exporters.open import open_decoder


def encode_pictures(
    model: str | Path, paths: Sequence[Path], out: Path, progress: Progress | None = None
) -> tuple[int, int, int]:
    """Encode pictures at their own size into one codes file; returns (B, h, w) of the coarsest level.

    Raises `OptionFault` where `out` is no `.npz`, `CannotWrite` where it cannot be, `PictureFault` for
    what cannot be read, `CodesFault` where the grids differ.
    """
    refuse_unwritable(out)
    require_suffix(out, ".npz")
    decoder = open_decoder(model)
    grids, sizes = [], []
    for index, path in enumerate(paths):
        pixels = read_picture(path, channels=decoder.channels)
        sizes.append(pixels.shape[:2])
        _refuse_another_grid(decoder, paths, sizes)
        share = _share(progress, f"Encoding {path.name}", index, len(paths))
        grids.append(encode_windowed(decoder, pixels, share))
    codes = [np.stack([grid[level] for grid in grids]) for level in range(len(decoder.levels))]
    write_codes(out, codes, np.array(sizes, dtype=np.int64))
    batch, height, width = codes[0].shape
    return batch, height, width


def decode_pictures(
    model: str | Path, codes_path: Path, out: Path, progress: Progress | None = None
) -> list[Path]:
    """Decode a codes file to `out`, or to out-000.png, ... for several; cropped to the sizes in the file.

    Raises `OptionFault` where `out` is no `.png`, `CannotWrite` where a picture cannot be, `FileFault` or
    `CodesFault` for codes that do not fit.
    """
    require_suffix(out, ".png")
    decoder = open_decoder(model)
    codes, sizes = read_codes(codes_path, decoder.levels)
    _refuse_too_large(codes_path, codes[0].shape[1:], decoder.levels[0].stride_px)
    paths = _numbered(out, len(codes[0]))
    for path in paths:
        refuse_unwritable(path)
    for index, path in enumerate(paths):
        share = _share(progress, f"Decoding {path.name}", index, len(codes[0]))
        pixels = decode_full(decoder, [level[index] for level in codes], progress=share)
        save_png(path, pixels if sizes is None else _cropped(pixels, sizes[index]))
    return paths


def _refuse_another_grid(decoder: Decoder, paths: Sequence[Path], sizes: Sequence[Sequence[int]]) -> None:
    stride = decoder.levels[0].stride_px
    # Height and width in cells, after padding to whole ones.
    first, last = ([-(-side // stride) for side in size] for size in (sizes[0], sizes[-1]))
    if first != last:
        raise CodesFault(
            f"{paths[len(sizes) - 1]}: its grid is {last[1]} x {last[0]} cells, that of {paths[0]} "
            f"{first[1]} x {first[0]}: encode it apart"
        )


def _refuse_too_large(path: Path, grid: Sequence[int], stride_px: int) -> None:
    height, width = (cells * stride_px for cells in grid)
    if height * width > LIMIT_PX:
        limit = f"the limit is {LIMIT_PX // 10**6} megapixels"
        raise CodesFault(f"{path}: its pictures would be {width} x {height} px; {limit}")


def _numbered(out: Path, count: int) -> list[Path]:
    if count == 1:
        return [out]
    return [out.with_name(f"{out.stem}-{index:03d}{out.suffix}") for index in range(count)]


def _cropped(pixels: Pixels, size: Sequence[int]) -> Pixels:
    height, width = size
    return np.ascontiguousarray(pixels[:height, :width])


def _share(progress: Progress | None, what: str, index: int, count: int) -> Callable[[float], None]:
    """Tells the share of one of `count` pictures as a share of all."""
    if progress is None:
        return lambda _part: None
    return lambda part: progress(what, (index + part) / count)
