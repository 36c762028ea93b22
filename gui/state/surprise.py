"""What surprises the model's prior on the canvas: bits per cell, kept up with what is painted.

The canvas is cut into windows; what a stroke may have changed is worked out anew when it ends, one window at
a time, so that decoding gets its turns between them. Nothing is computed while it is not shown.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from engine.codes.box import Box, Mask
from engine.codes.patch import Patch
from engine.codes.selection import Selection
from engine.decoding.decoder import Decoder
from engine.decoding.prior import CodePrior, Surprise
from engine.decoding.windowed import covering, read_window, surprise_window
from engine.errors import CodebrushError
from gui.state.asked_label import AskedLabel
from gui.state.painting import PaintingState
from gui.workers.job import Ticket, Worker

WINDOW_CELLS = 48
"""Longest side of a window in finest cells, what lies around it included, for the worker to be free soon."""
FIRST_THRESHOLD = 8.0


@dataclass(frozen=True, slots=True)
class CellSurprise:
    """What the prior says of one cell."""

    bits: float
    rank: int
    entropy: float


class SurpriseState(QObject):
    """`shown` by the user's wish; `bits` of the level being painted, NaN where they are not known yet."""

    changed = Signal()
    shown_changed = Signal(bool)
    threshold_changed = Signal()
    lacking = Signal()  # it was asked for, and the model has no prior
    failed = Signal(object)  # CodebrushError

    def __init__(
        self, painting: PaintingState, worker: Worker, asked: AskedLabel, parent: QObject | None = None
    ) -> None:
        """`worker` is one that models are used on."""
        super().__init__(parent)
        self.asked = asked
        self._decoder: Decoder | None = None
        self._painting = painting
        self._worker = worker
        self._shown = False
        self._threshold = FIRST_THRESHOLD
        self._known: list[Surprise] = []
        self._strips: list[list[Box]] = []  # the windows, by rows of windows
        self._dirty: dict[Box, None] = {}  # an ordered set
        self._in_flight: tuple[Box, Ticket] | None = None
        painting.document_changed.connect(self._restart)
        painting.codes_changed.connect(self._mark)
        painting.history_changed.connect(self._next)
        painting.level_changed.connect(self.changed)
        asked.changed.connect(self._restart)

    # What is known

    @property
    def prior(self) -> CodePrior | None:
        """That of the painting's model, once it is loaded and if it has one."""
        decoder = self._decoder
        if decoder is None or decoder.model_id != self._painting.painting.model_id:
            return None
        return decoder.prior

    @property
    def labels(self) -> tuple[str, ...]:
        """Those that the prior can be asked for."""
        return () if self.prior is None else self.prior.labels

    @property
    def shown(self) -> bool:
        return self._shown

    @property
    def is_busy(self) -> bool:
        """Whether anything shown is still to be worked out."""
        return self._in_flight is not None or bool(self._dirty)

    @property
    def bits(self) -> NDArray[np.float32] | None:
        """-log2 p per cell of the level being painted; None while it is not shown."""
        level = self._painting.level
        return self._known[level].bits if level < len(self._known) else None

    @property
    def top(self) -> int:
        """The end of the scale in bits: a third above what a code costs that is one of K alike."""
        counts = self._painting.painting.grid.code_counts
        return math.ceil(math.log2(max(2, counts[self._painting.level])) * 4 / 3)

    def at(self, row: int, column: int) -> CellSurprise | None:
        """What is known of a cell of the level being painted."""
        bits = self.bits
        if bits is None or np.isnan(bits[row, column]):
            return None
        known = self._known[self._painting.level]
        return CellSurprise(
            float(bits[row, column]), int(known.ranks[row, column]), float(known.entropy[row, column])
        )

    # What is surprising

    @property
    def threshold(self) -> float:
        """In bits."""
        return self._threshold

    def set_threshold(self, bits: float) -> None:
        if bits != self._threshold:
            self._threshold = bits
            self.threshold_changed.emit()

    @property
    def surprising(self) -> Mask:
        """The cells of the level being painted above the threshold."""
        bits = self.bits
        return np.zeros(self._painting.shape, np.bool_) if bits is None else bits > self._threshold

    def select(self) -> None:
        """Select what is surprising: selections count coarsest cells, one fine cell selects the whole."""
        if self.bits is None:
            return
        ratio, (rows, columns) = self._painting.ratio, self._painting.painting.grid.shape
        blocks = self.surprising.reshape(rows, ratio, columns, ratio)
        above: Mask = np.asarray(blocks.any(axis=(1, 3)))
        self._painting.set_selection(Selection.of(above))

    # Showing

    def show(self, shown: bool) -> None:
        """Work it out and keep it up, or stop doing so; without a prior there is `lacking` instead."""
        if shown and self._has_none:
            self.lacking.emit()
            shown = False
        self._shown = shown
        self.shown_changed.emit(shown)
        self._restart()

    def set_decoder(self, decoder: Decoder | None) -> None:
        """Ask the prior of `decoder` from now on; what is shown goes away if it has none."""
        self._decoder = decoder
        if self._shown and self._has_none:
            self.show(False)
        else:
            self._restart()

    @property
    def _has_none(self) -> bool:
        return self._decoder is not None and self._decoder.prior is None

    def _restart(self) -> None:
        self._drop()
        self._known, self._dirty = [], {}
        if self._shown and self.prior is not None:
            self._known = [_unknown(level.shape) for level in self._painting.painting.grid.levels]
            self._strips = self._windows(self.prior)
            self._dirty = dict.fromkeys(window for strip in self._strips for window in strip)
        self.changed.emit()
        self._next()

    def _windows(self, prior: CodePrior) -> list[list[Box]]:
        grid = self._painting.painting.grid
        limit = max(1, WINDOW_CELLS // grid.ratios[-1])
        rows, columns = grid.shape
        boxes = covering(rows, columns, limit, min(prior.margin, limit // 3))
        return [list(strip) for _, strip in groupby(boxes, lambda box: box.top)]

    def _touched(self, box: Box) -> list[Box]:
        strips = [strip for strip in self._strips if strip[0].top < box.bottom and box.top < strip[0].bottom]
        return [window for strip in strips for window in strip if not window.intersection(box).is_empty]

    def _mark(self, patches: tuple[Patch, ...]) -> None:
        prior = self.prior
        if not self._known or prior is None:
            return
        for patch in patches:
            box, _ = self._painting.painting.grid.coarse(patch)
            self._dirty |= dict.fromkeys(self._touched(box.grown(prior.margin)))
        if self._in_flight is not None and self._in_flight[0] in self._dirty:
            self._drop()  # what is on its way is of codes that are no longer there
        self._next()

    def _next(self) -> None:
        """Send the next window, unless one is in flight or a stroke is still being made."""
        prior = self.prior
        if self._in_flight is not None or not self._dirty or prior is None or self._painting.is_stroking:
            return
        box = next(iter(self._dirty))
        del self._dirty[box]
        window = read_window(self._painting.painting.grid.levels, box, prior.margin)
        condition = self.asked.condition(prior.labels)
        ticket = self._worker.run(
            lambda _: surprise_window(prior, window, condition),
            on_done=lambda parts: self._learn(box, parts),
            on_error=self._give_up,
        )
        self._in_flight = box, ticket

    def _learn(self, box: Box, parts: list[Surprise]) -> None:
        self._in_flight = None
        for whole, part, ratio in zip(self._known, parts, self._painting.painting.grid.ratios, strict=True):
            kept = whole.within(box.scaled(ratio))  # views
            kept.bits[:], kept.ranks[:], kept.entropy[:] = part.bits, part.ranks, part.entropy
        self._next()
        self.changed.emit()

    def _give_up(self, error: CodebrushError) -> None:
        self._in_flight = None
        self.show(False)
        self.failed.emit(error)

    def _drop(self) -> None:
        if self._in_flight is not None:
            self._in_flight[1].cancel()
            self._in_flight = None


def _unknown(shape: tuple[int, ...]) -> Surprise:
    nothing = np.full(shape, np.nan, np.float32)
    return Surprise(nothing, np.zeros(shape, np.int64), nothing.copy())
