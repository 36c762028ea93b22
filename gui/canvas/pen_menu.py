"""What a pen's pressure sets, as a menu behind a button: two check boxes would take half the line."""

from __future__ import annotations

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from gui.state.brush import BrushState


class PenMenu(QToolButton):
    """Shows and sets `pressure_size` and `pressure_dream` of a brush."""

    def __init__(self, brush: BrushState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._brush = brush
        self.setText("Pen")
        self.setToolTip("What a pen's pressure sets")
        self.setAccessibleName("What a pen's pressure sets")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        self.size_action = self._switch(menu, "Pressure sets size", "pressure_size")
        self.dream_action = self._switch(menu, "Pressure sets dream", "pressure_dream")
        self.setMenu(menu)
        brush.changed.connect(self._follow)
        self._follow("pressure_size")
        self._follow("pressure_dream")

    def offer_dream(self, offered: bool) -> None:
        """Whether there is anything for a pen to set but the size."""
        self.dream_action.setVisible(offered)

    def _switch(self, menu: QMenu, text: str, name: str) -> QAction:
        action = menu.addAction(text)
        action.setCheckable(True)
        action.toggled.connect(lambda on: setattr(self._brush, name, on))
        return action

    def _follow(self, name: str) -> None:
        if name == "pressure_size":
            self.size_action.setChecked(self._brush.pressure_size)
        elif name == "pressure_dream":
            self.dream_action.setChecked(self._brush.pressure_dream)
