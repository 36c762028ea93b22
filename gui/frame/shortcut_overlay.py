"""The shortcut overlay: every action with its keys, and what the mouse does on the canvas."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from gui import theme
from gui.actions import (
    EDIT,
    FILE,
    HELP,
    SAMPLES,
    SELECT,
    TOOL,
    TRAIN,
    VIEW,
    WORKSPACE,
    ActionTable,
    bare,
    shortcut_text,
)

CANVAS = "On the canvas"
GESTURES: tuple[tuple[str, str], ...] = (
    ("Paint with the primary code", "Left button"),
    ("Paint with the secondary code", "Right button"),
    ("Take the code under the pointer", "Alt+Click"),
    ("Straight line from the last point", "Shift+Click"),
    ("Square, circle, even directions", "Shift+Drag"),
    ("Suggest codes for the cell", "Tab"),
    ("Zoom to the pointer", "Wheel"),
    ("Move the view", "Space+Drag"),
    ("Take back the stroke in progress", "Esc"),
)
_COLUMNS: tuple[tuple[str, ...], ...] = (
    (FILE, SELECT, TRAIN, HELP),
    (EDIT, VIEW, WORKSPACE),
    (TOOL, SAMPLES, CANVAS),
)
_VEIL_ALPHA = 246
_SHOWN_KEYS = 2


class ShortcutOverlay(QWidget):
    """Covers the window while it is open; any key or click closes it."""

    def __init__(self, actions: ActionTable, parent: QWidget) -> None:
        super().__init__(parent)
        self._actions = actions
        self._window = parent
        self._before: QWidget | None = None  # what had the focus, and gets it back
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Keyboard shortcuts")
        parent.installEventFilter(self)
        self.hide()

    def open(self) -> None:
        """Show the shortcuts of everything that is wired by now."""
        if self.layout() is None:
            self._build()
        self.setGeometry(self._window.rect())
        self._before = self._window.focusWidget()
        self.show()
        self.raise_()
        self.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self.setGeometry(self._window.rect())
        return super().eventFilter(watched, event)

    def event(self, event: QEvent) -> bool:
        # Otherwise a key that is also a shortcut would act below the overlay instead of closing it.
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() not in (Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_Meta):
            self._close()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()
        self._close()

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        veil = QColor(theme.SURROUND)
        veil.setAlpha(_VEIL_ALPHA)
        QPainter(self).fillRect(self.rect(), veil)

    def _close(self) -> None:
        self.hide()
        before, self._before = self._before, None
        if before is not None:
            before.setFocus()

    def _build(self) -> None:
        outer = QVBoxLayout(self)
        outer.addStretch()
        columns = QHBoxLayout()
        columns.setSpacing(2 * theme.SPACE_5)
        columns.addStretch()
        for groups in _COLUMNS:
            columns.addLayout(self._column(groups))
        columns.addStretch()
        outer.addLayout(columns)
        outer.addSpacing(theme.SPACE_5)
        hint = self._label("Any key closes this", "secondary")
        outer.addWidget(hint, 0, Qt.AlignmentFlag.AlignHCenter)
        outer.addStretch()

    def _column(self, groups: Sequence[str]) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(theme.SPACE_4)
        for group in groups:
            rows = GESTURES if group == CANVAS else self._shortcuts(group)
            if rows:
                column.addLayout(self._section(group, rows))
        column.addStretch()
        return column

    def _shortcuts(self, group: str) -> tuple[tuple[str, str], ...]:
        return tuple(
            (bare(row.text), "   ".join(shortcut_text(keys) for keys in row.shortcuts[:_SHOWN_KEYS]))
            for row in self._actions
            if row.group == group and row.shortcuts
        )

    def _section(self, title: str, rows: Sequence[tuple[str, str]]) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(theme.SPACE_5)
        grid.setVerticalSpacing(theme.SPACE_1)
        grid.addWidget(self._label(title, "title"), 0, 0, 1, 2)
        for place, (text, keys) in enumerate(rows, 1):
            grid.addWidget(self._label(text, ""), place, 0)
            grid.addWidget(self._label(keys, "secondary"), place, 1, Qt.AlignmentFlag.AlignRight)
        return grid

    def _label(self, text: str, role: str) -> QLabel:
        label = QLabel(text, self)
        label.setProperty("role", role)
        return label
