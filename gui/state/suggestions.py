"""What could stand in a cell: the codes that the model's prior thinks likeliest there, decoded in place."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from engine.codes.box import Box
from engine.decoding.decoder import Decoder, to_pixels
from engine.decoding.prior import CodePrior
from engine.decoding.windowed import Window, read_window
from gui.state.asked_label import AskedLabel
from gui.state.painting import PaintingState
from gui.state.usable_prior import usable_prior
from gui.workers.job import Ticket, Worker

MOST = 9
"""As many as there are number keys."""
AROUND = 1
"""Coarsest cells of the picture around the cell that are shown."""
_KEY = "suggestions"


@dataclass(frozen=True, slots=True, eq=False)
class Suggestion:
    """A code for one cell, how likely it is there, and the cell and its neighbours decoded with it."""

    code: int
    probability: float
    pixels: NDArray[np.uint8]  # (H, W, C)


@dataclass(frozen=True, slots=True, eq=False)
class Suggestions:
    """Likeliest first, for one cell of one level, in a picture of a label (empty: of any)."""

    level: int
    cell: tuple[int, int]
    choices: tuple[Suggestion, ...]
    label: str = ""


class Suggesting(QObject):
    """Asks the prior of the painting's model; what is painted meanwhile makes the answer void."""

    found = Signal(object)  # Suggestions
    lacking = Signal()  # they were asked for, and the model has no prior
    voided = Signal()  # what was found is no longer true
    ability_changed = Signal(bool)
    failed = Signal(object)  # CodebrushError

    def __init__(
        self, painting: PaintingState, worker: Worker, asked: AskedLabel, parent: QObject | None = None
    ) -> None:
        """`worker` is one that models are used on."""
        super().__init__(parent)
        self._asked = asked
        self._decoder: Decoder | None = None
        self._painting = painting
        self._worker = worker
        self._ticket: Ticket | None = None
        for signal in (
            painting.document_changed,
            painting.level_changed,
            painting.read_only_changed,
            painting.locks_changed,
        ):
            signal.connect(self._start_over)
        for changed in (painting.codes_changed, asked.changed):
            changed.connect(self.void)

    def set_decoder(self, decoder: Decoder | None) -> None:
        """Ask the prior of `decoder` from now on."""
        self._decoder = decoder
        self._start_over()

    @property
    def can_suggest(self) -> bool:
        """Whether the painting may be changed and its model has a prior."""
        return self._painting.may_paint and usable_prior(self._decoder, self._painting) is not None

    def ask(self, row: int, column: int) -> None:
        """Suggest codes for a cell of the level being painted: `found` follows, or `lacking` at once."""
        decoder, painting = self._decoder, self._painting
        if decoder is None or painting.is_stroking or not painting.may_paint:
            return
        if not self.can_suggest or decoder.prior is None:
            self.lacking.emit()
            return
        self.void()
        painting.settle()
        prior, level, ratio = decoder.prior, painting.level, painting.ratio
        around = Box(row // ratio, column // ratio, row // ratio + 1, column // ratio + 1)
        levels = painting.painting.grid.levels
        seen = read_window(levels, around, prior.margin)
        shown = read_window(levels, around.grown(AROUND), decoder.receptive_margin)
        condition, label = self._asked.condition(prior.labels), self._asked.among(prior.labels)
        self._ticket = self._worker.run(
            lambda ticket: _suggest(decoder, prior, seen, shown, level, (row, column), condition, ticket),
            on_done=lambda found: self.found.emit(replace(found, label=label)),
            on_error=self.failed.emit,
            key=_KEY,
        )

    def pick(self, suggestions: Suggestions, number: int) -> None:
        """Paint one of `suggestions`: one undo step."""
        row, column = suggestions.cell
        if suggestions.level == self._painting.level and self._painting.begin("Suggestion", "follows"):
            box = Box(row, column, row + 1, column + 1)
            self._painting.paint(box, np.ones((1, 1), np.bool_), suggestions.choices[number].code)
            self._painting.commit()

    def _start_over(self) -> None:
        self.void()
        self.ability_changed.emit(self.can_suggest)

    def void(self) -> None:
        """Forget what was asked for."""
        if self._ticket is not None:
            self._ticket.cancel()
            self._ticket = None
            self.voided.emit()


def _suggest(
    decoder: Decoder,
    prior: CodePrior,
    seen: Window,
    shown: Window,
    level: int,
    cell: tuple[int, int],
    condition: NDArray[np.float32] | None,
    ticket: Ticket,
) -> Suggestions:
    likeliest = prior.likeliest(seen.codes, level, _within(seen, level, cell), MOST, condition)
    ticket.raise_if_cancelled()
    grids = [grid[None].repeat(len(likeliest.codes), axis=0) for grid in shown.codes]
    place = _within(shown, level, cell)
    grids[level][:, *place] = likeliest.codes
    rows, columns = shown.inner.scaled(decoder.levels[0].stride_px).slices
    pixels = to_pixels(decoder.decode(grids))[:, rows, columns]
    return Suggestions(
        level,
        cell,
        tuple(
            Suggestion(int(code), float(p), picture)
            for code, p, picture in zip(likeliest.codes, likeliest.probabilities, pixels, strict=True)
        ),
    )


def _within(window: Window, level: int, cell: tuple[int, int]) -> tuple[int, int]:
    """Where a cell of the canvas lies in the codes of a window."""
    ratio = window.codes[level].shape[0] // window.codes[0].shape[0]
    top, left = window.box.top - window.inner.top, window.box.left - window.inner.left
    return cell[0] - top * ratio, cell[1] - left * ratio
