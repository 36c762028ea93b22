from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui import theme
from gui.train.failure import FailureCard


@pytest.fixture
def card(qtbot: QtBot, qapp: QApplication) -> FailureCard:
    theme.apply_theme(qapp)
    card = FailureCard()
    qtbot.addWidget(card)
    card.resize(600, 100)
    return card


def test_it_says_what_happened_and_from_where_to_go_on(qtbot: QtBot, card: FailureCard) -> None:
    assert card.text == ""
    card.tell("Training of first was killed", "line 1\nline 2", 1200)
    assert card.text == "Training of first was killed"
    assert card.go_on.text() == "Go on from step 1,200"
    with qtbot.waitSignal(card.go_on_asked):
        QTest.mouseClick(card.go_on, Qt.MouseButton.LeftButton)
    card.clear()
    assert card.text == ""


def test_without_a_snapshot_there_is_nothing_to_go_on_from(card: FailureCard) -> None:
    card.tell("Training failed", "", None)
    assert not card.go_on.isVisible()
    assert not card.details.isVisible()


def test_the_log_unfolds_and_can_be_copied(card: FailureCard) -> None:
    card.tell("Training failed", "codebrush: no such data", None)
    assert not card.log.isVisible()
    QTest.keyClick(card.details, Qt.Key.Key_Space)
    assert card.log.isVisible()
    assert card.log.toPlainText() == "codebrush: no such data"
    QTest.mouseClick(card.copy, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == "Training failed\n\ncodebrush: no such data"
    card.tell("Training failed again", "other", None)
    assert not card.log.isVisible()
