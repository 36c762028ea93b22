"""One code large, three ways: alone in a uniform field, as it mostly looks in place, in a real picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from engine.analysis.looks import CodeLooks
from gui import theme
from gui.canvas.swatches import draw_frame
from gui.images import to_image

_CAPTIONS = (
    ("Uniform field", "A canvas filled with this code alone"),
    ("Mean in place", "The mean of this cell and its eight neighbours over the training pictures"),
    ("Typical patch", "A piece of a training picture that this code stands for, with its surroundings"),
)


class CellPicture(QWidget):
    """Pixels enlarged with hard edges; of a picture of 3 x 3 cells the middle one is outlined."""

    def __init__(self, side_px: int, cells: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedSize(side_px, side_px)
        self._cells = cells
        self._pixels: NDArray[np.uint8] | None = None

    def show_pixels(self, pixels: NDArray[np.uint8] | None) -> None:
        """uint8 `(H, W, C)`; None leaves the place empty."""
        self._pixels = pixels
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._pixels is not None:
            rgb = np.broadcast_to(self._pixels, (*self._pixels.shape[:2], 3))
            painter.drawImage(self.rect(), to_image(rgb))
            if self._cells > 1:
                self._outline_middle(painter)
        painter.end()

    def _outline_middle(self, painter: QPainter) -> None:
        cell = self.width() // self._cells
        middle = QRect(cell * (self._cells // 2), cell * (self._cells // 2), cell, cell)
        draw_frame(painter, middle, 1, theme.SURROUND)
        draw_frame(painter, middle.adjusted(-1, -1, 1, 1), 1, theme.TEXT)


class CodePictures(QWidget):
    """The three pictures side by side with their captions; those that nothing is known of are left out."""

    def __init__(self, side_px: int, captions: bool = True, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._with_captions = captions
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(theme.SPACE_2)
        grid.setVerticalSpacing(theme.SPACE_1)
        grid.setColumnStretch(len(_CAPTIONS), 1)
        self._pictures = [CellPicture(side_px, cells, self) for cells in (1, 3, 3)]
        self._captions = [QLabel(text, self) for text, _ in _CAPTIONS]
        for column, (picture, caption) in enumerate(zip(self._pictures, self._captions, strict=True)):
            name, tip = _CAPTIONS[column]
            picture.setToolTip(f"{name}\n{tip}")
            picture.setAccessibleName(name)
            caption.setProperty("role", "caption")
            grid.addWidget(picture, 0, column)
            grid.addWidget(caption, 1, column)

    def show_code(self, looks: CodeLooks, code: int) -> None:
        known = looks.statistics
        pixels = (
            looks.fields[code],
            known.contexts[code] if known is not None else None,
            known.patches[code] if known is not None else None,
        )
        self._captions[0].setText("Colour from its vector" if looks.projected else _CAPTIONS[0][0])
        for picture, caption, shown in zip(self._pictures, self._captions, pixels, strict=True):
            picture.show_pixels(shown)
            picture.setVisible(shown is not None)
            caption.setVisible(shown is not None and self._with_captions)
