"""A picture becomes codes: how many cells across, with the result shown while one chooses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSlider,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from engine.errors import CodebrushError
from gui import theme
from gui.dialogs.dialog import Dialog, note
from gui.dialogs.preview import Preview
from gui.frame.spinner import Spinner
from gui.state.session import Session
from gui.workers.encode import WIDEST, Encoded, NamedPicture, encode_picture, grid_size
from gui.workers.job import Ticket, Worker

DEFAULT_ACROSS = 64
_COLUMN_PX = 232


class ImageToCodesDialog(Dialog):
    """Reads a picture by `read` and calls `create(picture, encoded)` with what was previewed.

    `read` runs on `reader`, the model on `worker`; with `another` there is a button to read again.
    """

    def __init__(
        self,
        parent: QWidget,
        session: Session,
        reader: Worker,
        worker: Worker,
        read: Callable[[Ticket], NamedPicture],
        create: Callable[[NamedPicture, Encoded], object],
        another: bool = False,
    ) -> None:
        title = "New painting from a random picture" if another else "New painting from an image"
        super().__init__(parent, title, "Create")
        self._session, self._reader, self._worker = session, reader, worker
        self._read, self._create = read, create
        self._picture: NamedPicture | None = None
        self._encoded: Encoded | None = None
        self._tickets: list[Ticket] = []
        self.preview = Preview(self)
        self.preview.setAccessibleName("Preview")
        self.across = QSpinBox(self)
        self.slider = QSlider(Qt.Orientation.Horizontal, self)
        self._progress = QProgressBar(self)
        self._doing, self._spinner = note("", self), Spinner(self)
        self._size = note("", self)
        self._codes, self._original = QPushButton("Codes", self), QPushButton("Original", self)
        self.another = QPushButton(theme.icon("dices"), " Another picture", self)
        self.another.setVisible(another)
        self._lay_out()
        self._connect()
        self.resize(880, 600)
        self.across.setFocus()
        self._start_reading()

    def done(self, result: int) -> None:
        """Leave at once; what the worker is doing for the dialog is dropped."""
        self._drop_jobs()
        super().done(result)

    # Layout

    def _lay_out(self) -> None:
        columns = QHBoxLayout()
        columns.setSpacing(theme.SPACE_4)
        left = QVBoxLayout()
        left.setSpacing(theme.SPACE_2)
        left.addLayout(self._views())
        left.addWidget(self.preview, 1)
        left.addWidget(self._progress)
        columns.addLayout(left, 1)
        columns.addWidget(self._choices())
        self.body.addLayout(columns, 1)
        self._progress.setTextVisible(False)
        self._progress.setRange(0, 1000)
        policy = self._progress.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._progress.setSizePolicy(policy)

    def _views(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.SPACE_1)
        group = QButtonGroup(self)
        for button in (self._codes, self._original):
            button.setProperty("role", "choice")
            button.setCheckable(True)
            button.setAutoDefault(False)
            group.addButton(button)
            row.addWidget(button)
        self._codes.setChecked(True)
        row.addStretch()
        row.addWidget(self.another)
        self.another.setAutoDefault(False)
        return row

    def _choices(self) -> QWidget:
        panel = QWidget(self)
        panel.setFixedWidth(_COLUMN_PX)
        column = QVBoxLayout(panel)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACE_2)
        label = QLabel("Cells across", panel)
        label.setBuddy(self.across)
        field = QHBoxLayout()
        field.addWidget(label)
        field.addStretch()
        field.addWidget(self.across)
        column.addLayout(field)
        column.addWidget(self.slider)
        column.addWidget(note("Fewer cells are more abstract, more keep more detail", panel))
        column.addSpacing(theme.SPACE_3)
        column.addWidget(self._size)
        column.addStretch()
        doing = QHBoxLayout()
        doing.addWidget(self._spinner)
        doing.addWidget(self._doing, 1)
        column.addLayout(doing)
        for bound in (self.across, self.slider):
            bound.setRange(1, WIDEST)
            bound.setValue(DEFAULT_ACROSS)
            bound.setAccessibleName("Cells across")
        self.across.setFixedWidth(80)
        return panel

    def _connect(self) -> None:
        self.across.valueChanged.connect(self.slider.setValue)
        self.slider.valueChanged.connect(self.across.setValue)
        self.across.valueChanged.connect(self._start_encoding)
        self._codes.toggled.connect(self._show)
        self.another.clicked.connect(self._start_reading)
        self.primary.clicked.connect(self._accept)
        self._session.decoder_changed.connect(self._start_encoding)
        self._session.status_changed.connect(self._show)

    # Work

    def _start_reading(self) -> None:
        self._drop_jobs()
        self._picture = self._encoded = None
        self.another.setEnabled(False)
        self._run(self._reader, self._read, self._show_picture)
        self._show()

    def _show_picture(self, picture: NamedPicture) -> None:
        self._picture, self._encoded = picture, None
        self.another.setEnabled(True)
        _, columns_at_most = grid_size(picture.pixels, WIDEST)
        for bound in (self.across, self.slider):
            bound.setMaximum(columns_at_most)
        self._start_encoding()

    def _start_encoding(self) -> None:
        self._encoded = None
        decoder, picture, across = self._session.decoder, self._picture, self.across.value()
        if decoder is not None and picture is not None:
            self._drop_jobs()
            self._run(
                self._worker,
                lambda ticket: encode_picture(decoder, picture.pixels, across, ticket),
                self._show_encoded,
            )
        self._show()

    def _show_encoded(self, encoded: Encoded) -> None:
        self._encoded = encoded
        self._show()

    def _run(self, worker: Worker, job: Callable[[Ticket], Any], done: Callable[[Any], None]) -> None:
        self._progress.setValue(0)
        self.show_fault("")
        ticket = worker.run(job, on_done=done, on_error=self._fail, on_progress=self._show_progress, key=self)
        self._tickets.append(ticket)

    def _drop_jobs(self) -> None:
        for ticket in self._tickets:
            ticket.cancel()
        self._tickets.clear()

    def _fail(self, error: CodebrushError) -> None:
        self.another.setEnabled(True)
        self.show_fault(str(error))
        self._show()

    def _show_progress(self, done: float, _text: str) -> None:
        self._progress.setValue(round(1000 * done))

    # Display

    def _show(self) -> None:
        ready = self._encoded is not None
        self.primary.setEnabled(ready)
        if self._original.isChecked() and self._picture is not None:
            self.preview.show_pixels(self._picture.pixels)
        elif self._encoded is not None:
            self.preview.show_pixels(self._encoded.picture)
        doing = "" if ready or self.fault.text() else self._what_is_missing()
        self._progress.setVisible(bool(doing))
        self._doing.setText(doing)
        self.preview.say(doing)
        self._spinner.setVisible(bool(doing) and self._session.status != "failed")
        self._size.setText(self._size_in_words())

    def _what_is_missing(self) -> str:
        if self._picture is None:
            return "Reading the picture"
        if self._session.decoder is None:
            return self._session.message or "Waiting for the model"
        return "Turning it into codes"

    def _size_in_words(self) -> str:
        card = self._session.card
        if self._picture is None or card is None or not card.levels:
            return ""
        rows, columns = grid_size(self._picture.pixels, self.across.value())
        stride = card.levels[0].stride_px
        return f"{columns} x {rows} cells\n{columns * stride} x {rows * stride} px"

    def _accept(self) -> None:
        picture, encoded = self._picture, self._encoded
        if picture is not None and encoded is not None:
            self.accept()
            self._create(picture, encoded)
