"""The quiet spinner for what takes longer than a blink."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from gui import theme

_STEP_MS = 66
_STEP_DEGREES = 24


class Spinner(QWidget):
    """Turns while it is visible, and costs nothing while it is not."""

    def __init__(self, parent: QWidget | None = None, px: int = 14) -> None:
        super().__init__(parent)
        self.setFixedSize(px, px)
        self.setAccessibleName("Working")
        self._pixmap = theme.pixmap("loader-circle", theme.SECONDARY, px)
        self._angle = 0
        self._timer = QTimer(self)
        self._timer.setInterval(_STEP_MS)
        self._timer.timeout.connect(self._turn)

    def showEvent(self, event: QShowEvent) -> None:
        self._timer.start()
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        self._timer.stop()
        super().hideEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.translate(self.width() / 2, self.height() / 2)
        painter.rotate(self._angle)
        painter.translate(-self.width() / 2, -self.height() / 2)
        painter.drawPixmap(0, 0, self._pixmap)

    def _turn(self) -> None:
        self._angle = (self._angle + _STEP_DEGREES) % 360
        self.update()
