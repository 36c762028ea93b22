"""Levels that are hidden or locked, in the real window."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from engine.codes.document import Painting
from engine.decoding.windowed import decode_full
from gui.canvas.level_switch import LAST_TIP
from gui.dialogs.export_png import ExportPngDialog
from gui.images import to_image
from gui.studio import Studio
from tests.gui.conftest import OpenStudio
from tests.gui.tiny import TinyModel, card_of, library_of
from tests.gui.two_levels import (
    LEFT,
    MODEL,
    assert_shows_what_is_there,
    drag,
    key,
    open_two_levels,
    settle,
)


@pytest.fixture
def studio(open_studio: OpenStudio, qtbot: QtBot) -> Studio:
    return open_two_levels(open_studio, qtbot)


def test_a_hidden_level_is_missing_in_the_picture_until_it_is_shown_again(
    studio: Studio, qtbot: QtBot
) -> None:
    studio.brush.primary = 5
    drag(studio, (1, 1), (1, 4))
    settle(studio, qtbot)
    levels, rows = studio.painting.painting.grid.levels, studio.codes.levels.rows
    QTest.mouseClick(rows[1].eye, LEFT)
    settle(studio, qtbot)
    expected = decode_full(MODEL.without({1}), levels)
    assert np.abs(studio.picture.pixels().astype(int) - expected).max() <= 1
    assert "fine codes" in studio.paint.hint.text()
    assert not rows[0].eye.isEnabled()  # the last one
    assert rows[0].eye.toolTip() == LAST_TIP
    drag(studio, (3, 1), (3, 4))  # what is painted meanwhile is seen without it, too
    settle(studio, qtbot)
    expected = decode_full(MODEL.without({1}), levels)
    assert np.abs(studio.picture.pixels().astype(int) - expected).max() <= 1
    key(studio, Qt.Key.Key_2)
    key(studio, Qt.Key.Key_H)  # the level being painted
    assert not studio.shown.hidden
    assert_shows_what_is_there(studio, qtbot)


def test_what_is_saved_and_exported_has_all_levels(studio: Studio, qtbot: QtBot, tmp_path: Path) -> None:
    studio.brush.primary = 5
    drag(studio, (1, 1), (1, 4))
    whole = decode_full(MODEL, studio.painting.painting.grid.levels)
    key(studio, Qt.Key.Key_H)
    assert studio.shown.hidden == {0}
    settle(studio, qtbot)
    studio.files._save_to(tmp_path / "all.codebrush", lambda: None)
    qtbot.waitUntil((tmp_path / "all.codebrush").is_file)
    assert not studio.shown.hidden
    with zipfile.ZipFile(tmp_path / "all.codebrush") as saved, Image.open(saved.open("thumb.png")) as thumb:
        assert np.array_equal(np.asarray(thumb), whole)
    key(studio, Qt.Key.Key_H)
    settle(studio, qtbot)
    studio.window.actions_table["file.export_png"].trigger()
    qtbot.waitUntil(lambda: bool(studio.window.findChildren(ExportPngDialog)))
    (dialog,) = studio.window.findChildren(ExportPngDialog)
    assert dialog.preview._image == to_image(whole)
    dialog.reject()


def test_another_painting_begins_with_all_levels_shown_and_open(studio: Studio, qtbot: QtBot) -> None:
    key(studio, Qt.Key.Key_H)
    key(studio, Qt.Key.Key_L, Qt.KeyboardModifier.ShiftModifier)
    assert (studio.shown.hidden, studio.painting.locked) == ({0}, {0})
    studio.models.show(Painting.blank(4, 4, [0, 0], card_of(MODEL)))
    assert not studio.shown.hidden
    assert not studio.painting.locked
    row = studio.codes.levels.rows[0]
    assert not row.eye.isChecked()
    assert not row.lock.isChecked()
    assert_shows_what_is_there(studio, qtbot)


def test_a_locked_level_takes_no_stroke_and_says_how_to_unlock_it(studio: Studio, qtbot: QtBot) -> None:
    studio.brush.primary = 5
    drag(studio, (1, 1), (1, 4))
    before = studio.painting.codes.copy()
    lock = studio.codes.levels.rows[0].lock
    QTest.mouseClick(lock, LEFT)
    assert lock.isChecked()
    drag(studio, (3, 1), (3, 4))
    assert np.array_equal(studio.painting.codes, before)
    assert studio.paint.hint.text() == "The coarse level is locked: Shift+L unlocks it"
    assert studio.paint.canvas.cursor().shape() == Qt.CursorShape.ForbiddenCursor
    assert not studio.window.actions_table["edit.fill"].isEnabled()
    key(studio, Qt.Key.Key_2)  # the other level can be painted
    assert studio.paint.canvas.cursor().shape() == Qt.CursorShape.CrossCursor
    studio.brush.primary = 13
    drag(studio, (8, 3), (10, 5))
    assert (studio.painting.codes == 13).any()
    for _ in range(2):  # undo is not held up
        key(studio, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert all((grid == 0).all() for grid in studio.painting.painting.grid.levels)
    key(studio, Qt.Key.Key_1)
    key(studio, Qt.Key.Key_L, Qt.KeyboardModifier.ShiftModifier)
    drag(studio, (3, 1), (3, 4))
    assert studio.painting.codes.any()


def test_cutting_leaves_a_locked_level_as_it_is(studio: Studio, qtbot: QtBot) -> None:
    studio.brush.primary = 5
    drag(studio, (1, 1), (1, 4))
    key(studio, Qt.Key.Key_2)
    studio.brush.primary = 13
    drag(studio, (2, 2), (3, 9))
    coarse, fine = (grid.copy() for grid in studio.painting.painting.grid.levels)
    studio.painting.set_locked(0, True)
    studio.painting.select_all()
    studio.window.actions_table["edit.clear"].trigger()
    after = studio.painting.painting.grid.levels
    assert np.array_equal(after[0], coarse)
    assert not np.array_equal(after[1], fine)


def test_one_level_has_nothing_to_hide_or_lock(open_studio: OpenStudio) -> None:
    studio = open_studio(library_of(TinyModel("tiny"), MODEL))
    for name in ("level.shown", "level.lock"):
        assert not studio.window.actions_table[name].isEnabled()
    key(studio, Qt.Key.Key_H)
    assert not studio.shown.hidden
