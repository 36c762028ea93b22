"""Whether codes and labels are such as a prior knows: what is not is said before anything is computed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.codes.grid import checked_ratios
from engine.errors import CodesFault, PriorFault
from engine.priors.hierarchical import HierarchicalPrior
from engine.priors.reach import ratios


def check_codes(
    prior: HierarchicalPrior, codes: Sequence[NDArray[np.int64]], batch: int | None = None
) -> None:
    """Raise `CodesFault` unless `codes` are int64 (h, w) per level, or (batch, h, w), and fit the prior."""
    if len(codes) != len(prior.levels):
        raise CodesFault(f"{len(codes)} levels of codes for a prior of {len(prior.levels)}")
    leading, words = ((), "(h, w)") if batch is None else ((batch,), f"({batch}, h, w)")
    for level, (grid, known) in enumerate(zip(codes, prior.levels, strict=True)):
        count = known.pixelcnn.embedding.num_embeddings
        if grid.ndim != len(leading) + 2 or grid.shape[:-2] != leading or not grid.size:
            raise CodesFault(f"level {level}: codes must be {words}, not {grid.shape}")
        if grid.dtype != np.int64:
            raise CodesFault(f"level {level}: codes must be int64, not {grid.dtype}")
        if grid.min() < 0 or grid.max() >= count:
            raise CodesFault(
                f"level {level}: codes reach from {grid.min()} to {grid.max()}, not 0 to {count - 1}"
            )
    shapes = [(grid.shape[-2], grid.shape[-1]) for grid in codes]
    if list(checked_ratios(shapes)) != ratios(prior):
        raise CodesFault(
            f"grids of {shapes} do not fit a prior whose levels are {ratios(prior)} times as fine"
        )


def check_layout(prior: HierarchicalPrior, layout: NDArray[np.int64], grids: tuple[int, ...]) -> None:
    """Raise `CodesFault` unless `layout` is int64 (B, h, w) of the prior's classes, for `grids` (B, h, w)."""
    if prior.layout is None:
        raise CodesFault("a layout for a prior that knows none")
    batch, height, width = grids
    side, classes = prior.layout.side, prior.layout.level.codes
    expected = batch, -(-height // side), -(-width // side)
    if layout.shape != expected or layout.dtype != np.int64:
        raise CodesFault(f"a layout of {layout.dtype} {layout.shape} where int64 {expected} is needed")
    if layout.min() < 0 or layout.max() >= classes:
        raise CodesFault(f"a layout of classes {layout.min()} to {layout.max()}, not 0 to {classes - 1}")


def check_condition(
    prior: HierarchicalPrior, condition: NDArray[np.float32], batch: int | None = None
) -> None:
    """Raise `PriorFault` unless `condition` is (L,), or (batch, L), of the prior's L labels."""
    expected = (prior.label_count,) if batch is None else (batch, prior.label_count)
    if condition.shape != expected:
        raise PriorFault(f"a condition of {condition.shape} for a prior with {prior.label_count} labels")
