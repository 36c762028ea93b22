"""A hand for the tour: real mouse and key events on the real window, and a camera."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QEventLoop, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QEnterEvent, QMouseEvent, QPainter, QPixmap
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from engine.codes.strokes import Cell
from engine.errors import CodebrushError
from gui.studio import Studio

SETTLE_MS = 120
LIMIT_S = 90.0
Left = Qt.MouseButton.LeftButton
Plain = Qt.KeyboardModifier.NoModifier


class TourFault(CodebrushError):
    """Something that should have happened did not."""


class Visitor:
    """Points, drags, types and takes pictures."""

    def __init__(self, studio: Studio, out: Path) -> None:
        self.studio = studio
        self.canvas = studio.paint.canvas
        self._out = out
        self._taken: list[Path] = []

    @property
    def taken(self) -> list[Path]:
        return self._taken

    # The hand

    def trigger(self, action: str) -> None:
        """What a menu entry or its shortcut does."""
        self.studio.window.actions_table[action].trigger()
        self.settle()

    def press(self, widget: QWidget, key: Qt.Key, held: Qt.KeyboardModifier = Plain) -> None:
        # Shortcuts reach the active window only, and offscreen nobody activates it after a dialog.
        widget.window().activateWindow()
        self.wait(widget.window().isActiveWindow, "the window to be active")
        QTest.keyClick(widget, key, held)
        self.settle()

    def point(self, cell: Cell) -> None:
        """Rest the pointer on the middle of a cell of the canvas."""
        self.hover(self.canvas, self.place(cell))

    def hover(self, widget: QWidget, at: QPoint) -> None:
        if widget is not self.canvas:
            self.leave(self.canvas)
        place = QPointF(at)
        anywhere = QPointF(widget.mapToGlobal(at))
        QApplication.sendEvent(widget, QEnterEvent(place, place, anywhere))
        move = QMouseEvent(
            QEvent.Type.MouseMove, place, anywhere, Qt.MouseButton.NoButton, Qt.MouseButton.NoButton, Plain
        )
        QApplication.sendEvent(widget, move)
        self.settle()

    def leave(self, widget: QWidget) -> None:
        QApplication.sendEvent(widget, QEvent(QEvent.Type.Leave))
        self.settle()

    def click(self, widget: QWidget, at: QPoint | None = None) -> None:
        QTest.mouseClick(widget, Left, Plain, widget.rect().center() if at is None else at)
        self.settle()

    def drag(self, cells: Sequence[Cell], keep_down: bool = False) -> None:
        """Press on the first cell, move through the others, release."""
        first, *others = (self.place(cell) for cell in cells)
        QTest.mousePress(self.canvas, Left, Plain, first)
        for place in others:
            # QTest.mouseMove tells of no buttons; a real drag does.
            where = QPointF(place)
            anywhere = QPointF(self.canvas.mapToGlobal(place))
            move = QMouseEvent(QEvent.Type.MouseMove, where, anywhere, Qt.MouseButton.NoButton, Left, Plain)
            QApplication.sendEvent(self.canvas, move)
        if not keep_down:
            QTest.mouseRelease(self.canvas, Left, Plain, self.place(cells[-1]))
        self.settle()

    def place(self, cell: Cell) -> QPoint:
        """The middle of a cell, on the canvas widget."""
        stride = self.studio.painting.painting.strides[0]
        row, column = cell
        x, y = self.canvas.view.to_screen((column + 0.5) * stride, (row + 0.5) * stride)
        return QPoint(round(x), round(y))

    # Patience

    def settle(self) -> None:
        """Until everything painted is decoded, then a moment for what follows by timer."""
        self.wait(lambda: not self.studio.decoding.is_busy, "the picture to be decoded")
        _pause(SETTLE_MS)

    def wait(self, done: Callable[[], bool], what: str) -> None:
        """Raises `TourFault` where `what` does not come in time."""
        deadline = time.monotonic() + LIMIT_S
        while not done():
            if time.monotonic() > deadline:
                raise TourFault(f"waited {LIMIT_S:.0f} s in vain for {what}")
            _pause(20)

    def dialog(self) -> QDialog:
        """The dialog that is open; the pointer is over it, no longer over the canvas."""
        self.wait(lambda: bool(self._dialogs()), "a dialog")
        self.leave(self.canvas)
        return self._dialogs()[-1]

    def _dialogs(self) -> list[QDialog]:
        return [d for d in self.studio.window.findChildren(QDialog) if d.isVisible()]

    def close_dialog(self) -> None:
        self.dialog().reject()
        self.settle()

    # The camera

    def shoot(self, name: str) -> None:
        """The window with the dialogs and cards above it, as `NN-name.png`."""
        window = self.studio.window
        picture = window.grab()
        for widget in self._above():
            _draw(picture, widget, widget.mapToGlobal(QPoint()) - window.mapToGlobal(QPoint()))
        path = self._out / f"{len(self._taken) + 1:02d}-{name}.png"
        if not picture.save(str(path)):
            raise TourFault(f"{path}: cannot be written")
        self._taken.append(path)

    def _above(self) -> list[QWidget]:
        window = self.studio.window
        others = [w for w in QApplication.topLevelWidgets() if w is not window and w.isVisible()]
        return sorted(others, key=lambda widget: isinstance(widget, QDialog))


def _pause(milliseconds: int) -> None:
    # Not QTest.qWait: it holds the interpreter while it waits, and the workers would stand still.
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def _draw(picture: QPixmap, widget: QWidget, at: QPoint) -> None:
    if isinstance(widget, QDialog):
        # Where a window manager would put it; offscreen there is none.
        size = picture.deviceIndependentSize()
        at = QPoint(int(size.width() - widget.width()) // 2, int(size.height() - widget.height()) // 2)
    painter = QPainter(picture)
    painter.drawPixmap(at, widget.grab())
    painter.end()
