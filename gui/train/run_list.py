"""The list of runs: one row each, chosen to be shown, ticked to be compared, renamed in place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import (
    QAbstractItemModel,
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from engine.training.shelf import RunCard
from gui import theme
from gui.train.sparkline import draw_sparkline
from gui.train.words import STATUS, best_words, subject_title

ROW_HEIGHT = 64
_BOX = 14
_HALF = QPointF(0.5, 0.5)
_SPARK = QSize(64, 26)
_CARD = Qt.ItemDataRole.UserRole
_Index = QModelIndex | QPersistentModelIndex


class RunModel(QAbstractListModel):
    """The runs as they were last listed; `colours` are those that the curves on show have."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.cards: tuple[RunCard, ...] = ()
        self.shown: Path | None = None
        self.colours: Mapping[Path, str] = {}

    def show_cards(self, cards: Sequence[RunCard], shown: Path | None, colours: Mapping[Path, str]) -> None:
        """The same runs keep their rows; others are listed anew."""
        same = [card.folder for card in cards] == [card.folder for card in self.cards]
        if not same:
            self.beginResetModel()
        self.cards, self.shown, self.colours = tuple(cards), shown, dict(colours)
        if not same:
            self.endResetModel()
        elif cards:
            self.dataChanged.emit(self.index(0), self.index(len(cards) - 1))

    def row_of(self, folder: Path | None) -> int:
        """-1 for a run that is not listed."""
        return next((row for row, card in enumerate(self.cards) if card.folder == folder), -1)

    def is_compared(self, card: RunCard) -> bool:
        return card.folder in self.colours and card.folder != self.shown

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008  (Qt's own default)
        return 0 if parent.isValid() else len(self.cards)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        card = self.cards[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return card.name
        if role == _CARD:
            return card
        if role == Qt.ItemDataRole.ToolTipRole:
            about = f"{_subject(card)} on {_data(card)}{_start(card)}"
            return f"{card.name}\n{about}\n{card.folder}\n{card.message}".rstrip()
        if role == Qt.ItemDataRole.AccessibleTextRole:
            compared = ", compared" if self.is_compared(card) else ""
            return f"{card.name}, {_subject(card)}, {STATUS[card.status].word}{compared}"
        return None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        return super().flags(index) | Qt.ItemFlag.ItemIsEditable


class RunList(QListView):
    """A click or the arrow keys show a run, its box or Space compares it, F2 renames it."""

    show_asked = Signal(object)  # Path
    compare_asked = Signal(object, bool)  # Path, compared
    rename_asked = Signal(object, str)  # Path, name
    delete_asked = Signal(object)  # Path

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.runs = RunModel(self)
        self.setModel(self.runs)
        self._row = RunRow(self)
        self.setItemDelegate(self._row)
        self.setAccessibleName("Runs")
        self.setMouseTracking(True)
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.selectionModel().currentChanged.connect(self._ask_to_show)

    def show_cards(self, cards: Sequence[RunCard], shown: Path | None, colours: Mapping[Path, str]) -> None:
        """List these runs, unless a name is being typed; `colours` has the one shown and those compared."""
        if self.state() == QAbstractItemView.State.EditingState and self._row.edits(cards):
            return
        chooser = self.selectionModel()
        chooser.blockSignals(True)
        self.runs.show_cards(cards, shown, colours)
        row = self.runs.row_of(shown)
        if row < 0:
            self.clearSelection()
            self.setCurrentIndex(QModelIndex())
        elif row != self.currentIndex().row():
            self.setCurrentIndex(self.runs.index(row))
        chooser.blockSignals(False)
        self.viewport().update()

    def card(self) -> RunCard | None:
        """The run that is chosen."""
        index = self.currentIndex()
        return self.runs.cards[index.row()] if index.isValid() else None

    def begin_rename(self) -> None:
        """Let the name of the chosen run be typed."""
        if self.currentIndex().isValid():
            self.scrollTo(self.currentIndex())
            self.edit(self.currentIndex())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        card = self.card()
        if card is not None and event.key() == Qt.Key.Key_Space:
            self.ask_to_compare(card)
        elif card is not None and event.key() == Qt.Key.Key_Delete:
            self.delete_asked.emit(card.folder)
        elif card is not None and event.key() == Qt.Key.Key_F2:
            self.begin_rename()
        else:
            super().keyPressEvent(event)

    def ask_to_compare(self, card: RunCard) -> None:
        """Compare the run with the one on show, or no longer; that one itself cannot be."""
        if card.folder != self.runs.shown:
            self.compare_asked.emit(card.folder, not self.runs.is_compared(card))

    def _ask_to_show(self, index: QModelIndex) -> None:
        if index.isValid():
            self.show_asked.emit(self.runs.cards[index.row()].folder)


class RunRow(QStyledItemDelegate):
    """Box, name, family with status, figures, and the loss as a sparkline."""

    def __init__(self, view: RunList) -> None:
        super().__init__(view)
        self._view = view
        self._edited: Path | None = None

    def edits(self, cards: Sequence[RunCard]) -> bool:
        """Whether a name is being typed of a run that is still listed."""
        return any(card.folder == self._edited for card in cards)

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        del option, index
        return QSize(200, ROW_HEIGHT)

    # Renaming

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: _Index) -> QWidget:
        del option
        self._edited = index.data(_CARD).folder
        editor = QLineEdit(parent)
        editor.setAccessibleName("Name of the run")
        return editor

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: _Index) -> None:
        del model
        card: RunCard = index.data(_CARD)
        assert isinstance(editor, QLineEdit)
        name = editor.text().strip()
        if card.folder == self._edited and name and name != card.name:
            self._view.rename_asked.emit(card.folder, name)

    def destroyEditor(self, editor: QWidget, index: _Index) -> None:
        self._edited = None
        super().destroyEditor(editor, index)

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: _Index) -> None:
        del index
        rect = option.rect
        editor.setGeometry(_text_left(rect) - 10, rect.top() + 3, rect.right() - _text_left(rect) + 4, 28)

    # The box

    def editorEvent(
        self, event: QEvent, model: QAbstractItemModel, option: QStyleOptionViewItem, index: _Index
    ) -> bool:
        del model
        pressed = event.type() in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick)
        if pressed and isinstance(event, QMouseEvent) and event.button() == Qt.MouseButton.LeftButton:
            room = box_of(option.rect).adjusted(-8, -8, 8, 8)
            card: RunCard = index.data(_CARD)
            if room.contains(event.position().toPoint()) and card.folder != self._view.runs.shown:
                self._view.ask_to_compare(card)
                return True
        return super().editorEvent(event, self._view.runs, option, index)

    # Painting

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        card: RunCard = index.data(_CARD)
        rect = option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._draw_ground(painter, option)
        self._draw_box(painter, box_of(rect), card)
        right = self._draw_sparkline(painter, rect, card)
        room = QRect(_text_left(rect), rect.top() + 8, right - _text_left(rect) - theme.SPACE_2, 17)
        self._draw_text(painter, room, card.name, theme.TEXT, semibold=True)
        words = STATUS[card.status]
        figures = " · ".join(part for part in (best_words(dict(card.best)), _steps(card)) if part)
        used = self._draw_text(painter, room.translated(0, 17), words.word, words.colour)
        family = room.translated(used, 17)
        family.setRight(room.right())
        self._draw_text(painter, family, f" · {_subject(card)} on {_data(card)}", theme.SECONDARY)
        self._draw_text(painter, room.translated(0, 33), figures, theme.SECONDARY)
        painter.restore()

    def _draw_ground(self, painter: QPainter, option: QStyleOptionViewItem) -> None:
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        frame = option.rect.toRectF().adjusted(4.5, 1.5, -4.5, -1.5)
        if chosen or hovered:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.CHECKED if chosen else theme.HOVER))
            painter.drawRoundedRect(frame, theme.RADIUS, theme.RADIUS)
        if chosen and self._view.hasFocus():
            painter.setPen(QPen(QColor(theme.ACCENT), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(frame, theme.RADIUS, theme.RADIUS)

    def _draw_box(self, painter: QPainter, box: QRect, card: RunCard) -> None:
        """A dot for the run on show, a box for the others: filled with their curves' colour once ticked."""
        colour = self._view.runs.colours.get(card.folder)
        if card.folder == self._view.runs.shown:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colour or theme.SECONDARY))
            painter.drawEllipse(box.center().toPointF() + _HALF, 5, 5)
            return
        painter.setPen(QPen(QColor(colour or theme.DISABLED), 1))
        painter.setBrush(QColor(colour or theme.RAISED))
        painter.drawRoundedRect(box.toRectF().adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        if colour is not None:
            tick = theme.pixmap("check", theme.ON_ACCENT, 12)
            painter.drawPixmap(box.left() + 1, box.top() + 1, tick)

    def _draw_sparkline(self, painter: QPainter, rect: QRect, card: RunCard) -> int:
        where = QRect(0, 0, _SPARK.width(), _SPARK.height())
        where.moveCenter(rect.center())
        where.moveRight(rect.right() - theme.SPACE_4)
        colour = self._view.runs.colours.get(card.folder, theme.SECONDARY)
        draw_sparkline(painter, QRectF(where), card.sparkline, colour)
        return where.left()

    def _draw_text(
        self, painter: QPainter, room: QRect, text: str, colour: str, semibold: bool = False
    ) -> int:
        font = theme.font(theme.BODY_PX if semibold else 12, semibold, tabular=True)
        painter.setFont(font)
        painter.setPen(QColor(colour))
        metrics = QFontMetrics(font)
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, shown)
        return metrics.horizontalAdvance(shown)


def box_of(row: QRect) -> QRect:
    """Where a row's box is."""
    return QRect(row.left() + theme.SPACE_4, row.top() + 10, _BOX, _BOX)


def _text_left(row: QRect) -> int:
    return box_of(row).right() + theme.SPACE_3


def _subject(card: RunCard) -> str:
    return subject_title(card.family, card.prior_of)


def _start(card: RunCard) -> str:
    return f", started from {card.start_from}" if card.start_from else ""


def _data(card: RunCard) -> str:
    return Path(card.data).name or card.data


def _steps(card: RunCard) -> str:
    if card.status == "finished" or card.total is None:
        return f"{card.step:,} steps"
    return f"{card.step:,} / {card.total:,}"
