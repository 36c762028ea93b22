"""What was done, step by step; a click goes there."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QListView, QVBoxLayout, QWidget

from gui import theme
from gui.state.painting import PaintingState

LEAST_ROWS = 2
ROW_HEIGHT = 26
_Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


class HistorySteps(QAbstractListModel):
    """Row 0 is the painting as it was opened, row n the state after n steps; undone ones are dimmed."""

    def __init__(self, painting: PaintingState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._painting = painting
        self._labels: tuple[str, ...] = ()
        self.take()

    @property
    def position(self) -> int:
        position: int = self._painting.painting.history.position
        return position

    def take(self) -> None:
        """Read the history anew."""
        self.beginResetModel()
        self._labels = self._painting.painting.history.steps
        self.endResetModel()

    def rowCount(self, parent: _Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._labels) + 1

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = index.row()
        undone = row > self.position
        if role == Qt.ItemDataRole.DisplayRole:
            return "Start" if row == 0 else self._labels[row - 1]
        if role == Qt.ItemDataRole.ForegroundRole:
            return QColor(theme.DISABLED if undone else theme.TEXT)
        if role == Qt.ItemDataRole.ToolTipRole:
            return "Undone: a click does it again" if undone else None
        if role == Qt.ItemDataRole.SizeHintRole:
            return QSize(0, ROW_HEIGHT)
        return None


class HistoryPanel(QWidget):
    """The undo steps, the one the painting is at marked."""

    def __init__(self, painting: PaintingState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._painting = painting
        self._steps = HistorySteps(painting, self)
        self.list = _Steps()
        self.list.setModel(self._steps)
        self.list.setAccessibleName("History")
        self.list.clicked.connect(self._go)
        self.list.activated.connect(self._go)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(theme.SPACE_1, 0, theme.SPACE_1, theme.SPACE_2)
        rows.addWidget(self.list)
        painting.history_changed.connect(self._show)
        painting.document_changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        self._steps.take()
        here = self._steps.index(self._steps.position)
        self.list.setCurrentIndex(here)
        self.list.scrollTo(here)

    def _go(self, index: QModelIndex) -> None:
        self._painting.go_to(index.row())


class _Steps(QListView):
    """Wants two rows, and takes what the panels above leave, as many as it has."""

    def __init__(self) -> None:
        super().__init__()
        self.setUniformItemSizes(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def sizeHint(self) -> QSize:
        return QSize(0, LEAST_ROWS * ROW_HEIGHT)

    minimumSizeHint = sizeHint
