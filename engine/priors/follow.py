"""Codes of finer levels that follow what was painted on a coarser one.

The decoder makes a picture of the coarser levels alone, blurred, but with the colours and edges that were
meant. The codes that the encoder gives that picture say what each finer cell should look like, and the
prior draws near them (`engine.priors.leaning`). By the prior alone, codes that never lie side by side in
what it has learned from, as in a stroke of one of them, come out as noise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.codes.box import Box
from engine.priors.leaning import drawing_by, towards
from engine.priors.requests import Codes, Drawn, ResampleRequest, Variation
from engine.priors.resample import Resampler

AMOUNT = 0.4
"""How far the prior may depart from what the coarser levels show: at 0.75 strokes of one code are noise."""

AROUND = 4
"""Coarsest cells around what is drawn that the picture shows too: the encoder sees what is beside a cell."""

Measured = Callable[[int], tuple[NDArray[np.float32], float]]
"""The vectors (K, D) of a level and the unit of their distances."""
Shown = Callable[[Sequence[Codes], int], Sequence[Codes]]
"""The codes (h, w) per level of the picture that such codes make of a level and those coarser than it."""


def follow(
    resampler: Resampler, measured: Measured, shown: Shown, level: int, request: ResampleRequest
) -> Iterator[Drawn | Variation]:
    """As `Resampler.resample`, for cells of levels finer than `level`. Raises as that."""
    expected = _expected(shown, level, request)
    leanings = tuple(
        towards(codes, mask, AMOUNT, *measured(index)) if mask.any() else None
        for index, (codes, mask) in enumerate(zip(expected, request.masks, strict=True))
    )
    return resampler.resample(replace(request, drawing=drawing_by(AMOUNT, request.drawing)), leanings)


def _expected(shown: Shown, level: int, request: ResampleRequest) -> list[Codes]:
    """The request's codes with those that are shown where some are to be drawn, and a little around."""
    codes = [grid.copy() for grid in request.codes]
    rows, columns = codes[0].shape
    drawn = np.zeros((rows, columns), np.bool_)
    for mask in request.masks:
        drawn |= mask.reshape(rows, len(mask) // rows, columns, -1).any(axis=(1, 3))
    box = Box.of(drawn)
    if box is not None:
        around = box.grown(AROUND).clipped(rows, columns)
        places = [around.scaled(len(grid) // rows).slices for grid in codes]
        seen = shown([grid[place] for grid, place in zip(codes, places, strict=True)], level)
        for grid, place, codes_there in zip(codes, places, seen, strict=True):
            grid[place] = codes_there
    return codes
