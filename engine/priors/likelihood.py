"""How many bits a prior needs for the codes of pictures, given their true labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.analysis.reconstruction import condition_of, device_of
from engine.priors.hierarchical import BIT, HierarchicalPrior

BATCH = 64
"""Pictures at a time."""
BATCH_CELLS = 2**15
"""Large grids come in smaller batches: every cell has K logits."""


@torch.inference_mode()
def bits_per_code(
    prior: HierarchicalPrior,
    codes: Sequence[NDArray[Any]],
    labels: NDArray[np.int64] | None,
    done: Callable[[float], None] | None = None,
) -> list[float]:
    """Cross-entropy in base 2 per code of each level, of codes (n, h, w) per level.

    Where the priors have a layout, the coarsest codes are given theirs, and its bits are counted with them:
    no less than the cross-entropy of the codes alone.

    `labels` (n,) are the true ones; None for no label. `done` is told the share done, 0 to 1.
    """
    count, finest = len(codes[0]), codes[-1][0].size
    size = max(1, min(BATCH, BATCH_CELLS // finest))
    sums = np.zeros(len(codes))
    for first in range(0, count, size):
        rows = np.arange(first, min(first + size, count))
        grids, condition = tensors_at(prior, codes, labels, rows, device_of(prior))
        layout = prior.layout_of(grids)
        nats = prior.nats(grids, condition, layout)
        sums += [float(level.cpu().double().sum()) for level in nats]
        if layout is not None:
            sums[0] += float(prior.layout_nats(layout, condition).cpu().double().sum())
        if done is not None:
            done((rows[-1] + 1) / count)
    return [float(total / BIT / level.size) for total, level in zip(sums, codes, strict=True)]


def tensors_at(
    prior: HierarchicalPrior,
    codes: Sequence[NDArray[Any]],
    labels: NDArray[np.int64] | None,
    rows: NDArray[np.intp],
    device: torch.device,
) -> tuple[list[Tensor], Tensor | None]:
    """Of some pictures the codes (b, h, w) int64 per level and the condition (b, L), on the device."""
    grids = [torch.from_numpy(np.asarray(level[rows], np.int64)).to(device) for level in codes]
    condition = None
    if labels is not None:
        condition = condition_of(prior, torch.from_numpy(labels[rows]).to(device))
    return grids, condition
