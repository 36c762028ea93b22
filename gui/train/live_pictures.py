"""Pictures nobody trained on, and below them what the model, or its prior, makes of them just now."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme
from gui.images import to_image


@dataclass(frozen=True, slots=True)
class Rows:
    """What the two rows of a sheet are called, said before there is one, and formally."""

    captions: tuple[str, str]
    waiting: str
    tip: str


ROWS = Rows(
    ("Originals", "Reconstructions"),
    "Originals and reconstructions appear here with the first preview",
    "Pictures of the validation split, and what the model makes of them\nx and p(x | z)",
)
PRIOR_ROWS = Rows(
    ("As the model decodes them", "Each code guessed from those before it"),
    "Pictures, and the prior's guesses at their codes, appear here with the first preview",
    "Pictures of the validation split from their own codes; below, the likeliest code in every cell\n"
    "argmax p(code | the true ones before it), nothing is sampled",
)
_ROW_COUNT = 2
_CAPTION_HEIGHT = 18
_LARGEST, _SMALLEST = 128, 28
_FEW = 6  # columns


class LivePictures(QWidget):
    """The newest preview of a run: as many columns as there is room for, single pixels kept sharp."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sheet = QImage()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.name_rows(ROWS)

    @property
    def columns(self) -> int:
        """Pictures in the sheet."""
        return self._sheet.width() // self._side if self._side else 0

    @property
    def _side(self) -> int:
        return self._sheet.height() // _ROW_COUNT

    def name_rows(self, rows: Rows) -> None:
        """Say what the sheets that follow show."""
        self.rows = rows
        upper, lower = rows.captions
        self.setAccessibleName(f"{upper} above, {lower[0].lower()}{lower[1:]} below")
        self.setToolTip(rows.tip)
        self.update()

    def show_sheet(self, path: Path | None) -> None:
        """A PNG of two rows of square pictures; it may have new content under the same name."""
        image = QImage()
        if path is not None:
            image.loadFromData(_content(path))
        self._sheet = image
        self.update()

    def show_pictures(self, originals: NDArray[np.uint8], decoded: NDArray[np.uint8]) -> None:
        """Square pictures, both (n, H, W, C)."""
        rows = [np.concatenate(list(row), axis=1) for row in (originals, decoded)]
        self._sheet = to_image(np.concatenate(rows, axis=0))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(480, _ROW_COUNT * (_CAPTION_HEIGHT + 72))

    def minimumSizeHint(self) -> QSize:
        return QSize(160, _ROW_COUNT * (_CAPTION_HEIGHT + _SMALLEST))

    def cell_px(self) -> int:
        """The side of a picture on the screen: with so many columns that pictures cover the most."""
        by_height = (self.height() - theme.SPACE_1) // _ROW_COUNT - _CAPTION_HEIGHT
        tallest = max(_SMALLEST, min(_LARGEST, by_height))
        sides = {n: min(tallest, (self.width() + theme.SPACE_2) // n - theme.SPACE_2) for n in self._counts}
        return max(_SMALLEST, sides[max(sides, key=lambda n: n * sides[n] ** 1.5)])

    @property
    def _counts(self) -> range:
        """How many columns there may be."""
        return range(max(1, min(_FEW, self.columns)), max(1, self.columns) + 1)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._sheet.isNull():
            painter.setPen(QColor(theme.SECONDARY))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect(), flags, self.rows.waiting)
        else:
            self._draw(painter)
        painter.end()

    def _draw(self, painter: QPainter) -> None:
        cell, side = self.cell_px(), self._side
        shown = min(self.columns, (self.width() + theme.SPACE_2) // (cell + theme.SPACE_2))
        # Enlarged pixels stay squares; reduced ones are averaged, or thin lines would vanish.
        smooth = cell * self.devicePixelRatioF() < side
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        for row, caption in enumerate(self.rows.captions):
            top = row * (_CAPTION_HEIGHT + cell + theme.SPACE_1)
            painter.setFont(theme.font(theme.CAPTION_PX))
            painter.setPen(QColor(theme.SECONDARY))
            place = QRectF(0, top, self.width(), _CAPTION_HEIGHT - 2)
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, caption)
            for column in range(shown):
                target = QRectF(column * (cell + theme.SPACE_2), top + _CAPTION_HEIGHT, cell, cell)
                painter.drawImage(target, self._sheet, QRectF(column * side, row * side, side, side))


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # deleted since; the next one comes
        return b""
