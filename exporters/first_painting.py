"""Makes the painting that is open at the first start: `python -m exporters.first_painting`.

One emoji encoded large, three small, free space beside them: what codes can do, and room to try.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.codes.document import Painting
from engine.data.builtin import emoji
from engine.data.source import Pictures
from engine.decoding.windowed import decode_full, encode_windowed
from engine.images import resized
from exporters.open import open_decoder

HEIGHT_PX, WIDTH_PX = 160, 256  # 40 x 64 cells of 4 px
LARGE = ("parrot", (4, 12), 104)  # short name, (top, left), side; all in px
SMALL = (("mushroom", (116, 12), 36), ("cherry_blossom", (116, 60), 36), ("sun_with_face", (116, 108), 36))
TARGET = Path(__file__).resolve().parents[1] / "assets" / "gallery" / "first-light.codebrush"


def first_painting(model: str, target: Path) -> None:
    """Encode the picture with `model` and save it as a painting with its whole picture inside."""
    decoder = open_decoder(model)
    painting = Painting.of_codes(encode_windowed(decoder, _picture()), decoder, title="First light")
    painting.save(target, decode_full(decoder, painting.grid.levels))


def _picture() -> NDArray[np.uint8]:
    canvas = np.full((HEIGHT_PX, WIDTH_PX, 3), 255, np.uint8)
    pictures = emoji()
    for name, (top, left), side in (LARGE, *SMALL):
        canvas[top : top + side, left : left + side] = resized(_named(pictures, name), side, side)
    return canvas


def _named(pictures: Pictures, name: str) -> NDArray[np.uint8]:
    return np.asarray(pictures.images[pictures.names.index(name)])


if __name__ == "__main__":
    first_painting("emoji-vqvae", Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET)
