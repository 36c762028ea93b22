"""Of several candidates for each picture the one that is most surely of its label.

    log p(y | x) = log p(x | y) - log p(x) + log p(y)                                          (Bayes' rule)

A prior that was trained with labels and without knows both. Like the classifier-based rejection sampling of
arXiv 1906.00446 (section 3.3) this trades variety for pictures that look like what they are to be; the
classifier is the prior itself. What is where decides: candidates are drawn and weighed on the coarsest level
alone, and only what is kept gets finer codes.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from engine.analysis.reconstruction import device_of
from engine.priors.hierarchical import HierarchicalPrior
from engine.priors.requests import Drawn, nothing_yet
from engine.priors.sampler import FillRequest, Sampler

_APART = 2**40
"""Between the numbers of a picture's candidates; the first has its own, as it is drawn without others."""
_DRAWING = 0.7
"""The share of the time that candidates take to be drawn; the rest is to weigh them."""
_CELLS_AT_ONCE = 512
"""So many codes are weighed before the next chance to stop, within some 30 ms on one core."""


def choose(
    priors: HierarchicalPrior, sampler: Sampler, request: FillRequest, candidates: int
) -> Iterator[Drawn | FillRequest]:
    """Draw the coarsest codes of whole grids with a condition several times, and keep the best of each image.

    One candidate of all images after another, so that no step takes longer the more there are. Yields the
    first of each image as it is drawn, then only chances to stop, and at last the request with the coarsest
    codes of the best in place and all others still to be drawn.
    """
    kept, surest = request.codes[0].copy(), np.full(len(request.images), -np.inf)
    masks = (request.masks[0], *(~mask for mask in request.masks[1:]))
    for place in range(candidates):
        images = tuple(image + place * _APART for image in request.images)
        candidate = replace(request, images=images, masks=masks)
        drawn, _ = yield from sampler.lay_out(candidate, place / candidates)
        codes = drawn.codes[0].copy()
        for part in sampler.fill(drawn):
            codes[:, part.row, part.column : part.column + part.codes.shape[1]] = part.codes
            share = (place + _DRAWING * part.share) / candidates
            yield nothing_yet(share) if place else replace(part, share=share)
        share = (place + _DRAWING) / candidates
        sureness = yield from _sureness(priors, replace(drawn, codes=(codes,)), share)
        better = sureness > surest
        kept[better], surest[better] = codes[better], sureness[better]
    finer = (~request.masks[0], *request.masks[1:])
    yield replace(request, codes=(kept, *request.codes[1:]), masks=finer)


def share_of_choosing(grids: Sequence[tuple[int, int]], candidates: int) -> float:
    """About how much of the time it takes to choose and then to draw the rest of grids (rows, columns)."""
    coarsest, *finer = (rows * columns for rows, columns in grids)
    choosing = candidates * coarsest / _DRAWING
    return choosing / (choosing + sum(finer))


@torch.inference_mode()
def _sureness(
    priors: HierarchicalPrior, drawn: FillRequest, share: float
) -> Generator[Drawn, None, NDArray[np.float64]]:
    """log p(y | x), but for a constant of each y, of the coarsest codes drawn and their layout: (B,).

    Yields chances to stop, with the `share` that is done.
    """
    assert drawn.condition is not None
    of_all: list[NDArray[Any]] = [
        drawn.codes[0],
        drawn.condition,
        *([] if drawn.layout is None else [drawn.layout]),
    ]
    count, device = len(drawn.images), device_of(priors)
    size, sure = max(1, _CELLS_AT_ONCE // drawn.codes[0][0].size), np.zeros(count)
    for start in range(0, count, size):
        rows = slice(start, start + size)
        codes, condition, *layout = (torch.from_numpy(each[rows]).to(device) for each in of_all)
        for sign, told in ((1, None), (-1, condition)):
            nats = priors.coarsest_nats(codes, told, layout[0] if layout else None)
            sure[rows] += sign * nats.cpu().numpy()
            yield nothing_yet(share)
    return sure
