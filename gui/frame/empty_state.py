"""An empty state: what a place is for, and what to do next."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from gui import theme

_ICON_PX = 32
TEXT_WIDTH = 380


class EmptyState(QWidget):
    """An icon, a title and a sentence, in the middle of where something will be."""

    def __init__(
        self, icon: str, title: str, text: str, width: int = TEXT_WIDTH, parent: QWidget | None = None
    ) -> None:
        """`width` is that of the text, in px."""
        super().__init__(parent)
        picture = QLabel(self)
        picture.setPixmap(theme.pixmap(icon, theme.DISABLED, _ICON_PX))
        self.title, self.sentence = QLabel(title, self), QLabel(text, self)
        self.title.setProperty("role", "title")
        self.sentence.setProperty("role", "secondary")
        rows = QVBoxLayout(self)
        rows.setContentsMargins(theme.SPACE_4, theme.SPACE_4, theme.SPACE_4, theme.SPACE_4)
        rows.setSpacing(theme.SPACE_2)
        rows.addStretch(2)
        rows.addWidget(picture, 0, Qt.AlignmentFlag.AlignHCenter)
        for label in (self.title, self.sentence):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            label.setWordWrap(True)
            label.setFixedWidth(width)
            label.ensurePolished()  # its size of type comes from the style sheet
            label.setMinimumHeight(label.heightForWidth(width))
            rows.addWidget(label, 0, Qt.AlignmentFlag.AlignHCenter)
        rows.addStretch(3)
