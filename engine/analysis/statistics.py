"""What a model file says about its codes: read from `stats.*`, written after training. NumPy only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class LevelStatistics:
    """The codes of one level as the data set uses them; K codes, cells of s x s pixels.

    A swatch is the mean of the decoded cell over its occurrences: the centre of a uniform field is
    right for flat codes only (an edge's uniform field is a colour it never shows).
    """

    use: NDArray[np.int64]  # (K,) cells of the train split that chose the code
    use_by_label: NDArray[np.int64]  # (L, K)
    swatches: NDArray[np.uint8]  # (K, s, s, C) mean decoded cell
    fields: NDArray[np.uint8]  # (K, s, s, C) centre of the code's uniform field
    contexts: NDArray[np.uint8]  # (K, 3s, 3s, C) mean decoded cell with its eight neighbours
    patches: NDArray[np.uint8]  # (K, 3s, 3s, C) a typical real patch that chose the code
    vectors: NDArray[np.float32]  # (K, D) the codebook
    followers: NDArray[np.int32]  # (2, n): places in `follower_table`, ascending, and what stands there

    def follower_table(self) -> NDArray[np.int32]:
        """How often code j stood right of (0) and below (1) code i: `(2, K, K)`; most pairs never did."""
        k = len(self.use)
        table = np.zeros(2 * k * k, np.int32)
        table[self.followers[0]] = self.followers[1]
        return table.reshape(2, k, k)

    @property
    def norms(self) -> NDArray[np.float32]:
        """Euclidean length of each code vector, `(K,)`."""
        return np.asarray(np.linalg.norm(self.vectors, axis=1), dtype=np.float32)

    @property
    def fills(self) -> NDArray[np.bool_]:
        """Which codes are fills, `(K,)`: in use, and the mean swatch deviates <= 4/255 in the cell."""
        return (self.use > 0) & (spatial_deviation(self.swatches) <= FILL_DEVIATION)

    @property
    def blank(self) -> int:
        """The code a blank canvas is made of: of the fills the one whose uniform field is nearest white."""
        fields = self.fields.astype(np.float64)
        distance = np.sqrt(((255.0 - fields) ** 2).mean(axis=(1, 2, 3))) + spatial_deviation(self.fields)
        candidates = self.fills if self.fills.any() else np.ones(len(self.use), bool)
        return int(np.argmin(np.where(candidates, distance, np.inf)))


FILL_DEVIATION = 4.0
"""In 1/255: a code whose mean swatch deviates no more within the cell is a fill."""


def spatial_deviation(cells: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Standard deviation over the pixels of each cell, worst channel, in 1/255: `(K, s, s, C)` -> `(K,)`."""
    return np.asarray(cells.astype(np.float64).std(axis=(1, 2)).max(axis=-1))
