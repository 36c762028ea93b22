"""The two codes that the mouse buttons paint, and the eight that were used last."""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from gui import theme
from gui.canvas.code_button import FRAME, CodeButton
from gui.canvas.palette_layout import GAP, PITCH, SWATCH
from gui.canvas.swatches import mark_primary, mark_secondary
from gui.state.book import Book
from gui.state.brush import RECENT, BrushState

_WELL_PX = 26
_WELL_STEP = 14  # how far the secondary well stands off the primary one, right and down
_CAPTION_PX = 16


class InHand(QWidget):
    """The primary well before the secondary one, their numbers, and the button that swaps them."""

    asked = Signal(int)  # a well was clicked: where is its code?

    def __init__(self, book: Book, brush: BrushState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._brush = brush
        wells = QWidget(self)
        side = _WELL_PX + 2 * FRAME + _WELL_STEP
        wells.setFixedSize(side, side)
        self.secondary = CodeButton(book, brush, _WELL_PX, wells)
        self.secondary.move(_WELL_STEP, _WELL_STEP)
        self.secondary.set_mark(mark_secondary)
        self.primary = CodeButton(book, brush, _WELL_PX, wells)
        self.primary.set_mark(mark_primary)
        for well in (self.primary, self.secondary):
            well.clicked.connect(lambda _checked=False, w=well: self.asked.emit(w.code))
        self._numbers = [QLabel(self), QLabel(self)]
        self.swap = self._swap_button()
        numbers = QVBoxLayout()
        numbers.setSpacing(0)
        for label, role in zip(self._numbers, ("", "secondary"), strict=True):
            label.setProperty("role", role)
            label.setFont(theme.font(tabular=True))
            label.setMinimumWidth(label.fontMetrics().horizontalAdvance("4095"))
            numbers.addWidget(label)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.SPACE_2)
        row.addWidget(wells)
        row.addLayout(numbers)
        row.addWidget(self.swap)
        brush.changed.connect(self._brush_changed)
        self._show()

    def _swap_button(self) -> QToolButton:
        button = QToolButton(self)
        button.setIcon(theme.icon("arrow-left-right"))
        button.setIconSize(QSize(theme.ICON_PX, theme.ICON_PX))
        button.setFixedSize(theme.CONTROL_HEIGHT, theme.CONTROL_HEIGHT)
        button.setToolTip("Swap primary and secondary code (X)")
        button.setAccessibleName("Swap primary and secondary code")
        button.clicked.connect(self._brush.swap)
        return button

    def _brush_changed(self, name: str) -> None:
        if name in ("primary", "secondary"):
            self._show()

    def _show(self) -> None:
        primary, secondary = self._brush.primary, self._brush.secondary
        self.primary.show_code(primary, f"Primary: code {primary}\nPainted by the left button")
        self.secondary.show_code(secondary, f"Secondary: code {secondary}\nPainted by the right button")
        for label, code in zip(self._numbers, (primary, secondary), strict=True):
            label.setText(str(code))


class RecentCodes(QWidget):
    """The eight codes used last, newest first."""

    def __init__(self, book: Book, brush: BrushState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._brush = brush
        self.buttons = [CodeButton(book, brush, SWATCH, self) for _ in range(RECENT)]
        for place, button in enumerate(self.buttons):
            button.move(place * PITCH, _CAPTION_PX)
            button.clicked.connect(lambda _checked=False, b=button: self._take(b, second=False))
            button.second.connect(lambda b=button: self._take(b, second=True))
        caption = QLabel("Recent", self)
        caption.setProperty("role", "caption")
        caption.move(FRAME, 0)
        self.setFixedSize(RECENT * PITCH - GAP + 2 * FRAME, SWATCH + _CAPTION_PX + 2 * FRAME)
        brush.changed.connect(self._brush_changed)
        self._show()

    def _take(self, button: CodeButton, second: bool) -> None:
        if button.code is None:
            return
        if second:
            self._brush.secondary = button.code
        else:
            self._brush.primary = button.code

    def _brush_changed(self, name: str) -> None:
        if name == "recent":
            self._show()

    def _show(self) -> None:
        codes = (*self._brush.recent, *[None] * RECENT)[:RECENT]
        for button, code in zip(self.buttons, codes, strict=True):
            button.show_code(code, f"Code {code}, used lately" if code is not None else "")
