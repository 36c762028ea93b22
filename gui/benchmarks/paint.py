"""Stroke to pixels: from a mouse move to the decoded pixels on the canvas, through the real widget."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QEventLoop, QObject, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QWidget

from engine.codes.document import Painting
from engine.codes.strokes import Cell
from engine.decoding.decoder import Decoder
from engine.decoding.windowed import decode_full
from engine.errors import CodebrushError
from gui.actions import ActionTable
from gui.canvas.picture import PictureStore
from gui.offscreen import themed_application
from gui.state.brush import BrushState
from gui.state.painting import PaintingState
from gui.state.selected_cells import SelectedCells
from gui.state.shown_levels import ShownLevels
from gui.state.with_prior import WithPrior
from gui.workers.decode import DecodeLoop
from gui.workers.job import Worker
from gui.workspaces.paint import PaintWorkspace

CANVASES_PX = (64, 256, 1024, 4096)
BRUSHES = (1, 4)
MOVES = 80
STROKE_MOVES = 10
"""Moves from a press to its release; each stroke paints with another code."""
REACH = 3
"""Most cells the pointer moves at once, along either side."""
WINDOW_PX = (1280, 800)
PATIENCE_S = 120.0


@dataclass(frozen=True, slots=True)
class PaintRow:
    """Milliseconds of one canvas and brush, and of decoding the whole canvas for comparison."""

    canvas_px: int
    brush_cells: int
    p50_ms: float
    p95_ms: float
    full_decode_ms: float


def measure_paint(
    decoder: Decoder,
    canvases_px: Sequence[int] = CANVASES_PX,
    brushes: Sequence[int] = BRUSHES,
    moves: int = MOVES,
    progress: Callable[[str], None] = lambda _: None,
) -> list[PaintRow]:
    """One row per canvas and brush size: `moves` mouse moves each, every one waited for until it is painted.

    The canvas holds random codes and is shown whole in a 1280 x 800 window. Makes the `QApplication` if
    there is none, without a display where the machine has none. Raises what the decoder fails with.
    """
    themed_application()
    rows = []
    for side in canvases_px:
        progress(f"canvas of {side} px")
        with closing(Easel(decoder, side)) as easel:
            easel.show()
            full_ms = easel.full_decode_ms()
            for brush in brushes:
                times = easel.stroke_times_ms(brush, moves)
                p50, p95 = np.percentile(times, [50, 95])
                rows.append(PaintRow(side, brush, float(p50), float(p95), full_ms))
    return rows


class Easel(QObject):
    """The Paint workspace in a window of its own, with a square canvas of random codes."""

    def __init__(self, decoder: Decoder, side_px: int) -> None:
        super().__init__()
        self._decoder = decoder
        self._random = np.random.default_rng(0)
        cells = max(1, side_px // decoder.levels[0].stride_px)
        self._painting = PaintingState(_random_painting(decoder, cells, self._random), self)
        self._brush = BrushState(self)
        self._brush.set_code_count(decoder.levels[0].codes)
        picture = PictureStore(self._painting, self)
        self._worker = Worker("benchmark")
        self._decoding = DecodeLoop(self._painting, self._worker, self)
        self._window = QWidget()
        workspace = PaintWorkspace(
            self._painting,
            self._brush,
            SelectedCells(self._painting, self),
            picture,
            self._decoding,
            ShownLevels(self._painting, self),
            WithPrior(self._painting, self._worker, self),
            ActionTable(self._window),
        )
        QHBoxLayout(self._window).addWidget(workspace)
        self._canvas = workspace.canvas
        self._canvas.installEventFilter(self)
        self._is_painted = True
        self._fault: CodebrushError | None = None
        self._decoding.failed.connect(self._note_fault)
        picture.changed.connect(self._expect_paint)
        self._window.resize(*WINDOW_PX)

    def show(self) -> None:
        """Put the window on the screen and decode the canvas."""
        self._window.show()
        self._decoding.set_decoder(self._decoder)
        self._wait()

    def close(self) -> None:
        self._worker.stop()
        self._window.close()
        self._window.deleteLater()

    def full_decode_ms(self) -> float:
        """Decoding the whole canvas once, in windows, on the thread that decodes strokes."""
        levels = self._painting.painting.grid.levels
        answers: list[float | CodebrushError] = []

        def decode() -> float:
            started = time.perf_counter()
            decode_full(self._decoder, levels)
            return 1000 * (time.perf_counter() - started)

        self._worker.run(lambda _: decode(), on_done=answers.append, on_error=answers.append)
        while not answers:
            QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
        if isinstance(answers[0], CodebrushError):
            raise answers[0]
        return answers[0]

    def stroke_times_ms(self, brush_cells: int, moves: int) -> list[float]:
        """What each of `moves` moves that changed something took, in strokes over the whole canvas."""
        self._brush.size = brush_cells
        times: list[float] = []
        cell = self._painting.shape[0] // 2, self._painting.shape[1] // 2
        while len(times) < moves:
            self._brush.primary = int(self._random.integers(self._brush.code_count))
            self._send(QEvent.Type.MouseButtonPress, cell)
            self._wait()
            for _ in range(STROKE_MOVES):
                cell = self._next_cell(cell)
                if (taken := self._move(cell)) is not None:
                    times.append(taken)
            self._send(QEvent.Type.MouseButtonRelease, cell)
            self._wait()
        return times[:moves]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            self._is_painted = True
        return super().eventFilter(watched, event)

    def _expect_paint(self) -> None:
        self._is_painted = False

    def _note_fault(self, fault: CodebrushError) -> None:
        self._fault = fault

    def _move(self, cell: Cell) -> float | None:
        """Milliseconds until all the move changed is decoded and painted; None if it changed nothing."""
        started = time.perf_counter()
        self._send(QEvent.Type.MouseMove, cell)
        if not self._decoding.is_busy:
            return None
        self._wait()
        return 1000 * (time.perf_counter() - started)

    def _wait(self) -> None:
        """Run the event loop until all is decoded and painted; raises what the decoder failed with."""
        give_up = time.monotonic() + PATIENCE_S
        while self._decoding.is_busy or not self._is_painted:
            QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
            if time.monotonic() > give_up:
                raise TimeoutError(f"the canvas was not decoded within {PATIENCE_S:.0f} s")
        if self._fault is not None:
            raise self._fault

    def _next_cell(self, cell: Cell) -> Cell:
        """Some cells on, reflected at the border."""
        rows, columns = self._painting.shape
        down, right = self._random.integers(-REACH, REACH + 1, 2)
        return _inside(cell[0] + int(down), rows), _inside(cell[1] + int(right), columns)

    def _send(self, kind: QEvent.Type, cell: Cell) -> None:
        stride = self._painting.stride_px
        at = QPointF(*self._canvas.view.to_screen((cell[1] + 0.5) * stride, (cell[0] + 0.5) * stride))
        left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
        button = none if kind == QEvent.Type.MouseMove else left
        held = none if kind == QEvent.Type.MouseButtonRelease else left
        where = self._canvas.mapToGlobal(at)
        event = QMouseEvent(kind, at, where, button, held, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(self._canvas, event)


def _random_painting(decoder: Decoder, cells: int, random: np.random.Generator) -> Painting:
    stride = decoder.levels[0].stride_px
    levels = []
    for level in decoder.levels:
        side = cells * stride // level.stride_px
        levels.append(random.integers(level.codes, size=(side, side)))
    return Painting.of_codes(levels, decoder)


def _inside(place: int, length: int) -> int:
    last = length - 1
    return min(max(-place if place < 0 else 2 * last - place if place > last else place, 0), last)
