"""Every colour, size, font and icon of the window: the one place that decides how Codebrush looks.

The palette is set by hand on Fusion (`setColorScheme` does nothing offscreen, and follows the desktop
elsewhere). Widgets ask for a look by dynamic properties that `gui/stylesheet.py` knows:

- `QLabel`: `role` = `title`, `secondary`, `caption`, `warn`, `bad`
- `QPushButton`: `role` = `primary` (the one filled button of a screen), `quiet` (no
  frame), `fold` (shows and hides what is below), `choice` (one of several, checkable)
- any `QWidget`: `surface` = `surround`, `panel`, `raised`
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication, QWidget

import assets

SURROUND = "#141518"  # around the canvas: grey, so that it does not tint how a picture is judged
PANEL = "#1b1d22"
RAISED = "#24272e"
HOVER = "#2d3139"
LINE = "#343843"
TEXT = "#e6e8ec"
SECONDARY = "#a3a9b5"
DISABLED = "#666c78"
ACCENT = "#6ea8fe"  # selection, focus ring, primary button; nothing else
ON_ACCENT = "#0d1420"
CHECKED = "#2b3a55"  # accent over panel at a quarter: what is chosen, without shouting
GOOD = "#63c58a"
WARN = "#e0b050"
BAD = "#ef6b6b"
# Ten colours of data that the colour-blind tell apart (after Okabe and Ito), lightened for a dark ground.
SERIES: tuple[str, ...] = ("#56b4e9", "#e69f00", "#3cc493", "#f0743e", "#d98cbf")
SERIES += ("#f0e442", "#8c9eff", "#b8bcc6", "#c49a6c", "#7fd3c7")
# Viridis at nine even places: as bright as the figure is large, for every eye.
VIRIDIS: tuple[str, ...] = ("#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c")
VIRIDIS += ("#28ae80", "#5ec962", "#addc30", "#fde725")
# Magma at nine even places.
MAGMA: tuple[str, ...] = ("#000004", "#1d1147", "#51127c", "#822681", "#b73779")
MAGMA += ("#e75263", "#fc8961", "#fec488", "#fcfdbf")

SPACE_1, SPACE_2, SPACE_3, SPACE_4, SPACE_5 = 4, 8, 12, 16, 24
CONTROL_HEIGHT = 28
RADIUS = 6
ICON_PX = 18
CAPTION_PX = 11
BODY_PX = 13
TITLE_PX = 15

ASSETS = Path(assets.__file__).parent
ICONS = ASSETS / "icons"
FONT_FAMILY = "Inter"
_FONT_FILES = ("Inter-Regular.otf", "Inter-SemiBold.otf")
_APPLIED = "codebrushTheme"


def apply_theme(app: QApplication) -> None:
    """Fusion with our palette, font and style sheet. Doing it again does nothing."""
    if app.property(_APPLIED):
        return
    from gui.stylesheet import style_sheet

    app.setProperty(_APPLIED, True)
    app.setStyle("Fusion")
    app.setPalette(palette())
    for name in _FONT_FILES:
        QFontDatabase.addApplicationFont(str(ASSETS / "fonts" / name))
    app.setFont(font())
    app.setStyleSheet(style_sheet())


def palette() -> QPalette:
    """The colours of all Fusion roles, disabled ones included."""
    colours = {
        QPalette.ColorRole.Window: PANEL,
        QPalette.ColorRole.WindowText: TEXT,
        QPalette.ColorRole.Base: RAISED,
        QPalette.ColorRole.AlternateBase: PANEL,
        QPalette.ColorRole.Text: TEXT,
        QPalette.ColorRole.PlaceholderText: SECONDARY,
        QPalette.ColorRole.Button: RAISED,
        QPalette.ColorRole.ButtonText: TEXT,
        QPalette.ColorRole.BrightText: TEXT,
        QPalette.ColorRole.ToolTipBase: RAISED,
        QPalette.ColorRole.ToolTipText: TEXT,
        QPalette.ColorRole.Highlight: ACCENT,
        QPalette.ColorRole.HighlightedText: ON_ACCENT,
        QPalette.ColorRole.Accent: ACCENT,
        QPalette.ColorRole.Link: ACCENT,
        QPalette.ColorRole.LinkVisited: ACCENT,
        QPalette.ColorRole.Light: LINE,
        QPalette.ColorRole.Midlight: RAISED,
        QPalette.ColorRole.Mid: LINE,
        QPalette.ColorRole.Dark: SURROUND,
        QPalette.ColorRole.Shadow: SURROUND,
    }
    result = QPalette()
    for role, colour in colours.items():
        result.setColor(role, QColor(colour))
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        result.setColor(QPalette.ColorGroup.Disabled, role, QColor(DISABLED))
    return result


def font(px: int = BODY_PX, semibold: bool = False, tabular: bool = False) -> QFont:
    """Inter at `px` pixels; `tabular` gives figures of equal width, for numbers that change in place."""
    result = QFont(FONT_FAMILY)
    result.setPixelSize(px)
    result.setWeight(QFont.Weight.DemiBold if semibold else QFont.Weight.Normal)
    if tabular:
        result.setFeature(QFont.Tag.fromString("tnum"), 1)
    return result


def icon(name: str, colour: str = TEXT, px: int = ICON_PX) -> QIcon:
    """The Lucide icon `name` tinted `colour`, accent while checked, dimmed while disabled.

    Raises `FileNotFoundError` for a name that is not in `assets/icons`.
    """
    result = QIcon()
    tints = (
        (colour, QIcon.Mode.Normal, QIcon.State.Off),
        (ACCENT, QIcon.Mode.Normal, QIcon.State.On),
        (DISABLED, QIcon.Mode.Disabled, QIcon.State.Off),
        (DISABLED, QIcon.Mode.Disabled, QIcon.State.On),
    )
    for tint, mode, state in tints:
        for ratio in _pixel_ratios():
            result.addPixmap(_render(name, tint, px, ratio), mode, state)
    return result


def pixmap(name: str, colour: str = TEXT, px: int = ICON_PX) -> QPixmap:
    """The icon as one picture at the sharpest screen's resolution, for labels."""
    return _render(name, colour, px, _pixel_ratios()[-1])


def restyle(widget: QWidget, name: str, value: str) -> None:
    """Set a dynamic property and let the style sheet see it (Qt looks at them once only)."""
    if widget.property(name) == value:
        return
    widget.setProperty(name, value)
    widget.style().unpolish(widget)
    widget.style().polish(widget)


def _pixel_ratios() -> tuple[float, ...]:
    return tuple(sorted({1.0, 2.0, *(screen.devicePixelRatio() for screen in QGuiApplication.screens())}))


def _render(name: str, colour: str, px: int, ratio: float) -> QPixmap:
    renderer = QSvgRenderer(QByteArray(_source(name).replace("currentColor", colour).encode()))
    side = round(px * ratio)
    result = QPixmap(QSize(side, side))
    result.fill(Qt.GlobalColor.transparent)
    painter = QPainter(result)
    renderer.render(painter, QRectF(0, 0, side, side))
    painter.end()
    result.setDevicePixelRatio(ratio)
    return result


@cache
def _source(name: str) -> str:
    return (ICONS / f"{name}.svg").read_text(encoding="utf-8")
