"""Grids of codes drawn without a prior.

`unigram` draws every cell by itself, codes as often as the train split has them; `uniform` all codes alike.
Beside samples of the prior they show what it is for: regions that know of each other. All take the same
uniform numbers of `engine.priors.uniforms`, so a seed gives image 3 the same codes whatever the count.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.priors.drawing import Drawing, weights_of
from engine.priors.requests import Codes
from engine.priors.uniforms import uniforms_of


def independent(
    counts: Sequence[NDArray[np.int64]],
    grids: Sequence[tuple[int, int]],
    images: Sequence[int],
    seed: int,
    drawing: Drawing,
) -> list[Codes]:
    """Codes (B, h, w) per level, each cell by itself, in proportion to `counts` (K,) per level."""
    levels = enumerate(zip(counts, grids, strict=True))
    return [
        _drawn(frequencies, uniforms_of(seed, images, level, *grid), drawing)
        for level, (frequencies, grid) in levels
    ]


def _drawn(counts: NDArray[np.int64], uniforms: NDArray[np.float64], drawing: Drawing) -> Codes:
    if drawing.temperature == 0:
        return np.full(uniforms.shape, counts.argmax(), np.int64)
    with np.errstate(divide="ignore"):  # codes that were never used have a logit of -inf, and are not drawn
        logits = np.log(counts.astype(np.float64))
    cumulative = np.cumsum(weights_of(logits[None], drawing)[0])
    return np.asarray(np.searchsorted(cumulative, uniforms * cumulative[-1], side="right"), np.int64)
