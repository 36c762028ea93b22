"""What could stand in a cell, as pictures beside it: picked by click, number key, or arrows and Return."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QIcon, QKeyEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QToolButton, QWidget

from gui import theme
from gui.canvas.thumbnail import thumbnail
from gui.state.suggestions import Suggestion, Suggestions

COLUMNS = 3
PICTURE_PX = 60
GAP_PX = 8
"""Between the cell and the pop-up."""
_STEPS = {
    Qt.Key.Key_Left: -1,
    Qt.Key.Key_Right: 1,
    Qt.Key.Key_Up: -COLUMNS,
    Qt.Key.Key_Down: COLUMNS,
}


class SuggestPopup(QFrame):
    """Lies over its parent, beside the cell it is for; takes the keyboard while it is open."""

    picked = Signal(object, int)  # the Suggestions that were open, and which of them

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._over = parent
        self._suggestions: Suggestions | None = None
        self._current = 0
        self._buttons: list[QToolButton] = []
        self.setProperty("surface", "raised")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAttribute(Qt.WidgetAttribute.WA_NoMousePropagation)  # a click beside a picture paints nothing
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.setObjectName("suggestions")
        self.setStyleSheet(
            f"#suggestions {{ border: 1px solid {theme.LINE}; border-radius: {theme.RADIUS}px; }}"
        )
        self.setAccessibleName("Likeliest codes")
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(theme.SPACE_1, theme.SPACE_1, theme.SPACE_1, theme.SPACE_1)
        self._grid.setSpacing(theme.SPACE_1)
        self.about = QLabel(self)
        self.about.setProperty("role", "caption")
        self.about.setWordWrap(True)
        self.hide()

    @property
    def current(self) -> int:
        """The one that Return picks."""
        return self._current

    @property
    def buttons(self) -> tuple[QToolButton, ...]:
        return tuple(self._buttons)

    def open(self, suggestions: Suggestions, cell: QRect) -> None:
        """Show `suggestions` beside `cell`, which is in the parent's coordinates."""
        self._suggestions = suggestions
        for button in self._buttons:
            self._grid.removeWidget(button)
            button.hide()
            button.deleteLater()
        self._buttons = [self._button(*numbered) for numbered in enumerate(suggestions.choices)]
        for number, button in enumerate(self._buttons):
            self._grid.addWidget(button, number // COLUMNS, number % COLUMNS)
        self.about.setText(f"For {suggestions.label}")
        self.about.setVisible(bool(suggestions.label))
        self._grid.addWidget(self.about, -(-len(self._buttons) // COLUMNS), 0, 1, COLUMNS)
        self._choose(0)
        self.show()
        self._grid.activate()
        self.resize(self.sizeHint())
        self.move(_beside(cell, self.size(), self._over.size()).topLeft())
        self.raise_()
        self.setFocus(Qt.FocusReason.PopupFocusReason)

    def dismiss(self) -> None:
        """Close without a choice; the keyboard goes back to the parent."""
        self._suggestions = None
        if not self.isHidden():
            had_focus = self.hasFocus()
            self.hide()
            if had_focus:
                self._over.setFocus(Qt.FocusReason.PopupFocusReason)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()  # its keys are shortcuts of the window as well
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, count = Qt.Key(event.key()), len(self._buttons)
        number = event.key() - Qt.Key.Key_1
        if 0 <= number < count:
            self._pick(number)
        elif key in _STEPS:
            self._choose(min(max(self._current + _STEPS[key], 0), count - 1))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._pick(self._current)
        elif key == Qt.Key.Key_Escape:
            self.dismiss()
        event.accept()

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab goes from one to the next."""
        self._choose((self._current + (1 if forward else -1)) % max(1, len(self._buttons)))
        return True

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.dismiss()

    def _pick(self, number: int) -> None:
        suggestions = self._suggestions
        self.dismiss()
        if suggestions is not None:
            self.picked.emit(suggestions, number)

    def _choose(self, number: int) -> None:
        self._current = number
        for index, button in enumerate(self._buttons):
            button.setChecked(index == number)

    def _button(self, number: int, suggestion: Suggestion) -> QToolButton:
        button = QToolButton(self)
        button.setCheckable(True)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        button.setIcon(QIcon(thumbnail(suggestion.pixels, PICTURE_PX)))
        button.setIconSize(QSize(PICTURE_PX, PICTURE_PX))
        button.setFont(theme.font(theme.CAPTION_PX, tabular=True))
        button.setText(f"{number + 1}   {percent(suggestion.probability)}")
        button.setToolTip(f"Code {suggestion.code} ({number + 1})")
        button.setAccessibleName(f"Code {suggestion.code}, {percent(suggestion.probability)}")
        button.clicked.connect(lambda _checked=False: self._pick(number))
        return button


def percent(probability: float) -> str:
    """For a person: 63 %, 4.2 %, < 0.1 %."""
    share = 100 * probability
    if share < 0.1:
        return "< 0.1 %"
    return f"{share:.0f} %" if share >= 10 else f"{share:.1f} %"


def _beside(cell: QRect, size: QSize, room: QSize) -> QRect:
    """Right of the cell, else left of it, within `room` as far as it goes."""
    left = cell.right() + GAP_PX
    if left + size.width() > room.width():
        left = max(0, cell.left() - GAP_PX - size.width())
    top = min(max(0, cell.center().y() - size.height() // 2), max(0, room.height() - size.height()))
    return QRect(left, top, size.width(), size.height())
