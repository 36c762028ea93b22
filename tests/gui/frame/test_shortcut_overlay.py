"""The shortcut overlay names every wired shortcut, and any key closes it without doing anything."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from gui.actions import ACTIONS, GROUPS, ActionTable, bare
from gui.frame.shortcut_overlay import _COLUMNS, CANVAS, ShortcutOverlay


def _open(qtbot: QtBot) -> tuple[ShortcutOverlay, list[str]]:
    window, calls = QWidget(), list[str]()
    window.resize(1280, 720)
    qtbot.addWidget(window)
    table = ActionTable(window)
    for row in ACTIONS:
        table.wire(row.name, lambda name=row.name: calls.append(name))  # type: ignore[misc]
    overlay = ShortcutOverlay(table, window)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    overlay.open()
    return overlay, calls


def test_every_group_has_its_column() -> None:
    assert sorted(group for column in _COLUMNS for group in column) == sorted((*GROUPS, CANVAS))


def test_it_names_every_action_with_a_shortcut(qtbot: QtBot) -> None:
    overlay, _ = _open(qtbot)
    texts = {label.text() for label in overlay.findChildren(QLabel)}
    assert {bare(row.text) for row in ACTIONS if row.shortcuts} <= texts


def test_it_fits_the_smallest_screen(qtbot: QtBot) -> None:
    overlay, _ = _open(qtbot)
    hint = overlay.sizeHint()
    assert (hint.width() <= 1280, hint.height() <= 720) == (True, True)


def test_any_key_closes_it_and_does_nothing_else(qtbot: QtBot) -> None:
    overlay, calls = _open(qtbot)
    qtbot.keyClick(overlay, Qt.Key.Key_B)
    assert overlay.isHidden()
    assert calls == []


def test_it_follows_the_window(qtbot: QtBot) -> None:
    overlay, _ = _open(qtbot)
    window = overlay.parentWidget()
    assert window is not None
    window.resize(1500, 900)
    assert overlay.size() == window.size()
