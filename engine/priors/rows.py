"""The vertical stack of a PixelCNN, row by row: every layer of a row at once, from the rows above.

Nothing is computed twice. Of each layer's input only the rows that its kernel sees are kept. What comes out
is all that a row's cells are told besides what lies to their left: the part of each layer of the horizontal
stack that comes from above, from the label and from coarser levels.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from engine.priors.matrices import Matrices


class Rows:
    """The vertical stack at the row that `told` is asked of next; it begins with nothing above.

    B images of w cells in a row. Views and room are made once: a row is some eighty operations.
    """

    def __init__(
        self, matrices: Matrices, batch: int, width: int, condition: Tensor | None, context: Tensor | None
    ) -> None:
        """`condition` (B, L) weighs labels; `context` (B, context, h, w) is what coarser levels say."""
        self._embedding, self._weight_told = matrices.embedding, matrices.told
        self._context = None if context is None else context.permute(2, 0, 3, 1)  # (h, B, w, context)
        channels, dtype = matrices.channels, matrices.embedding.dtype
        self._told = torch.empty(matrices.layers, batch, width, 2 * channels, dtype=dtype)
        biases = _biases(matrices, batch, width, condition)
        self._layers = [
            _layer(matrices, index, self._told[index], biases) for index in range(matrices.layers)
        ]

    def told(self, row: int, is_needed: bool = True) -> Tensor:
        """What the cells of a row are told, (L, B, w, 2C); rows go on by one, each followed by `put`.

        With `is_needed` false the stack goes on and the answer is that of before. Valid until the next call.
        """
        last = len(self._layers) - 1
        for index, layer in enumerate(self._layers):
            if index == last and not is_needed:
                break
            layer.look()
            if is_needed:
                torch.addmm(layer.before_bias, layer.sums, layer.across, out=layer.told)
            if index < last:
                self._layers[index + 1].push(layer.gated())
        if is_needed and self._context is not None and self._weight_told is not None:
            told = self._context[row] @ self._weight_told  # (B, w, L * 2C)
            self._told += told.view(*told.shape[:2], len(self._layers), -1).permute(2, 0, 1, 3)
        return self._told

    def put(self, codes: Tensor) -> None:
        """The codes (B, w) of the row that `told` was last asked of."""
        self._layers[0].push(self._embedding[codes])

    def go_on_from(self, other: Rows) -> None:
        """Stand after the row that `other` stands after; each of its images is as many of these in a row."""
        for layer, seen in zip(self._layers, other._layers, strict=True):
            layer.seen.copy_(seen.seen.repeat_interleave(len(layer.seen) // len(seen.seen), dim=0))


@dataclass(frozen=True, slots=True)
class _Layer:
    """What a layer reads and writes; features of a row are (B, w, C)."""

    is_first: bool
    newest: Tensor  # its input of the newest row
    windows: Tensor  # (B, w, columns * C): what each cell's kernel sees of it, a view
    seen: Tensor  # (B, w, rows, columns * C): and of the rows above
    patches: Tensor  # (B * w, rows * columns * C), a view
    weight: Tensor
    bias: Tensor  # (B * w, 2C)
    sums: Tensor  # (B * w, 2C), before the gate
    a: Tensor  # (B, w, C)
    b: Tensor  # (B, w, C)
    across: Tensor  # (2C, 2C)
    before_bias: Tensor  # (B * w, 2C)
    told: Tensor  # (B * w, 2C)

    def push(self, features: Tensor) -> None:
        """Take the input of the next row."""
        self.newest.copy_(features)
        for row in range(self.seen.shape[2] - 1):
            self.seen[:, :, row].copy_(self.seen[:, :, row + 1])
        self.seen[:, :, -1].copy_(self.windows)

    def look(self) -> None:
        """The kernel at every cell of the row."""
        torch.addmm(self.bias, self.patches, self.weight, out=self.sums)

    def gated(self) -> Tensor:
        """The output for the row."""
        a, b = self.a.tanh_(), self.b.sigmoid_()
        return a.mul_(b) if self.is_first else torch.addcmul(self.newest, a, b)


def _layer(matrices: Matrices, index: int, told: Tensor, biases: tuple[Tensor, Tensor]) -> _Layer:
    batch, width, twice = told.shape
    channels, (rows, columns) = twice // 2, matrices.kernels[index]
    side, dtype = columns // 2, told.dtype
    # Padded by zeros on both sides.
    newest = torch.zeros(batch, width + 2 * side, channels, dtype=dtype)
    seen = torch.zeros(batch, width, rows, columns * channels, dtype=dtype)
    sums = torch.empty(batch * width, twice, dtype=dtype)
    a, b = sums.view(batch, width, twice).chunk(2, dim=-1)
    return _Layer(
        is_first=index == 0,
        newest=newest[:, side : side + width],
        windows=newest.as_strided((batch, width, columns * channels), (newest.stride(0), channels, 1)),
        seen=seen,
        patches=seen.view(batch * width, -1),
        weight=matrices.vertical[index],
        bias=biases[0][index],
        sums=sums,
        a=a,
        b=b,
        across=matrices.across[index],
        before_bias=biases[1][index],
        told=told.view(batch * width, twice),
    )


def _biases(matrices: Matrices, batch: int, width: int, condition: Tensor | None) -> tuple[Tensor, Tensor]:
    """Of the vertical stack and of what cells are told, per layer, image and cell: (L, B * w, 2C) each."""
    vertical = matrices.vertical_bias[:, None].repeat(1, batch, 1)
    before = matrices.before_bias[:, None].repeat(1, batch, 1)
    if condition is not None and matrices.labels is not None:
        labels = torch.einsum("bn,nlc->lbc", condition.to(vertical.dtype), matrices.labels)
        for_above, for_before = labels.chunk(2, dim=-1)
        vertical = vertical + for_above
        # `across` sees the vertical stack without its label, but here gets it with it.
        before = before + for_before - for_above @ matrices.across
    return vertical.repeat_interleave(width, dim=1), before.repeat_interleave(width, dim=1)
