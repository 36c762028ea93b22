"""The vertical stack as one compiled loop over layers and cells (numba), for rows of few cells.

Does what `engine.priors.rows` does. torch multiplies large matrices quicker, but for one or two pictures its
operations cost as much again as what they compute.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import types
from numpy.typing import NDArray

from engine.priors.kernel import entry, tanh
from engine.priors.products import Floats, add_product, compiled


class RowWeights(NamedTuple):
    """Those of `Matrices`, float32 and contiguous, matrices in `panels`; taps in raster order."""

    embedding: Floats  # (K, C)
    first: Floats  # taps, each panels of (C, 2C)
    others: Floats  # (L - 1, taps), each panels of (C, 2C)
    across: Floats  # L panels of (2C, 2C)


class RowState(NamedTuple):
    """Per layer the rows that its kernel sees, between columns of zeros, and room to work in."""

    first: Floats  # (rows, B, w + columns - 1, C)
    others: Floats  # (L - 1, rows, B, w + columns - 1, C)
    bias: Floats  # (L, B, 2C)
    before_bias: Floats  # (L, B, 2C): of what cells are told
    sums: Floats  # (B, w, 2C), before the gate
    told: Floats  # (L, B, w, 2C)


_F2, _F3, _F4 = types.float32[:, ::1], types.float32[:, :, ::1], types.float32[:, :, :, ::1]
_F5 = types.float32[:, :, :, :, ::1]
_WEIGHTS = types.NamedTuple((_F2, _F4, _F5, _F4), RowWeights)  # type: ignore[no-untyped-call]
_STATE = types.NamedTuple((_F4, _F5, _F3, _F3, _F3, _F4), RowState)  # type: ignore[no-untyped-call]


@compiled
def _look(seen: Floats, taps: Floats, bias: Floats, sums: Floats) -> None:
    """The kernel at every cell of the row."""
    images, width = sums.shape[:2]
    columns = seen.shape[2] - width + 1
    for image in range(images):
        for cell in range(width):
            sums[image, cell] = bias[image]
        for row in range(len(seen)):
            features = seen[row, image]  # cut in two steps it is known to lie in one piece
            for column in range(columns):
                add_product(features[column : column + width], taps[row * columns + column], sums[image])


@compiled
def _make_room(seen: Floats) -> None:
    """Rows go up by one."""
    for row in range(len(seen) - 1):
        seen[row] = seen[row + 1]


@compiled
def _gate(sums: Floats, out: Floats) -> None:
    """tanh(a) * sigmoid(b) of the two halves, into the middle of (B, w + columns - 1, C)."""
    half = np.float32(0.5)
    images, width = sums.shape[:2]
    channels = out.shape[2]
    side = (out.shape[1] - width) // 2
    for image in range(images):
        for cell in range(width):
            for j in range(channels):
                a, b = sums[image, cell, j], sums[image, cell, channels + j]
                # sigmoid(b) = (1 + tanh(b / 2)) / 2
                out[image, side + cell, j] = tanh(a) * (half + half * tanh(half * b))


@compiled
def _add(features: Floats, out: Floats) -> None:
    """Of one row; columns beside it are zero in both."""
    for image in range(out.shape[0]):
        for cell in range(out.shape[1]):
            for j in range(out.shape[2]):
                out[image, cell, j] += features[image, cell, j]


@entry(_WEIGHTS, _STATE, types.boolean)
def tell(weights: RowWeights, state: RowState, is_needed: bool) -> None:
    """Every layer at the row that is up: `state.told`, unless it is not needed."""
    layers = len(state.told)
    for layer in range(layers if is_needed else layers - 1):
        if layer == 0:
            _look(state.first, weights.first, state.bias[0], state.sums)
        else:
            _look(state.others[layer - 1], weights.others[layer - 1], state.bias[layer], state.sums)
        if is_needed:
            for image in range(len(state.sums)):
                for cell in range(state.sums.shape[1]):
                    state.told[layer, image, cell] = state.before_bias[layer, image]
                add_product(state.sums[image], weights.across[layer], state.told[layer, image])
        if layer + 1 < layers:
            following = state.others[layer]
            _make_room(following)
            _gate(state.sums, following[-1])
            if layer > 0:
                _add(state.others[layer - 1, -1], following[-1])


@entry(_WEIGHTS, _STATE, types.int64[:, :])
def put(weights: RowWeights, state: RowState, codes: NDArray[np.int64]) -> None:
    """The codes (B, w) of the row that was up: the next one is."""
    _make_room(state.first)
    side = (state.first.shape[2] - codes.shape[1]) // 2
    for image in range(codes.shape[0]):
        for cell in range(codes.shape[1]):
            state.first[-1, image, side + cell] = weights.embedding[codes[image, cell]]
