"""Pictures side by side on one sheet."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from exporters.images import Pixels

GAP_PX = 4
SURROUND = (0x14, 0x15, 0x18)
"""Dark and nearly neutral, as around the canvas: the pictures are the brightest thing."""


def contact_sheet(pictures: Sequence[Pixels]) -> Pixels:
    """Pictures (H, W, C) of one size, in rows of about as many as there are rows, with gaps between."""
    height, width, channels = pictures[0].shape
    columns = math.ceil(math.sqrt(len(pictures)))
    rows = math.ceil(len(pictures) / columns)
    sides = (GAP_PX + count * (side + GAP_PX) for count, side in ((rows, height), (columns, width)))
    sheet = np.empty((*sides, channels), np.uint8)
    sheet[:] = SURROUND[:channels]
    for index, picture in enumerate(pictures):
        top, left = (
            GAP_PX + place * (side + GAP_PX)
            for place, side in zip(divmod(index, columns), (height, width), strict=True)
        )
        sheet[top : top + height, left : left + width] = picture
    return sheet


def sheet_px(count: int, height: int, width: int) -> int:
    """Pixels of a sheet of `count` pictures of that size."""
    columns = math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    return (GAP_PX + rows * (height + GAP_PX)) * (GAP_PX + columns * (width + GAP_PX))
