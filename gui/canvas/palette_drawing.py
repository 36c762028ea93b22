"""What the palette looks like: titles, the sheet of swatches drawn once, and the marks over it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPixmap

from engine.analysis.looks import CodeLooks
from engine.analysis.ordering import COLUMNS
from gui import theme
from gui.canvas.palette_layout import GAP, PITCH, SWATCH, WIDTH, PaletteLayout, Slot
from gui.canvas.swatches import draw_frame, draw_swatch, mark_primary, mark_secondary

MARGIN = 7
"""Around the swatches, in px: a lit one stands out over its place."""

_LIFT = 4  # px by which a lit swatch is larger on each side
_SKELETON_ROWS = 12
_FOLD_TEXT = 22  # px from the left: room for the chevron


@dataclass(frozen=True, slots=True)
class Marks:
    """What stands out, as codes; `None` where nothing does."""

    primary: int
    secondary: int
    lit: Slot | None  # pointed at, here or on the canvas
    focus: Slot | None  # where the arrow keys are


class PaletteDrawing:
    """Draws one layout of one codebook; make another when either changes."""

    def __init__(self, looks: CodeLooks, layout: PaletteLayout, unfolded: bool) -> None:
        self._layout = layout
        self._unfolded = unfolded
        self._looks = looks
        self._sheet: QPixmap | None = None

    def draw(self, painter: QPainter, region: QRect, marks: Marks, ratio: float) -> None:
        """Paint what lies in `region`, all in the layout's own coordinates; `ratio` device pixels per px."""
        self._draw_sheet(painter, ratio)
        for title in self._layout.titles:
            if title.rect.intersects(region):
                _draw_title(painter, title.rect, title.text, title.count)
        if (fold := self._layout.fold) is not None and fold.rect.intersects(region):
            self._draw_fold(painter, fold.rect, marks)
        self._draw_marks(painter, marks)

    def _draw_sheet(self, painter: QPainter, ratio: float) -> None:
        if self._sheet is None or self._sheet.devicePixelRatio() != ratio:
            self._sheet = self._drawn_sheet(ratio)
        painter.drawPixmap(QPoint(0, 0), self._sheet)

    def _drawn_sheet(self, ratio: float) -> QPixmap:
        sheet = QPixmap(round(WIDTH * ratio), max(round(self._layout.height * ratio), 1))
        sheet.setDevicePixelRatio(ratio)
        sheet.fill(Qt.GlobalColor.transparent)
        painter = QPainter(sheet)
        for slot in self._layout.slots:
            if slot.code is not None:
                draw_swatch(painter, self._looks, slot.code, slot.rect)
        painter.end()
        return sheet

    def _draw_fold(self, painter: QPainter, rect: QRect, marks: Marks) -> None:
        pointed = marks.lit is not None and marks.lit.code is None
        if pointed:
            painter.fillRect(rect, QColor(theme.HOVER))
        chevron = theme.pixmap("chevron-down" if self._unfolded else "chevron-right", theme.SECONDARY, 14)
        painter.drawPixmap(rect.left() + 3, rect.top() + (rect.height() - 14) // 2, chevron)
        painter.setFont(theme.font(theme.CAPTION_PX))
        painter.setPen(QColor(theme.TEXT if pointed else theme.SECONDARY))
        text = f"{len(self._layout.whites)} near-white codes"
        painter.drawText(rect.adjusted(_FOLD_TEXT, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, text)
        if marks.focus is not None and marks.focus.code is None:
            draw_frame(painter, rect, 2, theme.ACCENT)

    def _draw_marks(self, painter: QPainter, marks: Marks) -> None:
        for code, mark in ((marks.secondary, mark_secondary), (marks.primary, mark_primary)):
            slot = self._layout.slot_of(code)
            if slot is not None and slot.code is not None:
                mark(painter, slot.rect)
        for slot, colour in ((marks.lit, theme.TEXT), (marks.focus, theme.ACCENT)):
            if slot is not None and slot.code is not None:
                self._draw_lifted(painter, slot, colour)

    def _draw_lifted(self, painter: QPainter, slot: Slot, colour: str) -> None:
        rect = lifted(slot.rect)
        draw_frame(painter, rect, 3, theme.SURROUND)
        draw_frame(painter, rect, 2, colour)
        if slot.code is not None:
            draw_swatch(painter, self._looks, slot.code, rect)


def lifted(rect: QRect) -> QRect:
    """A swatch's place when it stands out."""
    return rect.adjusted(-_LIFT, -_LIFT, _LIFT, _LIFT)


def _draw_title(painter: QPainter, rect: QRect, text: str, count: int) -> None:
    painter.setFont(theme.font(theme.CAPTION_PX, semibold=True))
    painter.setPen(QColor(theme.TEXT))
    painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter, text)
    after = painter.fontMetrics().horizontalAdvance(text) + theme.SPACE_2
    painter.setFont(theme.font(theme.CAPTION_PX, tabular=True))
    painter.setPen(QColor(theme.SECONDARY))
    painter.drawText(rect.adjusted(after, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, str(count))


def draw_skeleton(painter: QPainter) -> None:
    """Empty places where the swatches will be."""
    for place in range(_SKELETON_ROWS * COLUMNS):
        row, column = divmod(place, COLUMNS)
        painter.fillRect(column * PITCH, row * PITCH, SWATCH, SWATCH, QColor(theme.RAISED))


SKELETON_HEIGHT = _SKELETON_ROWS * PITCH - GAP
