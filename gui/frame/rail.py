"""The rail on the left: one button per workspace that is built, help at the bottom."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QToolButton, QVBoxLayout, QWidget

from gui import theme
from gui.actions import HELP, WORKSPACE, ActionTable

WIDTH = 56
_BUTTON = QSize(48, 48)


class Rail(QWidget):
    """Buttons for the workspace actions that are wired, in the table's order."""

    def __init__(self, actions: ActionTable, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedWidth(WIDTH)
        self.setAccessibleName("Workspaces")
        self._actions = actions
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(theme.SPACE_1, theme.SPACE_2, theme.SPACE_1, theme.SPACE_2)
        self._layout.setSpacing(theme.SPACE_1)
        self._layout.addStretch()

    def fill(self) -> None:
        """Make the buttons; call it once, when everything is wired."""
        rows = list(self._actions)
        for place, row in enumerate(row for row in rows if row.group == WORKSPACE):
            button = self._actions.button(row.name, self)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
            button.setFont(theme.font(theme.CAPTION_PX))
            button.setFixedSize(_BUTTON)
            self._layout.insertWidget(place, button)
        for row in (row for row in rows if row.group == HELP):
            self._layout.addWidget(self._help_button(row.name), 0, Qt.AlignmentFlag.AlignHCenter)

    def _help_button(self, name: str) -> QToolButton:
        return self._actions.button(name, self)
