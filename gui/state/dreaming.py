"""The brush that dreams: what it goes over with a code is drawn anew, between that code and the prior.

A stroke shows at once as the code in hand; a few cells later the drawn codes take its place, in the same undo
step, also where the stroke is finished by then. What is painted over meanwhile, or undone, is not drawn.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from engine.codes.box import Box, Mask
from engine.codes.patch import Patch
from engine.codes.strokes import Cell
from engine.decoding.decoder import Decoder
from engine.decoding.prior import CodePrior
from engine.decoding.windowed import read_window
from engine.errors import CodebrushError
from engine.priors.requests import DreamRequest
from gui.state.asked_label import AskedLabel
from gui.state.open_stroke import OpenStroke
from gui.state.painting import PaintingState
from gui.state.usable_prior import usable_prior
from gui.workers.job import Ticket, Worker

MOST_CELLS = 16
"""Drawn in one go: pictures of what was painted are decoded in between."""
STEPS_OF_AMOUNT = 20
"""A pen's pressure passes through so many amounts: cells of one are drawn together."""


Place = tuple[int, int, int]
"""Level, row and column."""


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
        self._waiting: dict[Place, Wish] = {}
        self._in_flight: dict[Place, Wish] = {}
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
        return usable_prior(self._decoder, self._painting)

    @property
    def is_able(self) -> bool:
        return self.prior is not None

    @property
    def is_busy(self) -> bool:
        """Whether cells are still to be drawn."""
        return bool(self._waiting) or self._ticket is not None

    def ask(self) -> bool:
        """Whether dreaming means anything to this model; `lacking` says where it has no prior."""
        if self._decoder is not None and self._decoder.prior is None:
            self.lacking.emit()
            return False
        return True

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
                self._waiting[wish.level, row, column] = wish
        self._next()

    def drop(self) -> None:
        """Leave what is still waiting as it was painted."""
        was_busy = self.is_busy
        self._cancel()
        if was_busy:
            self.rested.emit()

    def _start_over(self) -> None:
        self._cancel()  # with nobody told: who waits for the rest starts over as well
        self.ability_changed.emit(self.is_able)

    def _cancel(self) -> None:
        self._waiting.clear()
        self._in_flight.clear()
        if self._ticket is not None:
            self._ticket.cancel()
            self._ticket = None

    def _forget(self, patches: tuple[Patch, ...]) -> None:
        """Others painted: their cells are no longer ours."""
        if self._is_painting or not self.is_busy:
            return
        for patch in patches:
            for row, column in np.argwhere(patch.mask).tolist():
                place = patch.level, row + patch.box.top, column + patch.box.left
                self._waiting.pop(place, None)
                self._in_flight.pop(place, None)

    def _next(self) -> None:
        prior = self.prior
        taken = self._painting.takes
        self._waiting = {place: wish for place, wish in self._waiting.items() if taken(wish.stroke)}
        if self._ticket is not None or not self._waiting or prior is None:
            return
        first = next(iter(self._waiting.values()))
        places = sorted(place for place, wish in self._waiting.items() if wish == first)[:MOST_CELLS]
        self._in_flight = {place: self._waiting.pop(place) for place in places}
        _, rows, columns = zip(*places, strict=True)
        ratio = self._painting.painting.grid.ratios[first.level]
        around = Box(min(rows), min(columns), max(rows) + 1, max(columns) + 1).coarsened(ratio)
        window = read_window(self._painting.painting.grid.levels, around, prior.margin)
        corner = (around.top - window.inner.top) * ratio, (around.left - window.inner.left) * ratio
        mask = np.zeros(window.codes[first.level].shape, np.bool_)
        for _, row, column in places:
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
            on_done=lambda codes: self._take(codes, first, corner),
            on_error=self._give_up,
        )

    def _take(self, codes: NDArray[np.int64], wish: Wish, corner: Cell) -> None:
        """Paint those of the drawn cells that are still as the brush left them."""
        mask = np.zeros(codes.shape, np.bool_)
        for _, row, column in self._in_flight:
            mask[row - corner[0], column - corner[1]] = True
        box = Box(*corner, corner[0] + codes.shape[0], corner[1] + codes.shape[1])
        self._in_flight.clear()
        self._ticket = None
        self._is_painting = True
        try:
            self._painting.paint_into(wish.stroke, wish.level, [(box, mask, codes)])
        finally:
            self._is_painting = False
        self._next()
        if not self.is_busy:
            self.rested.emit()

    def _give_up(self, error: CodebrushError) -> None:
        self.drop()
        self.failed.emit(error)


def _draw(prior: CodePrior, request: DreamRequest, ticket: Ticket) -> NDArray[np.int64]:
    """The codes (h, w) of the request's level with the drawn ones among them."""
    codes = request.codes[request.level].copy()
    for drawn in prior.dream(request):
        ticket.raise_if_cancelled()
        codes[drawn.row, drawn.column : drawn.column + drawn.codes.shape[1]] = drawn.codes[0]
    return codes
