"""Painting with a model of two levels, in the real window: which level is painted, seen and kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolButton
from pytestqt.qtbot import QtBot

from engine.codes.document import Painting
from engine.codes.grid import CodeGrid
from gui.studio import Studio
from tests.fakes import TinyPrior, TinyTwoLevelDecoder
from tests.gui.conftest import OpenStudio
from tests.gui.tiny import TinyModel, card_of, library_of
from tests.gui.two_levels import (
    FREE,
    LEFT,
    MODEL,
    assert_shows_what_is_there,
    at,
    drag,
    key,
    move,
    open_two_levels,
    settle,
)


@pytest.fixture
def studio(open_studio: OpenStudio, qtbot: QtBot) -> Studio:
    return open_two_levels(open_studio, qtbot)


def switch(studio: Studio) -> list[QToolButton]:
    return [row.paint for row in studio.codes.levels.rows]


def test_the_switch_and_the_keys_say_and_choose_the_level(studio: Studio) -> None:
    assert studio.codes.levels.isVisible()
    assert [button.text() for button in switch(studio)] == ["Coarse  8 px", "Fine  4 px"]
    assert [button.isChecked() for button in switch(studio)] == [True, False]
    key(studio, Qt.Key.Key_2)
    assert studio.painting.level == 1
    assert [button.isChecked() for button in switch(studio)] == [False, True]
    QTest.mouseClick(switch(studio)[0], LEFT)
    assert studio.painting.level == 0
    actions = studio.window.actions_table
    assert [actions[f"level.{level}"].isEnabled() for level in range(3)] == [True, True, False]
    assert actions["level.1"].text() == "Paint the fine codes"


def test_one_level_has_no_switch(open_studio: OpenStudio) -> None:
    studio = open_studio(library_of(TinyModel("tiny"), MODEL))
    assert not studio.codes.levels.isVisible()
    assert not studio.window.actions_table["level.0"].isEnabled()
    key(studio, Qt.Key.Key_2)
    assert studio.painting.level == 0


def test_each_level_is_painted_by_its_own_strokes_and_the_other_stays(studio: Studio, qtbot: QtBot) -> None:
    coarse, fine = studio.painting.painting.grid.levels
    studio.brush.primary = 5
    drag(studio, (1, 1), (1, 4))
    assert np.argwhere(coarse == 5).tolist() == [[1, column] for column in range(1, 5)]
    assert (fine == 0).all()
    assert_shows_what_is_there(studio, qtbot)
    key(studio, Qt.Key.Key_2)
    studio.brush.primary = 13
    drag(studio, (8, 3), (10, 5))
    assert np.argwhere(fine == 13).tolist() == [[8, 3], [9, 4], [10, 5]]
    assert (coarse == 5).sum() == 4
    assert_shows_what_is_there(studio, qtbot)


def test_history_names_the_level_and_undoes_on_it(studio: Studio, qtbot: QtBot) -> None:
    studio.brush.primary = 5
    drag(studio, (1, 1))
    key(studio, Qt.Key.Key_2)
    studio.brush.primary = 13
    drag(studio, (8, 3))
    assert studio.painting.painting.history.steps == ("Brush (coarse)", "Brush (fine)")
    assert studio.window.actions_table["edit.undo"].text() == "Undo brush (fine)"
    key(studio, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    key(studio, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert all((grid == 0).all() for grid in studio.painting.painting.grid.levels)
    assert studio.painting.level == 1
    assert_shows_what_is_there(studio, qtbot)
    key(studio, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    assert studio.painting.painting.grid.levels[0][1, 1] == 5


def test_codes_in_hand_and_palette_are_those_of_the_level(studio: Studio) -> None:
    brush = studio.brush
    brush.primary, brush.secondary = 7, 2
    drag(studio, (0, 0))
    assert studio.book.looks is not None
    assert (len(studio.book.looks), brush.code_count, brush.recent) == (12, 12, (7,))
    key(studio, Qt.Key.Key_2)
    assert (len(studio.book.looks), brush.code_count, brush.recent) == (16, 16, ())
    assert max(studio.codes.palette_view.shown_codes) == 15
    brush.primary = 14
    key(studio, Qt.Key.Key_1)
    assert (brush.primary, brush.secondary, brush.recent) == (7, 2, (7,))
    key(studio, Qt.Key.Key_2)
    assert brush.primary == 14


def test_the_ghost_and_the_readout_follow_the_level(studio: Studio) -> None:
    move(studio, at(studio, 2, 3))
    hand, status = studio.paint.canvas._hand, studio.window.status
    assert (hand.ghost.box.top, hand.ghost.box.left) == (2, 3)
    assert status._cell.text() == "coarse cell 2, 3"
    key(studio, Qt.Key.Key_2)
    assert (hand.ghost.box.top, hand.ghost.box.left) == (5, 7)  # the middle of the coarse cell
    assert hand.ghost.box.area == 1
    assert status._cell.text() == "fine cell 5, 7"
    assert studio.brush.hovered_cell == (5, 7)


def test_a_stroke_being_made_keeps_its_level(studio: Studio) -> None:
    studio.brush.primary = 5
    QTest.mousePress(studio.paint.canvas, LEFT, FREE, at(studio, 1, 1))
    key(studio, Qt.Key.Key_2)
    assert studio.painting.level == 0
    assert switch(studio)[0].isChecked()
    move(studio, at(studio, 1, 3), LEFT)
    QTest.mouseRelease(studio.paint.canvas, LEFT, FREE, at(studio, 1, 3))
    assert (studio.painting.codes == 5).sum() == 3


def test_shift_click_goes_on_from_the_last_stroke_on_the_same_level(studio: Studio) -> None:
    studio.brush.primary = 5
    drag(studio, (5, 7))
    key(studio, Qt.Key.Key_2)
    studio.brush.primary = 3
    QTest.mouseClick(studio.paint.canvas, LEFT, Qt.KeyboardModifier.ShiftModifier, at(studio, 0, 0))
    assert (studio.painting.codes == 3).sum() == 1


def test_what_is_selected_holds_for_both_levels(studio: Studio, qtbot: QtBot) -> None:
    studio.brush.tool = "select"
    drag(studio, (1, 1), (2, 2))
    key(studio, Qt.Key.Key_2)
    studio.brush.tool = "fill"
    studio.brush.primary = 9
    QTest.mouseClick(studio.paint.canvas, LEFT, FREE, at(studio, 3, 3))
    fine = studio.painting.codes
    assert np.argwhere(fine == 9).tolist() == [[row, column] for row in range(2, 6) for column in range(2, 6)]
    key(studio, Qt.Key.Key_X, Qt.KeyboardModifier.ControlModifier)
    assert not (fine == 9).any()
    key(studio, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    key(studio, Qt.Key.Key_Return)
    assert (fine == 9).sum() == 16
    assert_shows_what_is_there(studio, qtbot)


def test_the_eyedropper_takes_the_code_of_the_level(studio: Studio) -> None:
    grid = studio.painting.painting.grid
    with studio.painting.stroke("Brush"):
        studio.painting.paint(*_one(1, 1), 6)
    key(studio, Qt.Key.Key_2)
    with studio.painting.stroke("Brush"):
        studio.painting.paint(*_one(3, 3), 15)
    QTest.mouseClick(studio.paint.canvas, LEFT, Qt.KeyboardModifier.AltModifier, at(studio, 3, 3))
    assert studio.brush.primary == 15
    key(studio, Qt.Key.Key_1)
    QTest.mouseClick(studio.paint.canvas, LEFT, Qt.KeyboardModifier.AltModifier, at(studio, 1, 1))
    assert studio.brush.primary == 6
    assert grid.levels[0][1, 1] == 6


def _one(row: int, column: int):
    from engine.codes.box import Box

    return Box(row, column, row + 1, column + 1), np.ones((1, 1), bool)


def test_a_painting_of_two_levels_is_kept_and_opened(studio: Studio, qtbot: QtBot, tmp_path: Path) -> None:
    studio.brush.primary = 5
    drag(studio, (1, 1), (4, 6))
    key(studio, Qt.Key.Key_2)
    studio.brush.primary = 13
    drag(studio, (8, 3), (2, 14))
    painted = [grid.copy() for grid in studio.painting.painting.grid.levels]
    studio.painting.painting.save(tmp_path / "two.codebrush")
    studio.painting.note_saved()
    studio.models.show(Painting.blank(3, 3, [0, 0], card_of(MODEL)))
    studio.files.open_path(tmp_path / "two.codebrush")
    settle(studio, qtbot)
    assert studio.painting.level == 1  # as many levels: the level stays
    assert not studio.painting.read_only
    for grid, expected in zip(studio.painting.painting.grid.levels, painted, strict=True):
        assert np.array_equal(grid, expected)
    assert studio.painting.painting.history.steps == ("Brush (coarse)", "Brush (fine)")
    assert_shows_what_is_there(studio, qtbot)


def test_an_image_becomes_codes_of_both_levels(studio: Studio, qtbot: QtBot, tmp_path: Path) -> None:
    coarse = np.random.default_rng(1).integers(0, 256, (4, 5, 3), dtype=np.uint8)
    Image.fromarray(coarse).resize((80, 64), Image.Resampling.BICUBIC).save(tmp_path / "own.png")
    studio.files.open_path(tmp_path / "own.png")
    settle(studio, qtbot)
    dialog = QApplication.activeModalWidget()
    assert dialog is not None
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: QApplication.activeModalWidget() is None)
    grid = studio.painting.painting.grid
    assert isinstance(grid, CodeGrid)
    assert grid.levels[1].shape == (2 * grid.shape[0], 2 * grid.shape[1])
    assert len(np.unique(grid.levels[0])) > 1
    assert len(np.unique(grid.levels[1])) > 1
    assert_shows_what_is_there(studio, qtbot)


def test_a_model_of_one_level_takes_the_switch_away(studio: Studio, qtbot: QtBot) -> None:
    key(studio, Qt.Key.Key_2)
    studio.models.use("tiny", lambda act: act())
    settle(studio, qtbot)
    assert studio.painting.level == 0
    assert not studio.codes.levels.isVisible()
    assert studio.brush.code_count == 16


def test_clearing_leaves_paper_on_both_levels(studio: Studio) -> None:
    blank = studio.models.blank_codes
    assert blank == tuple(level.blank for level in studio.session.statistics)
    studio.brush.primary = 5
    drag(studio, (1, 1))
    studio.painting.select_all()
    key(studio, Qt.Key.Key_Delete)
    for grid, code in zip(studio.painting.painting.grid.levels, blank, strict=True):
        assert (grid == code).all()


def test_fine_codes_follow_a_coarse_stroke_until_they_are_pinned(
    open_studio: OpenStudio, qtbot: QtBot
) -> None:
    model = TinyTwoLevelDecoder()
    model.prior = TinyPrior(12)
    studio = open_studio(library_of(model, TinyModel("tiny")))
    studio.models.show(Painting.blank(6, 8, [0, 0], card_of(model)))
    settle(studio, qtbot)
    studio.brush.primary, studio.brush.dream = 5, 0.0
    follow, action = studio.codes.levels.follow, studio.window.actions_table["level.follow"]
    assert follow.isVisible()
    assert follow.isChecked()
    assert action.isChecked()
    drag(studio, (2, 2), (2, 4))
    settle(studio, qtbot)
    fine = studio.painting.painting.grid.levels[1].copy()
    assert {tuple(cell) for cell in np.argwhere(fine)} <= {(r, c) for r in (4, 5) for c in range(4, 10)}
    assert fine.any()
    key(studio, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert not any(level.any() for level in studio.painting.painting.grid.levels)

    key(studio, Qt.Key.Key_F, Qt.KeyboardModifier.ShiftModifier)
    assert not follow.isChecked()
    drag(studio, (2, 2), (2, 4))
    settle(studio, qtbot)
    assert not studio.painting.painting.grid.levels[1].any()
    QTest.mouseClick(follow, LEFT)
    assert studio.asking.beneath.follow
    assert action.isChecked()


def test_without_a_prior_following_is_not_to_be_had(studio: Studio) -> None:
    assert not studio.codes.levels.follow.isEnabled()
    assert not studio.window.actions_table["level.follow"].isEnabled()
