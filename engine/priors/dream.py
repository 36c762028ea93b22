"""A brush between the code in hand and what the prior expects, cell by cell: see `engine.priors.leaning`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from engine.errors import CodesFault, OptionFault
from engine.priors.drawing import AS_TRAINED
from engine.priors.leaning import Leaning, drawing_by, towards
from engine.priors.requests import Drawn, DreamRequest, ResampleRequest
from engine.priors.resample import Resampler


def dream(
    resampler: Resampler, vectors: NDArray[np.float32], unit: float, request: DreamRequest
) -> Iterator[Drawn]:
    """New codes for the cells of the mask, in raster order as they are drawn.

    `vectors` (K, D) are those of its level, `unit` their `unit_of`. Raises `CodesFault` for a code that does
    not exist, `OptionFault` for an amount outside 0 to 1, else as `Resampler.resample`.
    """
    if not 0 <= request.amount <= 1:
        raise OptionFault(f"an amount of {request.amount:g} cannot be used: give 0 to 1")
    if not 0 <= request.code < len(vectors):
        raise CodesFault(f"there is no code {request.code}: level {request.level} has {len(vectors)}")
    level, masks = request.level, [np.zeros(codes.shape, np.bool_) for codes in request.codes]
    masks[level] = request.mask
    leanings: list[Leaning | None] = [None] * len(masks)
    leanings[level] = towards(
        np.full(masks[level].shape, request.code), request.mask, request.amount, vectors, unit
    )
    return resampler.draw(
        ResampleRequest(
            codes=request.codes,
            masks=tuple(masks),
            seed=request.seed,
            condition=request.condition,
            drawing=drawing_by(request.amount, AS_TRAINED),
            first=request.number,
        ),
        tuple(leanings),
    )
