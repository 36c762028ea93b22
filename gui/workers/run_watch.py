"""Looking at a run, off the GUI thread: what its files say, and whether anybody still trains it."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from engine.checkpoint import read_card
from engine.errors import ModelFault, RunFault
from engine.training.events import Event
from engine.training.follow import CodeLife, Curves, Follower, LifeReader, Request, requested
from engine.training.lock import is_held
from gui.workers.trainer_process import PROGRAM, TrainerProcess, launch, log_tail, remove_unborn

_PACE_OVER_S = 60.0
"""Seconds of training over which its pace is measured."""


@dataclass(frozen=True, slots=True)
class RunProgress:
    """How far a run is."""

    step: int = 0
    total: int | None = None
    images_per_s: float | None = None
    eta_s: float | None = None
    memory_mb: float | None = None
    device: str = ""
    warning: str = ""  # the newest, until a file was saved again


@dataclass(frozen=True, slots=True)
class Ending:
    """How training ended: told once, with the first look after it."""

    exit_status: int | None  # of our own child; minus a signal's number
    has_begun: bool  # whether anything was trained
    has_snapshot: bool
    log: str  # its last lines


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What one look at a run found; None stands for nothing new."""

    is_training: bool
    has_begun: bool  # something was trained since it was launched; always so for one that was found training
    ending: Ending | None
    request: Request | None
    last: Event | None  # the newest word of its trainer
    progress: RunProgress
    curves: Curves | None
    life: tuple[CodeLife, ...] | None
    preview: Path | None
    saved: Path | None  # the newest file of a model


class RunWatch:
    """Looks at one run again and again; used on one thread only."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._child: TrainerProcess | None = None
        self._follower = Follower(folder)
        self._life = LifeReader(folder)
        self._progress = RunProgress()
        self._pace: deque[tuple[float, int]] = deque()  # time_s and step
        self._last: Event | None = None
        self._has_begun = True
        self._was_training = False

    def launch(self, arguments: Sequence[str], program: Sequence[str] = PROGRAM) -> TrainerProcess:
        """Start training here; look before, what an earlier session left is no sign that it has begun.

        Raises `RunFault` where somebody trains here already, or `CannotWrite`.
        """
        if is_held(self.folder):
            raise RunFault(self.folder, "is being trained already")
        self._has_begun, self._was_training = False, True
        self._child = launch(self.folder, arguments, program)
        return self._child

    def look(self) -> Look:
        """What is new."""
        exit_status = None if self._child is None else self._child.exit_status()
        is_training = is_held(self.folder) or (self._child is not None and exit_status is None)
        update = self._follower.poll()  # after the trainer was looked for: its last word is not missed
        self._has_begun = self._has_begun or bool(update.events)
        self._take(update.events)
        ended, self._was_training = self._was_training and not is_training, is_training
        return Look(
            is_training,
            self._has_begun,
            self._ending(exit_status) if ended else None,
            requested(self.folder),
            self._last,
            self._progress,
            update.curves,
            self._life.poll(),
            self._newest_path(update.events, "preview"),
            self._newest_path(update.events, "saved", "finished"),
        )

    def _ending(self, exit_status: int | None) -> Ending:
        has_snapshot = (self.folder / "last" / "weights.safetensors").is_file()
        ending = Ending(exit_status, self._has_begun, has_snapshot, log_tail(self.folder))
        if self._child is not None:
            remove_unborn(self.folder)
            self._child, self._has_begun = None, True
        return ending

    def _take(self, events: Sequence[Event]) -> None:
        if not events:
            return
        self._last = events[-1]
        total = next((event.total_steps for event in reversed(events) if event.total_steps), None)
        self._progress = replace(self._progress, step=self._last.step, total=total or self._progress.total)
        self._measure([event for event in events if event.event == "step"])
        for event in events:
            if event.event in ("warning", "saved"):
                self._progress = replace(self._progress, warning=_warning(event))
            if event.event == "saved" and not self._progress.device:
                self._progress = replace(self._progress, device=_device(self._place(event)))

    def _measure(self, steps: Sequence[Event]) -> None:
        for event in steps:
            if self._pace and event.step <= self._pace[-1][1]:
                self._pace.clear()  # gone back to a snapshot
            self._pace.append((event.time_s, event.step))
        while self._pace and self._pace[-1][0] - self._pace[0][0] > _PACE_OVER_S:
            self._pace.popleft()
        if steps:
            known = self._progress
            self._progress = replace(
                known,
                images_per_s=steps[-1].terms.get("images_per_s", known.images_per_s),
                memory_mb=steps[-1].memory_mb or known.memory_mb,
                eta_s=self._eta(),
            )

    def _eta(self) -> float | None:
        total = self._progress.total
        if total is None or len(self._pace) < 2:
            return None
        (began_s, first), (now_s, last) = self._pace[0], self._pace[-1]
        return (total - last) * (now_s - began_s) / (last - first)

    def _newest_path(self, events: Sequence[Event], *kinds: str) -> Path | None:
        return next((self._place(e) for e in reversed(events) if e.event in kinds and e.path), None)

    def _place(self, event: Event) -> Path:
        """Where the file of an event is, wherever the run was moved to since."""
        name = Path(event.path or "").name
        parents = {"preview": ("previews",), "saved": ("last",) if name == "weights.safetensors" else ()}
        return self.folder.joinpath(*parents.get(event.event, ()), name)


def _warning(event: Event) -> str:
    return event.message or "" if event.event == "warning" else ""


def _device(model: Path) -> str:
    try:
        return str(read_card(model).last_training.get("device", ""))
    except ModelFault:
        return ""
