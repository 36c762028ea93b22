"""A canvas on the screen, and a hand that uses real mouse and key events on it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QInputDevice, QMouseEvent, QPointingDevice, QTabletEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from gui.canvas.code_canvas import CodeCanvas
from gui.canvas.picture import PictureStore
from gui.state.asked_label import AskedLabel
from gui.state.brush import BrushState
from gui.state.dreaming import Dreaming
from gui.state.selected_cells import SelectedCells
from gui.workers.job import Worker
from tests.gui.painted import small_state, tiny_statistics

LEFT, RIGHT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton
FREE = Qt.KeyboardModifier.NoModifier
SHIFT, ALT = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier
PEN, ERASER = QPointingDevice.PointerType.Pen, QPointingDevice.PointerType.Eraser
CODE, SECOND = 9, 4


class Easel:
    """12 x 16 cells at 4 px, shown in 640 x 480: code 9 in the hand, code 4 on the right button."""

    def __init__(self, qtbot) -> None:
        # Events don't keep their device alive.
        self._pens = {end: _pen(end) for end in (PEN, ERASER)}
        self.state = small_state()
        self.brush = BrushState(self.state)
        self.brush.set_code_count(16)
        self.brush.primary, self.brush.secondary = CODE, SECOND
        self.cells = SelectedCells(self.state, self.state)
        self.picture = PictureStore(self.state, self.state)
        self.worker = Worker("dream")
        self.dreaming = Dreaming(self.state, self.worker, AskedLabel(self.state), self.state)
        self.picture.set_statistics(self.state.painting.model_id, (tiny_statistics(),))
        self.canvas = CodeCanvas(self.state, self.brush, self.cells, self.picture, self.dreaming)
        qtbot.addWidget(self.canvas)
        self.canvas.resize(640, 480)
        self.canvas.show()
        self.canvas.setFocus()
        qtbot.waitUntil(self.canvas.isVisible)

    def at(self, row: float, column: float) -> QPoint:
        """The screen position of the middle of a cell."""
        x, y = self.canvas.view.to_screen((column + 0.5) * 4, (row + 0.5) * 4)
        return QPoint(int(x), int(y))

    def press(self, row: int, column: int, button=LEFT, held=FREE) -> None:
        QTest.mousePress(self.canvas, button, held, self.at(row, column))

    def move(self, row: float, column: float, button=LEFT, held=FREE) -> None:
        """QTest's own moves carry no buttons, so this sends what a mouse would."""
        where = QPointF(self.at(row, column))
        there = self.canvas.mapToGlobal(where)
        none = Qt.MouseButton.NoButton
        QApplication.sendEvent(
            self.canvas, QMouseEvent(QEvent.Type.MouseMove, where, there, none, button, held)
        )

    def hover(self, row: float, column: float, held=FREE) -> None:
        self.move(row, column, Qt.MouseButton.NoButton, held)

    def release(self, row: int, column: int, button=LEFT, held=FREE) -> None:
        QTest.mouseRelease(self.canvas, button, held, self.at(row, column))

    def drag(self, *places: tuple[int, int], button=LEFT, held=FREE) -> None:
        self.press(*places[0], button, held)
        for place in places[1:]:
            self.move(*place, button, held)
        self.release(*places[-1], button, held)

    def wheel(self, notches: int, x: float, y: float) -> None:
        at = QPointF(x, y)
        event = QWheelEvent(
            at,
            self.canvas.mapToGlobal(at),
            QPoint(),
            QPoint(0, 120 * notches),
            Qt.MouseButton.NoButton,
            FREE,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(self.canvas, event)

    def pen(self, kind: QEvent.Type, row: int, column: int, pressure: float, end=PEN) -> bool:
        """Send a pen event; whether the canvas took it."""
        where = QPointF(self.at(row, column))
        held = LEFT if kind != QEvent.Type.TabletRelease else Qt.MouseButton.NoButton
        event = QTabletEvent(
            kind,
            self._pens[end],
            where,
            QPointF(self.canvas.mapToGlobal(where)),
            pressure,
            0.0,
            0.0,
            0.0,
            0.0,
            0.0,
            FREE,
            LEFT,
            held,
        )
        QApplication.sendEvent(self.canvas, event)
        return event.isAccepted()

    def key(self, key: Qt.Key, held=FREE) -> None:
        QTest.keyClick(self.canvas, key, held)

    def painted(self, code: int = CODE) -> list[tuple[int, int]]:
        rows, columns = (self.state.codes == code).nonzero()
        return list(zip(rows.tolist(), columns.tolist(), strict=True))

    @property
    def steps(self) -> tuple[str, ...]:
        return self.state.painting.history.steps


def _pen(end: QPointingDevice.PointerType) -> QPointingDevice:
    stylus, pressure = QInputDevice.DeviceType.Stylus, QInputDevice.Capability.Pressure
    return QPointingDevice("pen", 1, stylus, end, pressure, 1, 1)
