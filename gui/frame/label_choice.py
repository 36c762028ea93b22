"""One of a prior's or a model's labels, or any."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QWidget

ANY_LABEL = "any label"


class LabelChoice(QComboBox):
    """Labels are text, "" is any."""

    chosen = Signal(str)  # by hand

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Label")
        self.activated.connect(lambda _: self.chosen.emit(self.currentData()))

    def show_labels(self, labels: Sequence[str], label: str) -> None:
        """Those there are, and the one that is chosen."""
        self.clear()
        for text, value in ((ANY_LABEL, ""), *((name, name) for name in labels)):
            self.addItem(text, value)
        self.choose(label)

    def choose(self, label: str) -> None:
        """Without telling; one that is not there is any."""
        self.setCurrentIndex(max(0, self.findData(label)))
