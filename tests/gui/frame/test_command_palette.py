"""The command palette: finds by words and letters, runs by Enter, offers only what can be done."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from gui.actions import ACTIONS, ActionTable
from gui.frame.command_palette import Command, CommandPalette, matching


class Opened:
    """A palette open in a window, with what it triggered."""

    def __init__(self, qtbot: QtBot) -> None:
        self.calls: list[str] = []
        self.window = QWidget()
        self.window.resize(1280, 720)
        qtbot.addWidget(self.window)
        self.table = ActionTable(self.window)
        for row in ACTIONS:
            self.table.wire(row.name, lambda name=row.name: self.calls.append(name))  # type: ignore[misc]
        self.palette = CommandPalette(self.table, self.window)
        self.window.show()
        self.window.activateWindow()
        qtbot.waitUntil(self.window.isActiveWindow)
        self.palette.open()
        self.field = self.palette.findChild(QLineEdit)
        assert self.field is not None


@pytest.fixture
def opened(qtbot: QtBot) -> Opened:
    return Opened(qtbot)


def test_it_starts_with_everything_and_the_field_in_focus(opened: Opened) -> None:
    assert opened.field is not None
    assert opened.field.hasFocus()
    assert len(opened.palette.shown) == len(ACTIONS) - 1  # not itself


def test_typing_finds_and_enter_runs(qtbot: QtBot, opened: Opened) -> None:
    qtbot.keyClicks(opened.field, "export on")
    assert opened.palette.shown[0] == "Export model as ONNX"
    qtbot.keyClick(opened.field, Qt.Key.Key_Return)
    assert opened.calls == ["file.export_onnx"]
    assert opened.palette.isHidden()


def test_arrows_go_round(qtbot: QtBot, opened: Opened) -> None:
    qtbot.keyClicks(opened.field, "zoom")
    qtbot.keyClick(opened.field, Qt.Key.Key_Down)
    qtbot.keyClick(opened.field, Qt.Key.Key_Return)
    assert opened.calls == ["view.zoom_out"]


def test_escape_closes_and_runs_nothing(qtbot: QtBot, opened: Opened) -> None:
    qtbot.keyClick(opened.field, Qt.Key.Key_Escape)
    assert opened.palette.isHidden()
    assert opened.calls == []


def test_enter_with_nothing_found_does_nothing(qtbot: QtBot, opened: Opened) -> None:
    qtbot.keyClicks(opened.field, "qqqq")
    assert opened.palette.shown == []
    qtbot.keyClick(opened.field, Qt.Key.Key_Return)
    assert opened.calls == []


def test_what_cannot_be_done_now_is_not_offered(opened: Opened) -> None:
    opened.table["edit.undo"].setEnabled(False)
    opened.palette.open()
    assert "Undo" not in opened.palette.shown


def _commands() -> list[Command]:
    texts = ("Save", "Save as", "Select nothing", "Zoom in")
    return [Command(text, "File", "", QAction()) for text in texts]


@pytest.mark.usefixtures("qapp")
def test_starts_of_words_come_before_scattered_letters() -> None:
    commands = _commands()
    assert [command.text for command in matching(commands, "s")][:2] == ["Save", "Save as"]
    assert [command.text for command in matching(commands, "sn")] == ["Select nothing"]
    assert [command.text for command in matching(commands, "in")] == ["Zoom in", "Select nothing"]


@pytest.mark.usefixtures("qapp")
@given(st.text(max_size=8))
def test_whatever_is_typed_finds_a_subset(typed: str) -> None:
    commands = _commands()
    found = matching(commands, typed)
    assert all(command in commands for command in found)
    assert len(found) == len({command.text for command in found})
