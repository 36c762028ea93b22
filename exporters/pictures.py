"""Pictures to codes and back, file by file: what `encode` and `decode` do."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from engine.decoding.codes_file import read_codes, write_codes
from engine.decoding.decoder import from_pixels, to_pixels
from engine.errors import CodesFault
from engine.images import read_picture
from exporters.images import save_png
from exporters.open import open_decoder


def encode_pictures(model: str | Path, paths: Sequence[Path], out: Path) -> tuple[int, int, int]:
    """Encode pictures at their own size into one codes file; returns (B, h, w) of the coarsest level.

    Raises `PictureFault` for what cannot be read, `CodesFault` where the grids differ.
    """
    decoder = open_decoder(model)
    grids, sizes = [], []
    for path in paths:
        pixels = read_picture(path, channels=decoder.channels)
        grids.append(decoder.encode(from_pixels(pixels[None])))
        sizes.append(pixels.shape[:2])
        if grids[-1][0].shape != grids[0][0].shape:
            first, this = (f"{g[0].shape[1]} x {g[0].shape[2]}" for g in (grids[0], grids[-1]))
            raise CodesFault(f"{path}: its grid is {this} cells, that of {paths[0]} {first}: encode it apart")
    codes = [np.concatenate([grid[level] for grid in grids]) for level in range(len(decoder.levels))]
    write_codes(out, codes, np.array(sizes, dtype=np.int64))
    batch, height, width = codes[0].shape
    return batch, height, width


def decode_pictures(model: str | Path, codes_path: Path, out: Path) -> list[Path]:
    """Decode a codes file to `out`, or to out-000.png, ... for several; cropped to the sizes in the file."""
    decoder = open_decoder(model)
    codes, sizes = read_codes(codes_path, decoder.levels)
    written = []
    for index in range(len(codes[0])):
        pixels = to_pixels(decoder.decode([level[index : index + 1] for level in codes]))[0]
        if sizes is not None:
            height, width = sizes[index]
            pixels = pixels[:height, :width]
        path = out if len(codes[0]) == 1 else out.with_name(f"{out.stem}-{index:03d}{out.suffix}")
        save_png(path, pixels)
        written.append(path)
    return written
