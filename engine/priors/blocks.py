"""The blocks in which a selection is filled on a grid that is larger than those a prior was trained on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.codes.box import Box, Mask
from engine.decoding.windowed import covering


def blocks_of(masks: Sequence[Mask], trained: int) -> tuple[list[Box], int]:
    """Boxes that hold all that `masks` select, in raster order, and the cells around each to be looked at.

    All in coarsest cells; `masks` (h, w) per level, coarsest first. With what is around it a block is at most
    `trained` cells long, half of them its own. A grid no larger than that is one block.
    """
    height, width = masks[0].shape
    selected = np.logical_or.reduce(
        [mask.reshape(height, len(mask) // height, width, -1).any(axis=(1, 3)) for mask in masks]
    )
    around = Box.of(selected)
    if around is None:
        return [], 0
    if max(height, width) <= trained:
        return [Box(0, 0, height, width)], 0
    side = max(1, trained // 2)
    boxes = [
        box.shifted(around.top, around.left) for box in covering(around.height, around.width, side, margin=0)
    ]
    return [box for box in boxes if selected[box.slices].any()], (trained - side) // 2
