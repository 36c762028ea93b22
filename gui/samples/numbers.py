"""A number to be dragged, typed or wheeled; a double click on its name puts it back."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QLabel, QSlider, QWidget

from gui import theme

_NAME_WIDTH, _NUMBER_WIDTH = 88, 72


@dataclass(frozen=True, slots=True)
class NumberFacts:
    """What a number is called, its range and what it is to begin with; `decimals` 0 for whole ones."""

    name: str
    tip: str
    low: float
    high: float
    default: float
    decimals: int = 0
    most: float | None = None  # what may be typed beyond the slider's end


class NumberRow(QWidget):
    """Name, slider and box that show the same number; `changed` when it is changed by hand."""

    changed = Signal(float)

    def __init__(self, facts: NumberFacts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._facts, self._scale = facts, 10**facts.decimals
        self.name, self.slider, self.box = QLabel(facts.name, self), QSlider(self), QDoubleSpinBox(self)
        self.name.setProperty("role", "secondary")
        self.name.setFixedWidth(_NAME_WIDTH)
        self.name.installEventFilter(self)
        self.slider.setOrientation(Qt.Orientation.Horizontal)
        self.slider.setRange(round(facts.low * self._scale), round(facts.high * self._scale))
        self.box.setDecimals(facts.decimals)
        self.box.setRange(facts.low, facts.high if facts.most is None else facts.most)
        self.box.setSingleStep(1 / self._scale if facts.decimals == 0 else 5 / self._scale)
        self.box.setFixedWidth(_NUMBER_WIDTH)
        self.box.setFont(theme.font(tabular=True))
        for part in (self.name, self.slider, self.box):
            part.setToolTip(f"{facts.tip}\nDouble-click the name for {facts.default:g}")
            part.setAccessibleName(facts.name)
        self.slider.valueChanged.connect(lambda value: self._set(value / self._scale))
        self.box.valueChanged.connect(self._set)
        self._value = facts.default
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.SPACE_2)
        for part in (self.name, self.slider, self.box):
            row.addWidget(part, 1 if part is self.slider else 0)
        self.show_value(facts.default)

    def show_value(self, value: float) -> None:
        """Without telling."""
        self._value = value
        for part in (self.slider, self.box):
            part.blockSignals(True)
        self.slider.setValue(round(value * self._scale))
        self.box.setValue(value)
        for part in (self.slider, self.box):
            part.blockSignals(False)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.name and event.type() == QEvent.Type.MouseButtonDblClick:
            self._set(self._facts.default)
        return super().eventFilter(watched, event)

    def _set(self, value: float) -> None:
        if value != self._value:
            self.show_value(value)
            self.changed.emit(value)
