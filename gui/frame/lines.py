"""The 1 px lines that part the window's panels."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QWidget


def line(orientation: Qt.Orientation, parent: QWidget | None = None) -> QFrame:
    """A line across (horizontal) or down (vertical)."""
    frame = QFrame(parent)
    frame.setProperty("line", "true")
    if orientation == Qt.Orientation.Horizontal:
        frame.setFixedHeight(1)
    else:
        frame.setFixedWidth(1)
    return frame
