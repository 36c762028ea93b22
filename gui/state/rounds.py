"""Rounds of looks at the runs that are followed, off the GUI thread, one at a time.

Where nothing is trained, only the list of runs is read now and then.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from engine.errors import CodebrushError
from engine.training.shelf import RunCard, Shelf
from gui.state.followed import Followed, Status
from gui.workers.job import Worker
from gui.workers.run_watch import Look, RunWatch

_LOOK_MS = 250
_LIST_S = 1.0
_IDLE_LIST_S = 4.0
"""How often the list is read while nothing is trained."""


@dataclass(frozen=True, slots=True)
class _Report:
    """One round: looks at the followed runs, and the list where it was due."""

    looks: tuple[tuple[RunWatch, Look], ...]
    cards: tuple[RunCard, ...] | None


class Rounds(QObject):
    """`runs` are followed: looked at four times a second while they train, else when the list is read."""

    news = Signal(object, object)  # Followed, the set of its Parts that changed
    listed = Signal(object)  # tuple of RunCard, the newest first
    failed = Signal(object)  # CodebrushError

    def __init__(self, folders: Iterable[Path], worker: Worker, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._worker = worker
        self._shelf = Shelf(folders)
        self._looking = False
        self._listed_at = -_IDLE_LIST_S
        self._timer = QTimer(self, interval=_LOOK_MS)
        self._timer.timeout.connect(self.look)
        self.runs: dict[Path, Followed] = {}

    @property
    def active(self) -> list[Followed]:
        """The runs that are being trained, as far as is known."""
        return [run for run in self.runs.values() if run.is_active]

    def begin(self) -> None:
        if not self._timer.isActive():
            self._timer.start()
            self.look()

    def close(self) -> None:
        """Look no more; what is training goes on."""
        self._timer.stop()
        for run in self.runs.values():
            if run.child is not None:
                run.child.release()

    def follow(self, folder: Path, status: Status = "idle", message: str = "") -> Followed:
        """Look at a run from now on; until the first look it stands where its card says."""
        if folder not in self.runs:
            self.runs[folder] = Followed(RunWatch(folder), status, message)
        return self.runs[folder]

    def forget_all_but(self, needed: Iterable[Path]) -> None:
        """Follow only these and what is being trained."""
        kept = set(needed)
        self.runs = {folder: run for folder, run in self.runs.items() if run.is_active or folder in kept}

    def list_soon(self) -> None:
        """Read the list with the next round."""
        self._listed_at = -_IDLE_LIST_S
        self.look()

    def look(self) -> None:
        """One round, unless one is under way; nothing where nothing can have changed."""
        due = time.monotonic() - self._listed_at >= (_LIST_S if self.active else _IDLE_LIST_S)
        watches = [run.watch for run in self.runs.values() if due or run.is_active or run.is_new]
        if self._looking or not self._timer.isActive() or not (due or watches):
            return
        self._looking = True
        if due:
            self._listed_at = time.monotonic()
        shelf = self._shelf if due else None
        self._worker.run(lambda _: _round(watches, shelf), on_done=self._learn, on_error=self._stumble)

    def _learn(self, report: _Report) -> None:
        self._looking = False
        for watch, look in report.looks:
            run = self.runs.get(watch.folder)
            if run is not None and run.watch is watch:
                self.news.emit(run, run.take(look))
        if report.cards is not None:
            self.listed.emit(report.cards)
        if any(run.is_new for run in self.runs.values()):
            self.look()

    def _stumble(self, error: CodebrushError) -> None:
        self._looking = False
        self.failed.emit(error)


def _round(watches: Iterable[RunWatch], shelf: Shelf | None) -> _Report:
    looks = tuple((watch, watch.look()) for watch in watches)
    return _Report(looks, shelf.cards() if shelf is not None else None)
