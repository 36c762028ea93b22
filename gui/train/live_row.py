"""Below the curves: what the model makes of pictures just now, and which of its codes are alive."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from gui import theme
from gui.frame.lines import line
from gui.train.code_colours import DYING, LEAST, MOST, REVIVED, UNUSED, Shades, scale_colours
from gui.train.codes_alive import CodesAlive, Life
from gui.train.live_pictures import PRIOR_ROWS, ROWS, LivePictures

_SWATCH = 10
_SCALE = 56


class LiveRow(QWidget):
    """Pictures on the left; on the right, for models that have some, the codes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.pictures = LivePictures(self)
        self.codes = CodesAlive(self)
        self.legend = CodesLegend(self)
        self.said = QLabel(self)
        self.said.setProperty("role", "caption")
        self.said.setFont(theme.font(theme.CAPTION_PX, tabular=True))
        self.codes.pointed.connect(self._say)
        self._right = QWidget(self)
        rows = QVBoxLayout(self._right)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(theme.SPACE_1)
        rows.addWidget(self.codes, 1)
        rows.addWidget(self.legend)
        rows.addWidget(self.said)
        self._line = line(Qt.Orientation.Vertical, self)
        columns = QHBoxLayout(self)
        columns.setContentsMargins(theme.SPACE_3, theme.SPACE_2, theme.SPACE_3, theme.SPACE_2)
        columns.setSpacing(theme.SPACE_3)
        columns.addWidget(self.pictures, 3)
        columns.addWidget(self._line)
        columns.addWidget(self._right, 2)
        self.show_life(())

    def show_sheet(self, path: Path | None, is_prior: bool = False) -> None:
        """The preview of a run; a prior's has guesses where others have reconstructions."""
        self.pictures.name_rows(PRIOR_ROWS if is_prior else ROWS)
        self.pictures.show_sheet(path)

    def show_pictures(self, originals: NDArray[np.uint8], decoded: NDArray[np.uint8]) -> None:
        """Both (n, H, W, C)."""
        self.pictures.name_rows(ROWS)
        self.pictures.show_pictures(originals, decoded)

    def show_life(self, levels: Sequence[Life]) -> None:
        """Of every level of the model; none for one without codes."""
        self.codes.show_life(levels)
        for widget in (self._right, self._line):
            widget.setVisible(bool(levels))
        self._say("")

    def forget(self) -> None:
        """Another run is on show."""
        self.codes.forget()
        self.show_life(())

    def _say(self, text: str) -> None:
        self.said.setText(text)
        self.said.setVisible(bool(text))
        self.legend.setVisible(not text)


class CodesLegend(QWidget):
    """What the cells' colours mean, in one line."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFont(theme.font(theme.CAPTION_PX))
        self.setFixedHeight(QFontMetrics(self.font()).height() + 2)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Brighter codes are used more; amber fell out of use, green was put back")
        self.setToolTip(
            f"Share of the cells, from {LEAST:g} to {MOST:g} times the even share 1/K\n"
            "Moving average over the last batches"
        )

    def sizeHint(self) -> QSize:
        return QSize(280, self.height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        top = (self.height() - _SWATCH) / 2
        scale = QLinearGradient(0, 0, _SCALE, 0)
        for part in np.linspace(0, 1, 9):
            scale.setColorAt(part, _colour(scale_colours(np.array([part]))[0]))
        painter.setBrush(scale)
        painter.drawRoundedRect(QRectF(0, top, _SCALE, _SWATCH), 2, 2)
        left = self._words(painter, _SCALE + theme.SPACE_1, "used more")
        for shade, words in ((UNUSED, "unused"), (DYING, "fell out of use"), (REVIVED, "put back")):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(_colour(shade))
            painter.drawRoundedRect(QRectF(left, top, _SWATCH, _SWATCH), 2, 2)
            left = self._words(painter, left + _SWATCH + theme.SPACE_1, words)
        painter.end()

    def _words(self, painter: QPainter, left: float, words: str) -> float:
        painter.setPen(QColor(theme.SECONDARY))
        painter.setFont(self.font())
        painter.drawText(QRectF(left, 0, 200, self.height()), Qt.AlignmentFlag.AlignVCenter, words)
        return left + QFontMetrics(self.font()).horizontalAdvance(words) + theme.SPACE_3


def _colour(shade: Shades) -> QColor:
    return QColor(*(int(part) for part in shade))
