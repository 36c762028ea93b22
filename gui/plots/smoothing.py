"""Smoothing of noisy curves, as TensorBoard does it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
_LARGEST_POWER = 100.0
"""Within a block weights grow to 10 to this power: far from overflow, and rounding stays relative."""
_NO_BIAS = 1e-17
"""A weight below this adds nothing to one."""


def smoothed(values: Values, weight: float) -> Values:
    """The exponential moving average of `values` (n,), without the bias of its start at zero.

    s_k = weight * s_(k-1) + (1 - weight) * x_k,  y_k = s_k / (1 - weight^(k+1)),  0 <= weight < 1.
    What is not finite stays as it is and counts for nothing.
    """
    good = np.isfinite(values)
    if weight == 0 or not good.any():
        return values
    if good.all():
        return _without_bias(_averaged(values, weight), weight)
    result = values.copy()
    result[good] = _without_bias(_averaged(values[good], weight), weight)
    return result


def _averaged(values: Values, weight: float) -> Values:
    """s_k, in blocks: within one it is a cumulative sum of x_k / weight^k, and between them one number."""
    block = min(len(values), max(1, int(_LARGEST_POWER * math.log(10) / -math.log(weight))))
    padded = np.zeros(-(-len(values) // block) * block)
    padded[: len(values)] = values
    powers = weight ** np.arange(block)
    sums = (1 - weight) * powers * np.cumsum(padded.reshape(-1, block) / powers, axis=1)
    carried, last = np.empty(len(sums)), 0.0
    for place, end in enumerate(sums[:, -1].tolist()):
        carried[place] = last
        last = end + weight**block * last
    return np.asarray(sums + weight * carried[:, None] * powers, dtype=np.float64).reshape(-1)[: len(values)]


def _without_bias(sums: Values, weight: float) -> Values:
    biased = min(len(sums), int(math.log(_NO_BIAS) / math.log(weight)) + 1)
    sums[:biased] /= 1 - weight ** np.arange(1, biased + 1)
    return sums
