"""Painting with a run that is being trained, and keeping the painting up with it: a picture comes into being.

With each snapshot the painting gets the new model. A painting in which nothing was painted yet is a picture
turned into codes: it is turned into codes anew. Once something was painted, its codes stay as they are and
are only decoded anew. Neither is a step of the history, and no stroke is ever replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from engine.codes.document import Painting
from engine.errors import CodebrushError, CodesFault
from gui.canvas.picture import PictureStore
from gui.commands.models import Models, fits
from gui.main_window import MainWindow
from gui.state.painting import PaintingState
from gui.state.session import Session
from gui.state.training import TrainingState
from gui.workers.job import Ticket, Worker
from gui.workers.load import ModelLibrary
from gui.workers.snapshot import Order, Snapshot, open_snapshot

_KEY = "snapshot"
WhenSafe = Callable[[Callable[[], object]], object]


class Following(QObject):
    """`run` is the folder whose snapshots the painting gets; None while it keeps its model."""

    changed = Signal()
    adopted = Signal(object)  # ModelCard that the painting has got from its run

    def __init__(
        self,
        window: MainWindow,
        library: ModelLibrary,
        session: Session,
        painting: PaintingState,
        picture: PictureStore,
        models: Models,
        training: TrainingState,
        model_worker: Worker,
    ) -> None:
        super().__init__(window)
        self._window, self._library, self._session = window, library, session
        self._painting, self._picture, self._models = painting, picture, models
        self._training, self._worker = training, model_worker
        self._run: Path | None = None
        self._came_from: Path | None = None  # the run that the painting's model is a snapshot of
        self._ticket: Ticket | None = None
        self._is_behind = False  # a newer snapshot came while one was being opened
        self._is_adopting = False
        training.saved.connect(self._catch_up)
        for changed in (training.progress_changed, training.runs_changed):
            changed.connect(self._end_with_the_run)
        painting.document_changed.connect(self._check)
        session.statistics_changed.connect(self._check)

    @property
    def run(self) -> Path | None:
        return self._run

    def paint_with(self, folder: Path, model: Path, when_safe: WhenSafe, then: Callable[[], object]) -> None:
        """Show the picture on the canvas in the codes of a run's model, and go on with `then`.

        `when_safe` asks about unsaved changes before the painting is replaced; one that the run's snapshots
        decode already stays, and only gets the newest.
        """
        if folder == self._came_from:
            self._open(folder, model)
            then()
        else:
            when_safe(lambda: self._begin(folder, model, then))

    def follow(self, folder: Path | None) -> None:
        """Give the painting the snapshots of a run from now on; no longer where it is None."""
        if folder != self._run:
            self._run = folder
            self.changed.emit()

    # Opening

    def _begin(self, folder: Path, model: Path, then: Callable[[], object]) -> None:
        """A new painting of the picture on the canvas."""
        self._painting.settle()
        painting = self._painting.painting
        picture = painting.source if painting.source is not None else self._picture.pixels()
        order = Order(model, picture, painting.size_px[1])

        def show(snapshot: Snapshot) -> None:
            assert snapshot.encoded is not None  # a picture was ordered
            codes, title = snapshot.encoded.codes, painting.title
            made = Painting.of_codes(codes, snapshot.card, title, snapshot.source)
            self._came_from = folder
            with self._adopting():
                self._session.use_loaded(snapshot.card, snapshot.decoder)
                self._models.show(made, snapshot.encoded.picture)
            self._window.messages.hide()

        self._drop()
        self._send(order, show)
        self._window.messages.say("info", f"Opening {folder.name}", "Cancel", self._give_up)
        then()

    def _catch_up(self, folder: Path, model: Path) -> None:
        """A file of a model was written."""
        if folder == self._run and folder == self._came_from:
            self._open(folder, model)

    def _open(self, folder: Path, model: Path) -> None:
        if self._ticket is not None:
            self._is_behind = True
            return
        painting = self._painting.painting
        picture = painting.source if self._is_unpainted(painting) else None

        def opened(snapshot: Snapshot) -> None:
            if folder == self._came_from and painting is self._painting.painting:
                self._adopt(snapshot)
            if self._is_behind:
                self._is_behind = False
                self._open(folder, model)

        self._send(Order(model, picture, painting.size_px[1]), opened)

    def _send(self, order: Order, done: Callable[[Snapshot], None]) -> None:
        def opened(snapshot: Snapshot) -> None:
            self._ticket = None
            done(snapshot)

        self._ticket = self._worker.run(
            lambda ticket: open_snapshot(self._library, order, ticket),
            on_done=opened,
            on_error=self._fail,
            key=_KEY,
        )

    def _fail(self, error: CodebrushError) -> None:
        self._give_up()
        self._window.messages.say_fault(error)

    def _give_up(self) -> None:
        """Stay with the model there is; where nothing came from the run yet, it is not followed either."""
        self._drop()
        if self._run != self._came_from:
            self.follow(None)

    def _drop(self) -> None:
        if self._ticket is not None:
            self._ticket.cancel()
        self._ticket, self._is_behind = None, False

    # Adopting

    def _is_unpainted(self, painting: Painting) -> bool:
        is_in_hand = self._painting.is_stroking or self._painting.floating is not None
        return not painting.history.steps and not is_in_hand

    def _adopt(self, snapshot: Snapshot) -> None:
        """The newest model for the painting on the canvas."""
        painting, card = self._painting.painting, snapshot.card
        if not fits(painting, card):
            return
        encoded = snapshot.encoded if self._is_unpainted(painting) else None
        with self._adopting():
            try:
                self._painting.adopt(card, encoded.codes if encoded is not None else None)
            except CodesFault:  # the source has other proportions by a row: its codes stay
                self._painting.adopt(card)
            self.adopted.emit(card)
            self._session.use_loaded(card, snapshot.decoder)

    @contextmanager
    def _adopting(self) -> Iterator[None]:
        """What changes meanwhile is not by hand."""
        self._is_adopting = True
        try:
            yield
        finally:
            self._is_adopting = False

    # Ending

    def _check(self) -> None:
        """Another painting or model by hand: what came from the run is no longer on the canvas."""
        card = self._session.card
        is_still = card is not None and card.model_id == self._painting.painting.model_id
        if self._came_from is None or self._is_adopting:
            return
        if not is_still or card is None or not card.path.is_relative_to(self._came_from):
            self._came_from = None
            self.follow(None)

    def _end_with_the_run(self) -> None:
        """Nothing more comes from a finished run; its best model has been opened by then, or is about to."""
        if self._run is not None and self._training.status_of(self._run) == "finished":
            name = self._run.name
            self.follow(None)
            self._window.messages.say("good", f"{name} has finished: the painting uses its best model")
