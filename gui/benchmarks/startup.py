"""`benchmark startup`: from the start of the process to the window, and to a decoded picture.

Each start is a process of its own, of the real program with empty settings. A heartbeat on the GUI
thread shows how long the window could not have answered.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import CodebrushError

if TYPE_CHECKING:
    from gui.studio import Studio

STARTS = 5
BEAT_MS = 5
AFTERWARDS_S = 2.0
"""How long the heartbeat is followed once the picture is decoded."""
_LIMIT_S = 60
_ROOT = Path(__file__).resolve().parents[2]


class StartupFault(CodebrushError):
    """A start that did not end well."""


def measure_startup(starts: int = STARTS) -> dict[str, Any]:
    """Medians over `starts` processes, after one that warms the file cache; times in s and ms."""
    rows = [_one_start() for _ in range(starts + 1)][1:]
    return {
        "starts": starts,
        "window_s": statistics.median(row["window_s"] for row in rows),
        "decoding_s": statistics.median(row["decoding_s"] for row in rows),
        "longest_gap_ms": statistics.median(row["longest_gap_ms"] for row in rows),
        "gap_p99_afterwards_ms": statistics.median(row["gap_p99_afterwards_ms"] for row in rows),
        "rows": rows,
    }


def _one_start() -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        code = (
            f"import main; from gui.benchmarks.startup import report; report({folder!r}, {time.monotonic()})"
        )
        environment = {**os.environ, "PYTHONPATH": str(_ROOT)}
        environment.setdefault("QT_QPA_PLATFORM", "offscreen")
        command = [sys.executable, "-c", code]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_LIMIT_S, env=environment, check=False
        )
    if done.returncode != 0:
        raise StartupFault(f"the window did not start: {done.stderr.strip().splitlines()[-1:]}")
    row: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return row


def report(folder: str, started: float) -> None:
    """In the child: show the window, wait for the picture, print what was measured."""
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from gui import theme
    from gui.app import build
    from gui.settings import Folders

    app = QApplication([])
    theme.apply_theme(app)
    studio = build(Folders(Path(folder) / "config", Path(folder) / "data"))
    probe = _Probe(studio, started)
    beat = QTimer(interval=BEAT_MS)
    beat.timeout.connect(probe.beat)
    beat.start()
    studio.window.show()
    app.exec()
    print(json.dumps(probe.row()))


class _Probe:
    """Notes when things happened, in seconds since the process was asked for."""

    def __init__(self, studio: Studio, started: float) -> None:
        self._studio = studio
        self._started = started
        self._beats: list[float] = []
        self._window: float | None = None
        self._decoded: float | None = None
        studio.window.painted.connect(self._note_window)
        studio.decoding.busy_changed.connect(self._note_picture)

    def beat(self) -> None:
        self._beats.append(self._now())
        if self._decoded is not None and self._now() - self._decoded > AFTERWARDS_S:
            self._studio.window.close()

    def row(self) -> dict[str, float]:
        assert self._window is not None
        assert self._decoded is not None
        gaps = [(b, 1000 * (b - a)) for a, b in zip(self._beats, self._beats[1:], strict=False)]
        loading = [gap for at, gap in gaps if self._window < at <= self._decoded]
        afterwards = sorted(gap for at, gap in gaps if at > self._decoded)
        return {
            "window_s": self._window,
            "decoding_s": self._decoded,
            "longest_gap_ms": max(loading),
            "gap_p99_afterwards_ms": afterwards[int(0.99 * (len(afterwards) - 1))],
        }

    def _now(self) -> float:
        # time.monotonic is one clock for all processes of the machine.
        return time.monotonic() - self._started

    def _note_window(self) -> None:
        if self._window is None:
            self._window = self._now()

    def _note_picture(self, busy: bool) -> None:
        if not busy and self._studio.session.decoder is not None and self._decoded is None:
            self._decoded = self._now()
