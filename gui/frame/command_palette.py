"""The command palette: type a few letters of what you want to do, press Enter."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QAction, QColor, QIcon, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from gui import theme
from gui.actions import ActionTable, bare, shortcut_text

_WIDTH = 520
_ROW_PX = 32
_ROWS_SHOWN = 11
_ROLE = Qt.ItemDataRole.UserRole


@dataclass(frozen=True, slots=True)
class Command:
    """One row of the list."""

    text: str
    group: str
    shortcut: str
    action: QAction


def matching(commands: Iterable[Command], typed: str) -> list[Command]:
    """The commands whose text holds the typed letters in order, the closest first."""
    scored = [
        (score, place, command) for place, command in enumerate(commands) if (score := _score(command, typed))
    ]
    return [command for _, _, command in sorted(scored, key=lambda entry: (-entry[0], entry[1]))]


def _score(command: Command, typed: str) -> int:
    """0: does not match; the more of the letters stand together at the start of words, the more."""
    words = typed.lower().split()
    text = command.text.lower()
    if not words:
        return 1
    if all(any(part.startswith(word) for part in text.split()) for word in words):
        return 4 if text.startswith(words[0]) else 3
    if all(word in f"{text} {command.group.lower()}" for word in words):
        return 2
    letters = iter(text)
    return 1 if all(letter in letters for letter in "".join(words)) else 0


class CommandPalette(QFrame):
    """Floats in the upper middle of the window while it is open; runs what is chosen when it has closed."""

    def __init__(self, actions: ActionTable, parent: QWidget) -> None:
        super().__init__(parent)
        self._actions = actions
        self._window = parent
        self._before: QWidget | None = None  # what had the focus, and gets it back
        self.setObjectName("commandPalette")
        self.setStyleSheet(
            f"#commandPalette {{ background: {theme.RAISED}; border: 1px solid {theme.LINE};"
            f" border-radius: {theme.RADIUS}px; }}"
        )
        self._field = QLineEdit(self)
        self._field.setPlaceholderText("What do you want to do?")
        self._field.setAccessibleName("Find a command")
        self._field.textChanged.connect(self._refill)
        self._field.installEventFilter(self)
        self._list = QListWidget(self)
        self._list.setAccessibleName("Commands")
        self._list.setItemDelegate(_Row(self._list))
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.itemClicked.connect(lambda _: self._run())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.SPACE_2, theme.SPACE_2, theme.SPACE_2, theme.SPACE_2)
        layout.setSpacing(theme.SPACE_2)
        layout.addWidget(self._field)
        layout.addWidget(self._list)
        self.hide()

    @property
    def shown(self) -> list[str]:
        """The texts of the rows, from the top."""
        return [self._list.item(row).data(_ROLE).text for row in range(self._list.count())]

    def open(self) -> None:
        """Show all commands with the field ready for typing."""
        self._field.clear()
        self._refill()
        self._before = self._window.focusWidget()
        self.show()
        self.raise_()
        self._field.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusOut:
            self.hide()
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and self._key(event.key()):
            return True
        return super().eventFilter(watched, event)

    def _key(self, key: int) -> bool:
        if key == Qt.Key.Key_Escape:
            self._close()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._run()
        elif key in (Qt.Key.Key_Down, Qt.Key.Key_Up) and self._list.count():
            step = 1 if key == Qt.Key.Key_Down else -1
            self._list.setCurrentRow((self._list.currentRow() + step) % self._list.count())
        else:
            return False
        return True

    def _refill(self) -> None:
        self._list.clear()
        for command in matching(self._commands(), self._field.text()):
            item = QListWidgetItem(self._list)
            item.setData(_ROLE, command)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{command.text}, {command.shortcut}")
        self._list.setCurrentRow(0)
        self._place()

    def _commands(self) -> list[Command]:
        rows = (row for row in self._actions if row.name != "help.commands")
        return [
            Command(
                bare(row.text),
                row.group,
                shortcut_text(row.shortcuts[0]) if row.shortcuts else "",
                self._actions[row.name],
            )
            for row in rows
            if self._actions[row.name].isEnabled()
        ]

    def _place(self) -> None:
        window = self._window
        rows = min(max(self._list.count(), 1), _ROWS_SHOWN)
        self._list.setFixedHeight(rows * _ROW_PX)
        width = min(_WIDTH, window.width() - 2 * theme.SPACE_5)
        self.setFixedWidth(width)
        self.adjustSize()
        self.move((window.width() - width) // 2, window.height() // 8)

    def _run(self) -> None:
        item = self._list.currentItem()
        self._close()
        if item is not None:
            item.data(_ROLE).action.trigger()

    def _close(self) -> None:
        self.hide()
        before, self._before = self._before, None
        if before is not None:
            before.setFocus()


class _Row(QStyledItemDelegate):
    """Icon, text, and at the right the group and the shortcut."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(super().sizeHint(option, index).width(), _ROW_PX)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().paint(painter, option, index)
        command: Command = index.data(_ROLE)
        rect = option.rect.adjusted(theme.SPACE_2, 0, -theme.SPACE_2, 0)
        icon_px = theme.ICON_PX
        if not command.action.icon().isNull():
            place = QRect(rect.left(), rect.center().y() - icon_px // 2, icon_px, icon_px)
            command.action.icon().paint(painter, place, Qt.AlignmentFlag.AlignCenter, QIcon.Mode.Normal)
        text = rect.adjusted(icon_px + theme.SPACE_3, 0, 0, 0)
        painter.setPen(QColor(theme.TEXT))
        painter.drawText(text, Qt.AlignmentFlag.AlignVCenter, command.text)
        painter.setPen(QColor(theme.SECONDARY))
        painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, command.shortcut)
