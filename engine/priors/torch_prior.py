"""The `CodePrior` protocol on torch."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from engine.decoding.prior import Grids, Likeliest, Surprise
from engine.priors.compiling import quickest_cells
from engine.priors.dream import dream
from engine.priors.follow import Shown, follow
from engine.priors.hierarchical import HierarchicalPrior
from engine.priors.leaning import unit_of
from engine.priors.reach import margin
from engine.priors.requests import Drawn, DreamRequest, ResampleRequest, Variation
from engine.priors.resample import Resampler
from engine.priors.sampler import CellsMaker
from engine.priors.surprise import Condition, likeliest, surprise


class TorchPrior:
    """A model's priors, held in memory. Safe to call from one worker thread at a time."""

    def __init__(
        self,
        prior: HierarchicalPrior,
        labels: tuple[str, ...],
        trained: int,
        codebook: Callable[[int], NDArray[np.float32]],
        shown: Shown | None = None,
    ) -> None:
        """`trained`: coarsest cells along a side of the grids that it was trained on.

        `codebook(level)` gives the vectors (K, D) of the codes. `shown` is None where coarser levels
        by themselves make no picture.
        """
        self._prior, self._trained, self._codebook, self._shown = prior, trained, codebook, shown
        self._units: dict[int, tuple[NDArray[np.float32], float]] = {}
        self._resampler: tuple[CellsMaker, Resampler] | None = None
        self.labels = labels
        self.margin = margin(prior)

    def surprise(self, codes: Grids, condition: Condition = None) -> list[Surprise]:
        return surprise(self._prior, codes, condition)

    def likeliest(
        self, codes: Grids, level: int, cell: tuple[int, int], count: int, condition: Condition = None
    ) -> Likeliest:
        return likeliest(self._prior, codes, level, cell, count, condition)

    def resample(self, request: ResampleRequest) -> Iterator[Drawn | Variation]:
        return self._quickest().resample(request)

    def follow(self, request: ResampleRequest, level: int) -> Iterator[Drawn | Variation]:
        if self._shown is None:
            return self.resample(request)
        return follow(self._quickest(), self._measured, self._shown, level, request)

    def dream(self, request: DreamRequest) -> Iterator[Drawn]:
        vectors, unit = self._measured(request.level)
        return dream(self._quickest(), vectors, unit, request)

    def _measured(self, level: int) -> tuple[NDArray[np.float32], float]:
        """The vectors of a level and the unit of their distances, measured when first asked for."""
        if level not in self._units:
            vectors = self._codebook(level)
            self._units[level] = vectors, unit_of(vectors)
        return self._units[level]

    def _quickest(self) -> Resampler:
        """Made when first asked for, and anew once the compiled kernel is there: never within a request."""
        cells = quickest_cells()
        if self._resampler is None or self._resampler[0] is not cells:
            self._resampler = cells, Resampler(self._prior, self._trained, cells)
        return self._resampler[1]
