"""`Cells` and `Rows`, run by the compiled kernels: what a sampler uses where they are ready and quicker."""

from __future__ import annotations

from typing import Self
from weakref import WeakKeyDictionary

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.priors import kernel, row_kernel
from engine.priors.cells import Codes, Exact, Some
from engine.priors.drawing import Drawing
from engine.priors.leaning import Leaning
from engine.priors.matrices import Matrices
from engine.priors.products import Floats, panels
from engine.priors.rows import Context, Rows, VerticalStack, biases_of

_NO_LEANING = Leaning(np.empty((0, 0), np.float32), np.empty(0, np.int64))


class CompiledCells:
    """One row at a time: `begin`, then `fill` for a few cells after another. In float32."""

    def __init__(self, matrices: Matrices, batch: int) -> None:
        # A few milliseconds: often enough to be stopped, seldom enough for the call not to count.
        self.cells_at_once = max(1, 32 // batch)
        self._weights = weights_of(matrices)
        self._state = state_of(matrices, batch)
        self._columns = matrices.first_columns
        self._told = np.empty(0, np.float32)
        self._cell = 0

    @staticmethod
    def rows_for(cells: int) -> type[VerticalStack]:
        """As that of `Cells`."""
        return CompiledRows if cells <= CompiledRows.MOST_CELLS else Rows

    def begin(self, told: Tensor, cell: int, before: Tensor) -> None:
        """As that of `Cells`."""
        self._told, self._cell = told.numpy(), cell
        self._state.first.fill(0)
        self._state.others.fill(0)
        kernel.pass_by(self._weights, self._state, before.numpy()[:, -self._columns :])

    def fill(
        self,
        codes: Codes,
        is_drawn: Some,
        is_weighed: Some,
        uniforms: Exact,
        drawing: Drawing,
        leaning: Leaning | None = None,
    ) -> Exact:
        """As that of `Cells`."""
        nats = np.zeros(codes.shape)
        choice = kernel.Choice(
            float(drawing.temperature), drawing.top_k, float(drawing.top_p), float(drawing.guidance)
        )
        about, lean = (self._weights, self._state, self._told, self._cell), leaning or _NO_LEANING
        which = codes, is_drawn, is_weighed, uniforms
        kernel.fill(*about, *which, choice, lean.table, lean.which, nats)
        self._cell += codes.shape[1]
        return nats

    def logits(self) -> Tensor:
        """As those of `Cells`."""
        kernel.look(self._weights, self._state)
        return torch.from_numpy(self._state.logits)


class CompiledRows(VerticalStack):
    """The vertical stack by the compiled kernel; as `Rows`, in float32."""

    MOST_CELLS = 64
    """Of a row, of all images together: from there on torch multiplies quicker."""

    def __init__(
        self, matrices: Matrices, batch: int, width: int, condition: Tensor | None, context: Tensor | None
    ) -> None:
        """As that of `Rows`."""
        self._weights, self._context = row_weights_of(matrices), Context(matrices, context)
        bias, before_bias = (b.contiguous().numpy() for b in biases_of(matrices, batch, condition))
        self._state = _row_state(matrices, batch, width, bias, before_bias)
        self._told = torch.from_numpy(self._state.told)

    def told(self, row: int, is_needed: bool = True) -> Tensor:
        """As that of `Rows`."""
        row_kernel.tell(self._weights, self._state, is_needed)
        if is_needed:
            self._context.add(row, self._told)
        return self._told

    def put(self, codes: Tensor) -> None:
        """As that of `Rows`."""
        row_kernel.put(self._weights, self._state, codes.numpy())

    def go_on_from(self, other: Self) -> None:
        """As that of `Rows`."""
        copies = self._state.first.shape[1] // other._state.first.shape[1]
        self._state.first[:] = np.repeat(other._state.first, copies, axis=1)
        self._state.others[:] = np.repeat(other._state.others, copies, axis=2)


_WEIGHTS: WeakKeyDictionary[Matrices, kernel.Weights] = WeakKeyDictionary()
_ROW_WEIGHTS: WeakKeyDictionary[Matrices, row_kernel.RowWeights] = WeakKeyDictionary()


def weights_of(matrices: Matrices) -> kernel.Weights:
    """The matrices as the kernel takes them; made once, and kept as long as they are."""
    if matrices not in _WEIGHTS:
        _WEIGHTS[matrices] = _packed(matrices)
    return _WEIGHTS[matrices]


def row_weights_of(matrices: Matrices) -> row_kernel.RowWeights:
    """The matrices as the kernel of the rows takes them; made once, too."""
    if matrices not in _ROW_WEIGHTS:
        _ROW_WEIGHTS[matrices] = _packed_rows(matrices)
    return _ROW_WEIGHTS[matrices]


def _packed(matrices: Matrices) -> kernel.Weights:
    (widen, widen_bias), (narrow, narrow_bias) = matrices.widen, matrices.narrow
    return kernel.Weights(
        first=matrices.first.numpy(),
        others=panels(matrices.others.numpy()),
        out=panels(matrices.out[:, :-1].numpy()),
        out_bias=matrices.out[:, -1].contiguous().numpy(),
        widen=panels(widen.numpy()),
        widen_bias=widen_bias.numpy(),
        narrow=panels(narrow.numpy()),
        narrow_bias=narrow_bias.numpy(),
    )


def _packed_rows(matrices: Matrices) -> row_kernel.RowWeights:
    channels = matrices.channels
    taps = [weight.T.reshape(-1, channels, 2 * channels).contiguous() for weight in matrices.vertical]
    others = torch.stack(taps[1:]) if taps[1:] else taps[0].new_empty(0, 1, channels, 2 * channels)
    return row_kernel.RowWeights(
        embedding=matrices.embedding.numpy(),
        first=panels(taps[0].numpy()),
        others=panels(others.numpy()),
        across=panels(matrices.across.numpy()),
    )


def _row_state(
    matrices: Matrices, batch: int, width: int, bias: Floats, before_bias: Floats
) -> row_kernel.RowState:
    layers, channels = matrices.layers, matrices.channels
    (rows, columns), (other_rows, other_columns) = matrices.kernels[0], matrices.kernels[-1]
    return row_kernel.RowState(
        first=_room(rows, batch, width + columns - 1, channels),
        others=_room(layers - 1, other_rows, batch, width + other_columns - 1, channels),
        bias=bias,
        before_bias=before_bias,
        sums=_room(batch, width, 2 * channels),
        told=_room(layers, batch, width, 2 * channels),
    )


def state_of(matrices: Matrices, batch: int) -> kernel.State:
    """Room for a batch of rows."""
    channels, layers, wide = matrices.channels, matrices.layers, matrices.widen[0].shape[1]
    return kernel.State(
        first=_room(batch, matrices.first.shape[1]),
        others=_room(layers - 1, batch, matrices.others.shape[2]),
        gated=_room(batch, channels),
        sums=_room(batch, 2 * channels),
        inputs=_room(batch, channels),
        wide=_room(batch, wide),
        logits=_room(batch, matrices.codes),
    )


def _room(*shape: int) -> NDArray[np.float32]:
    return np.zeros(shape, np.float32)
