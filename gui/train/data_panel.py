"""What to train on: chosen from a list, from the disk, or dropped; looked at before anything is trained."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from engine.data.names import DATA_TITLES
from engine.errors import CodebrushError
from gui import theme
from gui.dialogs.choose_file import FileChooser
from gui.train.contact_sheet import ContactSheet, LabelBars, SplitBar
from gui.workers.data_look import DataLook, data_title, look_at_data
from gui.workers.job import Ticket, Worker

BUILTIN = tuple(DATA_TITLES)
FILE_FILTER = "Sets of pictures (*.zip *.npz *.gz *-ubyte);;All files (*)"
_KEY = "data"
_FOLDER, _FILE = "choose folder", "choose file"
_NAMED = 5


class DataPanel(QWidget):
    """`name` is the data set chosen, `look` what a look at it found; None until then, and where it failed."""

    chosen = Signal(str)
    looked = Signal()  # `look` or `fault` has changed

    def __init__(self, desk: Worker, chooser: FileChooser, parent: QWidget | None = None) -> None:
        """`desk` is the worker that looks."""
        super().__init__(parent)
        self._desk, self._chooser = desk, chooser
        self._recent: tuple[str, ...] = ()
        self._ticket: Ticket | None = None
        self.name = ""
        self.look: DataLook | None = None
        self.combo = QComboBox(self)
        self.combo.setAccessibleName("Data")
        self.combo.setToolTip("What to train on\nA folder may also be dropped here")
        self.combo.activated.connect(self._activated)
        self.facts, self.fault, self.problems = QLabel(self), QLabel(self), QLabel(self)
        self.sheet, self.splits, self.labels = ContactSheet(self), SplitBar(self), LabelBars(self)
        self.more = QPushButton("More labels", self)
        self.more.setProperty("role", "fold")
        self.more.clicked.connect(self._show_all_labels)
        self.waiting = QWidget(self)
        self.doing, self.bar = QLabel(self.waiting), QProgressBar(self.waiting)
        self.cancel = QPushButton("Cancel", self.waiting)
        self.cancel.clicked.connect(self.give_up)
        self.again = QPushButton("Look again", self)
        self.again.clicked.connect(lambda: self.choose(self.name))
        self.setAcceptDrops(True)
        self._arrange()
        self._offer()
        self._show()

    def offer(self, recent: Sequence[str]) -> None:
        """Data sets used before, the newest first."""
        names = tuple(dict.fromkeys(name for name in recent if name not in BUILTIN))
        if names != self._recent:
            self._recent = names
            self._offer()

    def choose(self, name: str) -> None:
        """Take this data set, and look at it."""
        self.give_up()
        self.name, self.look = name, None
        self.fault.clear()
        self._offer()
        self._ticket = self._desk.run(
            lambda ticket: look_at_data(name, ticket),
            on_done=self._take,
            on_error=self._stumble,
            on_progress=self._tell,
            key=_KEY,
        )
        self.doing.setText("Opening")
        self.bar.setRange(0, 0)
        self._show()
        self.chosen.emit(name)

    def give_up(self) -> None:
        """Look no further; the data set stays chosen."""
        if self._ticket is not None:
            self._ticket.cancel()
            self._ticket = None
            self._show()

    @property
    def is_looking(self) -> bool:
        return self._ticket is not None

    # Looking

    def _take(self, look: DataLook) -> None:
        self._ticket, self.look = None, look
        kind = "grey" if look.channels == 1 else "colour"
        self.facts.setText(f"{look.count:,} pictures, {look.size} px, {kind}")
        self.sheet.show_pictures(look.sheet, look.captions)
        self.splits.show_splits(look.splits)
        self.labels.show_labels(look.labels)
        self._say_problems(look)
        self._show()
        self.looked.emit()

    def _say_problems(self, look: DataLook) -> None:
        count = len(look.skipped)
        said = f"{count:,} file{'s' if count > 1 else ''} cannot be read and will be skipped"
        self.problems.setText(said if count else "")
        named = "\n".join(look.skipped[:_NAMED])
        self.problems.setToolTip(f"{named}\nand {count - _NAMED} more" if count > _NAMED else named)

    def _stumble(self, error: CodebrushError) -> None:
        self._ticket = None
        self.fault.setText(str(error))
        self._show()
        self.looked.emit()

    def _tell(self, part: float, what: str) -> None:
        self.doing.setText(what)
        self.bar.setRange(0, 100)
        self.bar.setValue(round(100 * part))

    def _show_all_labels(self) -> None:
        if self.look is not None:
            self.labels.show_labels(self.look.labels, not self.labels.shows_all)
            self._show()

    def _show(self) -> None:
        look = self.look
        self.waiting.setVisible(self.is_looking)
        self.fault.setVisible(bool(self.fault.text()))
        self.again.setVisible(bool(self.name) and look is None and not self.is_looking)
        for widget in (self.facts, self.sheet, self.splits):
            widget.setVisible(look is not None)
        self.labels.setVisible(look is not None and look.is_labelled)
        self.problems.setVisible(look is not None and bool(look.skipped))
        hidden = len(look.labels) - LabelBars.FEW if look is not None else 0
        self.more.setVisible(look is not None and look.is_labelled and hidden > 0)
        self.more.setText(
            "Fewer labels" if self.labels.shows_all else f"{hidden} more label{'s' if hidden > 1 else ''}"
        )

    # Choosing

    def _offer(self) -> None:
        self.combo.clear()
        names = dict.fromkeys((*BUILTIN, *self._recent, *([self.name] if self.name else [])))
        for name in names:
            self.combo.addItem(data_title(name), name)
            if name not in BUILTIN:
                self.combo.setItemData(self.combo.count() - 1, name, Qt.ItemDataRole.ToolTipRole)
        self.combo.insertSeparator(self.combo.count())
        self.combo.addItem("Folder of pictures...", _FOLDER)
        self.combo.addItem("File (zip, IDX, npz)...", _FILE)
        self._show_chosen()

    def _show_chosen(self) -> None:
        self.combo.setCurrentIndex(self.combo.findData(self.name))

    def _activated(self, at: int) -> None:
        asked = self.combo.itemData(at)
        if asked == _FOLDER:
            self._chooser.folder("Train on a folder of pictures", lambda path: self.choose(str(path)))
        elif asked == _FILE:
            title = "Train on a file of pictures"
            self._chooser.to_open(title, FILE_FILTER, lambda path: self.choose(str(path)))
        elif asked != self.name:
            self.choose(asked)
        self._show_chosen()  # "Folder..." is no data set: until one is chosen there, this one stays

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        path = next((Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()), None)
        if path is not None:
            event.acceptProposedAction()
            self.choose(str(path))

    # Making

    def _arrange(self) -> None:
        for label, role in ((self.facts, "secondary"), (self.fault, "bad"), (self.problems, "warn")):
            label.setProperty("role", role)
            label.setWordWrap(True)
        self.doing.setProperty("role", "caption")
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Looking at the data")
        waiting = QHBoxLayout(self.waiting)
        waiting.setContentsMargins(0, 0, 0, 0)
        words = QVBoxLayout()
        words.setSpacing(theme.SPACE_1)
        words.addWidget(self.doing)
        words.addWidget(self.bar)
        waiting.addLayout(words, 1)
        waiting.addWidget(self.cancel)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(theme.SPACE_2)
        parts = (self.combo, self.waiting, self.fault, self.facts, self.problems, self.sheet, self.splits)
        for part in (*parts, self.labels):
            rows.addWidget(part)
        for button in (self.more, self.again):
            rows.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
