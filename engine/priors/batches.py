"""Training batches of codes: of each picture as it is, mirrored or varied, with some probability each."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from engine.data.batches import Batch, Batches, CodeAugmentation
from engine.data.variations import Variations
from engine.priors.code_cache import Codes, Copies

UNVARIED = Variations()


class CodeBatches(Batches):
    """Codes of pictures with `labels` (n,), all their copies in `codes`, in the order of `copies_of`."""

    def __init__(
        self,
        codes: Codes,
        labels: NDArray[np.int64],
        batch_size: int,
        seed: int,
        augmentation: CodeAugmentation,
        variations: Variations = UNVARIED,
        rank: int = 0,
        ranks: int = 1,
    ) -> None:
        super().__init__(labels, batch_size, seed, augmentation.label_balance, rank, ranks)
        self.codes = codes
        self.flips, self.varied = augmentation.flips, variations.varied
        self.copies = copies_of(augmentation, variations)

    def at(self, step: int) -> Batch:
        indices, draws = self.drawn(step)
        which = 1 + (draws[:, WHICH] * self.copies.variations).astype(np.intp)
        variation = np.where(draws[:, VARY] < self.varied, which, 0)
        copy = self.copies.place(variation, draws[:, FLIP] < self.flips)
        rows = copy * len(self.labels) + indices
        grids = tuple(torch.from_numpy(level[rows].astype(np.int64)) for level in self.codes)
        return Batch(grids, torch.from_numpy(self.labels[indices]))


FLIP, VARY, WHICH = 1, 2, 3
"""Which of a picture's uniform numbers say whether it is mirrored, as for pictures, and if and how varied."""


def copies_of(augmentation: CodeAugmentation, variations: Variations) -> Copies:
    """Those whose codes are to be there."""
    return Copies(augmentation.flips > 0, variations.variations if variations.varied else 0)
