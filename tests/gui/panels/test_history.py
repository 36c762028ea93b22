from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from engine.codes.box import Box
from gui import theme
from gui.panels.history import HistoryPanel
from gui.state.painting import PaintingState
from tests.gui.codebooks import painting_of


@pytest.fixture
def painting(qtbot: QtBot) -> PaintingState:
    """Three steps done: a brush stroke, a fill and a line, each in its own cell."""
    del qtbot
    painting = painting_of([[0, 0, 0]])
    for column, label in enumerate(("Brush", "Fill", "Line")):
        with painting.stroke(label):
            painting.paint(Box(0, column, 1, column + 1), np.ones((1, 1), dtype=bool), 9)
    return painting


def shown(panel: HistoryPanel) -> list[str]:
    model = panel.list.model()
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def test_steps_stand_in_order_and_the_present_one_is_marked(qtbot: QtBot, painting: PaintingState) -> None:
    panel = HistoryPanel(painting)
    qtbot.addWidget(panel)
    assert shown(panel) == ["Start", "Brush", "Fill", "Line"]
    assert panel.list.currentIndex().row() == 3
    painting.undo()
    assert panel.list.currentIndex().row() == 2
    undone = panel.list.model().index(3, 0)
    assert undone.data(Qt.ItemDataRole.ForegroundRole) == QColor(theme.DISABLED)
    assert undone.data(Qt.ItemDataRole.ToolTipRole) == "Undone: a click does it again"


def test_a_click_goes_there_and_back(qtbot: QtBot, painting: PaintingState) -> None:
    panel = HistoryPanel(painting)
    qtbot.addWidget(panel)
    panel.resize(300, 200)
    panel.show()
    for row, codes in ((1, [9, 0, 0]), (0, [0, 0, 0]), (3, [9, 9, 9])):
        place = panel.list.visualRect(panel.list.model().index(row, 0)).center()
        QTest.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
        assert painting.codes[0].tolist() == codes
        assert panel.list.currentIndex().row() == row


def test_a_new_step_is_added_and_the_undone_ones_go(qtbot: QtBot, painting: PaintingState) -> None:
    panel = HistoryPanel(painting)
    qtbot.addWidget(panel)
    painting.go_to(1)
    with painting.stroke("Rectangle"):
        painting.paint(Box(0, 0, 1, 3), np.ones((1, 3), dtype=bool), 4)
    assert shown(panel) == ["Start", "Brush", "Rectangle"]


def test_another_painting_has_its_own_history(qtbot: QtBot, painting: PaintingState) -> None:
    panel = HistoryPanel(painting)
    qtbot.addWidget(panel)
    painting.set_painting(painting_of([[1]]).painting)
    assert shown(panel) == ["Start"]


def test_arrow_keys_step_through_it(qtbot: QtBot, painting: PaintingState) -> None:
    panel = HistoryPanel(painting)
    qtbot.addWidget(panel)
    panel.show()
    QTest.keyClick(panel.list, Qt.Key.Key_Up)
    QTest.keyClick(panel.list, Qt.Key.Key_Up)
    assert painting.codes[0].tolist() == [9, 0, 0]
    QTest.keyClick(panel.list, Qt.Key.Key_Down)
    assert painting.codes[0].tolist() == [9, 9, 0]


def test_during_a_stroke_the_mark_stays(qtbot: QtBot, painting: PaintingState) -> None:
    panel = HistoryPanel(painting)
    qtbot.addWidget(panel)
    panel.show()
    painting.begin("Brush")
    painting.paint(Box(0, 0, 1, 1), np.ones((1, 1), dtype=bool), 3)
    QTest.keyClick(panel.list, Qt.Key.Key_Up)
    assert panel.list.currentIndex().row() == 3
    assert painting.codes[0].tolist() == [3, 9, 9]


def test_the_focus_shows_on_the_present_step(qtbot: QtBot, painting: PaintingState) -> None:
    panel = HistoryPanel(painting)
    qtbot.addWidget(panel)
    panel.resize(300, 200)
    panel.show()
    panel.list.setFocus()
    qtbot.waitUntil(panel.list.hasFocus)
    image = panel.list.viewport().grab().toImage()
    row = panel.list.visualRect(panel.list.currentIndex())
    assert theme.ACCENT in {image.pixelColor(x, row.center().y()).name() for x in range(6)}
