"""Choosing a label, or any."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from gui.frame.label_choice import ANY_LABEL, LabelChoice


def test_labels_are_offered_after_any_and_choosing_by_hand_is_told(qtbot: QtBot) -> None:
    choice, told = LabelChoice(), []
    qtbot.addWidget(choice)
    choice.chosen.connect(told.append)
    choice.show_labels(["cat", "dog"], "dog")
    assert [choice.itemText(place) for place in range(choice.count())] == [ANY_LABEL, "cat", "dog"]
    assert (choice.currentData(), told) == ("dog", [])
    choice.choose("zebra")
    assert (choice.currentData(), told) == ("", [])
    choice.show()
    QTest.keyClick(choice, Qt.Key.Key_Down)
    assert told == ["cat"]
