"""What keys do in the palette."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

from gui.canvas.palette_layout import PaletteLayout, Slot

PICKS = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)
_FAR = 10**6
_PAGE_ROWS = 8
_STEPS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Home: -_FAR, Qt.Key.Key_End: _FAR}
_ROWS = {
    Qt.Key.Key_Up: -1,
    Qt.Key.Key_Down: 1,
    Qt.Key.Key_PageUp: -_PAGE_ROWS,
    Qt.Key.Key_PageDown: _PAGE_ROWS,
}


def destination(layout: PaletteLayout, here: Slot, key: Qt.Key) -> Slot | None:
    """Where `key` leads from `here`; None for a key that leads nowhere."""
    if key in _STEPS:
        return layout.beside(here, _STEPS[key])
    if key in _ROWS:
        return layout.in_row_beside(here, _ROWS[key])
    return None


def is_for_palette(event: QKeyEvent) -> bool:
    """Whether the palette takes the key before any shortcut of the window does."""
    plain = not event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
    key = Qt.Key(event.key())
    return plain and (key in _STEPS or key in _ROWS or key in PICKS or event.text().isdecimal())
