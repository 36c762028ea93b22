"""What all dialogs share: a title, a body, and the one filled button at the bottom right."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from gui import theme


class Dialog(QDialog):
    """A window-modal dialog that deletes itself when closed. `open()` shows it and returns at once."""

    def __init__(self, parent: QWidget | None, title: str, primary: str) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        heading = QLabel(title, self)
        heading.setProperty("role", "title")
        self.body = QVBoxLayout()
        self.body.setSpacing(theme.SPACE_3)
        self.fault = QLabel(self)
        self.fault.setProperty("role", "bad")
        self.fault.setWordWrap(True)
        self.fault.hide()
        self.cancel = QPushButton("Cancel", self)
        self.cancel.setAutoDefault(False)
        self.cancel.clicked.connect(self.reject)
        self.primary = QPushButton(primary, self)
        self.primary.setProperty("role", "primary")
        self.primary.setDefault(True)
        self.buttons = QHBoxLayout()
        self.buttons.setSpacing(theme.SPACE_2)
        self.buttons.addStretch()
        self.buttons.addWidget(self.cancel)
        self.buttons.addWidget(self.primary)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.SPACE_5, theme.SPACE_5, theme.SPACE_5, theme.SPACE_5)
        layout.setSpacing(theme.SPACE_4)
        layout.addWidget(heading)
        layout.addLayout(self.body, 1)
        layout.addWidget(self.fault)
        layout.addLayout(self.buttons)

    def show_fault(self, text: str) -> None:
        """Say in the dialog what is wrong; an empty text says that all is well."""
        self.fault.setText(text)
        self.fault.setVisible(bool(text))


def note(text: str, parent: QWidget, role: str = "secondary") -> QLabel:
    """A line of explanation that wraps."""
    label = QLabel(text, parent)
    label.setProperty("role", role)
    label.setWordWrap(True)
    return label
