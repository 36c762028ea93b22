"""Autosave: what is painted is kept in the app-data folder, so that a crash takes the last stroke at most.

Each window keeps one painting under its own name, with a lock that the system lets go of when the
program dies. What lies there without a lock was left by a crash. The user's own file is never touched.
"""

from __future__ import annotations

import contextlib
import secrets
import time
from pathlib import Path

from PySide6.QtCore import QLockFile, QObject, QTimer, Signal

from engine.errors import CodebrushError
from gui.state.painting import PaintingState
from gui.workers.files import PAINTING_SUFFIX, Autosave, snapshot, write_autosave
from gui.workers.job import Worker

_QUIET_MS = 500
"""After the last change, so that no stroke waits for a save."""
_LATEST_S = 10.0
"""While one paints without a pause, it is saved as often as this."""
_KEPT_DAYS = 14
_SUFFIXES = (PAINTING_SUFFIX, ".json", ".source", ".lock")
_KEY = "autosave"


class Recovery(QObject):
    """Keeps the painting in `folder` while it has unsaved changes, and forgets it when it is saved."""

    failed = Signal(object)  # CodebrushError, once until it works again

    def __init__(
        self, painting: PaintingState, folder: Path, worker: Worker, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._painting, self._folder, self._worker = painting, folder, worker
        self._name = f"painting-{secrets.token_hex(6)}"
        self._lock: QLockFile | None = None
        self._dirty_since: float | None = None
        self._kept_source: bytes | None = None
        self._keeps_something = self._has_failed = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_QUIET_MS)
        self._timer.timeout.connect(self.save_now)
        painting.history_changed.connect(self._note_change)
        painting.modified_changed.connect(self._note_change)

    def leftovers(self) -> list[Path]:
        """What crashed windows left, the newest first: paths for `read_autosave`. Old ones are removed."""
        found = []
        for file in self._folder.glob(f"painting-*{PAINTING_SUFFIX}"):
            lock = QLockFile(str(file.with_suffix(".lock")))
            lock.setStaleLockTime(0)
            if file.stem != self._name and lock.tryLock(0):
                lock.unlock()
                found.append((file.stat().st_mtime, file.with_suffix("")))
        oldest = time.time() - _KEPT_DAYS * 24 * 3600
        for modified, stem in found:
            if modified < oldest:
                remove(stem)
        return [stem for modified, stem in sorted(found, reverse=True) if modified >= oldest]

    def save_now(self) -> None:
        """Keep the painting as it is; a stroke in progress is waited for."""
        painting = self._painting.painting
        if self._painting.is_stroking:
            self._timer.start()
            return
        self._dirty_since = None
        if not self._painting.is_modified:
            return
        self._keeps_something = True
        self._hold_lock()
        source, writes_source = painting.source, painting.source is not self._kept_source
        order = Autosave(snapshot(painting), self._folder, self._name, writes_source)
        self._kept_source = source
        self._worker.run(
            lambda ticket: write_autosave(order, source, ticket),
            on_done=self._worked,
            on_error=self._fail,
            key=_KEY,
        )

    def forget(self) -> None:
        """Remove what was kept: the painting is in a file, or no longer wanted."""
        self._timer.stop()
        self._dirty_since = None
        if not self._keeps_something:
            return
        self._keeps_something, self._kept_source = False, None
        self._worker.cancel(_KEY)
        stem = self._folder / self._name
        self._worker.run(lambda _: remove(stem, keep_lock=True), on_done=_ignore, on_error=_ignore)

    def take_over(self, stem: Path) -> None:
        """Keep the painting, which was read from `stem`, under this window's name instead."""
        self.save_now()
        self._worker.run(lambda _: remove(stem), on_done=_ignore, on_error=_ignore)

    def close(self) -> None:
        """Remove what was kept and let go of the lock; call it when the worker has been stopped."""
        self._timer.stop()
        if self._lock is not None:
            self._lock.unlock()
            remove(self._folder / self._name)

    def _note_change(self) -> None:
        if not self._painting.is_modified:
            self.forget()
            return
        now = time.monotonic()
        self._dirty_since = self._dirty_since or now
        if now - self._dirty_since < _LATEST_S:
            self._timer.start()
        elif not self._timer.isActive():
            self._timer.start(0)

    def _hold_lock(self) -> None:
        if self._lock is None:
            with contextlib.suppress(OSError):
                self._folder.mkdir(parents=True, exist_ok=True)
            self._lock = QLockFile(str(self._folder / f"{self._name}.lock"))
            self._lock.setStaleLockTime(0)
            self._lock.tryLock(0)

    def _worked(self, _result: object) -> None:
        self._has_failed = False

    def _fail(self, error: CodebrushError) -> None:
        self._kept_source = None
        if not self._has_failed:
            self._has_failed = True
            self.failed.emit(error)


def remove(stem: Path, keep_lock: bool = False) -> None:
    """Remove all that was kept at `stem`; what cannot be removed stays."""
    for suffix in _SUFFIXES[: -1 if keep_lock else None]:
        with contextlib.suppress(OSError):
            stem.with_suffix(suffix).unlink(missing_ok=True)


def _ignore(_result: object) -> None:
    """Nobody waits for it."""
