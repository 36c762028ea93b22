"""`Cells`, run by the compiled kernel: what a sampler uses where it is ready and quicker."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.priors import kernel
from engine.priors.cells import Codes, Exact, Some
from engine.priors.drawing import Drawing
from engine.priors.matrices import Matrices


class CompiledCells:
    """One row at a time: `begin`, then `fill` for a few cells after another. In float32."""

    cells_at_once = 16
    """Some hundred microseconds: often enough to be stopped, seldom enough for the call not to count."""

    def __init__(self, matrices: Matrices, batch: int) -> None:
        self._weights = weights_of(matrices)
        self._state = state_of(matrices, batch)
        self._columns = matrices.first_columns
        self._told = np.empty(0, np.float32)
        self._cell = 0

    def begin(self, told: Tensor, cell: int, before: Tensor) -> None:
        """As that of `Cells`."""
        self._told, self._cell = told.numpy(), cell
        self._state.first.fill(0)
        self._state.others.fill(0)
        kernel.pass_by(self._weights, self._state, before.numpy()[:, -self._columns :])

    def fill(
        self, codes: Codes, is_drawn: Some, is_weighed: Some, uniforms: Exact, drawing: Drawing
    ) -> Exact:
        """As that of `Cells`."""
        nats = np.zeros(codes.shape)
        choice = kernel.Choice(
            float(drawing.temperature), drawing.top_k, float(drawing.top_p), float(drawing.guidance)
        )
        about = self._weights, self._state, self._told, self._cell
        kernel.fill(*about, codes, is_drawn, is_weighed, uniforms, choice, nats)
        self._cell += codes.shape[1]
        return nats

    def logits(self) -> Tensor:
        """As those of `Cells`."""
        kernel.look(self._weights, self._state)
        return torch.from_numpy(self._state.logits)


def weights_of(matrices: Matrices) -> kernel.Weights:
    """The matrices as the kernel takes them."""
    return kernel.Weights(
        first=matrices.first.numpy(),
        others=matrices.others.numpy(),
        out=matrices.out.numpy(),
        widen=_with_bias(matrices.widen),
        narrow=_with_bias(matrices.narrow),
    )


def state_of(matrices: Matrices, batch: int) -> kernel.State:
    """Room for a batch of rows."""

    def room(*shape: int) -> NDArray[np.float32]:
        return np.zeros(shape, np.float32)

    channels, layers, wide = matrices.channels, matrices.layers, matrices.widen[0].shape[1]
    return kernel.State(
        first=room(batch, matrices.first.shape[1]),
        others=room(layers - 1, batch, matrices.others.shape[2]),
        gated=room(batch, channels),
        sums=room(batch, 2 * channels),
        inputs=room(batch, channels),
        wide=room(batch, wide),
        logits=room(batch, matrices.codes),
    )


def _with_bias(linear: tuple[Tensor, Tensor]) -> NDArray[np.float32]:
    weight, bias = linear
    return torch.cat([weight, bias[None]]).numpy()
