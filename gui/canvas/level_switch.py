"""Which level of codes is painted, and whether finer ones follow; hidden while there is one level only."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from gui import theme
from gui.state.beneath import Beneath
from gui.state.level_words import level_name
from gui.state.painting import PaintingState

FOLLOW_TIP = (
    "Finer codes beneath what is painted on a coarser level are drawn anew (Shift+F)\n"
    "Off, they are pinned: they stay as they are"
)
NO_PRIOR_TIP = "Finer codes can follow where the model has a prior"


class LevelSwitch(QWidget):
    """A button for each level, coarsest first, and one that lets finer levels follow."""

    def __init__(
        self, painting: PaintingState, beneath: Beneath | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._painting, self._beneath = painting, beneath
        self._facts: tuple[tuple[int, int], ...] = ()  # per level pixels across a cell, and codes
        self.buttons: list[QToolButton] = []
        self._group = QButtonGroup(self)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(2)
        caption = QLabel("Level", self)
        caption.setProperty("role", "secondary")
        self._row.addWidget(caption)
        self._row.addSpacing(theme.SPACE_2 - 2)
        self.follow = self._follow_button()
        painting.document_changed.connect(self._show)
        painting.level_changed.connect(self._show)
        if beneath is not None:
            beneath.changed.connect(self._show)
            beneath.ability_changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        painting = self._painting.painting
        facts = tuple(zip(painting.strides, painting.grid.code_counts, strict=True))
        if facts != self._facts:
            self._facts = facts
            self._make_buttons()
        self.buttons[self._painting.level].setChecked(True)
        if self._beneath is not None:
            self.follow.setChecked(self._beneath.follow)
            self.follow.setEnabled(self._beneath.is_able)
            self.follow.setToolTip(FOLLOW_TIP if self._beneath.is_able else NO_PRIOR_TIP)

    def _make_buttons(self) -> None:
        for button in self.buttons:
            self._group.removeButton(button)
            button.deleteLater()
        self.buttons = [self._button(level) for level in range(len(self._facts))]
        for button in self.buttons:
            self._group.addButton(button)
            self._row.addWidget(button, 1)
        self._row.removeWidget(self.follow)
        self._row.addWidget(self.follow)  # the last
        self.setVisible(len(self._facts) > 1)

    def _button(self, level: int) -> QToolButton:
        (stride_px, codes), name = self._facts[level], level_name(level, len(self._facts))
        button = QToolButton(self)
        button.setCheckable(True)
        button.setText(f"{name}  {stride_px} px")
        button.setToolTip(f"Paint level {level} ({level + 1})\n{codes} codes, cells of {stride_px} px")
        button.setAccessibleName(f"Paint the {name.lower()} level")
        button.setFixedHeight(theme.CONTROL_HEIGHT)
        button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        button.clicked.connect(partial(self._choose, level))
        return button

    def _follow_button(self) -> QToolButton:
        button = QToolButton(self)
        button.setCheckable(True)
        button.setText("Follow")
        button.setAccessibleName("Finer codes follow")
        button.setFixedHeight(theme.CONTROL_HEIGHT)
        button.setVisible(self._beneath is not None)
        button.clicked.connect(self._set_follow)
        return button

    def _set_follow(self, on: bool) -> None:
        if self._beneath is not None:
            self._beneath.follow = on

    def _choose(self, level: int) -> None:
        self._painting.set_level(level)
        self._show()  # also where a stroke being made keeps its level
