"""The message bar: good news leaves by itself, faults stay, unforeseen ones can be copied."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from engine.errors import PictureFault
from gui.frame import message_bar
from gui.frame.message_bar import MessageBar
from gui.workers.job import UnexpectedError


@pytest.fixture
def bar(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> MessageBar:
    monkeypatch.setattr(message_bar, "_SHOWN_MS", 20)
    made = MessageBar()
    qtbot.addWidget(made)
    return made


def test_it_is_hidden_until_it_has_something_to_say(bar: MessageBar) -> None:
    assert bar.isHidden()
    assert bar.text == ""


def test_good_news_leaves_by_itself(qtbot: QtBot, bar: MessageBar) -> None:
    bar.say("good", "Saved")
    assert bar.text == "Saved"
    qtbot.waitUntil(bar.isHidden)


def test_a_fault_stays_until_it_is_closed(qtbot: QtBot, bar: MessageBar) -> None:
    bar.say("info", "Something passing")
    bar.say_fault(PictureFault("/tmp/cat.png", "is cut short"))
    qtbot.wait(60)
    assert bar.text == "/tmp/cat.png: is cut short"
    close = bar.findChild(QToolButton)
    qtbot.mouseClick(close, Qt.MouseButton.LeftButton)
    assert bar.text == ""


def test_its_button_closes_and_acts(qtbot: QtBot, bar: MessageBar) -> None:
    calls: list[str] = []
    bar.say("warn", "This painting is read-only", "Choose a model", lambda: calls.append("choose"))
    qtbot.mouseClick(bar.findChild(QPushButton), Qt.MouseButton.LeftButton)
    assert calls == ["choose"]
    assert bar.isHidden()


def test_an_unforeseen_error_shows_no_traceback_but_gives_it(qtbot: QtBot, bar: MessageBar) -> None:
    try:
        {}["gone"]
    except KeyError as error:
        bar.say_fault(UnexpectedError(error))
    assert "Traceback" not in bar.text
    qtbot.mouseClick(bar.findChild(QPushButton), Qt.MouseButton.LeftButton)
    assert "Traceback" in QGuiApplication.clipboard().text()
