"""A curve as small as a word."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF


def draw_sparkline(painter: QPainter, where: QRectF, values: Sequence[float], colour: str) -> None:
    """The values evenly over `where`, from the lowest to the highest; logarithms where all are above zero."""
    drawn = [value for value in values if math.isfinite(value)]
    if len(drawn) < 2:
        return
    if min(drawn) > 0:
        drawn = [math.log(value) for value in drawn]
    low, high = min(drawn), max(drawn)
    span = (high - low) or 1.0
    step = where.width() / (len(drawn) - 1)
    points = [
        QPointF(where.left() + place * step, where.bottom() - (value - low) / span * where.height())
        for place, value in enumerate(drawn)
    ]
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(colour), 1.4))
    painter.drawPolyline(QPolygonF(points))
    painter.restore()
