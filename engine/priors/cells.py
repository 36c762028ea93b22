"""The horizontal stack of a PixelCNN and its head, cell by cell along a row.

What a cell gives to those on its right is kept as sums, so each cell is multiplied once. Written with views
made once and next to no memory taken: a cell is some seventy small operations, and each costs torch about as
much as its arithmetic.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.priors.drawing import Drawing, draw, guided, nats_of
from engine.priors.matrices import Matrices

Codes = NDArray[np.int64]
"""Codes (B, n) of n cells in a row."""
Some = NDArray[np.bool_]
"""Which of n cells, (n,)."""
Exact = NDArray[np.float64]
"""A number (B, n) for each of n cells."""


class Cells:
    """One row at a time: `begin`, then `fill` for one run of cells after another."""

    cells_at_once = 1

    def __init__(self, matrices: Matrices, batch: int) -> None:
        self._matrices = matrices
        layers, channels, dtype = matrices.layers, matrices.channels, matrices.embedding.dtype
        # What is given so far to the cell and those that follow it, in the first layer and in the others.
        self._first = torch.zeros(batch, matrices.first.shape[1], dtype=dtype)
        self._others = torch.zeros(layers - 1, batch, matrices.others.shape[2], dtype=dtype)
        self._twice = 2 * channels
        self._sums = torch.zeros(batch, 2 * channels, dtype=dtype)  # input of the next layer and of the head
        self._inputs, self._skips = self._sums.chunk(2, dim=1)
        self._gated_and_one = torch.ones(batch, channels + 1, dtype=dtype)  # for the bias
        self._gated = self._gated_and_one[:, :-1]
        self._own = torch.empty(batch, 2 * channels, dtype=dtype)  # the first layer before its gate
        self._layers = [self._views_of(layer) for layer in range(layers)]
        self._told = torch.empty(0)
        self._cell = 0

    def begin(self, told: Tensor, cell: int, before: Tensor) -> None:
        """Start at a cell of a row that is told (L, B, w, 2C), its codes to the left being (B, cell).

        The logits are right from `Matrices.reach_columns` cells further on, or at once where the row begins.
        """
        self._told, self._cell = told, cell
        self._first.zero_()
        self._others.zero_()
        for codes in before[:, -self._matrices.first_columns :].unbind(1):
            self._give(codes)

    def fill(
        self, codes: Codes, is_drawn: Some, is_weighed: Some, uniforms: Exact, drawing: Drawing
    ) -> Exact:
        """Go through n cells, drawing into `codes` (B, n) where `is_drawn` with uniforms (B, n).

        Returns -log p of the codes where `is_weighed`, as the prior was trained, whatever they were drawn
        by; elsewhere 0. With twice as many images as rows in `codes`, those of the second half have no label
        and guide the others.
        """
        copies, nats = len(self._first) // len(codes), np.zeros(codes.shape)
        for place in range(codes.shape[1]):
            self._run()
            if is_drawn[place] or is_weighed[place]:
                logits = self.logits().numpy()
                own = logits[: len(codes)]
            if is_drawn[place]:
                chosen_by = own if copies == 1 else guided(own, logits[len(codes) :], drawing.guidance)
                codes[:, place] = draw(chosen_by, uniforms[:, place], drawing)
            if is_weighed[place]:
                nats[:, place] = nats_of(own, codes[:, place])
            self._give(torch.from_numpy(np.tile(codes[:, place], copies)))
            self._cell += 1
        return nats

    def _run(self) -> None:
        """All layers at the cell."""
        told, twice = self._told[:, :, self._cell], self._twice
        torch.add(told[0], self._first[:, :twice], out=self._own)
        self._others[:, :, :twice] += told[1:]
        self._sums.zero_()
        for layer in self._layers:
            if layer.given is not None and layer.weight is not None:
                layer.given.addmm_(self._inputs, layer.weight)
            torch.mul(layer.a.tanh_(), layer.b.sigmoid_(), out=self._gated)
            self._sums.addmm_(self._gated_and_one, layer.out)
        _shift(self._others, twice)

    def logits(self) -> Tensor:
        """Those of the cell that was run last: (B, K)."""
        (widen, widen_bias), (narrow, narrow_bias) = self._matrices.widen, self._matrices.narrow
        wide = torch.addmm(widen_bias, self._skips.relu(), widen).relu_()
        return torch.addmm(narrow_bias, wide, narrow)

    def _give(self, codes: Tensor) -> None:
        """The codes (B,) of the cell: the next one is up."""
        _shift(self._first, self._twice)
        self._first += self._matrices.first[codes]

    def _views_of(self, layer: int) -> _Layer:
        given = self._others[layer - 1] if layer else None
        a, b = (self._own if given is None else given[:, : self._twice]).chunk(2, dim=1)
        weight = self._matrices.others[layer - 1] if layer else None
        return _Layer(given, weight, a, b, self._matrices.out[layer])


@dataclass(frozen=True, slots=True)
class _Layer:
    """Views of what a layer reads and writes."""

    given: Tensor | None  # (B, (1 + columns) * 2C); the first layer's comes from a table
    weight: Tensor | None  # (C, (1 + columns) * 2C)
    a: Tensor  # (B, C)
    b: Tensor  # (B, C)
    out: Tensor  # (C + 1, 2C)


def _shift(given: Tensor, by: int) -> None:
    """The next cell is up: what is given moves by one."""
    if given.shape[-1] > by:
        given[..., :-by] = given[..., by:].clone()
    given[..., -by:] = 0
