"""A brush between the code in hand and what the prior expects, cell by cell:

    p_a(k) = p(k | context)^a exp(-(1 - a) |e_k - e_c| / tau) / Z

e_c is the vector of the code c in hand. With a = 1 the prior paints alone; the smaller a is, the more it
counts that a code lies near c; a = 0 paints c. The unit tau of distance is measured on the codebook, so
that its scale does not matter: a part of what lies between a code and its nearest neighbour (the median of
all codes).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from engine.errors import CodesFault, OptionFault
from engine.priors.drawing import Drawing
from engine.priors.requests import Bias, Drawn, DreamRequest, ResampleRequest
from engine.priors.resample import Resampler

NEAREST_PART = 0.25
"""tau, of the median distance between nearest neighbours: for a near 0, such a one gets e^-4 of c's share."""
ROWS = 1024
NEVER = -1e9
"""A logit that nothing makes up for, and finite: differences of it can be taken."""


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
    masks = [np.zeros(codes.shape, np.bool_) for codes in request.codes]
    masks[request.level] = request.mask
    biases: list[Bias | None] = [None] * len(masks)
    biases[request.level] = leaning(vectors, unit, request.code, request.amount)
    return resampler.draw(
        ResampleRequest(
            codes=request.codes,
            masks=tuple(masks),
            seed=request.seed,
            condition=request.condition,
            # The likeliest of all is c itself where nothing else counts.
            drawing=Drawing(temperature=1 / request.amount if request.amount else 0.0),
            first=request.number,
        ),
        biases,
    )


def leaning(vectors: NDArray[np.float32], unit: float, code: int, amount: float) -> Bias:
    """What to add to the logits (K,), which a temperature of 1 / a then divides; at 0 only `code` is left."""
    if amount == 0:
        return np.where(np.arange(len(vectors)) == code, 0.0, NEVER).astype(np.float32)
    distances: NDArray[np.float64] = np.linalg.norm(vectors - vectors[code].astype(np.float64), axis=1)
    return np.asarray((amount - 1) / amount / unit * distances, np.float32)


def unit_of(vectors: NDArray[np.float32]) -> float:
    """tau of a codebook (K, D)."""
    exact = vectors.astype(np.float64)
    squares, nearest = (exact**2).sum(axis=1), np.full(len(exact), np.inf)
    for first in range(0, len(exact), ROWS):  # not all of K x K at once
        rows = slice(first, first + ROWS)
        between = squares[rows, None] + squares - 2 * exact[rows] @ exact.T
        between[np.arange(len(between)), np.arange(first, first + len(between))] = np.inf
        nearest[rows] = between.min(axis=1)
    median = float(np.median(np.sqrt(np.maximum(nearest, 0.0)))) if len(exact) > 1 else 1.0
    return NEAREST_PART * (median or 1.0)
