"""A number that is dragged, typed, and put back."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from gui.samples.numbers import NumberFacts, NumberRow

FACTS = NumberFacts("Warmth", "How warm", 0, 2, 1, 2, most=9)


def row(qtbot: QtBot) -> tuple[NumberRow, list[float]]:
    made, told = NumberRow(FACTS), []
    qtbot.addWidget(made)
    made.changed.connect(told.append)
    made.show()
    return made, told


def test_slider_and_box_say_the_same(qtbot: QtBot) -> None:
    made, told = row(qtbot)
    assert (made.slider.value(), made.box.value()) == (100, 1.0)
    made.slider.setValue(150)
    assert (made.box.value(), told) == (1.5, [1.5])
    made.box.setValue(0.25)
    assert (made.slider.value(), told) == (25, [1.5, 0.25])


def test_more_than_the_slider_holds_can_be_typed(qtbot: QtBot) -> None:
    made, told = row(qtbot)
    made.box.setValue(5)
    assert (made.slider.value(), made.box.value(), told) == (200, 5.0, [5.0])


def test_a_double_click_on_the_name_puts_it_back(qtbot: QtBot) -> None:
    made, told = row(qtbot)
    made.box.setValue(0.5)
    QTest.mouseDClick(made.name, Qt.MouseButton.LeftButton)
    assert (made.box.value(), told) == (1.0, [0.5, 1.0])


def test_what_is_shown_is_not_told(qtbot: QtBot) -> None:
    made, told = row(qtbot)
    made.show_value(1.75)
    assert (made.slider.value(), made.box.value(), told) == (175, 1.75, [])
