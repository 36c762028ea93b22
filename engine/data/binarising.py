"""Static binarisation: one Bernoulli(grey / 255) draw of every pixel, the same wherever it is made.

The draws of a picture are a function of its place in the data set, so any part of it can be drawn alone.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_KEY = np.array([0, int.from_bytes(b"binarise", "little")], dtype=np.uint64)
_WORDS = 4  # of 64 bits in a block of Philox 4x64: two draws each


def binarise(images: NDArray[np.uint8], places: NDArray[np.intp]) -> NDArray[np.uint8]:
    """Values 0 or 255 of images (n, H, W, C) that stand at `places` (n,) in their data set, seed 0."""
    drawn = np.empty(images.shape, np.uint8)
    # Neighbours are drawn together: a generator of its own per picture takes longer than small pictures do.
    for run in np.split(np.arange(len(places)), np.flatnonzero(np.diff(places) != 1) + 1):
        if len(run):
            rows = slice(run[0], run[-1] + 1)
            levels = _levels(int(places[run[0]]), len(run), images[0].size)
            drawn[rows] = (levels.reshape(images[rows].shape) < images[rows]) * np.uint8(255)
    return drawn


def _levels(first: int, count: int, values: int) -> NDArray[np.uint32]:
    """Uniform draws from 0 to 254, (count, values): below a grey level g with probability g / 255."""
    blocks = -(-values // (2 * _WORDS))
    counter = np.array([first * blocks, 0, 0, 0], dtype=np.uint64)
    # The raw words, not numbers made of them: only they are the same in every version of NumPy.
    words = np.random.Philox(key=_KEY, counter=counter).random_raw(count * blocks * _WORDS)
    draws = words.astype("<u8", copy=False).view("<u4").reshape(count, -1)[:, :values]
    return np.asarray(((draws >> 8) * np.uint32(255)) >> 24, dtype=np.uint32)
