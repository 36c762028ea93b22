"""How alive a code is, as a colour; arrays only."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gui import theme

DEAD_BELOW = 0.03
"""Of the even share, 1 / K: below it the trainer counts a code as unused."""
LEAST, MOST = 1 / 16, 8.0
"""Times the even share: the ends of the colour scale."""
_START = 0.2  # viridis' darkest colours are hard to tell from unused codes

Shades = NDArray[np.float64]


def _rgb(colour: str) -> Shades:
    return np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)], dtype=np.float64)


_MAP = np.stack([_rgb(colour) for colour in theme.VIRIDIS])
UNUSED = _rgb(theme.RAISED)
DYING, REVIVED = _rgb(theme.WARN), _rgb(theme.GOOD)


def scale_colours(parts: NDArray[np.float64]) -> Shades:
    """Colours (n, 3) in 0..255 along the scale, `parts` (n,) in [0, 1]."""
    places = (_START + (1 - _START) * np.clip(parts, 0, 1)) * (len(_MAP) - 1)
    return np.stack([np.interp(places, np.arange(len(_MAP)), _MAP[:, c]) for c in range(3)], axis=-1)


def use_colours(use: NDArray[np.float32]) -> Shades:
    """Colours (K, 3) of shares of the tokens (K,): logarithmic around the even share, unused ones grey."""
    times = np.asarray(use, dtype=np.float64) * len(use)
    parts = np.log(np.maximum(times, LEAST) / LEAST) / np.log(MOST / LEAST)
    return np.where(is_alive(use)[:, None], scale_colours(parts), UNUSED)


def is_alive(use: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which codes (K,) are used at all, as the trainer counts."""
    return np.asarray(use * len(use) >= DEAD_BELOW)
