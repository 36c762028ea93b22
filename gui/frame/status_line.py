"""The status line: what is under the pointer, how large the picture is, how quick the model."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from gui import theme
from gui.frame.spinner import Spinner

HEIGHT = 28


@dataclass(frozen=True, slots=True)
class Hovered:
    """What the pointer is over: a cell, its code and the share of the data set's cells that use it."""

    row: int
    column: int
    code: int
    used: float | None  # [0, 1]; None where the model does not say
    level: str = ""  # the level's name where there are several
    surprise: str = ""  # what the prior says of it, while that is shown


class StatusLine(QWidget):
    """Shows what it is told; figures keep their places while they change."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(HEIGHT)
        self._cell = self._label("Cell under the pointer", "middle cell 1023, 1023")
        self._code = self._label("Code under the pointer", "code 65535 (used 100.0 %)")
        self._surprise = self._label("What the prior says of the cell under the pointer")
        self._size = self._label("Size of the picture")
        self._zoom = self._label("Zoom", "10000 %")
        self._decode = self._label("Time of the last decode", "decode 1000 ms")
        self._spinner = Spinner(self)
        self._model = self._label("Model")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(theme.SPACE_3, 0, theme.SPACE_3, 0)
        layout.setSpacing(theme.SPACE_5)
        for label in (self._cell, self._code, self._surprise):
            layout.addWidget(label)
        layout.addStretch()
        for label in (self._size, self._zoom):
            layout.addWidget(label)
        layout.addStretch()
        layout.addWidget(self._decode)
        model = QHBoxLayout()
        model.setSpacing(theme.SPACE_2)
        model.addWidget(self._spinner)
        model.addWidget(self._model)
        layout.addLayout(model)
        self.show_hovered(None)
        self.show_decode(None)
        self._spinner.hide()

    def show_painting(self, is_shown: bool) -> None:
        """Whether what is said of the painting belongs to what is on show; the model's part always does."""
        for label in (self._cell, self._code, self._surprise, self._size, self._zoom, self._decode):
            label.setVisible(is_shown)

    def show_hovered(self, hovered: Hovered | None) -> None:
        if hovered is None:
            self._cell.clear()
            self._code.clear()
            self._surprise.clear()
            return
        self._surprise.setText(hovered.surprise)
        self._cell.setText(f"{hovered.level} cell {hovered.row}, {hovered.column}".lstrip().lower())
        used = "" if hovered.used is None else f" ({_use_in_words(hovered.used)})"
        self._code.setText(f"code {hovered.code}{used}")

    def show_size(self, width_px: int, height_px: int) -> None:
        self._size.setText(f"{width_px} x {height_px} px")

    def show_zoom(self, zoom: float) -> None:
        """1.0 is one screen pixel per pixel of the picture."""
        percent = 100 * zoom
        self._zoom.setText(f"{percent:.0f} %" if percent >= 10 else f"{percent:.1f} %")

    def show_decode(self, milliseconds: float | None) -> None:
        if milliseconds is None:
            self._decode.clear()
        else:
            self._decode.setText(f"decode {milliseconds:.0f} ms")

    def show_model(self, text: str, busy: bool, fault: bool = False) -> None:
        """The device when all is well, else what is happening or what went wrong."""
        self._model.setText(text)
        self._model.setToolTip(text if fault else "")
        theme.restyle(self._model, "role", "bad" if fault else "secondary")
        self._spinner.setVisible(busy)

    def _label(self, name: str, widest: str = "") -> QLabel:
        label = QLabel(self)
        label.setProperty("role", "secondary")
        label.setFont(theme.font(12, tabular=True))
        label.setAccessibleName(name)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
        if widest:
            label.setMinimumWidth(QFontMetrics(label.font()).horizontalAdvance(widest))
        return label


def _use_in_words(used: float) -> str:
    if used == 0:
        return "unused"
    percent = 100 * used
    return f"used {percent:.1f} %" if percent >= 0.1 else "used < 0.1 %"
