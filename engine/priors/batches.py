"""Training batches of codes: each picture as it is, or, with some probability, its mirror image."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from engine.data.batches import Batch, Batches, CodeAugmentation
from engine.priors.code_cache import Codes


class CodeBatches(Batches):
    """Codes of n pictures with `labels` (n,), where `flips` are asked for followed by those mirrored."""

    def __init__(
        self,
        codes: Codes,
        labels: NDArray[np.int64],
        batch_size: int,
        seed: int,
        augmentation: CodeAugmentation,
        rank: int = 0,
        ranks: int = 1,
    ) -> None:
        super().__init__(labels, batch_size, seed, augmentation.label_balance, rank, ranks)
        self.codes = codes
        self.flips = augmentation.flips

    def at(self, step: int) -> Batch:
        indices, draws = self.drawn(step)
        rows = np.where(draws[:, FLIP] < self.flips, len(self.labels) + indices, indices)
        grids = tuple(torch.from_numpy(level[rows].astype(np.int64)) for level in self.codes)
        return Batch(grids, torch.from_numpy(self.labels[indices]))


FLIP = 1
"""Which of a picture's uniform numbers says whether it is mirrored: as for pictures."""
