"""A training that ended badly: what happened in plain words, the end of its log, and how to go on."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from gui import theme

_LOG_HEIGHT = 150


class FailureCard(QWidget):
    """Above the curves, which stay; hidden while all is well."""

    go_on_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", "raised")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        icon = QLabel(self)
        icon.setPixmap(theme.pixmap("circle-alert", theme.BAD))
        self.message = QLabel(self)
        self.message.setWordWrap(True)
        self.message.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.go_on = QPushButton("Go on", self)
        self.go_on.clicked.connect(self.go_on_asked)
        self.details = QPushButton("Show the log", self)
        self.details.setCheckable(True)
        self.details.setProperty("role", "quiet")
        self.details.toggled.connect(self._unfold)
        self.copy = QPushButton("Copy", self)
        self.copy.setProperty("role", "quiet")
        self.copy.setAccessibleName("Copy the log")
        self.copy.setToolTip("Copy message and log, for a report")
        self.copy.clicked.connect(self._copy)
        self.log = QPlainTextEdit(self)
        self.log.setReadOnly(True)
        self.log.setAccessibleName("The end of the log")
        self.log.setFixedHeight(_LOG_HEIGHT)
        self.log.setFont(theme.font(12, tabular=True))
        self.log.setTabChangesFocus(True)
        self._is_told = self._stands_back = False
        self._arrange(icon)
        self.clear()

    @property
    def text(self) -> str:
        """What is said; empty while hidden."""
        return self.message.text() if not self.isHidden() else ""

    def tell(self, message: str, log: str, step: int | None) -> None:
        """Say what happened; `step` is that of the snapshot to go on from, None where there is none."""
        self.message.setText(message)
        self.setAccessibleName(message)
        self.log.setPlainText(log)
        self.go_on.setVisible(step is not None)
        self.go_on.setText(f"Go on from step {step:,}" if step else "Go on")
        for widget in (self.details, self.copy):
            widget.setVisible(bool(log))
        self.details.setChecked(False)
        self._unfold(False)
        self._is_told = True
        self._appear()

    def clear(self) -> None:
        """All is well."""
        self._is_told = False
        self._appear()

    def stand_back(self, stands_back: bool) -> None:
        """Stay hidden while something else than the run is on show."""
        self._stands_back = stands_back
        self._appear()

    def _appear(self) -> None:
        self.setVisible(self._is_told and not self._stands_back)

    def _unfold(self, unfolded: bool) -> None:
        self.log.setVisible(unfolded)
        self.details.setText("Hide the log" if unfolded else "Show the log")
        if unfolded:
            self.log.verticalScrollBar().setValue(self.log.verticalScrollBar().maximum())

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(f"{self.message.text()}\n\n{self.log.toPlainText()}")

    def _arrange(self, icon: QLabel) -> None:
        head, buttons = QHBoxLayout(), QHBoxLayout()
        head.setSpacing(theme.SPACE_2)
        head.addWidget(icon, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self.message, 1)
        buttons.setSpacing(theme.SPACE_2)
        buttons.addSpacing(theme.ICON_PX + theme.SPACE_2)
        for button in (self.go_on, self.details, self.copy):
            buttons.addWidget(button)
        buttons.addStretch(1)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(theme.SPACE_3, theme.SPACE_3, theme.SPACE_3, theme.SPACE_3)
        rows.setSpacing(theme.SPACE_2)
        rows.addLayout(head)
        rows.addLayout(buttons)
        rows.addWidget(self.log)
