"""A number with its name: typed, wheeled, dragged by its name; a double click on that sets it back."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QLabel, QWidget

from gui import theme

DRAG_PX = 5
"""That the pointer goes for one step."""


class NumberControl(QWidget):
    """Shows a number that someone else holds and says when it should be another."""

    wanted = Signal(float)

    def __init__(
        self,
        name: str,
        span: tuple[float, float],
        default: float,
        step: float = 1.0,
        tip: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._tip, self._default = tip, default
        self.number = QDoubleSpinBox(self, decimals=0 if step == 1.0 else 2, singleStep=step)
        self.number.setRange(*span)
        self.number.setKeyboardTracking(False)  # not every digit on the way is meant
        self.number.setFont(theme.font(tabular=True))
        self.number.setAccessibleName(name)
        self.name = DragName(name, self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.SPACE_1)
        row.addWidget(self.name)
        row.addStretch(1)  # in a column, names stand left and numbers right
        row.addWidget(self.number)
        self.number.valueChanged.connect(self.wanted)
        self.name.dragged.connect(lambda steps: self.number.setValue(self.number.value() + steps * step))
        self.name.reset.connect(lambda: self.number.setValue(default))
        self.allow(True)

    def show_number(self, value: float) -> None:
        """It has changed."""
        self.number.setValue(value)

    def allow(self, allowed: bool, why_not: str = "") -> None:
        """Let it be changed, or say why it cannot be."""
        self.setEnabled(allowed)
        how = f"Drag to change, double-click for {self._default:g}"
        self.name.setToolTip(f"{self._tip}\n{how if allowed else why_not}")
        self.number.setToolTip(self._tip if allowed else f"{self._tip}\n{why_not}")


class DragName(QLabel):
    """Tells how many steps it is dragged to the right (or, below zero, to the left)."""

    dragged = Signal(int)
    reset = Signal()

    def __init__(self, text: str, parent: QWidget) -> None:
        super().__init__(text, parent)
        self._from: float | None = None
        self.setProperty("role", "secondary")
        self.setCursor(Qt.CursorShape.SizeHorCursor)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._from = event.position().x() if event.button() == Qt.MouseButton.LeftButton else None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._from is None:
            return
        steps = int((event.position().x() - self._from) / DRAG_PX)
        if steps:
            self._from += steps * DRAG_PX
            self.dragged.emit(steps)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        del event
        self._from = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        del event
        self.reset.emit()
