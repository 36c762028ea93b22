"""The legend of a plot: a line's colour and name, pressed to show or hide it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from gui import theme

CHIP_HEIGHT = 24
_SWATCH_WIDTH = 14
_WIDEST = 220


@dataclass(frozen=True, slots=True)
class Entry:
    """A line as the legend names it; `tip` is the formal term."""

    key: str
    title: str
    colour: str
    tip: str = ""
    sparse: bool = False


class Legend(QWidget):
    """Chips one after another, in as many rows as the width asks for."""

    toggled = Signal(str, bool)  # key, whether its line is to be shown

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.chips: dict[str, Chip] = {}
        self._entries: tuple[Entry, ...] = ()

    def show_entries(self, entries: Sequence[Entry], hidden: frozenset[str] = frozenset()) -> None:
        """These chips, those in `hidden` not pressed; equal ones stay, and keep the focus."""
        if tuple(entries) != self._entries:
            self._entries = tuple(entries)
            self._remake()
        for key, chip in self.chips.items():
            chip.blockSignals(True)
            chip.setChecked(key not in hidden)
            chip.blockSignals(False)

    def _remake(self) -> None:
        for chip in self.chips.values():
            chip.hide()
            chip.deleteLater()
        self.chips = {entry.key: Chip(entry, self) for entry in self._entries}
        for key, chip in self.chips.items():
            chip.toggled.connect(lambda shown, key=key: self.toggled.emit(key, shown))
            chip.show()
        self._place()
        self.updateGeometry()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        places = self._places(width)
        return max((place.bottom() + 1 for place in places), default=CHIP_HEIGHT)

    def sizeHint(self) -> QSize:
        return QSize(sum(chip.sizeHint().width() for chip in self.chips.values()), CHIP_HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self.heightForWidth(max(1, self.width())))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        for chip, place in zip(self.chips.values(), self._places(self.width()), strict=True):
            chip.setGeometry(place)

    def _places(self, width: int) -> list[QRect]:
        places: list[QRect] = []
        left = top = 0
        for chip in self.chips.values():
            size = chip.sizeHint()
            if left and left + size.width() > width:
                left, top = 0, top + CHIP_HEIGHT
            places.append(QRect(left, top, min(size.width(), max(width, 1)), CHIP_HEIGHT))
            left += size.width()
        return places


class Chip(QAbstractButton):
    """Colour and name of one line; a press shows or hides it."""

    def __init__(self, entry: Entry, parent: QWidget) -> None:
        super().__init__(parent)
        self.entry = entry
        self.setText(entry.title)
        self.setAccessibleName(f"Show {entry.title}")
        self.setToolTip(f"{entry.tip}\nClick to show or hide" if entry.tip else "Click to show or hide")
        self.setCheckable(True)
        self.setChecked(True)
        self.setFont(theme.font(12))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def sizeHint(self) -> QSize:
        text = QFontMetrics(self.font()).horizontalAdvance(self.text())
        return QSize(min(_WIDEST, text + _SWATCH_WIDTH + 3 * theme.SPACE_2), CHIP_HEIGHT)

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Enter, QEvent.Type.Leave):
            self.update()
        return super().event(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = self.rect().toRectF().adjusted(1, 1, -1, -1)
        if self.underMouse() or self.hasFocus():
            painter.setPen(QColor(theme.ACCENT) if self.hasFocus() else Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.HOVER) if self.underMouse() else Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(frame, 4, 4)
        self._draw_swatch(painter)
        painter.setPen(QColor(theme.TEXT if self.isChecked() else theme.DISABLED))
        left = theme.SPACE_2 + _SWATCH_WIDTH + theme.SPACE_1 + 2
        room = QRectF(left, 0, self.width() - left - theme.SPACE_1, self.height())
        text = QFontMetrics(self.font()).elidedText(
            self.text(), Qt.TextElideMode.ElideMiddle, int(room.width())
        )
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, text)
        painter.end()

    def _draw_swatch(self, painter: QPainter) -> None:
        """A piece of the line itself, grey while it is hidden."""
        middle = self.height() / 2
        pen = QPen(QColor(self.entry.colour if self.isChecked() else theme.LINE), 2.5)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap if self.entry.sparse else Qt.PenCapStyle.RoundCap)
        if self.entry.sparse:
            pen.setDashPattern([1.6, 1.2])
        painter.setPen(pen)
        left = theme.SPACE_2
        painter.drawLine(QPointF(left, middle), QPointF(left + _SWATCH_WIDTH, middle))
