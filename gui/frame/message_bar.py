"""One line in the window that says what happened, instead of a dialog that stops the work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QWidget

from engine.errors import CodebrushError
from gui import theme
from gui.workers.job import UnexpectedError

Kind = Literal["info", "good", "warn", "bad"]
_ICONS: dict[Kind, tuple[str, str]] = {
    "info": ("info", theme.SECONDARY),
    "good": ("circle-check", theme.GOOD),
    "warn": ("triangle-alert", theme.WARN),
    "bad": ("circle-alert", theme.BAD),
}
_SHOWN_MS = 6000


class MessageBar(QWidget):
    """Hidden until it has something to say. What went well leaves by itself, what went wrong is closed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", "raised")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._icon = QLabel(self)
        self._text = QLabel(self)
        self._text.setWordWrap(True)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._action = QPushButton(self)
        self._close = QToolButton(self)
        self._close.setIcon(theme.icon("x", theme.SECONDARY))
        self._close.setToolTip("Close")
        self._close.setAccessibleName("Close the message")
        self._close.clicked.connect(self.hide)
        self._on_action: Callable[[], object] | None = None
        self._action.clicked.connect(self._act)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.hide)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(theme.SPACE_3, theme.SPACE_1, theme.SPACE_2, theme.SPACE_1)
        layout.setSpacing(theme.SPACE_2)
        for part in (self._icon, self._text, self._action, self._close):
            layout.addWidget(part)
        self.hide()

    @property
    def text(self) -> str:
        """What is being said; empty while hidden."""
        return self._text.text() if not self.isHidden() else ""

    def say(
        self,
        kind: Kind,
        text: str,
        button: str = "",
        on_button: Callable[[], object] | None = None,
        stays: bool | None = None,
    ) -> None:
        """Show `text`, in place of the last message; `button` closes it and calls `on_button`.

        `stays` defaults to True for what is wrong or has a button.
        """
        name, colour = _ICONS[kind]
        self._icon.setPixmap(theme.pixmap(name, colour))
        self._text.setText(text)
        self.setAccessibleName(text)
        self._action.setText(button)
        self._action.setVisible(bool(button))
        self._on_action = on_button
        self.show()
        stays = stays if stays is not None else kind in ("warn", "bad") or bool(button)
        self._timer.stop() if stays else self._timer.start(_SHOWN_MS)

    def say_fault(self, error: CodebrushError) -> None:
        """An error in its own words; one nobody foresaw can be copied with its details for a report."""
        if isinstance(error, UnexpectedError):
            details = error.details
            self.say("bad", str(error), "Copy details", lambda: QGuiApplication.clipboard().setText(details))
        else:
            self.say("bad", str(error))

    def _act(self) -> None:
        action = self._on_action
        self.hide()
        if action is not None:
            action()
