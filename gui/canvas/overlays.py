"""What lies over the picture: grid lines, code numbers, lit cells, outlines, the ghost of the brush.

Each function draws the part of `cells` (cells of the level being painted) that is to be repainted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from engine.codes.box import Box, Mask
from gui import theme
from gui.canvas.mipmap import Words
from gui.canvas.outline import Edges, within
from gui.canvas.view import View

GRID_FROM_PX = 6.0
"""Cells smaller than this on the screen show no grid lines; from twice this they show in full."""
NUMBERS_FROM_PX = 28.0
DIM = 150
"""Opacity, of 255, of what darkens cells: those that a code pointed at in the palette is not in."""
SURPRISE_OPACITY = 220
"""Of 255: its colours can be read, and the canvas still shows where it ends."""


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of one level on the screen."""

    view: View
    stride_px: int  # picture pixels across a cell

    @property
    def size(self) -> float:
        """Screen pixels across a cell."""
        return self.view.zoom * self.stride_px

    def x(self, column: float) -> float:
        return self.view.left + column * self.size

    def y(self, row: float) -> float:
        return self.view.top + row * self.size

    def rect(self, box: Box) -> QRectF:
        return QRectF(self.x(box.left), self.y(box.top), box.width * self.size, box.height * self.size)

    def lines(self, edges: Edges) -> list[QLineF]:
        """Edges on the screen, snapped to whole pixels so that they stay crisp."""
        xs = np.rint(self.x(0) + edges[:, 0::2] * self.size)
        ys = np.rint(self.y(0) + edges[:, 1::2] * self.size)
        corners = np.stack([xs[:, 0], ys[:, 0], xs[:, 1], ys[:, 1]], axis=1).tolist()
        return [QLineF(*corner) for corner in corners]


def draw_grid(painter: QPainter, cells: Cells, part: Box) -> None:
    """Lines between the cells of `part`; they fade in as cells grow."""
    strength = min(1.0, cells.size / GRID_FROM_PX - 1)
    if strength <= 0:
        return
    # Mid grey at some opacity shows on white and on black alike.
    painter.setPen(QPen(QColor(128, 128, 128, round(110 * strength)), 1))
    rows, columns = range(part.top, part.bottom + 1), range(part.left, part.right + 1)
    left, right = round(cells.x(part.left)), round(cells.x(part.right))
    top, bottom = round(cells.y(part.top)), round(cells.y(part.bottom))
    painter.drawLines([QLineF(left, round(cells.y(row)), right, round(cells.y(row))) for row in rows])
    painter.drawLines([QLineF(round(cells.x(col)), top, round(cells.x(col)), bottom) for col in columns])


def draw_numbers(
    painter: QPainter, cells: Cells, part: Box, codes: NDArray[np.int64], picture: Words
) -> None:
    """The code of each cell of `part`, dark on light cells and light on dark ones."""
    if cells.size < NUMBERS_FROM_PX:
        return
    painter.setFont(theme.font(min(theme.BODY_PX, round(cells.size / 3)), tabular=True))
    middle = cells.stride_px // 2
    for row in range(part.top, part.bottom):
        for column in range(part.left, part.right):
            word = int(picture[row * cells.stride_px + middle, column * cells.stride_px + middle])
            painter.setPen(QColor(0, 0, 0, 200) if _luminance(word) > 128 else QColor(255, 255, 255, 220))
            box = cells.rect(Box(row, column, row + 1, column + 1))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(codes[row, column]))


def draw_lit(painter: QPainter, cells: Cells, part: Box, codes: NDArray[np.int64], code: int) -> None:
    """Darken the cells of `part` that are not of `code`."""
    draw_shade(painter, cells, part, codes[part.slices] != code)


def draw_shade(painter: QPainter, cells: Cells, box: Box, mask: Mask) -> None:
    """Darken the cells of `mask`, (h, w) of `box`."""
    veil = np.where(mask, np.uint32(DIM << 24), np.uint32(0))
    image = QImage(veil.data, box.width, box.height, 4 * box.width, QImage.Format.Format_ARGB32)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
    painter.drawImage(cells.rect(box), image)


def draw_surprise(painter: QPainter, cells: Cells, part: Box, bits: NDArray[np.float32], top: float) -> None:
    """The bits of the cells of `part` as colours, from 0 to `top`; what is not known yet stays free."""
    words = magma_words(bits[part.slices] / top)
    image = QImage(words.data, part.width, part.height, 4 * part.width, QImage.Format.Format_ARGB32)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
    painter.drawImage(cells.rect(part), image)


def magma_words(shares: NDArray[np.floating], opacity: int = SURPRISE_OPACITY) -> Words:
    """0xAARRGGBB of shares (h, w) in [0, 1]; 0, which shows nothing, for NaN."""
    known = ~np.isnan(shares)
    place = np.clip(np.where(known, shares, 0.0), 0.0, 1.0) * (len(theme.MAGMA) - 1)
    anchors, colours = np.arange(len(theme.MAGMA)), [QColor(name) for name in theme.MAGMA]
    bands = zip(*((c.red(), c.green(), c.blue()) for c in colours), strict=True)
    levels = [np.interp(place, anchors, band) for band in bands]
    red, green, blue = (np.rint(level).astype(np.uint32) for level in levels)
    words = np.uint32(opacity << 24) | red << 16 | green << 8 | blue
    return np.ascontiguousarray(np.where(known, words, np.uint32(0)))


def draw_selection(painter: QPainter, cells: Cells, part: Box, edges: Edges) -> None:
    """The border of the selected cells: an accent line with a dark one on both sides."""
    if len(edges):
        _draw_double(painter, cells.lines(within(edges, part.grown(1))), theme.ACCENT, 2)


def draw_ghost(painter: QPainter, cells: Cells, edges: Edges) -> None:
    """The border of the cells a click would change."""
    _draw_double(painter, cells.lines(edges), "#ffffff", 1)


def draw_pixels(painter: QPainter, cells: Cells, box: Box, words: Words) -> None:
    """Decoded pixels (0xffRRGGBB) over the cells of `box`."""
    height, width = words.shape
    image = QImage(words.data, width, height, 4 * width, QImage.Format.Format_RGB32)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, cells.view.zoom < 1)
    painter.drawImage(cells.rect(box), image)


def _draw_double(painter: QPainter, lines: list[QLineF], colour: str, width: int) -> None:
    """Lines with a dark edge on both sides: seen on any picture."""
    dark = QColor(theme.SURROUND)
    dark.setAlpha(190)
    painter.setPen(QPen(dark, width + 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.SquareCap))
    painter.drawLines(lines)
    painter.setPen(QPen(QColor(colour), width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.SquareCap))
    painter.drawLines(lines)


def _luminance(word: int) -> float:
    """Of 0xffRRGGBB, 0 to 255 (Rec. 601)."""
    return 0.299 * (word >> 16 & 255) + 0.587 * (word >> 8 & 255) + 0.114 * (word & 255)
