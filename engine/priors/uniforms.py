"""The uniform numbers that codes are drawn with: functions of what they are for, not of when they are asked.

A counter-based generator (Philox 4x64: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011)
keyed by seed and image, its counter set by level and row: the same seed gives image 3 the same codes whatever
the number of images, and a wider or higher grid begins with the numbers of a smaller one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

CHOICE = 2**16
"""The level that stands for a choice among finished images: no model has so many."""
PLACE = CHOICE + 1
"""And for where the part lies that is drawn anew."""
DEVIATION = CHOICE + 2
"""And for how far apart two latent vectors are."""
LAYOUT = CHOICE + 3
"""And for the layout that is drawn before all codes."""


def uniforms_of(
    seed: int,
    images: Sequence[int],
    level: int,
    height: int,
    width: int,
    origin: tuple[int, int] = (0, 0),
) -> NDArray[np.float64]:
    """Numbers from [0, 1) for cells of a level from `origin` (row, column) on: (images, height, width)."""
    top, left = origin
    numbers = np.empty((len(images), height, width))
    for place, image in enumerate(images):
        for row in range(height):
            # The lowest word of the counter is what a draw moves on; the others are ours.
            philox = np.random.Philox(key=[seed, image], counter=[0, top + row, level, 0])
            numbers[place, row] = np.random.Generator(philox).random(left + width)[left:]
    return numbers
