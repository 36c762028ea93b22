"""What was done, step by step; a click goes there."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QListView, QVBoxLayout, QWidget

from gui import theme
from gui.canvas.swatches import draw_frame
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
        """Read the history anew; moving along it changes no rows, only which of them are dimmed."""
        labels = self._painting.painting.history.steps
        if labels == self._labels:
            self.dataChanged.emit(self.index(0), self.index(len(labels)))
            return
        self.beginResetModel()
        self._labels = labels
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
        self.list.selectionModel().currentChanged.connect(self._go)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(1, 0, theme.SPACE_1, theme.SPACE_2)  # the text below the title's
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
        """A click or an arrow key moves the painting along; not while a stroke is being made."""
        if index.isValid() and index.row() != self._steps.position:
            self._painting.go_to(index.row())
            self._show()


class _Steps(QListView):
    """Wants two rows, and takes what the panels above leave, as many as it has."""

    def __init__(self) -> None:
        super().__init__()
        self.setUniformItemSizes(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def sizeHint(self) -> QSize:
        return QSize(0, LEAST_ROWS * ROW_HEIGHT)

    minimumSizeHint = sizeHint

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.hasFocus():
            painter = QPainter(self.viewport())
            ring = self.visualRect(self.currentIndex()).adjusted(0, 0, -1, -1)
            draw_frame(painter, ring.adjusted(2, 2, -1, -1), 2, theme.ACCENT)
            painter.end()
