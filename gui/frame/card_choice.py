"""Cards of which one is chosen, each with a title and a line."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from gui import theme

_ROW_HEIGHT = 42
_PRESET_HEIGHT = 48


class ChoiceCard(QAbstractButton):
    """A title and a line below it; the chosen one is tinted and has a ring."""

    def __init__(self, title: str, line: str, centred: bool, parent: QWidget) -> None:
        super().__init__(parent)
        self.setText(title)
        self._line = line
        self._centred = centred
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(_PRESET_HEIGHT if centred else _ROW_HEIGHT)
        self.say(line)

    @property
    def line(self) -> str:
        return self._line

    def say(self, line: str) -> None:
        """What stands below the title."""
        self._line = line
        self.setAccessibleName(f"{self.text()}: {line}" if line else self.text())
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(90, self.height())

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Enter, QEvent.Type.Leave):
            self.update()
        return super().event(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._draw_ground(painter)
        enabled = self.isEnabled()
        margin = theme.SPACE_1 if self._centred else theme.SPACE_2 + 2
        room = self.rect().adjusted(margin, 0, -margin, 0)
        half = self.height() // 2
        across = Qt.AlignmentFlag.AlignHCenter if self._centred else Qt.AlignmentFlag.AlignLeft
        painter.setFont(theme.font(semibold=True))
        painter.setPen(QColor(theme.TEXT if enabled else theme.DISABLED))
        upper = QRect(room.left(), 5, room.width(), half - 4)
        painter.drawText(upper, across | Qt.AlignmentFlag.AlignVCenter, self.text())
        font = theme.font(theme.CAPTION_PX, tabular=True)
        painter.setFont(font)
        painter.setPen(QColor(theme.SECONDARY if enabled else theme.DISABLED))
        words = QFontMetrics(font).elidedText(self._line, Qt.TextElideMode.ElideRight, room.width())
        lower = QRect(room.left(), half, room.width(), half - 4)
        painter.drawText(lower, across | Qt.AlignmentFlag.AlignVCenter, words)
        painter.end()

    def _draw_ground(self, painter: QPainter) -> None:
        frame = self.rect().toRectF().adjusted(1, 1, -1, -1)
        checked, hovered = self.isChecked(), self.underMouse() and self.isEnabled()
        ground = theme.CHECKED if checked else theme.HOVER if hovered else theme.RAISED
        ring = theme.ACCENT if checked or self.hasFocus() else theme.LINE
        painter.setPen(QPen(QColor(ring), 2 if self.hasFocus() else 1))
        painter.setBrush(QColor(ground))
        painter.drawRoundedRect(frame, theme.RADIUS, theme.RADIUS)


class CardChoice(QWidget):
    """Cards below one another, or side by side; arrow keys go from one to the next."""

    chosen = Signal(str)  # by hand

    def __init__(self, name: str, side_by_side: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.buttons: dict[str, ChoiceCard] = {}
        self._side_by_side = side_by_side
        self._group = QButtonGroup(self)
        self._cards = QHBoxLayout(self) if side_by_side else QVBoxLayout(self)
        self._cards.setContentsMargins(0, 0, 0, 0)
        self._cards.setSpacing(theme.SPACE_1 if not side_by_side else theme.SPACE_2)

    @property
    def key(self) -> str:
        """The chosen card's; empty where none is."""
        return next((key for key, card in self.buttons.items() if card.isChecked()), "")

    def choose(self, key: str) -> None:
        """Choose a card, without telling."""
        if key in self.buttons:
            self.buttons[key].setChecked(True)

    def show_cards(self, cards: Mapping[str, tuple[str, str, str]]) -> None:
        """Title, line and tool tip by key; the chosen one stays if it can, else the first is."""
        before = self.key
        if list(cards) != list(self.buttons):
            self._remake(list(cards))
        for key, (title, line, tip) in cards.items():
            card = self.buttons[key]
            card.setText(title)
            card.say(line)
            card.setToolTip(tip)
        self.choose(before if before in cards else next(iter(cards), ""))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        ways = {Qt.Key.Key_Down: 1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_Left: -1}
        keys, way = list(self.buttons), ways.get(Qt.Key(event.key()))
        if way is None or not keys:
            super().keyPressEvent(event)
            return
        key = keys[(keys.index(self.key) + way) % len(keys)]
        self.buttons[key].setFocus(Qt.FocusReason.TabFocusReason)
        self.buttons[key].click()

    def _remake(self, keys: list[str]) -> None:
        for card in self.buttons.values():
            self._group.removeButton(card)
            card.hide()
            card.deleteLater()
        self.buttons = {key: ChoiceCard("", "", self._side_by_side, self) for key in keys}
        for key, card in self.buttons.items():
            self._group.addButton(card)
            self._cards.addWidget(card)
            card.clicked.connect(lambda _=False, key=key: self.chosen.emit(key))
