"""Smoothing of noisy curves, as TensorBoard does it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
_LARGEST_POWER = 100.0
"""Within a block weights grow to 10 to this power: far from overflow, and rounding stays relative."""


def smoothed(values: Values, weight: float) -> Values:
    """The exponential moving average of `values` (n,), without the bias of its start at zero.

    s_k = weight * s_(k-1) + (1 - weight) * x_k,  y_k = s_k / (1 - weight^(k+1)),  0 <= weight < 1.
    """
    if weight == 0 or len(values) == 0:
        return values
    block = max(1, int(_LARGEST_POWER * math.log(10) / -math.log(weight)))
    sums, last = np.empty(len(values)), 0.0
    for first in range(0, len(values), block):
        part = values[first : first + block]
        powers = weight ** np.arange(len(part))
        sums[first : first + block] = powers * (weight * last + (1 - weight) * np.cumsum(part / powers))
        last = float(sums[first + len(part) - 1])
    return np.asarray(sums / (1 - weight ** np.arange(1, len(values) + 1)), dtype=np.float64)
