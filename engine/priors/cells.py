"""The horizontal stack of a PixelCNN and its head, cell by cell along a row.

What a cell gives to those on its right is added to what they are told, so each cell is multiplied once.
Written with views made once and next to no memory taken: a cell is some fifty small operations, and each
costs torch about as much as its arithmetic.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.priors.drawing import Drawing, draw, guided, nats_of
from engine.priors.leaning import Leaning
from engine.priors.matrices import Matrices
from engine.priors.rows import Rows, VerticalStack

Codes = NDArray[np.int64]
"""Codes (B, n) of n cells in a row."""
Some = NDArray[np.bool_]
"""Which of n cells, (n,)."""
Exact = NDArray[np.float64]
"""A number (B, n) for each of n cells."""


class Cells:
    """One row at a time: `begin`, then `fill` for one run of cells after another."""

    def __init__(self, matrices: Matrices, batch: int) -> None:
        # A few milliseconds: often enough to be stopped, seldom enough for the call not to count.
        self.cells_at_once = max(1, min(8, 64 // batch))
        self._matrices = matrices
        channels, dtype = matrices.channels, matrices.embedding.dtype
        self._twice = 2 * channels
        self._sums = torch.zeros(batch, 2 * channels, dtype=dtype)  # input of the next layer and of the head
        self._inputs, self._skips = self._sums.chunk(2, dim=1)
        self._gated_and_one = torch.ones(batch, channels + 1, dtype=dtype)  # for the bias
        self._gated = self._gated_and_one[:, :-1]
        # What the cells of a row are told and given so far, (L, B, (w + room) * 2C): the last give beyond it.
        self._row = torch.empty(matrices.layers, batch, 0, dtype=dtype)
        self._places: dict[int, tuple[_Layer, ...]] = {}  # views of it by cell
        self._followers: dict[int, Tensor] = {}  # by cell what its code is added to, (B, columns * 2C)
        self._chosen = torch.zeros(batch, dtype=torch.int64)  # the codes of the cell
        self._cell = 0

    @staticmethod
    def rows_for(cells: int) -> type[VerticalStack]:
        """What runs the vertical stack best for rows of so many cells, of all images together."""
        return Rows

    def begin(self, told: Tensor, cell: int, before: Tensor) -> None:
        """Start at a cell of a row that is told (L, B, w, 2C), its codes to the left being (B, cell).

        The logits are right from `Matrices.reach_columns` cells further on, or at once where the row begins.
        """
        width, matrices = told.shape[2], self._matrices
        length = (width + max(matrices.first_columns, matrices.other_columns)) * self._twice
        if self._row.shape[2] != length:
            self._row = self._row.new_zeros(*self._row.shape[:2], length)
            self._places, self._followers = {}, {}
        self._row[:, :, : width * self._twice] = told.flatten(2)
        self._row[:, :, width * self._twice :] = 0
        for column in range(max(0, cell - matrices.first_columns), cell):
            self._give(before[:, column], column)
        self._cell = cell

    def fill(
        self,
        codes: Codes,
        is_drawn: Some,
        is_weighed: Some,
        uniforms: Exact,
        drawing: Drawing,
        leaning: Leaning | None = None,
    ) -> Exact:
        """Go through n cells, drawing into `codes` (B, n) where `is_drawn` with uniforms (B, n).

        Returns -log p of the codes where `is_weighed`, as the prior was trained, whatever they were drawn
        by; elsewhere 0. With twice as many images as rows in `codes`, those of the second half have no label
        and guide the others. `leaning` is that of the n cells.
        """
        copies, nats = len(self._sums) // len(codes), np.zeros(codes.shape)
        chosen = self._chosen.numpy().reshape(copies, -1)
        for place in range(codes.shape[1]):
            self._run()
            if is_drawn[place] or is_weighed[place]:
                logits = self.logits().numpy()
                own = logits[: len(codes)]
            if is_drawn[place]:
                chosen_by = own if copies == 1 else guided(own, logits[len(codes) :], drawing.guidance)
                if leaning is not None:
                    chosen_by = chosen_by + leaning.table[leaning.which[place]]
                codes[:, place] = draw(chosen_by, uniforms[:, place], drawing)
            if is_weighed[place]:
                nats[:, place] = nats_of(own, codes[:, place])
            chosen[:] = codes[:, place]
            self._give(self._chosen, self._cell)
            self._cell += 1
        return nats

    def _run(self) -> None:
        """All layers at the cell."""
        place = self._places.get(self._cell) or self._views()
        for layer in place:
            if layer.weight is not None:
                layer.given.addmm_(self._inputs, layer.weight)
            layer.own.tanh_()
            torch.addcmul(layer.a, layer.a, layer.b, out=self._gated)
            if layer.weight is None:
                torch.mm(self._gated_and_one, layer.out, out=self._sums)
            else:
                self._sums.addmm_(self._gated_and_one, layer.out)

    def logits(self) -> Tensor:
        """Those of the cell that was run last: (B, K)."""
        (widen, widen_bias), (narrow, narrow_bias) = self._matrices.widen, self._matrices.narrow
        wide = torch.addmm(widen_bias, self._skips.relu(), widen).relu_()
        return torch.addmm(narrow_bias, wide, narrow)

    def _give(self, codes: Tensor, column: int) -> None:
        """The codes (B,) of a cell are known: those to its right are told."""
        followers = self._followers.get(column)
        if followers is None:
            begin = (column + 1) * self._twice
            followers = self._row[0, :, begin : begin + self._matrices.first.shape[1]]
            self._followers[column] = followers
        followers.add_(self._matrices.first.index_select(0, codes))

    def _views(self) -> tuple[_Layer, ...]:
        """Of the cell, made the first time that a row comes to it."""
        matrices, begin = self._matrices, self._cell * self._twice
        layers: list[_Layer] = []
        for index, row in enumerate(self._row):
            weight = matrices.others[index - 1] if index else None
            length = self._twice if weight is None else weight.shape[1]
            given = row[:, begin : begin + length]
            own = given[:, : self._twice]
            a, b = own.chunk(2, dim=1)
            layers.append(_Layer(given, weight, own, a, b, matrices.out[index]))
        self._places[self._cell] = tuple(layers)
        return self._places[self._cell]


@dataclass(frozen=True, slots=True)
class _Layer:
    """Views of what a layer reads and writes at a cell."""

    given: Tensor  # (B, (1 + columns) * 2C): what it and those to its right are told and given
    weight: Tensor | None  # (C, (1 + columns) * 2C); the first layer's comes from a table
    own: Tensor  # (B, 2C)
    a: Tensor  # (B, C)
    b: Tensor  # (B, C)
    out: Tensor  # (C + 1, 2C)
