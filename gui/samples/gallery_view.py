"""The pictures that have been drawn: side by side, a column of them per source that was asked for."""

from __future__ import annotations

import math
from collections.abc import Iterator

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from gui import theme
from gui.frame.label_choice import ANY_LABEL
from gui.images import to_image
from gui.samples.words import SOURCES, counted
from gui.state.drawn import Group, Sample
from gui.state.samples import SamplesState

TILE_PX = 128
_GAP = theme.SPACE_2
_HEAD = 28
_STAR = 18
Place = tuple[int, int]
"""Which group, and the number of a picture in it."""


class GalleryView(QWidget):
    """One picture may be chosen: by a click or arrow keys. Return opens it, F favours, Delete rejects it.

    Pictures that are more like another follow it, joined by a line.
    """

    opened = Signal()  # the chosen one, by double click or Return

    def __init__(self, state: SamplesState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._pointed: Place | None = None
        self._images: dict[int, tuple[Sample, QImage]] = {}
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName("Samples")
        state.gallery_changed.connect(self._follow)
        state.chosen_changed.connect(self.update)
        self._follow()

    # What is chosen

    @property
    def chosen(self) -> tuple[Group, Sample] | None:
        return self._state.chosen

    def choose(self, place: Place | None) -> None:
        if place is None:
            self._state.choose_none()
        else:
            self._state.choose(self._state.groups[place[0]], place[1])

    @property
    def _chosen(self) -> Place | None:
        if self.chosen is None:
            return None
        group, sample = self.chosen
        return self._state.groups.index(group), sample.number

    # Where pictures are

    def places(self) -> Iterator[tuple[Place, QRect]]:
        """Every picture and where it stands."""
        groups, columns = self._state.groups, self._columns
        width = columns * (TILE_PX + _GAP)
        for index, group in enumerate(groups):
            for slot, sample in enumerate(group.in_order):
                row, column = divmod(slot, columns)
                left = _GAP + index * (width + _GAP) + column * (TILE_PX + _GAP)
                top = _HEAD + _GAP + row * (TILE_PX + _GAP)
                yield (index, sample.number), QRect(left, top, TILE_PX, TILE_PX)

    def place_at(self, at: QPoint) -> Place | None:
        return next((place for place, rect in self.places() if rect.contains(at)), None)

    @property
    def chosen_place(self) -> QRect | None:
        """Where the chosen picture stands."""
        return None if self._chosen is None else self._rect(self._chosen)

    @property
    def _columns(self) -> int:
        """Of each group."""
        groups = max(1, len(self._state.groups))
        return max(1, (self.width() - _GAP - groups * _GAP) // groups // (TILE_PX + _GAP))

    # Following

    def _follow(self) -> None:
        wanted = {id(sample) for group in self._state.groups for sample in group.samples.values()}
        self._images = {key: kept for key, kept in self._images.items() if key in wanted}
        if self.chosen is None:
            self.choose(None)
        self.setAccessibleDescription(
            counted(sum(len(group.samples) for group in self._state.groups), "picture")
        )
        self._fit()
        self.update()

    def _fit(self) -> None:
        most = max((len(group.samples) for group in self._state.groups), default=0)
        rows = math.ceil(most / self._columns)
        self.setMinimumHeight(_HEAD + _GAP + rows * (TILE_PX + _GAP))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    # By hand

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        place = self.place_at(event.position().toPoint())
        if place is not None and self._is_star(place, event):
            self._favour(place)
        self.choose(place)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        place = self.place_at(event.position().toPoint())
        if place is None or event.button() != Qt.MouseButton.LeftButton:
            return
        if self._is_star(place, event):
            self._favour(place)
        else:
            self.opened.emit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._point_at(self.place_at(event.position().toPoint()))

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._point_at(None)

    def _point_at(self, place: Place | None) -> None:
        """Its star shows where to click."""
        if place != self._pointed:
            self._pointed = place
            self.update()

    def _is_star(self, place: Place, event: QMouseEvent) -> bool:
        return _star_of(self._rect(place)).contains(event.position().toPoint())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if event.matches(QKeySequence.StandardKey.Undo):
            self._state.undo()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.chosen is not None:
            self.opened.emit()
        elif key == Qt.Key.Key_F and self._chosen is not None:
            self._favour(self._chosen)
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and self.chosen is not None:
            self._reject()
        elif not self._step(Qt.Key(key)):
            super().keyPressEvent(event)

    def _favour(self, place: Place) -> None:
        self._state.favour(self._state.groups[place[0]], place[1])

    def _reject(self) -> None:
        """The next one is chosen, so that Delete can go on."""
        assert self.chosen is not None
        group, sample = self.chosen
        later = [one.number for one in group.in_order if one.line > sample.line]
        self._state.reject(group, sample.number)
        if later:
            self._state.choose(group, later[0])
        else:
            self._state.choose_none()

    def _step(self, key: Qt.Key) -> bool:
        """To the nearest picture in the direction of an arrow key."""
        ways = {
            Qt.Key.Key_Left: QPoint(-1, 0),
            Qt.Key.Key_Right: QPoint(1, 0),
            Qt.Key.Key_Up: QPoint(0, -1),
            Qt.Key.Key_Down: QPoint(0, 1),
        }
        rects = dict(self.places())
        if key not in ways or not rects:
            return False
        if self._chosen is None:
            self.choose(next(iter(rects)))
            return True
        here, way = rects[self._chosen].center(), ways[key]
        ahead = {
            place: rect.center() - here
            for place, rect in rects.items()
            if QPoint.dotProduct(rect.center() - here, way) > 0
        }
        if ahead:
            # What lies aside counts twice: to the right means the same row where there is one.
            self.choose(min(ahead, key=lambda p: ahead[p].manhattanLength() + _aside(ahead[p], way)))
        return True

    def _rect(self, place: Place) -> QRect:
        return next(rect for known, rect in self.places() if known == place)

    # Drawing

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            place = self.place_at(event.pos())
            QToolTip.showText(event.globalPos(), "" if place is None else self._caption(place), self)
            return True
        return super().event(event)

    def _caption(self, place: Place) -> str:
        group = self._state.groups[place[0]]
        sample = group.samples[place[1]]
        origin = f"Like picture {sample.like[-1]}" if sample.like else SOURCES[group.source][0]
        facts = origin, sample.request.label or ANY_LABEL, f"seed {sample.request.seed}"
        about = f"{', '.join(facts)}, picture {place[1]}"
        opens = "\nDouble-click to open it in Paint" if sample.is_whole and sample.codes else ""
        more = "\nM draws more like it" if sample.is_whole else ""
        return f"{about}{opens}{more}\nF marks a favourite, Delete rejects it, Ctrl+Z brings it back"

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        self._draw_heads(painter)
        for place, rect in self.places():
            if not rect.adjusted(-2, -2, 2, 2).intersects(event.rect()):
                continue
            sample = self._state.groups[place[0]].samples[place[1]]
            self._draw_tile(painter, sample, rect)
            if sample.like:
                link = QRect(rect.left() - _GAP, rect.center().y(), _GAP, 2)
                painter.fillRect(link, QColor(theme.SECONDARY))
            if sample.is_favourite or place == self._pointed:
                _draw_star(painter, rect, sample.is_favourite)
            if place == self._chosen:
                painter.setPen(QPen(QColor(theme.ACCENT), 2))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(rect.adjusted(-2, -2, 1, 1))
        painter.end()

    def _draw_heads(self, painter: QPainter) -> None:
        width = self._columns * (TILE_PX + _GAP)
        font = theme.font(semibold=True)
        painter.setFont(font)
        painter.setPen(QColor(theme.TEXT))
        for index, group in enumerate(self._state.groups):
            facts = SOURCES[group.source][0], group.request.label, group.card.name
            words = " · ".join(fact for fact in facts if fact)
            place = QRect(_GAP + index * (width + _GAP), 0, width - _GAP, _HEAD)
            words = QFontMetrics(font).elidedText(words, Qt.TextElideMode.ElideRight, place.width())
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, words)

    def _draw_tile(self, painter: QPainter, sample: Sample, rect: QRect) -> None:
        height = len(sample.picture)
        if not sample.is_whole:
            painter.fillRect(rect, QColor(theme.RAISED))
        seen = QRect(rect.left(), rect.top(), rect.width(), round(rect.height() * sample.seen_px / height))
        image = self._image(sample)
        painter.drawImage(seen, image, QRect(0, 0, image.width(), sample.seen_px))

    def _image(self, sample: Sample) -> QImage:
        kept = self._images.get(id(sample))
        if kept is None:
            kept = self._images[id(sample)] = sample, to_image(sample.picture)
        return kept[1]


def _aside(step: QPoint, way: QPoint) -> int:
    return abs(step.y()) if way.x() else abs(step.x())


def _star_of(rect: QRect) -> QRect:
    """Where the star of a picture is, and is clicked."""
    return QRect(rect.right() - _STAR - 3, rect.top() + 4, _STAR, _STAR)


def _draw_star(painter: QPainter, rect: QRect, is_favourite: bool) -> None:
    """Bright for a favourite, pale where a click would make one."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(theme.SURROUND), 1))
    painter.setBrush(QColor(theme.WARN if is_favourite else theme.TEXT))
    painter.setOpacity(1.0 if is_favourite else 0.5)
    painter.drawPolygon(_star(QPointF(_star_of(rect).center()), _STAR / 2))
    painter.setOpacity(1.0)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def _star(centre: QPointF, radius: float) -> QPolygonF:
    points = []
    for corner in range(10):
        angle = math.pi * (corner / 5 - 0.5)
        reach = radius if corner % 2 == 0 else radius * 0.45
        points.append(centre + QPointF(reach * math.cos(angle), reach * math.sin(angle)))
    return QPolygonF(points)
