from __future__ import annotations

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QSizePolicy, QWidget
from pytestqt.qtbot import QtBot

from gui import theme
from gui.panels.column import COLUMN_WIDTH, TITLE_HEIGHT, Column


@pytest.fixture
def column(qtbot: QtBot) -> Column:
    column = Column()
    qtbot.addWidget(column)
    column.add("Codes", _Block(300))
    column.add("Code", _Block(50))
    column.add("History", _Block(40, grows=True), grows=True)
    column.resize(COLUMN_WIDTH, 700)
    column.show()
    return column


class _Block(QWidget):
    """Wants `height` px and can do with 20; one that grows takes more."""

    def __init__(self, height: int, grows: bool = False) -> None:
        super().__init__()
        self._height = height
        vertical = QSizePolicy.Policy.Expanding if grows else QSizePolicy.Policy.Maximum
        self.setSizePolicy(QSizePolicy.Policy.Preferred, vertical)

    def sizeHint(self) -> QSize:
        return QSize(100, self._height)

    def minimumSizeHint(self) -> QSize:
        return QSize(100, 20)


def test_sections_stand_below_one_another_as_high_as_they_want(column: Column) -> None:
    codes, code, history = column.sections.values()
    assert codes.geometry().top() == 0
    assert codes.height() == TITLE_HEIGHT + 300
    assert code.geometry().top() == codes.geometry().bottom() + 2  # a line of one pixel
    assert code.height() == TITLE_HEIGHT + 50
    assert history.geometry().bottom() == column.height() - 1  # takes what is left


def test_a_click_on_a_title_folds_and_unfolds(column: Column) -> None:
    code = column.sections["Code"]
    QTest.mouseClick(code.title, Qt.MouseButton.LeftButton)
    assert not code.is_unfolded
    assert code.content.isHidden()
    assert code.title.accessibleDescription() == "folded"
    QTest.keyClick(code.title, Qt.Key.Key_Space)
    assert code.is_unfolded
    assert code.content.isVisible()


def test_a_folded_section_gives_its_height_to_the_one_that_grows(qtbot: QtBot, column: Column) -> None:
    history = column.sections["History"]
    before = history.height()
    column.sections["Codes"].set_unfolded(False)
    qtbot.waitUntil(lambda: history.height() == before + 300)


def test_a_folded_section_that_grows_keeps_its_title_in_place(column: Column, qtbot: QtBot) -> None:
    history = column.sections["History"]
    history.set_unfolded(False)
    qtbot.waitUntil(history.content.isHidden)
    assert history.title.geometry().top() == 0


def test_the_focus_ring_of_a_title_shows(qtbot: QtBot, column: Column) -> None:
    title = column.sections["Code"].title
    title.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(title.hasFocus)
    image = title.grab().toImage()
    assert theme.ACCENT in {image.pixelColor(x, TITLE_HEIGHT // 2).name() for x in range(8)}


def test_where_the_window_is_low_the_growing_section_folds_by_itself(column: Column) -> None:
    history = column.sections["History"]
    wanted = 3 * TITLE_HEIGHT + 2 + 300 + 50 + 40
    column.resize(COLUMN_WIDTH, wanted - 1)
    assert not history.is_unfolded
    assert column.sections["Codes"].is_unfolded
    column.resize(COLUMN_WIDTH, wanted)
    assert history.is_unfolded


def test_what_was_unfolded_by_hand_stays(column: Column) -> None:
    history = column.sections["History"]
    column.resize(COLUMN_WIDTH, 400)
    QTest.mouseClick(history.title, Qt.MouseButton.LeftButton)
    assert history.is_unfolded
    column.resize(COLUMN_WIDTH, 390)
    assert history.is_unfolded
    QTest.mouseClick(history.title, Qt.MouseButton.LeftButton)
    column.resize(COLUMN_WIDTH, 900)
    assert not history.is_unfolded
