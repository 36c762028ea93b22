"""Draws that lean towards some codes, whatever is around them:

    p_a(k) = p(k | context)^a exp(-(1 - a) |e_k - e_c| / tau) / Z

e_c is the vector of the code c that a cell is to lie near. With a = 1 the prior draws alone; the smaller a
is, the more it counts that a code lies near c; a = 0 is c itself. The unit tau of distance is measured on the
codebook, so that its scale does not matter: a part of what lies between a code and its nearest neighbour
(the median of all codes).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.priors.drawing import Drawing

NEAREST_PART = 0.25
"""tau, of the median distance between nearest neighbours: for a near 0, such a one gets e^-4 of c's share."""
ROWS = 1024
NEVER = -1e9
"""A logit that nothing makes up for, and finite: differences of it can be taken."""


@dataclass(frozen=True, slots=True, eq=False)
class Leaning:
    """What is added to the logits of each cell of a level: the row of `table` (T, K) that `which` says."""

    table: NDArray[np.float32]
    which: NDArray[np.int64]  # of the shape of the cells

    def at(self, place: tuple[int | slice, ...]) -> Leaning:
        """That of some of the cells."""
        return Leaning(self.table, np.asarray(self.which[place]))


def towards(
    codes: NDArray[np.int64],
    mask: NDArray[np.bool_],
    amount: float,
    vectors: NDArray[np.float32],
    unit: float,
) -> Leaning:
    """Of the cells of `mask` (h, w) near `codes` (h, w), by the vectors (K, D) and their unit of distance.

    Meant for logits that a temperature of 1 / `amount` then divides, as `drawing_by` has it.
    """
    known, of_known = np.unique(codes[mask], return_inverse=True)
    which = np.zeros(mask.shape, np.int64)
    which[mask] = of_known
    if amount == 0:
        table = np.where(np.arange(len(vectors)) == known[:, None], 0.0, NEVER)
    else:
        table = (amount - 1) / amount / unit * _distances(vectors, known)
    return Leaning(table.astype(np.float32), which)


def drawing_by(amount: float, drawing: Drawing) -> Drawing:
    """The same with the prior to the power of `amount`; of 0, the likeliest is the code leaned towards."""
    return replace(drawing, temperature=drawing.temperature / amount if amount else 0.0)


def unit_of(vectors: NDArray[np.float32]) -> float:
    """tau of a codebook (K, D)."""
    nearest = np.empty(len(vectors))
    for first in range(0, len(vectors), ROWS):  # not all of K x K at once
        some = np.arange(first, min(first + ROWS, len(vectors)))
        between = _distances(vectors, some)
        between[np.arange(len(some)), some] = np.inf
        nearest[some] = between.min(axis=1)
    median = float(np.median(nearest)) if len(vectors) > 1 else 1.0
    return NEAREST_PART * (median or 1.0)


def _distances(vectors: NDArray[np.float32], some: NDArray[np.int64]) -> NDArray[np.float64]:
    """From `some` (n,) of the vectors (K, D) to all of them: (n, K)."""
    exact = vectors.astype(np.float64)
    squares = (exact**2).sum(axis=1)
    between = squares[some, None] + squares - 2 * exact[some] @ exact.T
    between[np.arange(len(some)), some] = 0.0  # what is left over by rounding would count
    return np.asarray(np.sqrt(np.maximum(between, 0.0)))
