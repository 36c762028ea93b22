from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QEnterEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui import theme
from gui.canvas.code_button import FRAME, CodeButton
from gui.canvas.codes_in_hand import InHand, RecentCodes
from gui.state.book import Book
from gui.state.brush import RECENT, BrushState
from gui.workers.job import Worker
from tests.gui.codebooks import COUNT, SessionStub, codebook, painting_of


@pytest.fixture
def brush() -> BrushState:
    brush = BrushState()
    brush.set_code_count(COUNT)
    brush.primary, brush.secondary = 5, 9
    return brush


@pytest.fixture
def book(qtbot: QtBot) -> Iterator[Book]:
    del qtbot
    worker = Worker("test")
    yield Book(SessionStub((codebook(),)), painting_of([[0]]), worker)
    worker.stop()


def centre_colour(button: CodeButton) -> tuple[int, int, int]:
    colour = button.grab().toImage().pixelColor(button.rect().center())
    return colour.red(), colour.green(), colour.blue()


def test_the_wells_show_and_name_both_codes(qtbot: QtBot, book: Book, brush: BrushState) -> None:
    hand = InHand(book, brush)
    qtbot.addWidget(hand)
    assert centre_colour(hand.primary) == tuple(codebook().swatches[5, 0, 0].tolist())
    assert hand.primary.accessibleName() == "Primary: code 5"
    assert hand.secondary.accessibleName() == "Secondary: code 9"
    brush.primary = 30
    assert centre_colour(hand.primary) == tuple(codebook().swatches[30, 0, 0].tolist())


def test_the_button_swaps_them(qtbot: QtBot, book: Book, brush: BrushState) -> None:
    hand = InHand(book, brush)
    qtbot.addWidget(hand)
    QTest.mouseClick(hand.swap, Qt.MouseButton.LeftButton)
    assert (brush.primary, brush.secondary) == (9, 5)
    assert hand.primary.code == 9


def test_a_click_on_a_well_asks_where_its_code_is(qtbot: QtBot, book: Book, brush: BrushState) -> None:
    hand = InHand(book, brush)
    qtbot.addWidget(hand)
    with qtbot.waitSignal(hand.asked) as asked:
        QTest.mouseClick(hand.secondary, Qt.MouseButton.LeftButton)
    assert asked.args == [9]


def test_recent_codes_stand_newest_first_and_can_be_taken(
    qtbot: QtBot, book: Book, brush: BrushState
) -> None:
    recent = RecentCodes(book, brush)
    qtbot.addWidget(recent)
    for code in (40, 41, 42):
        brush.remember(code)
    assert [button.code for button in recent.buttons] == [42, 41, 40, *[None] * (RECENT - 3)]
    assert recent.buttons[0].accessibleName() == "Code 42, used lately"
    QTest.mouseClick(recent.buttons[1], Qt.MouseButton.LeftButton)
    QTest.mouseClick(recent.buttons[2], Qt.MouseButton.RightButton)
    assert (brush.primary, brush.secondary) == (41, 40)
    QTest.mouseClick(recent.buttons[5], Qt.MouseButton.RightButton)  # an empty place
    assert (brush.primary, brush.secondary) == (41, 40)


def test_pointing_at_a_button_lights_its_code(qtbot: QtBot, book: Book, brush: BrushState) -> None:
    button = CodeButton(book, brush, 20)
    qtbot.addWidget(button)
    button.show_code(33, "Code 33")
    inside = QPointF(5, 5)
    QApplication.sendEvent(button, QEnterEvent(inside, inside, inside))
    assert brush.hovered_code == 33
    QApplication.sendEvent(button, QEvent(QEvent.Type.Leave))
    assert brush.hovered_code is None


def test_focus_is_visible_on_a_button_and_space_presses_it(
    qtbot: QtBot, book: Book, brush: BrushState
) -> None:
    button = CodeButton(book, brush, 20)
    qtbot.addWidget(button)
    button.show_code(33, "Code 33")
    before = button.grab().toImage().pixelColor(QPoint(0, 10)).name()
    button.show()
    button.setFocus()
    qtbot.waitUntil(button.hasFocus)
    assert before != theme.ACCENT
    assert button.grab().toImage().pixelColor(QPoint(FRAME - 1, 10)).name() == theme.ACCENT
    with qtbot.waitSignal(button.clicked):
        QTest.keyClick(button, Qt.Key.Key_Space)


def test_a_code_the_model_lacks_shows_as_an_empty_place(qtbot: QtBot, book: Book, brush: BrushState) -> None:
    button = CodeButton(book, brush, 20)
    qtbot.addWidget(button)
    button.show_code(4000, "Code 4000")
    assert button.grab().toImage().pixelColor(button.rect().center()).name() == theme.RAISED
