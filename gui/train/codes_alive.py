"""Which codes are alive: each a cell, brighter the more it is used; dying and revived ones flash."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme
from gui.images import to_image
from gui.train.code_colours import DYING, REVIVED, Shades, is_alive, use_colours

FLASH_S = 1.6
_FRAME_MS = 40
_LARGEST, _SMALLEST = 24, 3
_CAPTION_HEIGHT = 18
_BETWEEN = theme.SPACE_4


class Life(Protocol):
    """How alive the codes of a level are: see `engine.training.follow.CodeLife`."""

    @property
    def use(self) -> NDArray[np.float32]: ...
    @property
    def restarted_at(self) -> NDArray[np.int64]: ...


@dataclass(frozen=True, slots=True)
class Place:
    """Where a level's cells are: `columns` to a row, `pitch` px from cell to cell, from `corner` on."""

    corner: QPoint
    columns: int
    pitch: int
    codes: int

    @property
    def rect(self) -> QRect:
        rows = -(-self.codes // self.columns)
        return QRect(self.corner, QSize(self.columns * self.pitch, rows * self.pitch))

    def cell(self, code: int) -> QRect:
        row, column = divmod(code, self.columns)
        at = self.corner + QPoint(column * self.pitch, row * self.pitch)
        return QRect(at, QSize(self.pitch - 1, self.pitch - 1))

    def code_at(self, at: QPoint) -> int | None:
        if not self.rect.contains(at):
            return None
        column, row = (at - self.corner).x() // self.pitch, (at - self.corner).y() // self.pitch
        code = row * self.columns + column
        return code if code < self.codes else None


class CodesAlive(QWidget):
    """All codes of all levels, coarsest first. Arrow keys go from code to code."""

    pointed = Signal(str)  # what there is to say of the code under the pointer; empty for none

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.levels: tuple[Life, ...] = ()
        self.chosen: tuple[int, int] | None = None  # level and code
        self._flashes: list[tuple[Shades, NDArray[np.float64]]] = []  # per level: colour, and when it began
        self._timer = QTimer(self, interval=_FRAME_MS)
        self._timer.timeout.connect(self._fade)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Codes alive")

    def show_life(self, levels: Sequence[Life]) -> None:
        """The newest figures; what changed its state since the last ones of the same codebooks flashes."""
        before, self.levels = self.levels, tuple(levels)
        if [len(level.use) for level in before] != [len(level.use) for level in levels]:
            self._flashes = [_no_flash(len(level.use)) for level in levels]
            self.chosen = None
        else:
            for flash, old, new in zip(self._flashes, before, levels, strict=True):
                _begin(flash, old, new)
        if self.is_flashing and self.isVisible():
            self._timer.start()
        self._say()
        self.update()

    def forget(self) -> None:
        """Another run is on show: what comes next is no change of what was."""
        self.show_life(())

    @property
    def is_flashing(self) -> bool:
        now = time.monotonic()
        return any((now - began < FLASH_S).any() for _, began in self._flashes)

    def words(self, level: int, code: int) -> str:
        """What there is to say of a code."""
        life = self.levels[level]
        share, at = float(life.use[code]), int(life.restarted_at[code])
        name = f"level {level}, code {code}" if len(self.levels) > 1 else f"code {code}"
        used = f"{100 * share:.2f} % of cells" if share else "no cells"
        even = f"{share * len(life.use):.1f} times the even share" if share else "unused"
        return f"{name}: {used}, {even}, {'never put back' if at < 0 else f'put back at step {at:,}'}"

    def summary(self, level: int) -> str:
        """How many codes of a level are alive."""
        life = self.levels[level]
        alive = int(is_alive(life.use).sum())
        name = f"Level {level}: " if len(self.levels) > 1 else ""
        return f"{name}{alive} of {len(life.use)} codes alive"

    # Where the cells are

    def places(self) -> list[Place]:
        """Levels beside one another, cells as large as fits; the larger codebook has more room."""
        if not self.levels:
            return []
        room = self.width() - _BETWEEN * (len(self.levels) - 1)
        width, found, left = max(1, room // len(self.levels)), [], 0
        for level in self.levels:
            place = _placed(len(level.use), QRect(left, _CAPTION_HEIGHT, width, self._cells_height()))
            found.append(place)
            left += width + _BETWEEN
        return found

    def _cells_height(self) -> int:
        return max(1, self.height() - _CAPTION_HEIGHT)

    def sizeHint(self) -> QSize:
        return QSize(320, 200)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, 96)

    # Painting

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        for level, place in enumerate(self.places()):
            painter.setFont(theme.font(theme.CAPTION_PX, tabular=True))
            painter.setPen(QColor(theme.SECONDARY))
            painter.drawText(
                QRect(place.corner.x(), 0, self.width(), _CAPTION_HEIGHT - 2),
                Qt.AlignmentFlag.AlignVCenter,
                self.summary(level),
            )
            self._draw_cells(painter, level, place)
        if self.chosen is not None:
            level, code = self.chosen
            ring = self.places()[level].cell(code).adjusted(-1, -1, 0, 0)
            painter.setPen(QPen(QColor(theme.ACCENT if self.hasFocus() else theme.TEXT), 1))
            painter.drawRect(ring)
        painter.end()

    def _draw_cells(self, painter: QPainter, level: int, place: Place) -> None:
        """The cells as a tiny picture, enlarged; lines of the panel's colour part them."""
        colours = self._colours(level)
        rows = -(-len(colours) // place.columns)
        ground = QColor(theme.PANEL)
        pixels = np.empty((rows * place.columns, 3), dtype=np.uint8)
        pixels[:] = (ground.red(), ground.green(), ground.blue())
        pixels[: len(colours)] = np.rint(colours)
        painter.drawImage(place.rect, to_image(pixels.reshape(rows, place.columns, 3)))
        if place.pitch > _SMALLEST:
            painter.setPen(QPen(ground, 1))
            rect = place.rect
            for x in range(rect.left() + place.pitch - 1, rect.right() + 1, place.pitch):
                painter.drawLine(x, rect.top(), x, rect.bottom())
            for y in range(rect.top() + place.pitch - 1, rect.bottom() + 1, place.pitch):
                painter.drawLine(rect.left(), y, rect.right(), y)

    def _colours(self, level: int) -> Shades:
        colours = use_colours(self.levels[level].use)
        flash, began = self._flashes[level]
        left = np.clip(1 - (time.monotonic() - began) / FLASH_S, 0, 1)[:, None]
        return np.asarray(colours + left * (flash - colours))

    def _fade(self) -> None:
        if not self.is_flashing:
            self._timer.stop()
        self.update()

    def hideEvent(self, event: QHideEvent) -> None:
        self._timer.stop()
        super().hideEvent(event)

    # Pointing

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._choose(self._at(event.position().toPoint()))

    def leaveEvent(self, event: object) -> None:
        del event
        self._choose(None)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._choose(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: 0, Qt.Key.Key_Down: 0}
        key = Qt.Key(event.key())
        if not self.levels or key not in steps:
            super().keyPressEvent(event)
            return
        if self.chosen is None:
            self._choose((0, 0))
            return
        level, code = self.chosen
        columns = self.places()[level].columns
        step = steps[key] or (columns if key == Qt.Key.Key_Down else -columns)
        whole = sum(len(life.use) for life in self.levels[:level]) + code + step
        for place, life in enumerate(self.levels):
            if 0 <= whole < len(life.use):
                self._choose((place, whole))
                return
            whole -= len(life.use)

    def _at(self, at: QPoint) -> tuple[int, int] | None:
        for level, place in enumerate(self.places()):
            code = place.code_at(at)
            if code is not None:
                return level, code
        return None

    def _choose(self, chosen: tuple[int, int] | None) -> None:
        if chosen != self.chosen:
            self.chosen = chosen
            self._say()
            self.update()

    def _say(self) -> None:
        text = self.words(*self.chosen) if self.chosen is not None else ""
        self.setAccessibleDescription(text or ", ".join(self.summary(i) for i in range(len(self.levels))))
        self.pointed.emit(text)


def _no_flash(codes: int) -> tuple[Shades, NDArray[np.float64]]:
    return np.zeros((codes, 3)), np.full(codes, -np.inf)


def _begin(flash: tuple[Shades, NDArray[np.float64]], old: Life, new: Life) -> None:
    """Let the codes that fell out of use flash as dying, those put back onto encodings as revived."""
    colours, began = flash
    dying = is_alive(old.use) & ~is_alive(new.use)
    revived = new.restarted_at > old.restarted_at
    colours[dying], colours[revived] = DYING, REVIVED
    began[dying | revived] = time.monotonic()


def _placed(codes: int, room: QRect) -> Place:
    """The largest cells with which all codes fit into `room`."""
    for pitch in range(_LARGEST, _SMALLEST, -1):
        columns = room.width() // pitch
        if columns and -(-codes // columns) * pitch <= room.height():
            break
    else:
        pitch, columns = _SMALLEST, max(1, room.width() // _SMALLEST)
    return Place(room.topLeft(), min(columns, codes), pitch, codes)
