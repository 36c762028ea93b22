"""The `CodePrior` protocol on torch."""

from __future__ import annotations

from engine.decoding.prior import Grids, Likeliest, Surprise
from engine.priors.hierarchical import HierarchicalPrior
from engine.priors.reach import margin
from engine.priors.surprise import Condition, likeliest, surprise


class TorchPrior:
    """A model's priors, held in memory. Safe to call from one worker thread at a time."""

    def __init__(self, prior: HierarchicalPrior, labels: tuple[str, ...]) -> None:
        self._prior = prior
        self.labels = labels
        self.margin = margin(prior)

    def surprise(self, codes: Grids, condition: Condition = None) -> list[Surprise]:
        return surprise(self._prior, codes, condition)

    def likeliest(
        self, codes: Grids, level: int, cell: tuple[int, int], count: int, condition: Condition = None
    ) -> Likeliest:
        return likeliest(self._prior, codes, level, cell, count, condition)
