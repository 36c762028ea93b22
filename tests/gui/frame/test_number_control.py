"""A number that is typed, dragged by its name, and put back."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui.frame.number_control import DRAG_PX, NumberControl

Left = Qt.MouseButton.LeftButton


def control(qtbot: QtBot) -> tuple[NumberControl, list[float]]:
    made, told = NumberControl("Warmth", (0, 2), 1, 0.25, "How warm"), []
    qtbot.addWidget(made)
    made.wanted.connect(told.append)
    made.show()
    return made, told


def test_what_is_typed_is_told_once(qtbot: QtBot) -> None:
    made, told = control(qtbot)
    made.number.selectAll()
    QTest.keyClicks(made.number, "0.75")
    assert told == []  # not every digit on the way
    QTest.keyClick(made.number, Qt.Key.Key_Return)
    assert told[-1] == 0.75


def test_its_name_is_dragged_and_a_double_click_puts_it_back(qtbot: QtBot) -> None:
    made, told = control(qtbot)
    made.show_number(1.0)
    QTest.mousePress(made.name, Left, pos=QPoint(2, 2))
    at = QPointF(2 + 3 * DRAG_PX, 2)
    there = QPointF(made.name.mapToGlobal(at.toPoint()))
    move = QMouseEvent(
        QEvent.Type.MouseMove, at, there, Qt.MouseButton.NoButton, Left, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(made.name, move)
    assert made.number.value() == 1.75
    QTest.mouseRelease(made.name, Left)
    QTest.mouseDClick(made.name, Left)
    assert made.number.value() == 1.0
    assert told[-2:] == [1.75, 1.0]


def test_what_cannot_be_changed_says_why(qtbot: QtBot) -> None:
    made, _ = control(qtbot)
    made.allow(False, "Choose a stove first")
    assert not made.number.isEnabled()
    assert not made.name.isEnabled()
    assert made.number.toolTip() == made.name.toolTip() == "How warm\nChoose a stove first"
    made.allow(True)
    assert made.number.isEnabled()
    assert made.number.toolTip() == "How warm"
    assert "Drag to change" in made.name.toolTip()
