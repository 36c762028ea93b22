"""Averaged weights: a moving average of the weights that are trained is often the better model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class AveragedWeights:
    """Exponential moving averages of what the optimiser trains (Polyak & Juditsky 1992).

    The average after step t is a_t = d a_{t-1} + (1 - d) w_t with d = min(decay, (1 + t) / (10 + t)): while
    the run is young it follows quickly, or the first weights would stay in it for 1 / (1 - decay) steps.
    Codebooks that are moving averages themselves are not trained by the optimiser: they stay as they are.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay = decay
        self._trained = {name: p for name, p in model.named_parameters() if p.requires_grad}
        self._averages = [p.detach().clone() for p in self._trained.values()]
        self._is_in_place = False

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Take in the weights after step `step`, counted from 0."""
        decay = min(self.decay, (1 + step) / (10 + step))
        weights = [p.detach() for p in self._trained.values()]
        torch._foreach_lerp_(self._averages, weights, 1 - decay)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """The model with averaged weights, until the end of the block; nothing is copied."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    def trained(self) -> dict[str, Tensor]:
        """The weights as the optimiser has them, whatever is in place; by name in the model."""
        weights = self._averages if self._is_in_place else [p.detach() for p in self._trained.values()]
        return dict(zip(self._trained, weights, strict=True))

    @torch.no_grad()
    def restore(self, trained: Mapping[str, Tensor]) -> None:
        """Take what the model holds as averages and put `trained` in its place. Raises `KeyError`."""
        for average, (name, weight) in zip(self._averages, self._trained.items(), strict=True):
            average.copy_(weight)
            weight.copy_(trained[name])

    def _swap(self) -> None:
        self._is_in_place = not self._is_in_place
        for index, weight in enumerate(self._trained.values()):
            weight.data, self._averages[index] = self._averages[index], weight.data
