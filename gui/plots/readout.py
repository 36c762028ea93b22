"""The card beside the cross-hair: the step, and each line's value there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from gui import theme

_ROW = 18
_SWATCH = 8


@dataclass(frozen=True, slots=True)
class Reading:
    """One line of the card; `raw` is the unsmoothed value in words, where the curve is smoothed."""

    colour: str
    title: str
    value: str
    raw: str = ""


class Readout(QWidget):
    """Follows the cross-hair on the side where there is room; the mouse goes through it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._room = parent
        self.step = 0
        self.readings: tuple[Reading, ...] = ()
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFont(theme.font(12, tabular=True))
        self.hide()

    def tell(self, step: int, readings: Sequence[Reading], at: QPointF) -> None:
        """Show the values at `step`; `at` is where the cross-hair meets the top, in the parent's px."""
        self.step, self.readings = step, tuple(readings)
        size = self.sizeHint()
        room = self._room.rect()
        left = at.x() + theme.SPACE_3
        if left + size.width() > room.right():
            left = at.x() - theme.SPACE_3 - size.width()
        self.setGeometry(max(0, round(left)), round(at.y()) + theme.SPACE_2, size.width(), size.height())
        self.show()
        self.raise_()
        self.update()

    @property
    def text(self) -> str:
        """All that it says, for screen readers and tests."""
        rows = (f"{r.title} {r.value}{f' ({r.raw})' if r.raw else ''}" for r in self.readings)
        return ", ".join([f"step {self.step:,}", *rows])

    def sizeHint(self) -> QSize:
        titles, values, raws = self._columns()
        width = 2 * theme.SPACE_2 + _SWATCH + theme.SPACE_2 + titles + theme.SPACE_4 + values
        width += theme.SPACE_2 + raws if raws else 0
        return QSize(width, 2 * theme.SPACE_1 + _ROW * (1 + len(self.readings)))

    def _columns(self) -> tuple[int, int, int]:
        metrics = QFontMetrics(self.font())
        titles = max(metrics.horizontalAdvance(text) for text in ("step", *(r.title for r in self.readings)))
        values = max(
            metrics.horizontalAdvance(text) for text in (f"{self.step:,}", *(r.value for r in self.readings))
        )
        return titles, values, max((metrics.horizontalAdvance(r.raw) for r in self.readings), default=0)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(theme.LINE))
        ground = QColor(theme.RAISED)
        ground.setAlpha(240)
        painter.setBrush(ground)
        painter.drawRoundedRect(self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        self._draw_row(painter, 0, theme.SECONDARY, Reading("", "step", f"{self.step:,}"))
        for place, reading in enumerate(self.readings):
            self._draw_row(painter, place + 1, theme.TEXT, reading)
        painter.end()

    def _draw_row(self, painter: QPainter, place: int, colour: str, reading: Reading) -> None:
        titles, values, raws = self._columns()
        row = QRectF(theme.SPACE_2, theme.SPACE_1 + place * _ROW, self.width() - 2 * theme.SPACE_2, _ROW)
        if reading.colour:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(reading.colour))
            painter.drawEllipse(QPointF(row.left() + _SWATCH / 2, row.center().y()), _SWATCH / 2, _SWATCH / 2)
        left = row.left() + _SWATCH + theme.SPACE_2
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(theme.SECONDARY))
        painter.drawText(QRectF(left, row.top(), titles, _ROW), middle, reading.title)
        painter.setPen(QColor(colour))
        value = QRectF(left + titles + theme.SPACE_4, row.top(), values, _ROW)
        painter.drawText(value, middle | Qt.AlignmentFlag.AlignRight, reading.value)
        if reading.raw:
            painter.setPen(QColor(theme.DISABLED))
            raw = QRectF(row.right() - raws, row.top(), raws, _ROW)
            painter.drawText(raw, middle | Qt.AlignmentFlag.AlignRight, reading.raw)
