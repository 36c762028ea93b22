"""The brush that dreams: what it goes over with a code is drawn anew, between that code and the prior.

A stroke shows at once as the code in hand; a few cells later the drawn codes take its place, in the same undo
step, also where the stroke is finished by then. What is painted over meanwhile, or undone, is not drawn.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QObject, Signal

from engine.codes.box import Box, Mask
from engine.codes.patch import Patch
from engine.codes.strokes import Cell
from engine.decoding.decoder import Decoder
from engine.decoding.prior import CodePrior
from engine.decoding.windowed import read_window
from engine.errors import CodebrushError
from engine.priors.requests import Drawn, DreamRequest
from gui.state.asked_label import AskedLabel
from gui.state.open_stroke import OpenStroke
from gui.state.painting import PaintingState
from gui.workers.job import Ticket, Worker

MOST_CELLS = 16
"""Drawn in one go: pictures of what was painted are decoded in between."""
STEPS_OF_AMOUNT = 20
"""A pen's pressure passes through so many amounts: cells of one are drawn together."""


@dataclass(frozen=True, slots=True)
class Wish:
    """How a cell is to be drawn: for which stroke, around which code, and how far from it, 0 to 1."""

    stroke: OpenStroke
    level: int
    code: int
    amount: float


class Dreaming(QObject):
    """Cells wait until the prior has drawn those before them."""

    ability_changed = Signal(bool)
    rested = Signal()  # no cell waits any more
    lacking = Signal()  # it was asked for, and the model has no prior
    failed = Signal(object)  # CodebrushError

    def __init__(
        self, painting: PaintingState, worker: Worker, asked: AskedLabel, parent: QObject | None = None
    ) -> None:
        """`worker` is one that models are used on."""
        super().__init__(parent)
        self._painting, self._worker, self._asked = painting, worker, asked
        self._decoder: Decoder | None = None
        self._waiting: dict[Cell, Wish] = {}
        self._in_flight: dict[Cell, Wish] = {}
        self._ticket: Ticket | None = None
        self._number = 0
        self._is_painting = False
        for signal in (painting.document_changed, painting.read_only_changed):
            signal.connect(self._start_over)
        painting.codes_changed.connect(self._forget)

    def set_decoder(self, decoder: Decoder | None) -> None:
        """Ask the prior of `decoder` from now on."""
        self._decoder = decoder
        self._start_over()

    @property
    def prior(self) -> CodePrior | None:
        """What draws; None where the painting's model has no prior or nothing may be painted."""
        decoder, painting = self._decoder, self._painting
        if decoder is None or painting.read_only or decoder.model_id != painting.painting.model_id:
            return None
        return decoder.prior

    @property
    def is_able(self) -> bool:
        return self.prior is not None

    @property
    def is_busy(self) -> bool:
        """Whether cells are still to be drawn."""
        return bool(self._waiting or self._in_flight)

    def ask(self) -> bool:
        """Whether there is a prior to dream with; `lacking` says so where a model has none."""
        if not self.is_able and self._decoder is not None:
            self.lacking.emit()
        return self.is_able

    def follow(self, box: Box, mask: Mask, code: int, amount: float) -> None:
        """Cells `mask` of `box` were just painted with `code` in the open stroke: draw them."""
        stroke = self._painting.open_stroke
        if stroke is None or not self.is_able:
            return
        steps = round(amount * STEPS_OF_AMOUNT) / STEPS_OF_AMOUNT
        if steps == 0:
            return
        wish = Wish(stroke, self._painting.level, code, steps)
        rows, columns = np.nonzero(mask)
        inside = Box(0, 0, *self._painting.shape)
        for row, column in zip((rows + box.top).tolist(), (columns + box.left).tolist(), strict=True):
            if inside.top <= row < inside.bottom and inside.left <= column < inside.right:
                self._waiting[row, column] = wish
        self._next()

    def drop(self) -> None:
        """Leave what is still waiting as it was painted."""
        was_busy = self.is_busy
        self._waiting.clear()
        self._in_flight.clear()
        if self._ticket is not None:
            self._ticket.cancel()
            self._ticket = None
        if was_busy:
            self.rested.emit()

    def _start_over(self) -> None:
        self.drop()
        self.ability_changed.emit(self.is_able)

    def _forget(self, patches: tuple[Patch, ...]) -> None:
        """Others painted: their cells are no longer ours."""
        if self._is_painting or not self.is_busy:
            return
        for patch in patches:
            rows, columns = np.nonzero(patch.mask)
            for cell in zip(
                (rows + patch.box.top).tolist(), (columns + patch.box.left).tolist(), strict=True
            ):
                for wishes in (self._waiting, self._in_flight):
                    if cell in wishes and wishes[cell].level == patch.level:
                        del wishes[cell]

    def _next(self) -> None:
        prior = self.prior
        if self._in_flight or not self._waiting or prior is None:
            return
        first = next(iter(self._waiting.values()))
        cells = sorted(cell for cell, wish in self._waiting.items() if wish == first)[:MOST_CELLS]
        self._in_flight = {cell: self._waiting.pop(cell) for cell in cells}
        rows, columns = zip(*cells, strict=True)
        ratio = self._painting.painting.grid.ratios[first.level]
        around = Box(min(rows), min(columns), max(rows) + 1, max(columns) + 1).coarsened(ratio)
        window = read_window(self._painting.painting.grid.levels, around, prior.margin)
        corner = (around.top - window.inner.top) * ratio, (around.left - window.inner.left) * ratio
        mask = np.zeros(window.codes[first.level].shape, np.bool_)
        for row, column in cells:
            mask[row - corner[0], column - corner[1]] = True
        self._number += 1
        request = DreamRequest(
            tuple(window.codes),
            first.level,
            mask,
            first.code,
            first.amount,
            seed=0,
            number=self._number,
            condition=self._asked.condition(prior.labels),
        )
        self._ticket = self._worker.run(
            lambda ticket: _draw(prior, request, ticket),
            on_part=lambda drawn: self._take(drawn, first, corner),
            on_done=lambda _: self._finish(),
            on_error=self._give_up,
        )

    def _take(self, drawn: Drawn, wish: Wish, corner: Cell) -> None:
        """Paint those of the drawn cells that are still as the brush left them."""
        row, left, codes = drawn.row + corner[0], drawn.column + corner[1], drawn.codes[0]
        box = Box(row, left, row + 1, left + len(codes))
        mask = np.array([[(row, left + at) in self._in_flight for at in range(len(codes))]])
        if not mask.any():
            return
        self._is_painting = True
        try:
            is_there = self._painting.paint_into(wish.stroke, wish.level, [(box, mask, codes[None])])
        finally:
            self._is_painting = False
        if not is_there:
            self.drop()

    def _finish(self) -> None:
        self._in_flight.clear()
        self._ticket = None
        self._next()
        if not self.is_busy:
            self.rested.emit()

    def _give_up(self, error: CodebrushError) -> None:
        self.drop()
        self.failed.emit(error)


def _draw(prior: CodePrior, request: DreamRequest, ticket: Ticket) -> None:
    for drawn in prior.dream(request):
        ticket.hand_over(drawn)
