"""The table of actions: no two share a key, every icon exists, what is not wired does not show."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu, QWidget
from pytestqt.qtbot import QtBot

from gui import theme
from gui.actions import ACTIONS, FILE, GROUPS, TOOL, ActionTable, tool_tip


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    return made


def test_names_and_shortcuts_are_unique() -> None:
    names = [row.name for row in ACTIONS]
    assert len(set(names)) == len(names)
    keys = [QKeySequence(keys).toString() for row in ACTIONS for keys in row.shortcuts]
    assert all(keys)
    assert len(set(keys)) == len(keys)


def test_rows_are_whole() -> None:
    for row in ACTIONS:
        assert row.group in GROUPS
        assert row.checkable or not row.exclusive
        assert not row.icon or (theme.ICONS / f"{row.icon}.svg").is_file()
        assert not row.text.removesuffix("...").endswith(".")


def test_what_is_not_wired_neither_shows_nor_reacts(window: QWidget) -> None:
    table = ActionTable(window)
    assert list(table) == []
    assert not table["edit.undo"].isVisible()
    assert table["edit.undo"].shortcuts() == []


def test_a_wired_action_is_triggered_by_its_keys(qtbot: QtBot, window: QWidget) -> None:
    table, calls = ActionTable(window), []
    table.wire("edit.undo", lambda: calls.append("undo"))
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert calls == ["undo"]
    assert [row.name for row in table] == ["edit.undo"]


def test_a_question_mark_opens_the_overlay_with_shift(qtbot: QtBot, window: QWidget) -> None:
    table, calls = ActionTable(window), []
    table.wire("help.shortcuts", lambda: calls.append("help"))
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    qtbot.keyClick(window, Qt.Key.Key_Question, Qt.KeyboardModifier.ShiftModifier)
    assert calls == ["help"]


def test_a_switch_hears_its_state(window: QWidget) -> None:
    table, states = ActionTable(window), []
    table.wire_switch("view.grid", states.append)
    table["view.grid"].trigger()
    table["view.grid"].trigger()
    assert states == [True, False]


def test_tools_exclude_one_another_but_not_the_grid(window: QWidget) -> None:
    table = ActionTable(window)
    for row in ACTIONS:
        table.wire(row.name, lambda: None)
    table["view.grid"].trigger()
    table["tool.brush"].trigger()
    table["tool.line"].trigger()
    checked = [row.name for row in ACTIONS if table[row.name].isChecked()]
    assert checked == ["tool.line", "view.grid"]


def test_a_menu_holds_its_group_with_lines_between(window: QWidget) -> None:
    table = ActionTable(window)
    menu = QMenu(window)
    table.fill_menu(menu, FILE)
    entries = menu.actions()
    assert [action.objectName() for action in entries if not action.isSeparator()] == [
        row.name for row in ACTIONS if row.group == FILE
    ]
    assert entries[3].isSeparator()


def test_an_icon_button_says_what_it_is_and_its_keys(window: QWidget) -> None:
    table = ActionTable(window)
    table.wire("tool.fill", lambda: None)
    button = table.button("tool.fill", window)
    assert button.toolTip() == "Fill (F)\nCells of one code that touch"
    assert button.accessibleName() == "Fill"
    assert button.focusPolicy() & Qt.FocusPolicy.TabFocus
    assert not button.icon().isNull()


def test_a_tip_names_the_first_shortcut_only() -> None:
    row = next(row for row in ACTIONS if row.name == "edit.redo")
    assert tool_tip(row) == "Redo (Ctrl+Shift+Z)"


def test_every_tool_has_a_key_of_one_letter_perhaps_with_shift() -> None:
    tools = [row for row in ACTIONS if row.group == TOOL and row.exclusive]
    assert len(tools) == 9
    assert all(len(row.shortcuts[0].removeprefix("Shift+")) == 1 for row in tools)
