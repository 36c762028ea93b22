"""How far a prior may depart from the code in hand: a slider and its number, where there is a prior."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QSpinBox, QWidget

from gui import theme
from gui.state.brush import DREAM, BrushState

PER_CENT = 100
TIP = (
    "0 % paints the code in hand, 100 % what the prior expects there,\n"
    "between them codes that are like the one and suit the other (D switches it)"
)


class DreamControl(QWidget):
    """Shows and sets `BrushState.dream`; a double click on its name sets it back."""

    def __init__(self, brush: BrushState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._brush = brush
        self._name = QLabel("Dream", self)
        self._name.setProperty("role", "secondary")
        self._name.setToolTip(f"{TIP}\nDouble-click for {round(DREAM * PER_CENT)} %")
        self._name.installEventFilter(self)
        self.slider = QSlider(Qt.Orientation.Horizontal, self)
        self.slider.setFixedWidth(100)
        self.number = QSpinBox(self, suffix=" %")
        self.number.setFixedWidth(68)
        self.number.setFont(theme.font(tabular=True))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.SPACE_2)
        for control in (self.slider, self.number):
            control.setRange(0, PER_CENT)
            control.setAccessibleName("Dream in per cent")
            control.setToolTip(TIP)
            control.valueChanged.connect(self._set)
        for part in (self._name, self.slider, self.number):
            row.addWidget(part)
        brush.changed.connect(self._follow)
        self._follow("dream")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._name and event.type() == QEvent.Type.MouseButtonDblClick:
            self._brush.dream = DREAM
        return super().eventFilter(watched, event)

    def _set(self, per_cent: int) -> None:
        self._brush.dream = per_cent / PER_CENT

    def _follow(self, name: str) -> None:
        if name == "dream":
            per_cent = round(self._brush.dream * PER_CENT)
            self.slider.setValue(per_cent)
            self.number.setValue(per_cent)
