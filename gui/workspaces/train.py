"""The Train workspace: what to train on the left, how it goes in the middle, all runs on the right."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent, QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSplitter, QVBoxLayout, QWidget

from engine.errors import CodebrushError
from gui import theme
from gui.dialogs.choose_file import FileChooser
from gui.dialogs.delete_run import DeleteRunDialog
from gui.frame.lines import line
from gui.main_window import brought
from gui.state.expected_times import ExpectedTimes
from gui.state.gallery import Gallery
from gui.state.start_request import StartRequest
from gui.state.trained_models import TrainedModels
from gui.state.training import TrainingState
from gui.train.curve_choice import RunCurves
from gui.train.curve_files import CurveFiles
from gui.train.curves_panel import CurvesPanel
from gui.train.failure import FailureCard
from gui.train.live_row import LiveRow
from gui.train.progress_line import Progress, ProgressLine, newest_figures
from gui.train.runs_panel import RunsPanel
from gui.train.settings_column import SettingsColumn
from gui.train.words import subject_title
from gui.workers.job import Ticket, Worker
from gui.workers.preload import preload_plots
from gui.workers.run_end import RunEnd, look_at_end
from gui.workers.train_form import FormReader

_TOGETHER_MS = 50
"""What a run tells at once is drawn once."""
_DRAWN_EVERY_S = 1.0
"""Drawing two plots takes 60 ms: oftener, and the window would stumble a hundredth of the time."""
_SETS = frozenset((".zip", ".npz", ".gz"))


@dataclass(frozen=True, slots=True)
class RunCommands:
    """What the rest of the window does with a run; `follow` keeps the painting up with the one on show."""

    paint_with: Callable[[Path], object]
    open_folder: Callable[[Path], object]
    follow: QAction


class TrainWorkspace(QWidget):
    """Shows `TrainingState`, and asks it for what is wanted; holds nothing of its own but the form."""

    failed = Signal(object)  # CodebrushError, to be told

    def __init__(
        self,
        training: TrainingState,
        gallery: Gallery,
        trained: TrainedModels,
        times: ExpectedTimes,
        commands: RunCommands,
        desk: Worker,
        models: Worker,
        reader: FormReader,
        chooser: FileChooser,
        parent: QWidget | None = None,
    ) -> None:
        """`desk` is for what may take long and is nobody else's; `models` is the worker with torch."""
        super().__init__(parent)
        self._training, self._gallery, self._commands = training, gallery, commands
        self._trained, self._desk = trained, desk
        self._files = CurveFiles(desk, chooser, self)
        self._ending: tuple[str, Ticket] | None = None  # the message that a card is told for
        self.settings = SettingsColumn(desk, models, reader, times, chooser, self)
        self.progress = ProgressLine(self)
        self.heading = QLabel(self)
        self.failure = FailureCard(self)
        self.curves = CurvesPanel(self)
        self.live = LiveRow(self)
        self.runs = RunsPanel(commands.follow, self)
        self._soon = QTimer(self, singleShot=True, interval=_TOGETHER_MS)
        self._soon.timeout.connect(self._show_curves)
        self._drawn_at = -_DRAWN_EVERY_S
        self.setAcceptDrops(True)
        self._arrange()
        self._connect()

    # Showing what is

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._desk.run(preload_plots, on_done=self._make_plots, on_error=self.failed.emit, key="plots")
        self.settings.begin()
        self._show_all()

    def hideEvent(self, event: QHideEvent) -> None:
        self._soon.stop()
        super().hideEvent(event)

    def _make_plots(self, _: object) -> None:
        self.curves.make_plots()

    def _show_all(self) -> None:
        self._offer_models()
        self._show_runs()
        self._show_run()
        self._show_model()

    def _show_run(self) -> None:
        """Another run is on show."""
        self.live.forget()
        if self._training.current is not None:
            self.failure.clear()
            self._forget_ending()
        for show in (self._show_progress, self._show_curves, self._show_preview, self._show_life):
            show()
        self._show_runs()

    def _show_runs(self) -> None:
        training = self._training
        shown = training.current.folder if training.current is not None else None
        self.runs.show_cards(training.runs, shown, self._colours())
        self.settings.offer_data([card.data for card in training.runs])

    def _offer_models(self) -> None:
        if self.isVisible():
            self.settings.offer_models(self._trained.with_codes, self._trained.current)
            self._offer_starts()

    def _offer_starts(self) -> None:
        settings, trained = self.settings, self._trained
        of = settings.prior.model
        if not settings.trains_prior:
            settings.offer_starts(trained.of_family(settings.family.key))
        else:
            settings.offer_starts(trained.with_priors_for(of) if of is not None else ())

    def _show_progress(self) -> None:
        training, card = self._training, self._training.current
        self.settings.follow_status(training.status)
        if self._soon.isActive() and training.status != "training":
            self._soon.start(_TOGETHER_MS)  # the last of the curve need not wait for its second
        if card is None:  # also after a run that died before it had anything to keep
            self.progress.tell(None)
            self._arrange_middle()
            return
        loss, bits = newest_figures(training.curves)
        self.progress.tell(
            Progress(
                card.name,
                subject_title(card.family, card.prior_of),
                card.data,
                training.status,
                training.step,
                training.total_steps,
                training.images_per_s,
                training.eta_s,
                training.memory_mb,
                training.device,
                loss,
                bits,
                card.start_from,
            )
        )
        self._show_failure(card.folder)
        self._arrange_middle()

    def _show_failure(self, folder: Path) -> None:
        """What happened is said at once; the end of the log and the snapshot's step follow."""
        training = self._training
        if training.status not in ("failed", "interrupted"):
            self.failure.clear()
            self._forget_ending()
            return
        message = training.message or f"Training of {folder.name} ended without a word; it can go on"
        if self._ending is not None and self._ending[0] == message:
            return
        self._forget_ending()
        self.failure.tell(message, "", None)

        def tell(end: RunEnd) -> None:
            self.failure.tell(message, end.log, end.step)

        ticket = self._desk.run(
            lambda ticket: look_at_end(folder, ticket), on_done=tell, on_error=self.failed.emit
        )
        self._ending = (message, ticket)

    def _show_death(self, message: str, log: str) -> None:
        """A run that was refused is on no list: what it said is all there is."""
        if self._training.current is None:
            self.failure.tell(message, log, None)

    def _forget_ending(self) -> None:
        if self._ending is not None:
            self._ending[1].cancel()
            self._ending = None

    def _show_curves(self) -> None:
        self._drawn_at = time.monotonic()
        training, colours = self._training, self._colours()
        card = training.current
        runs = [] if card is None else [(card.folder, card.name, training.curves)]
        for folder in training.compared:
            other = training.card_of(folder)
            if other is not None and (card is None or folder != card.folder):
                runs.append((folder, other.name, training.curves_of(folder)))
        self.curves.show_runs(
            [RunCurves(str(folder), name, colours[folder], curves) for folder, name, curves in runs]
        )
        self._show_progress()

    def _colours(self) -> dict[Path, str]:
        """The run on show has the first colour, those compared with it the next ones."""
        card = self._training.current
        shown = [card.folder] if card is not None else []
        others = [folder for folder in self._training.compared if folder not in shown]
        return {
            folder: theme.SERIES[place % len(theme.SERIES)] for place, folder in enumerate([*shown, *others])
        }

    def _show_preview(self) -> None:
        if self._gallery.card is None:
            card = self._training.current
            is_prior = card is not None and bool(card.prior_of)
            self.live.show_sheet(self._training.preview, is_prior)

    def _show_life(self) -> None:
        if self._gallery.card is None:
            self.live.show_life(self._training.life)

    def _show_model(self) -> None:
        """A model without codes that was opened from a file: its pictures are all there is."""
        card, pictures = self._gallery.card, self._gallery.pictures
        self._arrange_middle()
        if card is None:
            self._show_preview()
            self._show_life()
            return
        about = f"{card.name}: {subject_title(card.family, '')} on {card.data}, {card.image_size} px"
        self.heading.setText(self._gallery.message or about)
        self.live.show_life(())
        self.live.show_sheet(None)
        if pictures is not None:
            self.live.show_pictures(pictures.originals, pictures.decoded)

    def _arrange_middle(self) -> None:
        """Of a run curves and pictures, of a model from a file pictures only, at an empty start neither."""
        model, run = self._gallery.card is not None, self._training.current is not None
        self.heading.setVisible(model)
        self.failure.stand_back(model)
        self.progress.setVisible(run and not model)
        self._under_progress.setVisible(model or run)
        self.curves.setVisible(not model)
        self.live.setVisible(model or run)

    # Asking for what is wanted

    def _show_asked(self, folder: Path) -> None:
        self._gallery.clear()
        self._training.show(folder)

    def _start(self, request: StartRequest) -> None:
        self._gallery.clear()
        self.failure.clear()
        self.settings.forget_name()
        self._training.start(request)
        self._name_next()

    def _pause(self) -> None:
        if self._training.status == "paused":
            self._training.resume()
        else:
            self._training.pause()

    def _go_on(self, folder: Path | None = None) -> None:
        card = self._training.current
        if folder is not None or card is not None:
            self._training.go_on(folder or card.folder)  # type: ignore[union-attr]  # one of them is there

    def _duplicate(self, folder: Path) -> None:
        try:
            self.settings.fill(self._training.settings_of(folder))
        except CodebrushError as error:
            self.failed.emit(error)
        self._offer_starts()

    def _delete(self, folder: Path) -> None:
        card = self._training.card_of(folder)
        if card is not None:
            DeleteRunDialog(self.window(), card, lambda: self._training.delete(folder)).open()

    def _name_next(self) -> None:
        settings, training = self.settings, self._training
        model = settings.prior.model if settings.trains_prior else None
        if model is not None:
            settings.offer_name(training.new_prior_name(model.name))
        elif not settings.trains_prior:
            settings.offer_name(training.new_name(settings.family.key, settings.data.name))

    @property
    def _shown_name(self) -> str:
        card = self._training.current
        return card.name if card is not None else ""

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        source = brought(event.mimeData())
        if isinstance(source, Path) and (source.is_dir() or source.suffix in _SETS):
            event.acceptProposedAction()
        else:
            event.ignore()  # a painting or a picture: the window knows what to do with it

    def dropEvent(self, event: QDropEvent) -> None:
        source = brought(event.mimeData())
        if isinstance(source, Path):
            event.acceptProposedAction()
            self.settings.data.choose(str(source))

    # Making

    def _connect(self) -> None:
        training, runs, settings = self._training, self.runs, self.settings
        self._trained.changed.connect(self._offer_models)
        training.runs_changed.connect(self._show_runs)
        training.current_changed.connect(self._show_run)
        training.progress_changed.connect(self._show_progress)
        training.curves_changed.connect(self._draw_soon)
        training.preview_changed.connect(self._show_preview)
        training.life_changed.connect(self._show_life)
        training.died.connect(self._show_death)
        self._gallery.changed.connect(self._show_model)
        settings.start_asked.connect(self._start)
        settings.pause_asked.connect(self._pause)
        settings.stop_asked.connect(training.stop)
        settings.renamed.connect(self._name_next)
        settings.renamed.connect(self._offer_starts)
        runs.list.show_asked.connect(self._show_asked)
        runs.list.compare_asked.connect(training.compare)
        runs.list.rename_asked.connect(training.rename)
        runs.delete_asked.connect(self._delete)
        runs.paint_asked.connect(self._commands.paint_with)
        runs.go_on_asked.connect(self._go_on)
        runs.duplicate_asked.connect(self._duplicate)
        runs.open_asked.connect(self._commands.open_folder)
        self.failure.go_on_asked.connect(self._go_on)
        self.curves.values_wanted.connect(lambda curves: self._files.save_values(self._shown_name, curves))
        self.curves.picture_wanted.connect(lambda shot: self._files.save_picture(self._shown_name, shot))
        self._files.failed.connect(self.failed)

    def _draw_soon(self) -> None:
        if self.isVisible() and not self._soon.isActive():
            left_s = self._drawn_at + _DRAWN_EVERY_S - time.monotonic()
            self._soon.start(max(_TOGETHER_MS, round(1000 * left_s)))
        self._show_runs()

    def _arrange(self) -> None:
        self.heading.setProperty("role", "title")
        self.heading.setContentsMargins(theme.SPACE_3, theme.SPACE_3, theme.SPACE_3, theme.SPACE_3)
        self._under_progress = line(Qt.Orientation.Horizontal, self)
        split = QSplitter(Qt.Orientation.Vertical, self)
        split.addWidget(self.curves)
        split.addWidget(self.live)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 1)
        split.setChildrenCollapsible(False)
        middle = QVBoxLayout()
        for part in (self.progress, self.heading, self._under_progress, self.failure):
            middle.addWidget(part)
        middle.addWidget(split, 1)
        whole = QHBoxLayout(self)
        whole.addWidget(self.settings)
        whole.addWidget(line(Qt.Orientation.Vertical, self))
        whole.addLayout(middle, 1)
        whole.addWidget(line(Qt.Orientation.Vertical, self))
        whole.addWidget(self.runs)
        for layout in (middle, whole):
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(0)
