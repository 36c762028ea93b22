"""Drawing codes: the swatch with its uniform field below, and the frames that mark it. All edges crisp."""

from __future__ import annotations

from PySide6.QtCore import QLine, QRect
from PySide6.QtGui import QColor, QPainter

from engine.analysis.looks import CodeLooks
from gui import theme
from gui.images import to_image

_UNUSED_OPACITY = 0.35
_STRIP_SHARE = 5  # a fifth of a swatch's height shows the uniform field


def draw_swatch(painter: QPainter, looks: CodeLooks, code: int, rect: QRect) -> None:
    """The mean cell, its uniform field as a strip below; an unused code is dimmed and struck."""
    strip = round(rect.height() / _STRIP_SHARE)
    face = rect.adjusted(0, 0, 0, -strip)
    painter.setOpacity(_UNUSED_OPACITY if looks.is_unused(code) else 1.0)
    painter.drawImage(face, to_image(looks.swatches[code]))
    painter.fillRect(rect.left(), face.bottom() + 1, rect.width(), strip, QColor(*looks.strip(code)))
    if looks.is_edge(code):  # of a fill the strip only goes on with it
        painter.fillRect(rect.left(), face.bottom() + 1, rect.width(), 1, _parting())
    painter.setOpacity(1.0)
    if looks.is_unused(code):
        painter.setPen(QColor(theme.SECONDARY))
        painter.drawLine(QLine(rect.bottomLeft(), rect.topRight()))


def _parting() -> QColor:
    """Fainter than the gaps between swatches, so that a strip belongs to the face above it."""
    colour = QColor(theme.PANEL)
    colour.setAlphaF(0.6)
    return colour


def draw_frame(painter: QPainter, rect: QRect, width: int, colour: str) -> None:
    """A frame of `width` px around `rect`, outside it."""
    outer = rect.adjusted(-width, -width, width, width)
    brush = QColor(colour)
    painter.fillRect(outer.left(), outer.top(), outer.width(), width, brush)
    painter.fillRect(outer.left(), rect.bottom() + 1, outer.width(), width, brush)
    painter.fillRect(outer.left(), rect.top(), width, rect.height(), brush)
    painter.fillRect(rect.right() + 1, rect.top(), width, rect.height(), brush)


def draw_corners(painter: QPainter, rect: QRect, width: int, length: int, colour: str) -> None:
    """Only the corners of such a frame, each `length` px along `rect`."""
    outer = rect.adjusted(-width, -width, width, width)
    brush, reach = QColor(colour), length + width
    for top in (outer.top(), rect.bottom() + 1):
        painter.fillRect(outer.left(), top, reach, width, brush)
        painter.fillRect(outer.right() - reach + 1, top, reach, width, brush)
    for left in (outer.left(), rect.right() + 1):
        painter.fillRect(left, outer.top(), width, reach, brush)
        painter.fillRect(left, outer.bottom() - reach + 1, width, reach, brush)


def mark_primary(painter: QPainter, rect: QRect) -> None:
    """A whole frame in the accent: this code is painted by the left button."""
    _draw_beds(painter, rect)
    draw_frame(painter, rect, 2, theme.ACCENT)


def mark_secondary(painter: QPainter, rect: QRect) -> None:
    """Four light corners: this code is painted by the right button."""
    _draw_beds(painter, rect)
    draw_corners(painter, rect, 2, rect.width() // 3, theme.TEXT)


def _draw_beds(painter: QPainter, rect: QRect) -> None:
    """Dark lines inside and outside of where a mark goes, so that it shows on any colour."""
    draw_frame(painter, rect.adjusted(1, 1, -1, -1), 1, theme.SURROUND)
    draw_frame(painter, rect, 3, theme.SURROUND)
