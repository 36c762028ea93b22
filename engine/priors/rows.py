"""The vertical stack of a PixelCNN, row by row: every layer of a row at once, from the rows above.

Nothing is computed twice. Of each layer's input only the rows that its kernel sees are kept. What comes out
is all that a row's cells are told besides what lies to their left: the part of each layer of the horizontal
stack that comes from above, from the label and from coarser levels.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol, Self

import torch
from torch import Tensor

from engine.priors.matrices import Matrices


class VerticalStack(Protocol):
    """What `Rows` does, and what the compiled kernel does in its place."""

    def __init__(
        self, matrices: Matrices, batch: int, width: int, condition: Tensor | None, context: Tensor | None
    ) -> None: ...

    def told(self, row: int, is_needed: bool = True) -> Tensor: ...

    def put(self, codes: Tensor) -> None: ...

    def go_on_from(self, other: Self) -> None: ...


class Rows(VerticalStack):
    """The vertical stack at the row that `told` is asked of next; it begins with nothing above.

    B images of w cells in a row. Channels come first: what becomes tanh and what becomes sigmoid then lie
    together, and so do the inputs of a row. Views and room are made once: a row is some eighty operations.
    """

    def __init__(
        self, matrices: Matrices, batch: int, width: int, condition: Tensor | None, context: Tensor | None
    ) -> None:
        """`condition` (B, L) weighs labels; `context` (B, context, h, w) is what coarser levels say."""
        self._embedding, self._context = matrices.embedding, Context(matrices, context)
        layers, twice, dtype = matrices.layers, 2 * matrices.channels, matrices.embedding.dtype
        bias, before_bias = (b.repeat_interleave(width, dim=1) for b in biases_of(matrices, batch, condition))
        self._before_bias = before_bias
        self._sums = torch.empty(layers, twice, batch * width, dtype=dtype)
        self._layers = [
            _layer(matrices, index, (batch, width), bias[index].t().contiguous(), self._sums[index])
            for index in range(layers)
        ]
        self._across = matrices.across
        self._told = torch.empty(layers, batch, width, twice, dtype=dtype)

    def told(self, row: int, is_needed: bool = True) -> Tensor:
        """What the cells of a row are told, (L, B, w, 2C); rows go on by one, each followed by `put`.

        With `is_needed` false the stack goes on and the answer is that of before. Valid until the next call.
        """
        for layer, following in pairwise(self._layers):
            layer.look()
            following.make_room()
            layer.gate(out=following.newest)
            following.spread()
        if is_needed:
            self._layers[-1].look()
            sums, told = self._sums.transpose(1, 2), self._told.flatten(1, 2)
            torch.baddbmm(self._before_bias, sums, self._across, out=told)
            self._context.add(row, self._told)
        return self._told

    def put(self, codes: Tensor) -> None:
        """The codes (B, w) of the row that `told` was last asked of."""
        first = self._layers[0]
        first.make_room()
        first.newest.copy_(self._embedding[codes].permute(2, 0, 1))
        first.spread()

    def go_on_from(self, other: Self) -> None:
        """Stand after the row that `other` stands after; each of its images is as many of these in a row."""
        for layer, seen in zip(self._layers, other._layers, strict=True):
            copies = layer.seen.shape[3] // seen.seen.shape[3]
            layer.seen.copy_(seen.seen.repeat_interleave(copies, dim=3))


@dataclass(frozen=True, slots=True)
class _Layer:
    """What a layer reads and writes; features of a row are (C, B, w)."""

    is_first: bool
    seen: Tensor  # (rows, columns, C, B, w): what each cell's kernel sees; beyond the borders it is zero
    newest: Tensor  # its input of the newest row, a view: what a cell sees right above itself
    patches: Tensor  # (rows * columns * C, B * w), a view
    weight: Tensor
    bias: Tensor  # (2C, B * w)
    sums: Tensor  # (2C, B * w), before the gate
    a: Tensor  # (C, B, w), a view of them
    b: Tensor  # (C, B, w), too
    tanh: Tensor  # (C, B, w)
    sigmoid: Tensor  # (C, B, w)
    upwards: tuple[tuple[Tensor, Tensor], ...]  # views of what goes up by a row: to, from
    sideways: tuple[tuple[Tensor, Tensor], ...]  # and of what cells beside the newest input see of it

    def make_room(self) -> None:
        """For the input of the next row, to be written into `newest`."""
        for older, newer in self.upwards:
            older.copy_(newer)

    def spread(self) -> None:
        """What is in `newest` is seen by the cells beside it, too."""
        for beside, newest in self.sideways:
            beside.copy_(newest)

    def look(self) -> None:
        """The kernel at every cell of the row."""
        torch.addmm(self.bias, self.weight, self.patches, out=self.sums)

    def gate(self, out: Tensor) -> None:
        """The output for the row."""
        torch.tanh(self.a, out=self.tanh)
        torch.sigmoid(self.b, out=self.sigmoid)
        if self.is_first:
            torch.mul(self.tanh, self.sigmoid, out=out)
        else:
            torch.addcmul(self.newest, self.tanh, self.sigmoid, out=out)


def _layer(matrices: Matrices, index: int, size: tuple[int, int], bias: Tensor, sums: Tensor) -> _Layer:
    """Of (images, cells) in a row."""
    channels, (rows, columns), dtype = matrices.channels, matrices.kernels[index], sums.dtype
    seen = torch.zeros(rows, columns, channels, *size, dtype=dtype)
    newest, side = seen[-1, columns // 2], columns // 2
    a, b = sums.view(2 * channels, *size).chunk(2)
    return _Layer(
        is_first=index == 0,
        seen=seen,
        newest=newest,
        patches=seen.flatten(0, 2).flatten(1),
        weight=matrices.vertical[index],
        bias=bias,
        sums=sums,
        a=a,
        b=b,
        tanh=torch.empty_like(a),
        sigmoid=torch.empty_like(b),
        upwards=tuple(pairwise(seen)),
        sideways=tuple(_seen_beside(seen[-1], newest, by) for by in range(-side, side + 1) if by),
    )


def _seen_beside(row: Tensor, newest: Tensor, by: int) -> tuple[Tensor, Tensor]:
    """Views: where cells see what lies `by` to their right in the newest input, and that part of it."""
    tap = row[len(row) // 2 + by]
    return (tap[:, :, :-by], newest[:, :, by:]) if by > 0 else (tap[:, :, -by:], newest[:, :, :by])


class Context:
    """What coarser levels say."""

    def __init__(self, matrices: Matrices, context: Tensor | None) -> None:
        """`context` (B, context, h, w), or None."""
        self._context = None if context is None else context.permute(2, 0, 3, 1)  # (h, B, w, context)
        self._weight = matrices.told

    def add(self, row: int, told: Tensor) -> None:
        """To what the cells of a row are told, (L, B, w, 2C)."""
        if self._context is not None and self._weight is not None:
            more = self._context[row] @ self._weight  # (B, w, L * 2C)
            told += more.view(*more.shape[:2], len(told), -1).permute(2, 0, 1, 3)


def biases_of(matrices: Matrices, batch: int, condition: Tensor | None) -> tuple[Tensor, Tensor]:
    """Of the vertical stack and of what cells are told, per layer and image: (L, B, 2C) each."""
    vertical = matrices.vertical_bias[:, None].repeat(1, batch, 1)
    before = matrices.before_bias[:, None].repeat(1, batch, 1)
    if condition is not None and matrices.labels is not None:
        labels = torch.einsum("bn,nlc->lbc", condition.to(vertical.dtype), matrices.labels)
        for_above, for_before = labels.chunk(2, dim=-1)
        vertical = vertical + for_above
        # `across` sees the vertical stack without its label, but here gets it with it.
        before = before + for_before - for_above @ matrices.across
    return vertical, before
