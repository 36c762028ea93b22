"""What menus and buttons do with runs: paint with one, follow it, go on, leave it training."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

from engine.checkpoint import ModelCard
from engine.errors import CodebrushError
from engine.training.shelf import RunCard
from gui.actions import ActionTable
from gui.commands.files import Files
from gui.commands.following import Following
from gui.dialogs.training_goes_on import TrainingGoesOnDialog
from gui.main_window import MainWindow
from gui.state.gallery import Gallery
from gui.state.session import Session
from gui.state.trained_models import TrainedModel, TrainedModels, has_codes
from gui.state.training import TrainingState

NO_SNAPSHOT = "There is no snapshot of {} yet: the first comes within a minute of training"
NO_CODES = "{} has no codes that a prior could learn: open or train a VQ-VAE or VQ-VAE-2"
STILL_CHANGES = "{} is still training, and its codes change: train its prior when it has ended"
NOT_PAINTABLE = "{} has no codes to paint with: here are its originals and reconstructions"


class Training:
    """Commands around `TrainingState`; the workspace calls `paint_with` and `open_folder` for its runs."""

    def __init__(
        self,
        window: MainWindow,
        session: Session,
        training: TrainingState,
        gallery: Gallery,
        following: Following,
        files: Files,
        trained: TrainedModels,
        choose_prior: Callable[[TrainedModel], object],
    ) -> None:
        """`choose_prior` gets the Train workspace ready to train the prior of a model."""
        self._window, self._session, self._training = window, session, training
        self._gallery, self._following, self._files = gallery, following, files
        self._trained, self._choose_prior = trained, choose_prior
        messages = window.messages
        session.unpaintable.connect(self._show_model)
        training.refused.connect(messages.say_fault)
        training.noticed.connect(lambda text: messages.say("info", text))
        training.died.connect(self._say_died)
        training.found_training.connect(lambda card: self._say_found(card.name))
        for changed in (training.progress_changed, training.current_changed, training.runs_changed):
            changed.connect(self._choose_actions)
        following.changed.connect(self._choose_actions)
        self._choose_actions()

    def commands(self) -> dict[str, Callable[[], object]]:
        """What the actions do, by their names in `gui.actions`."""
        return {
            "train.pause": self.pause_or_resume,
            "train.stop": self._training.stop,
            "train.go_on": self.go_on,
            "train.prior": self.train_prior,
            "train.paint_with": self.paint_with,
        }

    def switches(self) -> dict[str, Callable[[bool], object]]:
        return {"train.follow": self.follow}

    def pause_or_resume(self) -> None:
        if self._training.status == "paused":
            self._training.resume()
        else:
            self._training.pause()

    def go_on(self) -> None:
        """Train the run on show from its last snapshot."""
        if self._training.current is not None:
            self._training.go_on(self._training.current.folder)

    def train_prior(self, card: ModelCard | None = None) -> None:
        """Get ready to train a prior for a model, without one for that on show, or say why it cannot be."""
        in_train = card is None and self._window.workspace == "train"
        card = self._gallery.card if in_train else card
        run = self._training.current if card is None and in_train else None
        if card is None and run is None:
            card = self._session.card
        run = run or (self._trained.run_of(card) if card is not None else None)
        model = self._model_of(run, card)
        if model is not None:
            self._choose_prior(model)
        else:
            self._window.messages.say("info", _why_no_prior(run, card))

    def paint_with(self, folder: Path | None = None) -> None:
        """Open the newest snapshot of a run, of the one on show without a folder, in the Paint workspace."""
        self._paint_with(folder, lambda _: None)

    def follow(self, wanted: bool) -> None:
        """Keep the painting up with the run on show, painting with it first; or no longer."""
        if wanted:
            self._paint_with(None, self._following.follow)
        else:
            self._following.follow(None)
        self._choose_actions()  # the switch shows what is, not what was asked

    def open_folder(self, folder: Path) -> None:
        """In the system's own file manager."""
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
            self._window.messages.say("info", f"The run is in {folder}")

    def use(self, path: Path) -> None:
        """A run's model was chosen in the list of models."""
        folder = next((card.folder for card in self._training.runs if card.model == path), None)
        if folder is not None:
            self.paint_with(folder)
        else:
            self._files.open_path(path)  # it has finished since the list was made, or is gone

    def when_it_may_close(self, then: Callable[[], object]) -> None:
        """Go on with `then` at once, or after a question where something is still training."""
        names = [card.name for card in self._training.training_here]
        if not names:
            then()
            return

        def stop() -> None:
            self._training.stop_all_here()
            then()

        TrainingGoesOnDialog(self._window, names, then, stop).open()

    # Inside

    def _model_of(self, run: RunCard | None, card: ModelCard | None) -> TrainedModel | None:
        if run is not None:
            return self._trained.of_run(run)
        return self._trained.of_card(card) if card is not None else None

    def _paint_with(self, folder: Path | None, then: Callable[[Path], object]) -> None:
        card = self._training.current if folder is None else self._training.card_of(folder)
        if card is None:
            return
        run, model = card.folder, card.model
        if model is None:
            self._window.messages.say("info", NO_SNAPSHOT.format(card.name))
            return
        try:
            described = self._session.look(model)
        except CodebrushError as error:
            self._window.messages.say_fault(error)
            return
        if not described.levels:
            self._show_model(described)
            return

        def go_on() -> None:
            self._window.show_workspace("paint")
            then(run)

        self._following.paint_with(run, model, self._files.when_replaced, go_on)

    def _show_model(self, card: ModelCard) -> None:
        """A model without codes, in the Train workspace."""
        self._gallery.show(card)
        self._window.show_workspace("train")
        self._window.messages.say("info", NOT_PAINTABLE.format(card.name))

    def _say_died(self, message: str, _log: str) -> None:
        if self._window.workspace != "train":  # there it stands beside the run
            self._window.messages.say("bad", message, "Show", self._show_training)

    def _say_found(self, name: str) -> None:
        if not self._window.messages.text:  # what a crash left is more urgent
            self._window.messages.say("info", f"{name} is training", "Show", self._show_training)

    def _show_training(self) -> None:
        self._window.show_workspace("train")

    def _choose_actions(self) -> None:
        training, actions = self._training, self._window.actions_table
        card, status = training.current, training.status
        actions.allow("train.pause", status in ("training", "paused"))
        actions["train.pause"].setText("Resume training" if status == "paused" else "Pause training")
        actions.allow("train.stop", status in ("starting", "training", "paused"))
        actions.allow("train.go_on", status in ("stopped", "interrupted", "failed") and card is not None)
        actions.allow("train.paint_with", card is not None and card.model is not None)
        self._choose_follow(actions)

    def _choose_follow(self, actions: ActionTable) -> None:
        follows = self._following.run is not None
        card = self._training.current
        can_begin = card is not None and card.model is not None and self._training.status != "finished"
        actions.allow("train.follow", follows or can_begin)
        actions["train.follow"].setChecked(follows)


def _why_no_prior(run: RunCard | None, card: ModelCard | None) -> str:
    if run is None:
        return NO_CODES.format(card.name) if card is not None else "Open a model first"
    if not has_codes(run):
        return NO_CODES.format(run.name)
    return NO_SNAPSHOT.format(run.name) if run.model is None else STILL_CHANGES.format(run.name)
