"""Keeps the decoded picture up with the codes: one window at a time, on a background thread.

What changes is marked in a `TileQueue`; one complete request is in flight, and what was painted while
it ran waits for the next. Answers for another model or another painting are dropped. Without a decoder
(it is being loaded) changes simply wait.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from engine.codes.box import Box, Mask
from engine.codes.patch import Patch
from engine.decoding.decoder import Decoder
from engine.decoding.windowed import TileQueue, Window, decode_window, read_window
from engine.errors import CodebrushError
from gui.state.painting import Codes, PaintingState, Stamp
from gui.workers.job import Ticket, Worker


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """The pixels of one window."""

    box: Box  # coarsest cells
    pixels: NDArray[np.uint8]  # (H, W, C)
    seconds: float  # what decoding took


class DecodeLoop(QObject):
    """Decodes one `PaintingState` with the decoder it was given, windows in view first."""

    decoded = Signal(object)  # Decoded, to be shown
    previewed = Signal(object)  # Decoded, what `preview` asked for; the painting is unchanged
    failed = Signal(object)  # CodebrushError; nothing more is decoded until the model or painting changes
    busy_changed = Signal(bool)

    def __init__(self, painting: PaintingState, worker: Worker, parent: QObject | None = None) -> None:
        """Whoever made `worker` stops it. What else it does comes between the windows of this loop."""
        super().__init__(parent)
        self._painting = painting
        self._worker = worker
        self._decoder: Decoder | None = None
        self._queue: TileQueue | None = None
        self._ticket: Ticket | None = None
        self._visible: Box | None = None
        self._wanted: Stamp | None = None
        self._decoding = False  # what is in flight is a part of the painting, not a preview
        self._busy, self._has_been_whole = False, True
        self._acts: list[Callable[[], object]] = []  # to be done at rest
        painting.document_changed.connect(self._start_over)
        painting.codes_changed.connect(self._mark)

    @property
    def is_busy(self) -> bool:
        """Whether anything of the painting is still to be decoded."""
        return self._busy

    def set_decoder(self, decoder: Decoder | None) -> None:
        """Decode everything anew with `decoder`; None while there is none."""
        if decoder is not self._decoder:
            self._decoder = decoder
            self._restart()

    def when_whole(self, then: Callable[[], object]) -> None:
        """Call `then` once all of the painting has been decoded and shown by the decoder of now.

        At once where it has been, whatever was painted since: that shows as swatches at least. Not at all
        where the painting goes.
        """
        self._acts.append(then)
        self._announce_busy()

    def set_visible(self, box: Box) -> None:
        """The coarsest cells in view: they are decoded first."""
        self._visible = box

    def preview(self, stamp: Stamp | None) -> None:
        """Decode how it would look if `stamp` were painted, once nothing else waits; the newest wins."""
        self._wanted = stamp
        self._next()

    def _start_over(self) -> None:
        self._acts.clear()
        self._restart()

    def _restart(self) -> None:
        if self._ticket is not None:
            self._ticket.cancel()
        self._ticket, self._queue, self._wanted, self._decoding = None, None, None, False
        self._has_been_whole = False
        decoder, painting = self._decoder, self._painting.painting
        if decoder is not None and decoder.model_id == painting.model_id:
            stride = decoder.levels[0].stride_px
            self._queue = TileQueue(painting.grid.shape, decoder.receptive_margin, stride)
            self._queue.mark_all()
        self._next()

    def _mark(self, patches: tuple[Patch, ...]) -> None:
        if self._queue is None:
            return
        for patch in patches:
            self._queue.mark(*self._painting.painting.grid.coarse(patch))
        if self._ticket is not None and not self._decoding:
            # A preview on its way shows codes that are no longer there.
            self._ticket.cancel()
            self._ticket = None
        self._next()

    def _next(self) -> None:
        self._send_next()
        self._announce_busy()

    def _send_next(self) -> None:
        """Unless a request is in flight."""
        if self._ticket is None and self._queue is not None and self._decoder is not None:
            box = self._queue.take(self._visible)
            if box is not None:
                levels = self._painting.painting.grid.levels
                self._send(self._decoder, read_window(levels, box, self._decoder.receptive_margin))
            elif self._wanted is not None:
                self._send_preview(self._decoder, *self._wanted)
                self._wanted = None

    def _send(self, decoder: Decoder, window: Window) -> None:
        self._decoding = True
        self._ticket = self._worker.run(
            lambda _: _decode(decoder, window), on_done=self._show, on_error=self._give_up
        )

    def _send_preview(self, decoder: Decoder, box: Box, mask: Mask, codes: Codes) -> None:
        grid, level, margin = self._painting.painting.grid, self._painting.level, decoder.receptive_margin
        around = box.coarsened(grid.ratios[level]).grown(margin).clipped(*grid.shape)
        if around.is_empty:
            return
        window = read_window(grid.levels, around, margin)
        _paint_window(window, level, grid.ratios[level], (box, mask, codes))
        self._ticket = self._worker.run(
            lambda _: _decode(decoder, window), on_done=self._show_preview, on_error=self._give_up
        )

    def _show(self, decoded: Decoded) -> None:
        self._ticket, self._decoding = None, False
        # The next request goes out first: the worker decodes while this one is drawn.
        self._send_next()
        self.decoded.emit(decoded)
        self._announce_busy()

    def _show_preview(self, decoded: Decoded) -> None:
        self._ticket = None
        self._next()
        self.previewed.emit(decoded)

    def _give_up(self, error: CodebrushError) -> None:
        self._ticket, self._queue, self._decoding = None, None, False
        self._announce_busy()
        self.failed.emit(error)

    def _announce_busy(self) -> None:
        busy = self._decoding or bool(self._queue)
        if busy != self._busy:
            self._busy = busy
            self.busy_changed.emit(busy)
        self._has_been_whole = self._has_been_whole or not busy
        while self._acts and self._has_been_whole:
            self._acts.pop(0)()


def _decode(decoder: Decoder, window: Window) -> Decoded:
    started = time.perf_counter()
    pixels = decode_window(decoder, window)
    return Decoded(window.box, pixels, time.perf_counter() - started)


def _paint_window(window: Window, level: int, ratio: int, stamp: Stamp) -> None:
    """Paint `stamp` (cells of `level`) into the codes of a window that nobody else has yet."""
    box, mask, codes = stamp
    cells = window.codes[level]
    corner_row, corner_column = window.box.top - window.inner.top, window.box.left - window.inner.left
    placed = box.shifted(-corner_row * ratio, -corner_column * ratio)
    inside = placed.clipped(*cells.shape)
    part = inside.shifted(-placed.top, -placed.left).slices
    painted = np.broadcast_to(np.asarray(codes, np.int64), mask.shape)
    np.copyto(cells[inside.slices], painted[part], where=mask[part])
