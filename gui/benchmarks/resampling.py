"""Resampling as one meets it: from the key to codes on the canvas, and the window's heartbeat meanwhile.

Half of a painting a side, of the size that the built-in prior was trained on, is drawn anew through the real
window: pressed R, waited for, left by Escape. A heartbeat on the GUI thread shows how long the window could
not have answered; beside it stands that of the window at rest, which tells what else the machine was at.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QEventLoop, QObject, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine.codes.document import Painting
from engine.codes.selection import Selection
from engine.errors import CodebrushError
from engine.progress import Progress, tell_nobody
from gui.offscreen import themed_application
from gui.settings import Folders
from gui.studio import Studio
from gui.workers.kernel import KernelCompiler
from gui.workers.load import ModelLibrary

SIDE = 16
"""Coarsest cells of the painting; half of them a side are selected."""
VARIATIONS = (1, 4)
REPEATS = 12
BEAT_MS = 5
REST_S = 1.0
"""How long the heartbeat of the window at rest is followed."""
PATIENCE_S = 120.0
_LATEST = 0.9
"""Of what drawing takes: till then Escape finds something to stop."""


def measure_window(
    progress: Progress = tell_nobody,
    library: ModelLibrary | None = None,
    variations: Sequence[int] = VARIATIONS,
    repeats: int = REPEATS,
) -> dict[str, Any] | None:
    """Of the built-in model, or the first of `library`; None where that has no prior.

    Milliseconds: medians and 95th percentiles over `repeats`; the heartbeat's gaps are those of all of them.
    Makes the `QApplication` if there is none. Raises what drawing fails with.
    """
    with tempfile.TemporaryDirectory() as folder, _watched_window(Path(folder), library) as watch:
        if not watch.has_prior:
            return None
        rows = []
        for place, count in enumerate(variations):
            progress("Measuring resampling in the window", place / len(variations))
            rows.append(watch.row(count, repeats))
        return {
            "grid": [SIDE, SIDE],
            "selected": [SIDE // 2, SIDE // 2],
            "repeats": repeats,
            "beat_ms": BEAT_MS,
            "at_rest": watch.rest(),
            "rows": rows,
        }


@contextmanager
def _watched_window(folder: Path, library: ModelLibrary | None) -> Iterator[_Watch]:
    app = themed_application()
    # Nothing is compiled meanwhile: the sampler is what it is.
    compiler = KernelCompiler(is_done=lambda: True)
    studio = Studio(Folders(folder / "config", folder / "data"), library, compiler=compiler)
    watch = _Watch(studio)
    try:
        watch.open()
        yield watch
    finally:
        watch.close()
        studio.window.close_now()
        studio.window.deleteLater()
        app.processEvents()


class _Watch(QObject):
    """Presses the keys, and notes when what follows is on the screen and how the heart beats."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio, self._canvas = studio, studio.paint.canvas
        self._is_painted = True
        self._fault: CodebrushError | None = None
        self._beats: list[float] = []
        self._heart = QTimer(self, interval=BEAT_MS)
        self._heart.setTimerType(Qt.TimerType.PreciseTimer)
        self._heart.timeout.connect(lambda: self._beats.append(_now_ms()))
        self._canvas.installEventFilter(self)
        studio.asking.resampling.shown_changed.connect(self._expect_paint)
        for part in (studio.asking.resampling, studio.session):
            part.failed.connect(self._note_fault)

    @property
    def has_prior(self) -> bool:
        decoder = self._studio.session.decoder
        return decoder is not None and decoder.prior is not None

    def open(self) -> None:
        """Show the window, with a painting of real codes in it: a part of the first one."""
        studio = self._studio
        self._heart.start()
        studio.window.show()
        self._wait(lambda: studio.session.decoder is not None and studio.is_idle)
        card, grid = studio.session.card, studio.painting.painting.grid
        assert card is not None
        cells = [slice(4 * ratio, (4 + SIDE) * ratio) for ratio in grid.ratios]
        codes = [level[part, part].copy() for level, part in zip(grid.levels, cells, strict=True)]
        studio.models.show(Painting.of_codes(codes, card))
        mask = np.zeros((SIDE, SIDE), np.bool_)
        mask[SIDE // 4 : 3 * SIDE // 4, SIDE // 4 : 3 * SIDE // 4] = True
        studio.painting.set_selection(Selection.of(mask))
        self._wait(lambda: studio.is_idle and not studio.decoding.is_busy)
        studio.window.activateWindow()
        self._wait(studio.window.isActiveWindow)

    def close(self) -> None:
        self._heart.stop()
        self._canvas.removeEventFilter(self)

    def rest(self) -> dict[str, float]:
        """The gaps of the heartbeat while nothing is done."""
        began = _now_ms()
        self._wait(lambda: _now_ms() - began > 1000 * REST_S)
        return _gap_figures(self._gaps(began, _now_ms()))

    def row(self, variations: int, repeats: int) -> dict[str, float]:
        """Figures of so many variations at once."""
        options = self._studio.asking.resampling.options
        options.count = variations
        self._drawn()  # the first one takes memory
        firsts, dones, gaps = [], [], []
        for _ in range(repeats):
            options.next_seed()
            first, done, meanwhile = self._drawn()
            firsts.append(first)
            dones.append(done)
            gaps += meanwhile
        stops = []
        for repeat in range(repeats):
            options.next_seed()
            stops.append(self._stopped(_LATEST * float(np.median(dones)) * (repeat + 0.5) / repeats))
        return {
            "variations": variations,
            **_figures("first_codes", firsts),
            **_figures("done", dones),
            **_figures("stopped", stops),
            **_gap_figures(gaps),
        }

    def _drawn(self) -> tuple[float, float, list[float]]:
        """From R to the first codes on the screen and till all is drawn, and the gaps on the way."""
        resampling, began = self._studio.asking.resampling, self._press(Qt.Key.Key_R)
        self._wait(lambda: resampling.shown is not None and self._is_painted)
        first = _now_ms()
        self._wait(lambda: not resampling.is_busy and self._is_painted)
        done = _now_ms()
        self._press(Qt.Key.Key_Escape)
        self._wait(lambda: self._studio.is_idle and self._is_painted)
        return first - began, done - began, self._gaps(began, done)

    def _stopped(self, after_ms: float) -> float:
        """From Escape, so long after R, until nothing is drawn any more and the canvas is as it was."""
        began = self._press(Qt.Key.Key_R)
        self._wait(lambda: _now_ms() - began >= after_ms)
        began = self._press(Qt.Key.Key_Escape)
        self._wait(lambda: self._studio.is_idle and self._is_painted)
        return _now_ms() - began

    def _press(self, key: Qt.Key) -> float:
        """The moment before it."""
        began = _now_ms()
        QTest.keyClick(self._canvas, key)
        return began

    def _wait(self, done: Callable[[], bool]) -> None:
        """Run the event loop; the heartbeat wakes it. Raises what went wrong meanwhile."""
        give_up = _now_ms() + 1000 * PATIENCE_S
        while not done():
            QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
            if self._fault is not None:
                raise self._fault
            if _now_ms() > give_up:
                raise TimeoutError(f"nothing came of it within {PATIENCE_S:.0f} s")

    def _gaps(self, began: float, ended: float) -> list[float]:
        """Of the beats from one moment to the other; those before are forgotten."""
        beats, self._beats = self._beats, []
        within = [beat for beat in beats if began <= beat <= ended]
        return [end - start for start, end in pairwise([began, *within, ended])]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            self._is_painted = True
        return super().eventFilter(watched, event)

    def _expect_paint(self) -> None:
        self._is_painted = False

    def _note_fault(self, fault: CodebrushError) -> None:
        self._fault = fault


def _figures(name: str, taken: Sequence[float]) -> dict[str, float]:
    median, high = np.percentile(taken, [50, 95])
    return {f"{name}_ms": float(median), f"{name}_p95_ms": float(high)}


def _gap_figures(gaps: Sequence[float]) -> dict[str, float]:
    median, high = np.percentile(gaps, [50, 99])
    return {"gap_p50_ms": float(median), "gap_p99_ms": float(high), "gap_max_ms": max(gaps)}


def _now_ms() -> float:
    return 1000 * time.perf_counter()
