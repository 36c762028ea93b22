"""How every plot looks: the one place for its colours, pens and numbers. Knows no plotting library."""

from __future__ import annotations

import math

from PySide6.QtGui import QColor, QPen

from gui import theme

GRID_ALPHA = 38
FAINT_ALPHA = 70
LINE_PX = 1.6
AXIS_WIDTH = 58
_TENS = {3: "k", 6: "M", 9: "G"}


def colour_of(place: int) -> str:
    """The colour of the line at that place; they repeat after ten."""
    return theme.SERIES[place % len(theme.SERIES)]


def line_pen(colour: str, faint: bool = False, dashed: bool = False) -> QPen:
    """The pen of a curve; `faint` for raw values behind smoothed ones, `dashed` for the validation split."""
    shade = QColor(colour)
    if faint:
        shade.setAlpha(FAINT_ALPHA)
    pen = QPen(shade, 1.0 if faint else LINE_PX)
    pen.setCosmetic(True)
    if dashed:
        pen.setDashPattern([4, 3])
    return pen


def axis_pen() -> QPen:
    """For axes and the cross-hair."""
    pen = QPen(QColor(theme.LINE), 1)
    pen.setCosmetic(True)
    return pen


def number_words(value: float) -> str:
    """A measured value, four digits of it: 0.01234, 12.34, 1.23e-05; whole ones as they are: 1,234."""
    size = abs(value)
    if not math.isfinite(value):
        return str(value)
    if size < 1e7 and value == int(value):
        return f"{value:,.0f}"
    if size < 1e-4 or size >= 1e7:
        return f"{value:.2e}"
    digits = max(0, 3 - math.floor(math.log10(size)))
    return f"{value:,.{digits}f}"


def tick_words(value: float) -> str:
    """A round value at an axis, as short as it can be: 0.001, 0.5, 20, 5k, 1e-05."""
    size = abs(value)
    if value == 0:
        return "0"
    if size < 1e-4:
        return f"{value:.0e}"
    power = 0 if size < 1e4 else min(9, 3 * int(math.log10(size) // 3))
    return f"{value / 10**power:.6g}{_TENS.get(power, '')}"
