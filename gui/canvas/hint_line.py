"""One line at the foot of the canvas that says what can be done, and fades when it has been."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPropertyAnimation, Qt, QTimer
from PySide6.QtWidgets import QGraphicsOpacityEffect, QLabel, QWidget

from gui import theme

FADE_MS = 600
NOTICE_MS = 4000


class HintLine(QLabel):
    """Lies over its parent, lets the mouse through, and stays in the middle of the parent's foot."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._over = parent
        self.setProperty("overlay", "hint")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setFont(theme.font())
        self.setStyleSheet(
            f"background: {theme.RAISED}; color: {theme.TEXT}; border: 1px solid {theme.LINE};"
            f"border-radius: {theme.RADIUS}px; padding: 5px 12px;"
        )
        self._opacity = QGraphicsOpacityEffect(self)
        self.setGraphicsEffect(self._opacity)
        self._fading = QPropertyAnimation(self._opacity, b"opacity", self)
        self._fading.setDuration(FADE_MS)
        self._fading.setEndValue(0.0)
        self._fading.finished.connect(self.hide)
        self._soon = QTimer(self, singleShot=True, interval=NOTICE_MS)
        self._soon.timeout.connect(self.fade)
        parent.installEventFilter(self)
        self.hide()

    def say(self, text: str) -> None:
        """Show `text` until `fade`."""
        self._fading.stop()
        self._soon.stop()
        self._opacity.setOpacity(1.0)
        self.setText(text)
        self._place()
        self.show()
        self.raise_()

    def notice(self, text: str) -> None:
        """Show `text` for a few seconds."""
        self.say(text)
        self._soon.start()

    def fade(self) -> None:
        """Fade away, or be gone at once where nobody sees it yet."""
        if not self.isVisible():
            self.hide()
        elif self._fading.state() != QPropertyAnimation.State.Running:
            self._fading.setStartValue(1.0)
            self._fading.start()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        parent = self._over
        width = min(self.sizeHint().width(), max(0, parent.width() - 2 * theme.SPACE_4))
        height = self.sizeHint().height()
        left, top = (parent.width() - width) // 2, parent.height() - height - theme.SPACE_4
        self.setGeometry(left, top, width, height)
