"""Of several candidates for each picture the one that is most surely of its label.

    log p(y | x) = log p(x | y) - log p(x) + log p(y)                                          (Bayes' rule)

A prior that was trained with labels and without knows both. Like the classifier-based rejection sampling of
arXiv 1906.00446 (section 3.4) this trades variety for pictures that look like what they are to be; the
classifier is the prior itself. All candidates are drawn on the coarsest level alone: what is where decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from engine.analysis.reconstruction import device_of
from engine.priors.drawing import Drawing
from engine.priors.hierarchical import HierarchicalPrior
from engine.priors.requests import Drawn, nothing_yet
from engine.priors.sampler import FillRequest, Sampler

_APART = 2**40
"""Between the numbers of a picture's candidates; the first has its own, as it is drawn without others."""
_AT_ONCE = 64


def draw_chosen(
    priors: HierarchicalPrior,
    sampler: Sampler,
    grids: Sequence[tuple[int, int]],
    images: Sequence[int],
    seed: int,
    condition: NDArray[np.float32],
    drawing: Drawing,
    candidates: int,
) -> Iterator[Drawn]:
    """Whole grids, (rows, columns) per level, of pictures with `condition` (B, L).

    Yields nothing but a share of what is to do until one of each picture's candidates has been chosen.
    """
    count, first = len(images), np.zeros((len(images) * candidates, *grids[0]), np.int64)
    sizes = [rows * columns for rows, columns in grids]
    part = candidates * sizes[0] / (candidates * sizes[0] + sum(sizes[1:]))
    coarse = FillRequest(
        codes=tuple(np.zeros((len(first), *grid), np.int64) for grid in grids),
        masks=tuple(np.full(grid, level == 0) for level, grid in enumerate(grids)),
        seed=seed,
        images=tuple(image + place * _APART for place in range(candidates) for image in images),
        condition=np.concatenate([condition] * candidates),
        drawing=drawing,
    )
    coarse, _ = yield from sampler.lay_out(coarse)
    for drawn in sampler.fill(coarse):
        first[:, drawn.row, drawn.column : drawn.column + drawn.codes.shape[1]] = drawn.codes
        yield nothing_yet(part * drawn.share)
    sureness = _sureness(priors, replace(coarse, codes=(first,)))
    best = sureness.reshape(candidates, count).argmax(axis=0) * count + np.arange(count)
    chosen = first[best]
    for row in range(grids[0][0]):
        yield Drawn(0, row, 0, chosen[:, row], part, np.zeros(chosen[:, row].shape))
    if len(grids) > 1:
        finer = FillRequest(
            codes=(chosen, *(level[:count] for level in coarse.codes[1:])),
            masks=tuple(~mask for mask in coarse.masks),
            seed=seed,
            images=tuple(coarse.images[index] for index in best),
            condition=condition,
            drawing=drawing,
        )
        for drawn in sampler.fill(finer):
            yield replace(drawn, share=part + (1 - part) * drawn.share)


@torch.inference_mode()
def _sureness(priors: HierarchicalPrior, drawn: FillRequest) -> NDArray[np.float64]:
    """log p(y | x), but for a constant of each y, of the coarsest codes drawn and their layout: (B,)."""
    device, sure = device_of(priors), []
    assert drawn.condition is not None
    for start in range(0, len(drawn.images), _AT_ONCE):
        rows = slice(start, start + _AT_ONCE)
        codes, condition = (torch.from_numpy(of[rows]).to(device) for of in (drawn.codes[0], drawn.condition))
        layout = None if drawn.layout is None else torch.from_numpy(drawn.layout[rows]).to(device)
        without = priors.coarsest_nats(codes, None, layout)
        sure.append(without - priors.coarsest_nats(codes, condition, layout))
    return np.asarray(torch.cat(sure).cpu().numpy(), dtype=np.float64)
