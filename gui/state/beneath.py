"""What becomes of the finer codes beneath what is painted on a coarser level.

Pinned, they stay, and what was painted shows as far as they let it. Where they follow, they are drawn anew
from the prior, near what the coarser level shows by itself, once the stroke is finished and in the same undo
step; beneath what is erased they go back to what
the painting started from.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
from PySide6.QtCore import QObject, Signal

from engine.codes.box import Box, Mask
from engine.codes.patch import Patch
from engine.codes.selection import beneath
from engine.decoding.decoder import Decoder
from engine.decoding.prior import CodePrior
from engine.decoding.windowed import Window, read_window
from engine.errors import CodebrushError
from engine.priors.requests import ResampleRequest, Variation
from gui.state.asked_label import AskedLabel
from gui.state.dreaming import Dreaming
from gui.state.open_stroke import OpenStroke
from gui.state.painting import PaintingState
from gui.state.setting import Setting
from gui.state.usable_prior import usable_prior
from gui.workers.job import Ticket, Worker

CANDIDATES = 4
"""A stroke is not waited for as a selection is: half as many as for that."""
MOST_CELLS = 12
"""Coarse cells beneath which is drawn in one go: pictures of what was painted are decoded in between."""


@dataclass(slots=True)
class _Change:
    """Cells that a stroke changed on one level; of finer levels those that others painted on since."""

    stroke: OpenStroke
    level: int
    cells: Mask  # (h, w) of the level
    kept: dict[int, Mask] = field(default_factory=dict)

    def split(self, most: int) -> _Change:
        """The first cells in raster order, at most so many; they are no longer of this one."""
        rows, columns = (places[:most] for places in np.nonzero(self.cells))
        first = np.zeros_like(self.cells)
        first[rows, columns] = True
        self.cells &= ~first
        kept = {level: mask.copy() for level, mask in self.kept.items()}
        return _Change(self.stroke, self.level, first, kept)


class Beneath(QObject):
    """One stroke's cells after another; `follow` is what the user wants, `is_able` whether it can be."""

    changed = Signal(str)
    ability_changed = Signal(bool)
    rested = Signal()  # no stroke waits any more
    failed = Signal(object)  # CodebrushError

    follow = Setting(True)

    def __init__(
        self,
        painting: PaintingState,
        worker: Worker,
        asked: AskedLabel,
        dreaming: Dreaming,
        parent: QObject | None = None,
    ) -> None:
        """`worker` is one that models are used on."""
        super().__init__(parent)
        self._painting, self._worker, self._asked, self._dreaming = painting, worker, asked, dreaming
        self._decoder: Decoder | None = None
        self._waiting: list[_Change] = []
        self._in_flight: _Change | None = None
        self._ticket: Ticket | None = None
        self._number = 0
        self._is_painting = False
        for signal in (painting.document_changed, painting.read_only_changed):
            signal.connect(self._start_over)
        painting.stroke_grew.connect(self._note)
        painting.codes_changed.connect(self._keep)
        dreaming.rested.connect(self._next)

    def set_decoder(self, decoder: Decoder | None) -> None:
        """Ask the prior of `decoder` from now on."""
        self._decoder = decoder
        self._start_over()

    @property
    def prior(self) -> CodePrior | None:
        """What draws; None where there is no finer level, no prior, or nothing may be painted."""
        has_finer = len(self._painting.painting.grid.levels) > 1
        return usable_prior(self._decoder, self._painting) if has_finer else None

    @property
    def is_able(self) -> bool:
        return self.prior is not None

    @property
    def is_busy(self) -> bool:
        return self._in_flight is not None or bool(self._waiting)

    def masks(self, mask: Mask, level: int) -> list[Mask]:
        """Per level what is to be drawn where `mask` (h, w) of `level` is: what follows it included."""
        ratios = self._painting.painting.grid.ratios
        masks = beneath(mask, level, ratios)
        if not (self.follow and self.is_able):
            masks[level + 1 :] = [np.zeros_like(finer) for finer in masks[level + 1 :]]
        return self._unlocked(masks)

    def _unlocked(self, masks: list[Mask]) -> list[Mask]:
        """Nothing of levels that are locked: they are pinned."""
        locked = self._painting.locked
        return [np.zeros_like(mask) if level in locked else mask for level, mask in enumerate(masks)]

    def drop(self) -> None:
        """Leave what still waits as it is."""
        was_busy = self.is_busy
        self._waiting.clear()
        self._cancel()
        if was_busy:
            self.rested.emit()

    def _cancel(self) -> None:
        self._in_flight = None
        if self._ticket is not None:
            self._ticket.cancel()
            self._ticket = None

    def _start_over(self) -> None:
        self.drop()
        self.ability_changed.emit(self.is_able)

    def _note(self, stroke: OpenStroke, patches: tuple[Patch, ...]) -> None:
        """A stroke is finished, or has got more cells: what lies beneath them is to follow."""
        if self._is_painting or stroke.beneath == "stays" or not self.follow or not self.is_able:
            return
        grid = self._painting.painting.grid
        for level in sorted({patch.level for patch in patches} - {len(grid.levels) - 1}):
            cells = np.zeros(grid.levels[level].shape, np.bool_)
            for patch in patches:
                if patch.level == level:
                    cells[patch.box.slices] |= patch.mask
            if stroke.beneath == "starts":
                self._start_anew(stroke, level, cells)
            else:
                self._add(stroke, level, cells)
        self._next()

    def _add(self, stroke: OpenStroke, level: int, cells: Mask) -> None:
        known = next((one for one in self._waiting if one.stroke is stroke and one.level == level), None)
        if known is None:
            self._waiting.append(_Change(stroke, level, cells))
        else:
            known.cells |= cells

    def _start_anew(self, stroke: OpenStroke, level: int, cells: Mask) -> None:
        """Bring back the finer codes that the painting started from."""
        painting = self._painting.painting
        masks = beneath(cells, level, painting.grid.ratios)
        with self._painting_ourselves():
            for finer in range(level + 1, len(masks)):
                box = Box.of(masks[finer])
                if box is not None:
                    stamp = box, masks[finer][box.slices], painting.start[finer][box.slices]
                    self._painting.paint_into(stroke, finer, [stamp])

    @contextmanager
    def _painting_ourselves(self) -> Iterator[None]:
        self._is_painting = True
        try:
            yield
        finally:
            self._is_painting = False

    def _keep(self, patches: tuple[Patch, ...]) -> None:
        """Others painted on finer cells that wait: theirs stay."""
        if self._is_painting:
            return
        if self._in_flight is not None and not self._painting.takes(self._in_flight.stroke):
            self._cancel()  # it was undone
        for change in (*self._waiting, *([self._in_flight] if self._in_flight is not None else [])):
            for patch in patches:
                if patch.level > change.level:
                    shape = self._painting.painting.grid.levels[patch.level].shape
                    kept = change.kept.setdefault(patch.level, np.zeros(shape, np.bool_))
                    kept[patch.box.slices] |= patch.mask

    def _next(self) -> None:
        prior = self.prior
        self._waiting = [change for change in self._waiting if self._painting.takes(change.stroke)]
        if self._in_flight is not None or not self._waiting or prior is None or self._dreaming.is_busy:
            return
        self._in_flight = change = self._waiting[0].split(MOST_CELLS)
        if not self._waiting[0].cells.any():
            del self._waiting[0]
        grid = self._painting.painting.grid
        masks = self._unlocked(beneath(change.cells, change.level, grid.ratios))
        masks[change.level] = np.zeros_like(masks[change.level])
        for level, kept in change.kept.items():
            masks[level] = masks[level] & ~kept
        around = Box.of(change.cells)
        assert around is not None
        window = read_window(grid.levels, around.coarsened(grid.ratios[change.level]), prior.margin)
        request = self._request(window, masks, prior)
        if not any(mask.any() for mask in request.masks):
            self._finish()
            return
        self._ticket = self._worker.run(
            lambda ticket: _draw(prior, request, change.level, ticket),
            on_done=lambda variation: self._take(change, window, request, variation),
            on_error=self._give_up,
        )

    def _request(self, window: Window, masks: list[Mask], prior: CodePrior) -> ResampleRequest:
        self._number += 1
        ratios = self._painting.painting.grid.ratios
        return ResampleRequest(
            codes=tuple(window.codes),
            masks=tuple(
                mask[_place(window, ratio).slices] for mask, ratio in zip(masks, ratios, strict=True)
            ),
            seed=0,
            condition=self._asked.condition(prior.labels),
            first=self._number,
            candidates=CANDIDATES,
        )

    def _take(self, change: _Change, window: Window, request: ResampleRequest, variation: Variation) -> None:
        """Paint those cells that nobody painted on meanwhile."""
        with self._painting_ourselves():
            for level, ratio in enumerate(self._painting.painting.grid.ratios):
                box, mask = _place(window, ratio), request.masks[level]
                if level in change.kept:
                    mask = mask & ~change.kept[level][box.slices]
                self._painting.paint_into(change.stroke, level, [(box, mask, variation.codes[level])])
        self._finish()

    def _finish(self) -> None:
        self._in_flight = self._ticket = None
        self._next()
        if not self.is_busy:
            self.rested.emit()

    def _give_up(self, error: CodebrushError) -> None:
        self.drop()
        self.failed.emit(error)


def _place(window: Window, ratio: int) -> Box:
    """Where the codes of `window` lie on a level."""
    rows, columns = window.codes[0].shape
    top, left = window.box.top - window.inner.top, window.box.left - window.inner.left
    return Box(top, left, top + rows, left + columns).scaled(ratio)


def _draw(prior: CodePrior, request: ResampleRequest, level: int, ticket: Ticket) -> Variation:
    for event in prior.follow(request, level):
        ticket.raise_if_cancelled()
        if isinstance(event, Variation):
            return event
    raise AssertionError("a prior ended without a variation")
