"""One run as the window follows it: how far it is, where it stands, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from engine.training.follow import CodeLife, Curves
from engine.training.shelf import run_status
from gui.workers.run_watch import Ending, Look, RunProgress, RunWatch
from gui.workers.trainer_process import TrainerProcess, how_it_ended, reason_in

Status = Literal[
    "idle", "starting", "training", "paused", "stopping", "stopped", "finished", "failed", "interrupted"
]
ACTIVE: frozenset[Status] = frozenset(("starting", "training", "paused", "stopping"))
Part = Literal["progress", "curves", "preview", "life", "saved", "death"]
_SIGTERM = -15


@dataclass(slots=True, eq=False)
class Followed:
    """A run that is on show, compared, or training; `take` keeps it true."""

    watch: RunWatch
    status: Status = "idle"
    message: str = ""
    child: TrainerProcess | None = None
    is_launching: bool = False  # asked for, the child is not there yet
    is_new: bool = True  # never looked at
    wants_stop: bool = False
    progress: RunProgress = field(default_factory=RunProgress)
    curves: Curves = field(default_factory=dict)
    preview: Path | None = None
    saved: Path | None = None
    life: tuple[CodeLife, ...] = ()
    log: str = ""  # the end of it, of a run that died

    @property
    def folder(self) -> Path:
        return self.watch.folder

    @property
    def is_active(self) -> bool:
        return self.status in ACTIVE

    def take(self, look: Look) -> set[Part]:
        """Learn what a look found; which parts are news."""
        self.is_new = False
        news: set[Part] = set()
        before = self.progress, self.status, self.message
        self.progress = look.progress
        if look.curves is not None:
            self.curves = look.curves
            news.add("curves")
        if look.life is not None:
            self.life = look.life
            news.add("life")
        if look.preview is not None:
            self.preview = look.preview
            news.add("preview")
        if look.saved is not None:
            self.saved = look.saved
            news.add("saved")
        if not self.is_launching and self._judge(look):
            news.add("death")
        if before != (self.progress, self.status, self.message):
            news.add("progress")
        return news

    def begin(self) -> None:
        """Training was asked for."""
        self.status, self.message, self.log = "starting", "", ""
        self.is_launching, self.wants_stop = True, False

    def _judge(self, look: Look) -> bool:
        """Where it stands now; True where it died."""
        if look.ending is not None:
            return self._end(look.ending, look)
        if not look.is_training:
            if self.is_active or (self.status == "idle" and look.last is not None):
                self.status = run_status(False, None, look.last)
            return False
        if self.wants_stop:
            self.status = "stopping"
        elif not look.has_begun:
            self.status = "starting"
        else:
            self.status = {"stop": "stopping", "pause": "paused", None: "training"}[look.request]  # type: ignore[assignment]
            self.message = ""
        return False

    def _end(self, ending: Ending, look: Look) -> bool:
        wanted, self.wants_stop, self.child = self.wants_stop, False, None
        if ending.exit_status == 0 or (wanted and ending.exit_status == _SIGTERM):
            known = run_status(False, None, look.last)
            self.status = known if known == "finished" else "stopped"
            self.message = (look.last.message or "") if look.last is not None else ""
            return False
        told = run_status(False, None, look.last) if ending.has_begun else "interrupted"
        if ending.exit_status is None and told in ("finished", "stopped"):
            self.status = told
            return False
        reason = look.last.message if told == "failed" and look.last is not None else ""
        self.log = ending.log
        reason = reason or reason_in(ending.log)
        self.status = "failed" if reason or (ending.exit_status or 0) > 0 else "interrupted"
        self.message = how_it_ended(self.folder.name, ending.exit_status, reason, ending.has_snapshot)
        return True
