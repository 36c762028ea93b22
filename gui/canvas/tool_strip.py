"""The column of tools left of the canvas."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui import theme
from gui.actions import ActionTable
from gui.frame.lines import line
from gui.state.brush import BrushState

GROUPS = (
    ("brush", "erase"),
    ("line", "rectangle", "ellipse", "fill"),
    ("pick",),
    ("select", "move"),
)
WIDTH = theme.CONTROL_HEIGHT + 2 * theme.SPACE_2


class ToolStrip(QWidget):
    """One button per tool; the one in the hand is checked, whoever put it there."""

    def __init__(self, brush: BrushState, actions: ActionTable, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._brush = brush
        self._actions = actions
        self.setFixedWidth(WIDTH)
        self.setAccessibleName("Tools")
        rows = QVBoxLayout(self)
        rows.setContentsMargins(theme.SPACE_2, theme.SPACE_2, theme.SPACE_2, theme.SPACE_2)
        rows.setSpacing(theme.SPACE_1)
        for number, group in enumerate(GROUPS):
            if number:
                rows.addSpacing(theme.SPACE_1)
                rows.addWidget(line(Qt.Orientation.Horizontal, self))
                rows.addSpacing(theme.SPACE_1)
            for tool in group:
                rows.addWidget(actions.button(f"tool.{tool}", self))
        rows.addStretch(1)
        brush.changed.connect(self._follow)
        self._follow("tool")

    def _follow(self, name: str) -> None:
        if name == "tool":
            self._actions[f"tool.{self._brush.tool}"].setChecked(True)
