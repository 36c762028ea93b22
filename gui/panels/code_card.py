"""The card that shows a code large while it is pointed at: beside the palette, never under the pointer."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from gui import theme
from gui.canvas.code_pictures import CodePictures
from gui.canvas.code_words import norm_words, use_words
from gui.canvas.codebook_palette import CodebookPalette
from gui.state.book import Book
from gui.state.brush import BrushState

PICTURE_PX = 96
DELAY_MS = 120
"""Before the first card: crossing the palette on the way elsewhere should flash nothing."""


class CodeCard(QWidget):
    """Lies over the window left of the palette, at the height of the code, and lets the mouse through."""

    def __init__(self, book: Book, brush: BrushState, palette: CodebookPalette) -> None:
        super().__init__(palette)
        self._book = book
        self._brush = brush
        self._palette = palette
        self._delay = QTimer(self, singleShot=True, interval=DELAY_MS)
        self._delay.timeout.connect(self._appear)
        self._title = _label("title")
        self._kind = _label("secondary")
        self._pictures = CodePictures(PICTURE_PX, parent=self)
        self._use = _label("")
        self._norm = _label("secondary")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._arrange()
        self.hide()
        brush.changed.connect(self._brush_changed)
        book.changed.connect(self.hide)

    def _arrange(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(theme.SPACE_2)
        head.addWidget(self._title)
        head.addWidget(self._kind)
        head.addStretch(1)
        head.addWidget(self._norm)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(theme.SPACE_3, theme.SPACE_2, theme.SPACE_3, theme.SPACE_3)
        rows.setSpacing(theme.SPACE_2)
        rows.addLayout(head)
        rows.addWidget(self._pictures)
        rows.addWidget(self._use)

    def _brush_changed(self, name: str) -> None:
        if name != "hovered_code":
            return
        if self._brush.hovered_code is None or self._book.looks is None:
            self._delay.stop()
            self.hide()
        elif self.isVisible():
            self._appear()
        else:
            self._delay.start()

    def _appear(self) -> None:
        looks, code = self._book.looks, self._brush.hovered_code
        if looks is None or code is None or not self._palette.isVisible():
            return
        facts = looks.facts(code)
        self._title.setText(f"Code {code}")
        self._kind.setText(facts.kind if facts.share is not None else "")
        self._use.setText(use_words(facts, len(looks)))
        self._norm.setText(norm_words(facts))
        self._pictures.show_code(looks, code)
        self._place(code)

    def _place(self, code: int) -> None:
        window = self._palette.window()
        if self.parentWidget() is not window:
            self.setParent(window)
        self.adjustSize()
        swatch = self._palette.rect_of(code)
        corner = self._palette.mapTo(window, QPoint(0, swatch.center().y()))
        left = corner.x() - self.width() - theme.SPACE_3
        lowest = window.height() - self.height() - theme.SPACE_2
        top = max(theme.SPACE_2, min(corner.y() - self.height() // 2, lowest))
        self.move(left, top)
        self.show()
        self.raise_()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(theme.LINE))
        painter.setBrush(QColor(theme.RAISED))
        frame = self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(frame, theme.RADIUS, theme.RADIUS)
        painter.end()


def _label(role: str) -> QLabel:
    label = QLabel()
    label.setProperty("role", role)
    label.setFont(theme.font(tabular=True))
    return label
