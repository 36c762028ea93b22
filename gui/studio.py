"""The composition root: the only place where states, workers, widgets and commands are wired together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtWidgets import QApplication, QWidget

from engine.checkpoint import ModelCard
from engine.codes.document import Painting
from engine.errors import CodebrushError
from gui.canvas.picture import PictureStore
from gui.commands.availability import Availability
from gui.commands.clipboard import SystemClipboard
from gui.commands.exports import Exports
from gui.commands.files import Files
from gui.commands.following import Following
from gui.commands.models import FIRST_SIZE, Models, NoModel, vivid_code
from gui.commands.prior import Prior
from gui.commands.sampling import Sampling
from gui.commands.training import Training
from gui.dialogs.choose_file import FileChooser, SystemFileChooser
from gui.first_painting import first_painting
from gui.frame.header import ModelPicker
from gui.frame.readout import Readout
from gui.main_window import MainWindow
from gui.panels.code import CodePanel
from gui.panels.code_card import CodeCard
from gui.panels.codes import CodesPanel
from gui.panels.column import Column
from gui.panels.history import HistoryPanel
from gui.settings import Folders, Settings
from gui.state.book import Book
from gui.state.brush import BrushState
from gui.state.expected_times import ExpectedTimes
from gui.state.gallery import Gallery
from gui.state.painting import PaintingState
from gui.state.recovery import Recovery
from gui.state.samples import SamplesState
from gui.state.selected_cells import SelectedCells
from gui.state.session import Session
from gui.state.shown_levels import ShownLevels
from gui.state.trained_models import TrainedModel, TrainedModels
from gui.state.training import TrainingState
from gui.state.with_prior import WithPrior
from gui.workers.decode import DecodeLoop
from gui.workers.files import belongs_to, kind_of
from gui.workers.job import Worker
from gui.workers.kernel import KernelCompiler
from gui.workers.load import ModelLibrary, program_library
from gui.workers.train_form import FormReader, program_reader
from gui.workers.trainer_process import PROGRAM
from gui.workspaces.paint import PaintWorkspace
from gui.workspaces.samples import SamplesWorkspace
from gui.workspaces.train import RunCommands, TrainWorkspace

FIRST_MODEL = "emoji-vqvae"
FIRST_WIDTH, FIRST_HEIGHT = 1440, 900
_PATIENCE_S = 20.0
"""How long the process, its window gone, waits for a job: an export under way tidies up when it learns."""


class Studio:
    """The window and all that is behind it; closing the window stops every thread."""

    def __init__(
        self,
        folders: Folders,
        library: ModelLibrary | None = None,
        first: Path | None = None,
        chooser: FileChooser | None = None,
        trainer: Sequence[str] = PROGRAM,
        forms: FormReader | None = None,
        compiler: KernelCompiler | None = None,
    ) -> None:
        """`trainer` is the command line that trains, `forms` what it takes; the rest: see `gui.app.build`.

        `compiler` gets the sampler ready while one paints.
        """
        self.compiler = compiler or KernelCompiler()
        self.settings = Settings(folders.settings)
        self.window = MainWindow()
        self.all_ended = False
        self._forms = forms or program_reader(trainer)
        self._brush_of: dict[int, str] = {}  # per level the model_id that the codes in hand were chosen for
        self._make_states(library or program_library(), folders, trainer)
        self._make_commands(chooser or SystemFileChooser(self.window, self.settings))
        self._make_workspaces()
        self._wire_actions()
        self._follow_states()
        self._follow_window()
        self._open_first(first)
        self.window.resize(FIRST_WIDTH, FIRST_HEIGHT)
        self.window.restoreGeometry(self.settings.geometry)

    @property
    def is_idle(self) -> bool:
        """Whether no worker has anything to do."""
        return all(worker.pending == 0 for worker in self._workers)

    def close(self) -> None:
        """Close the window without asking; stops all threads."""
        self.window.close_now()

    # Making

    def _make_states(self, library: ModelLibrary, folders: Folders, trainer: Sequence[str]) -> None:
        # Torch works on one thread only: each thread it is called from would keep a pool of its own.
        self._model_worker, self._reader, self._exporter = Worker("model"), Worker("files"), Worker("export")
        self._workers = (self._model_worker, self._reader, self._exporter)
        self._follower, self._desk, self._timer = Worker("training"), Worker("desk"), Worker("times")
        self._others = (self._follower, self._desk, self._timer)
        window = self.window
        self.training = TrainingState(folders.runs, self._follower, window, trainer)
        self.gallery = Gallery(self._model_worker, window)
        self.library = replace(library, runs=self.training.models)
        self.session = Session(self.library, self._model_worker, window)
        self.trained = TrainedModels(self.session, self.training, window)
        self.times = ExpectedTimes(self._forms.times, self._timer, window)
        self.painting = PaintingState(Painting.blank(1, 1, [0], NoModel()), window)
        self.brush = BrushState(window)
        self.cells = SelectedCells(self.painting, window)
        self.picture = PictureStore(self.painting, window)
        self.decoding = DecodeLoop(self.painting, self._model_worker, window)
        self.shown = ShownLevels(self.painting, window)
        self.book = Book(self.session, self.painting, self._model_worker, window)
        self.asking = WithPrior(self.painting, self._model_worker, window)
        self.samples = SamplesState(self.session, self._model_worker, window)
        self.recovery = Recovery(self.painting, folders.autosaves, self._reader, window)

    def _make_commands(self, chooser: FileChooser) -> None:
        self._chooser = chooser

        def when_whole(then: Callable[[], object]) -> None:
            self.asking.when_whole(lambda: self.shown.when_all(self.decoding, then))

        about = self.window, self.session, self.painting
        self.models = Models(*about, self.book, chooser)
        self.files = Files(
            *about,
            self.picture,
            self.models,
            self.settings,
            chooser,
            self._reader,
            self._model_worker,
            when_whole,
        )
        self.exports = Exports(
            *about,
            self.picture,
            self.decoding,
            self.settings,
            chooser,
            self._model_worker,
            self._exporter,
            when_whole,
        )
        self.following = Following(
            self.window,
            self.library,
            self.session,
            self.painting,
            self.picture,
            self.models,
            self.training,
            self._model_worker,
        )
        about_runs = self.session, self.training, self.gallery, self.following, self.files, self.trained
        self.runs = Training(self.window, *about_runs, self._choose_prior)
        about_samples = self.window, self.samples, self.models, self.files
        for_files = chooser, self._exporter, self.compiler
        self.sampling = Sampling(*about_samples, *for_files, self.runs.train_prior)
        self._picker = ModelPicker(
            lambda: self.session.builtin_models,
            lambda path: self.models.use(path, self.files.when_safe),
            lambda: self.models.ask_for_file(self.files.when_safe),
            runs=lambda: self.session.runs,
            choose_run=self.runs.use,
        )

    def _make_workspaces(self) -> None:
        self.codes = CodesPanel(self.book, self.brush, self.painting, self.asking.beneath, self.shown)
        self.column = Column()
        self.column.add("Codes", self.codes)
        self.column.add("Code", CodePanel(self.book, self.brush))
        self.column.add("History", HistoryPanel(self.painting), grows=True)
        self.paint = PaintWorkspace(
            self.painting,
            self.brush,
            self.cells,
            self.picture,
            self.decoding,
            self.shown,
            self.asking,
            self.window.actions_table,
            self.column,
        )
        self.card = CodeCard(self.book, self.brush, self.codes.palette_view)
        self.window.add_workspace("paint", lambda: self.paint)
        self.window.add_workspace("train", self._make_train)
        drawing = self.samples, self.session, self.sampling, self.runs.train_prior
        self.window.add_workspace("samples", lambda: SamplesWorkspace(*drawing))
        self.window.show_workspace("paint")
        self.clipboard = SystemClipboard(
            QApplication.clipboard(),
            self.painting,
            self.cells,
            self.picture,
            self.paint.paste,
            self.files.bring,
            self.window.messages.say_fault,
        )

    def _make_train(self) -> QWidget:
        """The Train workspace, when it is shown for the first time: its plots take long to load."""
        follow = self.window.actions_table["train.follow"]
        workspace = TrainWorkspace(
            self.training,
            self.gallery,
            self.trained,
            self.times,
            RunCommands(self.runs.paint_with, self.runs.open_folder, follow),
            self._desk,
            self._model_worker,
            self._forms,
            self._chooser,
        )
        workspace.failed.connect(self.window.messages.say_fault)
        self.train = workspace
        return workspace

    def _start_training(self) -> None:
        """As the button does; at first it only shows what would be started."""
        was_shown = self.window.workspace == "train"
        self.window.show_workspace("train")
        if was_shown:
            self.train.settings.start.click()

    def _choose_prior(self, model: TrainedModel) -> None:
        self.window.show_workspace("train")
        self.train.settings.choose_prior(model)

    def _wire_actions(self) -> None:
        actions, files, window = self.window.actions_table, self.files, self.window
        commands = self.paint.commands() | self.runs.commands() | self.sampling.commands()
        commands |= {
            "file.new": files.new,
            "file.new_random": files.new_random,
            "file.new_image": files.new_image,
            "file.open": files.open,
            "file.save": files.save,
            "file.save_as": files.save_as,
            "file.export_png": self.exports.export_png,
            "file.export_onnx": self.exports.export_onnx,
            "file.quit": self._quit,
            "edit.cut": self.clipboard.cut,
            "edit.copy": self.clipboard.copy,
            "edit.paste": self.clipboard.paste,
            "edit.find_code": self.codes.focus_find,
            "workspace.paint": lambda: window.show_workspace("paint"),
            "workspace.train": lambda: window.show_workspace("train"),
            "workspace.samples": lambda: window.show_workspace("samples"),
            "train.start": self._start_training,
            "help.commands": window.open_commands,
            "help.shortcuts": window.open_shortcuts,
        }
        for name, function in commands.items():
            actions.wire(name, function)
        for name, switch in (self.paint.switches() | self.runs.switches()).items():
            actions.wire_switch(name, switch)
        actions["workspace.paint"].setChecked(True)

    # Following

    def _follow_states(self) -> None:
        session, painting = self.session, self.painting
        session.statistics_changed.connect(self._learn_codes)
        self.book.changed.connect(self._choose_codes)
        session.decoder_changed.connect(lambda: self.shown.set_decoder(session.decoder))
        for changed in (painting.document_changed, painting.level_changed):
            changed.connect(self._limit_codes)
        self.decoding.failed.connect(self.window.messages.say_fault)
        about = self.window, session, self.brush
        self._prior = Prior(*about, self.asking, self.compiler, self.runs.train_prior)
        self.recovery.failed.connect(self._warn_of_no_copy)
        self.following.adopted.connect(self._keep_codes)

    def _follow_window(self) -> None:
        window = self.window
        window.assemble(self._picker, self.files.recent)
        states = self.session, self.painting
        self._readout = Readout(
            window.status,
            window.header.title,
            self._picker,
            *states,
            self.brush,
            self.decoding,
            self.asking.surprise,
        )
        about = window.actions_table, self.painting, self.session, self.exports
        self._availability = Availability(*about, self.asking.resampling, self.shown)
        self.paint.canvas.zoom_changed.connect(window.status.show_zoom)
        window.dropped.connect(self.files.bring)
        window.close_asked.connect(self._quit)
        window.painted.connect(self._start)
        window.closed.connect(self._stop)

    def _learn_codes(self) -> None:
        """Give the canvas what the model's file says of its codes."""
        card = self.session.card
        self.picture.set_statistics(card.model_id if card is not None else "", self.session.statistics)
        self._choose_codes()

    def _choose_codes(self) -> None:
        """Paper for clearing, and once per model and level two codes for the hand: a vivid one and paper."""
        card, looks, level = self.session.card, self.book.looks, self.book.level
        self.cells.set_blank(self.models.blank_codes)
        self._limit_codes()  # the book may have turned to another level before the hand has
        if card is None or looks is None or looks.projected or self._brush_of.get(level) == card.model_id:
            return
        self._brush_of[level] = card.model_id
        self.brush.primary, self.brush.secondary = vivid_code(looks), looks.blank

    def _keep_codes(self, card: ModelCard) -> None:
        """A newer snapshot of the same run: the codes in hand stay in hand."""
        self._brush_of = dict.fromkeys(self._brush_of, card.model_id)

    def _limit_codes(self) -> None:
        level = self.painting.level
        self.brush.take_level(level, self.painting.painting.grid.code_counts[level])

    def _warn_of_no_copy(self, error: CodebrushError) -> None:
        text = f"Should Codebrush crash, what you paint now could not be brought back: {error}"
        self.window.messages.say("warn", text)

    def _quit(self) -> None:
        """Close, after asking what would be lost and what is still training."""
        self.files.when_safe(lambda: self.runs.when_it_may_close(self.window.close_now))

    # Starting and stopping

    def _open_first(self, first: Path | None) -> None:
        """Open the model, and the painting asked for, else the first one; nothing here waits for torch."""
        builtin = self.session.builtin_models
        kind = kind_of(first) if first is not None else None
        if str(first) in builtin:
            kind = "model"
        is_vectors = first is not None and kind == "model" and self.session.has_no_codes(first)
        vectors = first if is_vectors else None
        kind = kind if vectors is None else None
        is_painting = kind in ("painting", "png painting")
        model = FIRST_MODEL if FIRST_MODEL in builtin or not builtin else next(iter(builtin))
        if kind != "model" or not self.session.open_model(first or model):
            self.session.open_model(model)
        opened = None
        if kind != "model":
            asked_for, say = first if is_painting else None, self.window.messages.say_fault
            opened = first_painting(asked_for, say, lambda id_: self.session.find(id_) is not None)
        if opened is not None:
            self.models.show(opened.painting, opened.preview)
        else:
            self.models.show(self.models.blank(*FIRST_SIZE))
        if vectors is not None:
            self.session.open_model(vectors)
        if kind == "picture" and first is not None:
            self.window.painted.connect(lambda: self.files.open_image(first))

    def _start(self) -> None:
        """The window is on the screen: now torch may be loaded."""
        self.paint.canvas.setFocus()
        self.session.start_loading()
        self.training.begin()
        leftovers = self.recovery.leftovers()
        if leftovers:
            self._offer(leftovers[0])

    def _offer(self, stem: Path) -> None:
        path = belongs_to(stem)
        what = path.name if path is not None else "a painting that was not saved"
        self.window.messages.say(
            "info",
            f"Codebrush did not close as it should: {what} can be brought back",
            "Bring it back",
            lambda: self.files.recover(stem, lambda: self.recovery.take_over(stem)),
        )

    def _stop(self) -> None:
        self.settings.geometry = self.window.saveGeometry()
        self.settings.sync()
        ended = [worker.stop(_PATIENCE_S) for worker in (*self._workers, *self._others)]
        self.training.close()
        self.compiler.stop()
        self.all_ended = all(ended)
        self.recovery.close()
        self.clipboard.close()
