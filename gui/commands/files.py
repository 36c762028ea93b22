"""New, open, save and quit; nothing unsaved is lost without a question."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from engine.codes.document import Painting
from engine.errors import CodebrushError
from gui.canvas.picture import PictureStore
from gui.commands.models import Models
from gui.dialogs.choose_file import FileChooser
from gui.dialogs.image_to_codes import ImageToCodesDialog
from gui.dialogs.new_painting import NewPaintingDialog
from gui.dialogs.unsaved import UnsavedDialog
from gui.main_window import MainWindow
from gui.settings import Settings
from gui.state.painting import PaintingState
from gui.state.session import Session
from gui.workers.encode import Encoded, NamedPicture, RandomPictures, read_named_picture
from gui.workers.files import PAINTING_SUFFIX, Kind, Opened, kind_of, open_painting, read_autosave
from gui.workers.job import Ticket, Worker

PAINTING_FILTER = "Paintings (*.codebrush)"
PICTURES = "*.png *.jpg *.jpeg *.webp *.bmp *.gif"
OPEN_FILTER = (
    f"All that can be opened (*.codebrush {PICTURES} *.safetensors manifest.json);;"
    f"{PAINTING_FILTER};;Images ({PICTURES});;Models (*.safetensors manifest.json);;All files (*)"
)
_ONLY_NAME = str.maketrans(dict.fromkeys('/\\:*?"<>|', "-"))
_KEY = "open"


class Files:
    """The File menu. Reading happens on `reader`, the models' work for previews on `model_worker`."""

    def __init__(
        self,
        window: MainWindow,
        session: Session,
        painting: PaintingState,
        picture: PictureStore,
        models: Models,
        settings: Settings,
        chooser: FileChooser,
        reader: Worker,
        model_worker: Worker,
        when_whole: Callable[[Callable[[], object]], object],
    ) -> None:
        """`when_whole` does what it is given once strokes have all their cells and the picture shows them."""
        self._window, self._session, self._painting, self._picture = window, session, painting, picture
        self._models, self._settings, self._chooser = models, settings, chooser
        self._reader, self._model_worker, self._when_whole = reader, model_worker, when_whole
        self.recent = QMenu("Open recent", window)
        self.recent.aboutToShow.connect(self._fill_recent)

    # New

    def new(self) -> None:
        self.when_safe(lambda: NewPaintingDialog(self._window, self._create_blank, self._stride_px).open())

    def new_random(self) -> None:
        """A picture of the data set that the model was trained on."""
        card = self._session.card
        if card is None:
            return
        pictures = RandomPictures(card.data, card.image_size, card.channels)
        self.when_safe(lambda: self._ask_how_many_cells(pictures.pick, self._create_random, another=True))

    def new_image(self) -> None:
        self.when_safe(self._choose_image)

    def open_image(self, source: Path | bytes) -> None:
        """Turn a picture (a file, or the content of one) into a painting; it asks for the size in cells."""
        stride_px = self._stride_px
        self._ask_how_many_cells(
            lambda ticket: read_named_picture(source, stride_px, ticket),
            self._create_from_image,
            another=False,
        )

    def bring(self, source: Path | bytes) -> None:
        """What was dropped or pasted: a file to open, or a picture."""
        if isinstance(source, Path):
            self.open_path(source)
        else:
            self.when_safe(lambda: self.open_image(source))

    # Open

    def open(self) -> None:
        self._chooser.to_open("Open", OPEN_FILTER, self.open_path)

    def open_path(self, path: Path) -> None:
        """Open a painting, a picture or a model, whichever `path` is."""
        kind = kind_of(path)
        if kind == "model":
            self._models.use(path, self.when_safe)
        elif kind == "picture":
            self.when_safe(lambda: self.open_image(path))
        else:
            self.when_safe(lambda: self._read_painting(path, kind))

    def recover(self, stem: Path, then: Callable[[], object]) -> None:
        """Bring back what a crash left at `stem`, and go on with `then` when it is on the canvas."""
        self.when_safe(lambda: self._read(lambda ticket: read_autosave(stem, ticket), then))

    # Save

    def save(self) -> None:
        self.save_and(_nothing)

    def save_as(self) -> None:
        self._choose_and_save(_nothing)

    def save_and(self, then: Callable[[], object]) -> None:
        """Save, asking where if that is not known, and go on with `then` if it worked."""
        path = self._painting.painting.path
        if path is None or path.suffix.lower() != PAINTING_SUFFIX:
            self._choose_and_save(then)
        else:
            self._save_to(path, then)

    # Leave

    def when_safe(self, then: Callable[[], object]) -> None:
        """Go on with `then` at once, or after a question where changes would be lost."""
        self._painting.settle()
        if not self._painting.is_modified:
            then()
            return
        title = self._painting.painting.title
        UnsavedDialog(self._window, title, lambda: self.save_and(then), then).open()

    def when_replaced(self, then: Callable[[], object]) -> None:
        """As `when_safe`, and with all of the picture on the canvas, which what replaces it is made of."""
        self.when_safe(lambda: self._when_whole(then))

    # Inside

    @property
    def _stride_px(self) -> int:
        return self._painting.painting.strides[0]

    def _choose_image(self) -> None:
        filters = f"Images ({PICTURES});;All files (*)"
        self._chooser.to_open("New painting from an image", filters, self.open_image)

    def _create_blank(self, rows: int, columns: int) -> None:
        self._models.show(self._models.blank(rows, columns))

    def _ask_how_many_cells(
        self,
        read: Callable[[Ticket], NamedPicture],
        create: Callable[[NamedPicture, Encoded], object],
        another: bool,
    ) -> None:
        workers = self._reader, self._model_worker
        ImageToCodesDialog(self._window, self._session, *workers, read, create, another).open()

    def _create_random(self, picture: NamedPicture, encoded: Encoded) -> None:
        self._create(picture, encoded)

    def _create_from_image(self, picture: NamedPicture, encoded: Encoded) -> None:
        painting = self._create(picture, encoded)
        painting.history.mark_unsaved()  # its size was chosen by hand: closing asks
        self._painting.note_saved()

    def _create(self, picture: NamedPicture, encoded: Encoded) -> Painting:
        painting = Painting.of_codes(encoded.codes, encoded.model, picture.name, picture.source)
        self._models.show(painting, encoded.picture)
        return painting

    def _read_painting(self, path: Path, kind: Kind) -> None:
        self._read(lambda ticket: open_painting(path, kind, ticket), lambda: self._remember(path))

    def _read(self, job: Callable[[Ticket], Opened], then: Callable[[], object]) -> None:
        def show(opened: Opened) -> None:
            self._models.show(opened.painting, opened.preview)
            then()

        self._reader.run(job, on_done=show, on_error=self._window.messages.say_fault, key=_KEY)

    def _choose_and_save(self, then: Callable[[], object]) -> None:
        name = f"{self._painting.painting.title.translate(_ONLY_NAME)}{PAINTING_SUFFIX}"
        self._chooser.to_save(
            "Save painting", name, "codebrush", PAINTING_FILTER, lambda path: self._save_to(path, then)
        )

    def _save_to(self, path: Path, then: Callable[[], object]) -> None:
        self._when_whole(lambda: self._write(path, then))

    def _write(self, path: Path, then: Callable[[], object]) -> None:
        self._painting.settle()
        painting = self._painting.painting
        title, painting.title = painting.title, path.stem
        try:
            painting.save(path, self._picture.pixels())
        except CodebrushError as error:
            painting.title = title
            self._window.messages.say_fault(error)
            return
        self._remember(path)
        self._painting.note_saved()
        self._window.messages.say("good", f"Saved to {path}")
        then()

    def _remember(self, path: Path) -> None:
        self._settings.add_recent(path)
        self._settings.folder = path.absolute().parent

    def _fill_recent(self) -> None:
        self.recent.clear()
        paths = self._settings.recent
        for path in paths:
            action = QAction(path.name, self.recent)
            action.setToolTip(str(path))
            action.triggered.connect(lambda _=False, path=path: self.open_path(path))
            self.recent.addAction(action)
        if paths:
            self.recent.addSeparator()
            forget = QAction("Forget these", self.recent)
            forget.triggered.connect(self._settings.forget_recent)
            self.recent.addAction(forget)
        else:
            nothing = QAction("Nothing opened or saved yet", self.recent)
            nothing.setEnabled(False)
            self.recent.addAction(nothing)


def _nothing() -> None:
    """What follows a save that nothing was waiting for."""
