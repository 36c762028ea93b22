"""A picture shown as large as its place allows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme
from gui.images import to_image


class Preview(QWidget):
    """Shows uint8 `(H, W, C)` pixels on the surround; empty until it has some."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumSize(QSize(240, 200))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._image = QImage()
        self._placeholder = ""

    @property
    def image(self) -> QImage:
        return self._image

    def show_pixels(self, pixels: NDArray[np.uint8] | None) -> None:
        self._image = QImage() if pixels is None else to_image(pixels)
        self.update()

    def say(self, text: str) -> None:
        """What to show where the picture will be."""
        self._placeholder = text
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme.SURROUND))
        if self._image.isNull():
            painter.setPen(QColor(theme.SECONDARY))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._placeholder)
            return
        place = QRectF(self.rect()).adjusted(theme.SPACE_3, theme.SPACE_3, -theme.SPACE_3, -theme.SPACE_3)
        size = self._image.size().scaled(place.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
        # Enlarged, the pixels stay square, as on the canvas; reduced, they are averaged.
        painter.setRenderHint(
            QPainter.RenderHint.SmoothPixmapTransform, size.width() < 2 * self._image.width()
        )
        target = QRectF(0, 0, size.width(), size.height())
        target.moveCenter(place.center())
        painter.drawImage(target, self._image)
