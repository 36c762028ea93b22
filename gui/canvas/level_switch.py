"""The levels of codes, a row each: which one is painted, which are shown, which are locked.

Below them whether finer ones follow. Hidden while there is one level only.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from PySide6.QtWidgets import (
    QButtonGroup,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from gui import theme
from gui.state.beneath import Beneath
from gui.state.level_words import level_name
from gui.state.painting import PaintingState
from gui.state.shown_levels import ShownLevels

FOLLOW_TIP = (
    "Finer codes beneath what is painted on a coarser level are drawn anew (Shift+F)\n"
    "Off, they are pinned: they stay as they are"
)
NO_PRIOR_TIP = "Finer codes can follow where the model has a prior"
SHOWN_TIP = "Shown: its codes are part of the picture (H)"
HIDDEN_TIP = "Hidden: the picture is what the other levels say alone (H)"
LAST_TIP = "One level is always shown"
NEEDS_ALL_TIP = "An exported model needs the codes of all levels"
OPEN_TIP = "Its codes can be changed (Shift+L locks them)"
LOCKED_TIP = "Locked: nothing changes its codes but undo and redo (Shift+L)"


@dataclass(frozen=True, slots=True)
class LevelRow:
    """The buttons of a level."""

    paint: QToolButton
    eye: QToolButton
    lock: QToolButton


class LevelSwitch(QWidget):
    """A row of buttons for each level, coarsest first, and one button that lets finer levels follow."""

    def __init__(
        self,
        painting: PaintingState,
        beneath: Beneath | None = None,
        shown: ShownLevels | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._painting, self._beneath, self._shown = painting, beneath, shown
        self._facts: tuple[tuple[int, int], ...] = ()  # per level pixels across a cell, and codes
        self.rows: list[LevelRow] = []
        self._group = QButtonGroup(self)
        self._grid = QGridLayout()
        self._grid.setSpacing(2)
        self._grid.setColumnStretch(0, 1)
        self.follow = self._follow_button()
        caption = QLabel("Levels", self)
        caption.setProperty("role", "secondary")
        head = QHBoxLayout()
        head.addWidget(caption)
        head.addStretch(1)
        head.addWidget(self.follow)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(theme.SPACE_1)
        whole.addLayout(head)
        whole.addLayout(self._grid)
        changes = [painting.document_changed, painting.level_changed, painting.locks_changed]
        changes += [beneath.changed, beneath.ability_changed] if beneath is not None else []
        changes += [shown.changed] if shown is not None else []
        for changed in changes:
            changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        painting = self._painting.painting
        facts = tuple(zip(painting.strides, painting.grid.code_counts, strict=True))
        if facts != self._facts:
            self._facts = facts
            self._make_rows()
        self.rows[self._painting.level].paint.setChecked(True)
        for level, row in enumerate(self.rows):
            self._show_eye(level, row.eye)
            self._show_lock(level, row.lock)
        if self._beneath is not None:
            self.follow.setChecked(self._beneath.follow)
            self.follow.setEnabled(self._beneath.is_able)
            self.follow.setToolTip(FOLLOW_TIP if self._beneath.is_able else NO_PRIOR_TIP)

    def _show_eye(self, level: int, eye: QToolButton) -> None:
        is_hidden = self._shown is not None and level in self._shown.hidden
        may_hide = self._shown is not None and self._shown.may_hide(level)
        is_able = self._shown is not None and self._shown.is_able
        eye.setChecked(is_hidden)
        eye.setEnabled(is_hidden or may_hide)
        eye.setIcon(theme.icon("eye-off" if is_hidden else "eye"))
        why_not = LAST_TIP if is_able else NEEDS_ALL_TIP
        eye.setToolTip(HIDDEN_TIP if is_hidden else SHOWN_TIP if may_hide else why_not)

    def _show_lock(self, level: int, lock: QToolButton) -> None:
        is_locked = level in self._painting.locked
        lock.setChecked(is_locked)
        lock.setIcon(theme.icon("lock" if is_locked else "lock-open"))
        lock.setToolTip(LOCKED_TIP if is_locked else OPEN_TIP)

    def _make_rows(self) -> None:
        for row in self.rows:
            self._group.removeButton(row.paint)
            for button in (row.paint, row.eye, row.lock):
                self._grid.removeWidget(button)
                button.deleteLater()
        self.rows = [self._row(level) for level in range(len(self._facts))]
        for level, row in enumerate(self.rows):
            self._group.addButton(row.paint)
            for column, button in enumerate((row.paint, row.eye, row.lock)):
                self._grid.addWidget(button, level, column)
        self.setVisible(len(self._facts) > 1)

    def _row(self, level: int) -> LevelRow:
        name = level_name(level, len(self._facts)).lower()
        row = LevelRow(self._paint_button(level), self._icon_button(), self._icon_button())
        row.eye.setAccessibleName(f"Hide the {name} level")
        row.eye.clicked.connect(partial(self._switch_eye, level))
        row.lock.setAccessibleName(f"Lock the {name} level")
        row.lock.clicked.connect(partial(self._switch_lock, level))
        return row

    def _paint_button(self, level: int) -> QToolButton:
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

    def _icon_button(self) -> QToolButton:
        button = QToolButton(self)
        button.setCheckable(True)
        button.setFixedSize(theme.CONTROL_HEIGHT, theme.CONTROL_HEIGHT)
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

    def _switch_eye(self, level: int) -> None:
        if self._shown is not None:
            self._shown.switch(level)
        self._show()

    def _switch_lock(self, level: int) -> None:
        self._painting.set_locked(level, level not in self._painting.locked)
        self._show()  # also where a stroke being made keeps it open
