"""Training as the window shows it: the runs, the one on show, and what can be asked of it.

Everything is read off the GUI thread from what the trainers write; nothing here computes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from PySide6.QtCore import QObject, Signal

from engine.errors import CodebrushError, OptionFault, RunFault
from engine.training.follow import CodeLife, Curves
from engine.training.names import check_name, free_name, free_prior_name
from engine.training.shelf import RunCard, delete_run, read_settings, rename_run
from gui.state.followed import ACTIVE, Followed, Part, Status
from gui.state.rounds import Rounds
from gui.state.start_request import StartRequest
from gui.workers.job import Ticket, Worker
from gui.workers.run_watch import Look, RunWatch
from gui.workers.trainer_process import PROGRAM, TrainerProcess, ask

__all__ = ["StartRequest", "Status", "TrainingState"]


class TrainingState(QObject):
    """Runs, and one of them on show. What cannot be done is told by `refused`, and nothing changes then."""

    runs_changed = Signal()
    current_changed = Signal()  # another run is shown, or the one shown has another name
    progress_changed = Signal()  # status, step, total_steps, images_per_s, eta_s, memory_mb, device, message
    curves_changed = Signal()  # of the run on show or of a compared one
    preview_changed = Signal()
    life_changed = Signal()
    died = Signal(str, str)  # what happened in plain words, the end of the log
    refused = Signal(object)  # CodebrushError
    noticed = Signal(str)  # worth knowing, nothing is wrong
    saved = Signal(object, object)  # Path of a run, Path of its model file that has just been written
    found_training = Signal(object)  # RunCard that was training when the window began to look

    def __init__(
        self,
        folders: Sequence[Path],
        worker: Worker,
        parent: QObject | None = None,
        program: Sequence[str] = PROGRAM,
    ) -> None:
        """New runs go to the first of `folders`, all are listed. Whoever made `worker` stops it."""
        super().__init__(parent)
        self._folders = tuple(folder.absolute() for folder in folders)
        self._worker = worker
        self._program = tuple(program)
        self._rounds = Rounds(self._folders, worker, self)
        self._runs: tuple[RunCard, ...] | None = None
        self._starting: dict[Path, RunCard] = {}  # runs that have no folder of their own yet
        self._dead: set[Path] = set()  # of those: the next list says what is left of them
        self._current: Path | None = None
        self._compared: tuple[Path, ...] = ()
        self._nothing = Followed(RunWatch(self._folders[0]))
        self._rounds.news.connect(self._announce)
        self._rounds.listed.connect(self._take_cards)
        self._rounds.failed.connect(self.refused)

    # What there is

    @property
    def runs(self) -> tuple[RunCard, ...]:
        """The newest first; empty until they have been listed."""
        return tuple(self._starting.values()) + (self._runs or ())

    @property
    def folder(self) -> Path:
        """Where new runs go."""
        return self._folders[0]

    @property
    def current(self) -> RunCard | None:
        """The run on show."""
        return self.card_of(self._current) if self._current is not None else None

    @property
    def status(self) -> Status:
        return self._shown.status

    @property
    def step(self) -> int:
        return self._shown.progress.step

    @property
    def total_steps(self) -> int | None:
        """None until the pace has been measured."""
        return self._shown.progress.total

    @property
    def images_per_s(self) -> float | None:
        return self._shown.progress.images_per_s

    @property
    def eta_s(self) -> float | None:
        """Seconds of training that are left."""
        return self._shown.progress.eta_s

    @property
    def memory_mb(self) -> float | None:
        return self._shown.progress.memory_mb

    @property
    def device(self) -> str:
        """Empty until the first snapshot says it."""
        return self._shown.progress.device

    @property
    def message(self) -> str:
        """What happened to the run on show, in words; empty while all is well."""
        return self._shown.message or self._shown.progress.warning

    @property
    def curves(self) -> Curves:
        return self._shown.curves

    @property
    def compared(self) -> tuple[Path, ...]:
        """Folders of the runs whose curves are laid over those of the one on show."""
        return self._compared

    @property
    def preview(self) -> Path | None:
        """Originals above reconstructions, the newest; its content is replaced in place."""
        return self._shown.preview

    @property
    def life(self) -> tuple[CodeLife, ...]:
        """Per level, coarsest first; empty for a model without codes."""
        return self._shown.life

    @property
    def training_here(self) -> tuple[RunCard, ...]:
        """Runs of the window's own folder that are training now, whichever window started them."""
        active = (run for run in self._rounds.runs.values() if run.is_active)
        cards = (self.card_of(run.folder) for run in active if run.child or run.folder.parent == self.folder)
        return tuple(card for card in cards if card is not None)

    def card_of(self, folder: Path) -> RunCard | None:
        return next((card for card in self.runs if card.folder == folder), None)

    def curves_of(self, folder: Path) -> Curves:
        """Empty for a run that is neither shown nor compared."""
        followed = self._rounds.runs.get(folder)
        return followed.curves if followed is not None else {}

    def process_of(self, folder: Path) -> TrainerProcess | None:
        """The child that trains a run; None for one that another program trains, or nobody."""
        run = self._rounds.runs.get(folder)
        return run.child if run is not None else None

    def status_of(self, folder: Path) -> Status:
        if folder in self._rounds.runs:
            return self._rounds.runs[folder].status
        card = self.card_of(folder)
        return card.status if card is not None else "idle"

    def models(self) -> Mapping[str, Path]:
        """The runs that have a model, by name: the best of a finished one, else the newest snapshot."""
        return {card.name: card.model for card in reversed(self.runs) if card.model is not None}

    def new_name(self, family: str, data: str) -> str:
        """A name for a new run that is still free."""
        return free_name(self.folder, family, data, [folder.name for folder in self._starting])

    def new_prior_name(self, model: str) -> str:
        """A name for a new run that trains a model's priors."""
        return free_prior_name(self.folder, model, [folder.name for folder in self._starting])

    def settings_of(self, folder: Path) -> StartRequest:
        """What a run was asked for, under a new name; raises `RunFault`."""
        known = read_settings(folder)
        is_prior = bool(known.prior_of)
        name = self.new_prior_name(known.prior_name) if is_prior else self.new_name(known.family, known.data)
        return StartRequest.again(known, name)

    # What can be asked

    def begin(self) -> None:
        """Look at the runs from now on; those that are training are attached to."""
        self._rounds.begin()

    def show(self, folder: Path) -> None:
        """Put a run on show."""
        if folder == self._current:
            return
        self._current = folder
        self._follow(folder)
        self._announce_all()
        self._rounds.look()

    def start(self, request: StartRequest) -> None:
        """Train a new run, and show it."""
        try:
            folder = self.folder / check_name(request.name)
            if folder.exists() or folder in self._starting:
                raise OptionFault(f"there is a run {folder.name!r} already: choose another name")
        except CodebrushError as error:
            self.refused.emit(error)
            return
        self._starting[folder] = request.card(folder)
        self.runs_changed.emit()
        self._launch(folder, request.arguments())

    def go_on(self, folder: Path) -> None:
        """Train on from the last snapshot, and show it."""
        if self.status_of(folder) == "finished":
            self.refused.emit(RunFault(folder, "is finished: there is nothing left to train"))
            return
        if folder in self._rounds.runs and self._rounds.runs[folder].is_active:
            self.refused.emit(RunFault(folder, "is being trained already"))
            return
        card = self.card_of(folder)
        is_prior = card is not None and bool(card.prior_of)
        self._launch(folder, ["train-prior" if is_prior else "train", "--resume"])

    def pause(self) -> None:
        if self._current is not None and self.status == "training":
            self._ask(self._current, "pause")

    def resume(self) -> None:
        if self._current is not None and self.status == "paused":
            self._ask(self._current, "resume")

    def stop(self) -> None:
        """Save the run on show and end its training."""
        if self._current is not None and self.status in ACTIVE:
            self._stop(self._shown)

    def stop_all_here(self) -> None:
        """Ask the runs of this window to save and end, at once: the window is about to close."""
        for card in self.training_here:
            followed = self._rounds.runs[card.folder]
            try:
                ask(card.folder, "stop")
            except CodebrushError as error:
                self.refused.emit(error)
            if followed.child is not None and followed.status == "starting":
                followed.child.terminate()

    def compare(self, folder: Path, compared: bool) -> None:
        """Lay the curves of a run over those of the one on show, or no longer."""
        others = tuple(path for path in self._compared if path != folder)
        now = (*others, folder) if compared else others
        if now == self._compared:
            return
        self._compared = now
        if compared:
            self._follow(folder)
            self._rounds.look()
        self.curves_changed.emit()

    def rename(self, folder: Path, name: str) -> None:
        """Give a run another name; refused while it is trained."""

        def renamed(target: Path) -> None:
            self._compared = tuple(target if path == folder else path for path in self._compared)
            was_shown = folder == self._current
            self._rounds.runs.pop(folder, None)
            self._current = target if was_shown else self._current
            for path in {target} & {self._current, *self._compared}:
                self._follow(path)
            self._rounds.list_soon()

        self._do(lambda _: rename_run(folder, name), renamed)

    def delete(self, folder: Path) -> None:
        """Remove a run and its files; refused while it is trained."""

        def deleted(_: object) -> None:
            self._drop(folder)
            self._rounds.list_soon()

        self._do(lambda _: delete_run(folder), deleted)

    def close(self) -> None:
        """Look no more, once the worker has been stopped; what is training goes on."""
        self._rounds.close()

    # Inside

    @property
    def _shown(self) -> Followed:
        return self._rounds.runs.get(self._current, self._nothing) if self._current else self._nothing

    def _announce(self, run: Followed, news: set[Part]) -> None:
        is_shown = run.folder == self._current
        if "saved" in news and run.saved is not None:
            self.saved.emit(run.folder, run.saved)
        if "curves" in news and (is_shown or run.folder in self._compared):
            self.curves_changed.emit()
        shown: dict[Part, Any] = {
            "preview": self.preview_changed,
            "life": self.life_changed,
            "progress": self.progress_changed,
        }
        for part, signal in shown.items():
            if is_shown and part in news:
                signal.emit()
        if "progress" in news and not run.is_active:
            self._rounds.list_soon()
        if "death" in news:
            self._dead.add(run.folder)
            self.died.emit(run.message, run.log)

    def _take_cards(self, cards: tuple[RunCard, ...]) -> None:
        first, before, shown = self._runs is None, self.runs, self.current
        self._runs = cards
        for folder in self._dead.union(card.folder for card in cards):
            self._starting.pop(folder, None)
        self._dead.clear()
        self._attach(first, [card for card in cards if card.status in ("training", "paused")])
        if self.runs != before:
            self.runs_changed.emit()
        if (shown is None) != (self.current is None):
            self.current_changed.emit()
        needed = (self._current, *self._compared)
        self._rounds.forget_all_but(folder for folder in needed if folder is not None)

    def _attach(self, first: bool, training: Sequence[RunCard]) -> None:
        """Follow what others train: all there was before this window, later what begins in its own folder.

        An earlier window may have left a run that was still reading its pictures.
        """
        for card in training:
            is_ours = first or card.folder.parent == self.folder
            if card.folder in self._rounds.runs or not is_ours:
                continue
            self._follow(card.folder)
            if self._current is None:
                self.show(card.folder)
            self.found_training.emit(card)

    def _follow(self, folder: Path) -> Followed:
        card = self.card_of(folder)
        if card is None:
            return self._rounds.follow(folder)
        return self._rounds.follow(folder, card.status, card.message)

    def _drop(self, folder: Path) -> None:
        self._rounds.runs.pop(folder, None)
        self._compared = tuple(path for path in self._compared if path != folder)
        if folder == self._current:
            self._current = None
            self._announce_all()

    def _announce_all(self) -> None:
        self.current_changed.emit()
        for signal in (self.progress_changed, self.curves_changed, self.preview_changed, self.life_changed):
            signal.emit()

    def _launch(self, folder: Path, arguments: Sequence[str]) -> None:
        others = sum(run.is_active for run in self._rounds.runs.values())
        run = self._follow(folder)
        run.begin()
        self._current = folder
        self._announce_all()
        if others:
            self.noticed.emit(f"{others + 1} runs are training at once: each gets slower")

        def launched(found: tuple[Look, TrainerProcess]) -> None:
            look, run.child = found
            self._announce(run, run.take(look) - {"saved"})
            run.is_launching = False
            if run.wants_stop:
                run.child.terminate()

        def failed(error: CodebrushError) -> None:
            self._starting.pop(folder, None)
            run.is_launching = False
            self._drop(folder)
            self.runs_changed.emit()
            self.refused.emit(error)

        watch = run.watch
        self._worker.run(
            lambda _: (watch.look(), watch.launch(arguments, self._program)),
            on_done=launched,
            on_error=failed,
        )

    def _stop(self, run: Followed) -> None:
        was_starting, run.wants_stop, run.status = run.status == "starting", True, "stopping"
        self.progress_changed.emit()
        self._ask(run.folder, "stop")
        if was_starting and run.child is not None:
            run.child.terminate()  # it looks at requests only once it trains

    def _ask(self, folder: Path, command: Literal["pause", "stop", "resume"]) -> None:
        self._do(lambda _: ask(folder, command), lambda _: self._rounds.look())

    def _do(self, job: Callable[[Ticket], Any], done: Callable[[Any], None]) -> None:
        self._worker.run(job, on_done=done, on_error=self.refused.emit)
