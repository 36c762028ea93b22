"""A button that shows one code: the wells of the codes in hand, the row of recent ones."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QEnterEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QWidget

from engine.analysis.looks import CodeLooks
from gui import theme
from gui.canvas.swatches import draw_frame, draw_swatch
from gui.state.book import Book
from gui.state.brush import BrushState

FRAME = 2  # px around the swatch for marks and the focus ring


class CodeButton(QAbstractButton):
    """Shows `code` of the book; pointing at it lights the code's cells on the canvas.

    `clicked` comes from the left button and the keyboard, `second` from the right button.
    """

    second = Signal()

    def __init__(self, book: Book, brush: BrushState, side_px: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._book = book
        self._brush = brush
        self._code: int | None = None
        self._mark: Callable[[QPainter, QRect], None] | None = None
        self.setFixedSize(side_px + 2 * FRAME, side_px + 2 * FRAME)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        book.changed.connect(self.update)

    @property
    def code(self) -> int | None:
        return self._code

    def show_code(self, code: int | None, name: str) -> None:
        """Show `code` (None: an empty place); `name` is its tool tip and what screen readers say."""
        self._code = code
        self.setToolTip(name)
        self.setAccessibleName(name.partition("\n")[0])
        self.setEnabled(code is not None)
        self.update()

    def set_mark(self, mark: Callable[[QPainter, QRect], None]) -> None:
        """How the swatch is framed while the focus is elsewhere."""
        self._mark = mark

    def sizeHint(self) -> QSize:
        return self.size()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        rect = self.rect().adjusted(FRAME, FRAME, -FRAME, -FRAME)
        looks = self._book.looks
        if looks is None or self._code is None or self._code >= len(looks):
            painter.fillRect(rect, QColor(theme.RAISED))
        else:
            self._draw_code(painter, rect, looks, self._code)
        painter.end()

    def _draw_code(self, painter: QPainter, rect: QRect, looks: CodeLooks, code: int) -> None:
        draw_swatch(painter, looks, code, rect)
        if self.hasFocus():
            draw_frame(painter, rect.adjusted(1, 1, -1, -1), 1, theme.SURROUND)
            draw_frame(painter, rect, FRAME, theme.ACCENT)
        elif self._mark is not None:
            self._mark(painter, rect)
        elif self.underMouse():
            draw_frame(painter, rect, FRAME, theme.TEXT)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.RightButton:
            self.second.emit()
        super().mousePressEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self._brush.hovered_code = self._code
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._brush.hovered_code = None
        self.update()
