"""How surprising the codes of a painting are to a prior, and what it would have expected.

    surprise(x_i) = -log2 p(x_i | x_1, ..., x_{i-1}, coarser levels, y)                         [bits]
    rank(x_i)     = number of codes k with p(k | ...) > p(x_i | ...)
    entropy_i     = -sum_k p(k | ...) log2 p(k | ...)                                           [bits]

All cells at once: a PixelCNN gives the distribution of every cell in one pass. Large grids go in windows with
the prior's reach around them, which changes nothing but the memory it takes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.analysis.reconstruction import device_of
from engine.codes.box import Box
from engine.decoding.prior import Grids, Likeliest, Surprise
from engine.decoding.windowed import Window, covering, read_window
from engine.errors import CodesFault, PriorFault
from engine.priors.checking import check_codes, check_condition
from engine.priors.hierarchical import BIT, HierarchicalPrior
from engine.priors.reach import margin, ratios, reach

WINDOW_CELLS = 64
"""Longest side of a window in finest cells, what lies around it included: of 512 codes, 8 MiB of logits."""

Condition = NDArray[np.float32] | None


@torch.inference_mode()
def surprise(
    prior: HierarchicalPrior | None,
    codes: Grids,
    condition: Condition = None,
    limit: int = WINDOW_CELLS,
) -> list[Surprise]:
    """Per level the surprise of codes (h, w) int64, coarsest first; `condition` (L,) weighs labels.

    Raises `PriorFault` without a prior or for a condition of another length, `CodesFault` for the codes.
    """
    prior = _checked_prior(prior, codes)
    given = _given(prior, condition)
    result = [_empty(grid.shape) for grid in codes]
    (rows, columns), around, finest = codes[0].shape, margin(prior), ratios(prior)[-1]
    for box in covering(rows, columns, max(1, limit // finest), around):
        window = read_window(codes, box, around)
        for level, part in enumerate(_windowed(prior, window, given)):
            _put(result[level], box.scaled(ratios(prior)[level]), part)
    return result


@torch.inference_mode()
def likeliest(
    prior: HierarchicalPrior | None,
    codes: Grids,
    level: int,
    cell: tuple[int, int],
    count: int,
    condition: Condition = None,
) -> Likeliest:
    """The `count` codes that the prior thinks likeliest at `cell` (row, column), whatever is there now.

    Only the cells it depends on are looked at. Raises as `surprise`.
    """
    prior = _checked_prior(prior, codes)
    row, column = cell
    if not (
        0 <= level < len(codes) and 0 <= row < codes[level].shape[0] and 0 <= column < codes[level].shape[1]
    ):
        raise CodesFault(f"there is no cell {row}, {column} on level {level}")
    ratio = ratios(prior)[level]
    coarse = Box(row // ratio, column // ratio, row // ratio + 1, column // ratio + 1)
    window = read_window(codes, coarse, margin(prior))
    corner = window.inner.scaled(ratio)
    place = corner.top + row % ratio, corner.left + column % ratio
    logits = _logits_at(prior, _tensors(prior, window.codes), level, place, _given(prior, condition))
    best = torch.softmax(logits.double(), dim=0).topk(max(0, min(count, len(logits))))
    return Likeliest(best.indices.cpu().numpy(), best.values.cpu().numpy())


def _logits_at(
    prior: HierarchicalPrior,
    grids: Sequence[Tensor],
    level: int,
    place: tuple[int, int],
    given: Tensor | None,
) -> Tensor:
    """Logits (K,) of one cell of grids (1, h, w)."""
    of_level = prior.levels[level]
    told, (row, column) = of_level.told(grids[:level], grids[level].shape[1:]), place
    cells = reach(prior.config)
    top, left = max(0, row - cells), max(0, column - cells)
    seen = slice(top, row + 1), slice(left, column + cells + 1)
    context = None if told is None else told[:, :, *seen]
    logits: Tensor = of_level.pixelcnn(grids[level][:, *seen], given, context)
    return logits[0, :, row - top, column - left]


def _windowed(prior: HierarchicalPrior, window: Window, given: Tensor | None) -> list[Surprise]:
    grids = _tensors(prior, window.codes)
    return [
        _measured(logits[0], grid[0], window.inner.scaled(ratio))
        for logits, grid, ratio in zip(prior(grids, given), grids, ratios(prior), strict=True)
    ]


def _measured(logits: Tensor, codes: Tensor, box: Box) -> Surprise:
    """Of logits (K, h, w) and codes (h, w), the part in `box`."""
    logs = torch.log_softmax(logits[:, *box.slices].float(), dim=0)
    chosen = logs.gather(0, codes[box.slices][None])
    bits, entropy = -chosen[0] / BIT, -(logs.exp() * logs).sum(dim=0) / BIT
    return Surprise(bits.cpu().numpy(), (logs > chosen).sum(dim=0).cpu().numpy(), entropy.cpu().numpy())


def _empty(shape: tuple[int, ...]) -> Surprise:
    return Surprise(np.zeros(shape, np.float32), np.zeros(shape, np.int64), np.zeros(shape, np.float32))


def _put(whole: Surprise, box: Box, part: Surprise) -> None:
    kept = whole.within(box)  # views
    kept.bits[:], kept.ranks[:], kept.entropy[:] = part.bits, part.ranks, part.entropy


def _checked_prior(prior: HierarchicalPrior | None, codes: Grids) -> HierarchicalPrior:
    """The prior, if there is one and `codes` are codes that it knows."""
    if prior is None:
        raise PriorFault("this model has no prior: train one to see what surprises it")
    check_codes(prior, codes)
    return prior


def _given(prior: HierarchicalPrior, condition: Condition) -> Tensor | None:
    if condition is None:
        return None
    check_condition(prior, condition)
    return torch.from_numpy(np.array(condition, np.float32))[None].to(device_of(prior))


def _tensors(prior: HierarchicalPrior, codes: Grids) -> list[Tensor]:
    return [torch.from_numpy(np.array(grid))[None].to(device_of(prior)) for grid in codes]
