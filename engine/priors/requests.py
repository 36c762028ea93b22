"""What is asked of a prior that draws codes, and what it answers. NumPy only: the window speaks it too."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.priors.drawing import AS_TRAINED, Drawing

Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]

CANDIDATES = 8


@dataclass(frozen=True, slots=True, eq=False)
class ResampleRequest:
    """Which cells of a painting get new codes, and all that decides which.

    `codes` (h, w) per level, coarsest first; `masks` (h, w) per level. `condition` (L,) weighs labels. Each
    of the `variations`, which are numbered from `first` on, is chosen among `candidates`.
    """

    codes: tuple[Codes, ...]
    masks: tuple[Mask, ...]
    seed: int
    condition: NDArray[np.float32] | None = None
    drawing: Drawing = AS_TRAINED
    first: int = 0
    variations: int = 1
    candidates: int = CANDIDATES


@dataclass(frozen=True, slots=True, eq=False)
class DreamRequest:
    """Cells of one level that a brush went over with `code`, and how far the prior may depart from it.

    `codes` (h, w) per level, coarsest first; `mask` (h, w) of `level`. `amount` from 0, the code itself, to
    1, the prior alone. The same `number` of a `seed` draws the same codes. `condition` (L,) weighs labels.
    """

    codes: tuple[Codes, ...]
    level: int
    mask: Mask
    code: int
    amount: float
    seed: int
    number: int = 0
    condition: NDArray[np.float32] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Codes (B, n) of a level, just drawn or gone past, from a cell of a row on; `share` done, 0 to 1.

    `nats` (B, n) is -log p of those that were to be weighed, 0 of the others.
    """

    level: int
    row: int
    column: int
    codes: Codes
    share: float
    nats: NDArray[np.float64]


def nothing_yet(share: float) -> Drawn:
    """No codes of any image: a chance to stop while something is drawn that is not to be seen."""
    nothing = np.zeros((1, 0))
    return Drawn(0, 0, 0, nothing.astype(np.int64), share, nothing)


@dataclass(frozen=True, slots=True, eq=False)
class Variation:
    """A finished one: codes (h, w) per level, -log2 p of the new ones and of the fixed ones after them."""

    number: int
    codes: tuple[Codes, ...]
    bits: float
