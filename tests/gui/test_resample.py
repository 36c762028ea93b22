"""Resampling a selection in the whole window, by real mouse and key events."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.decoding.windowed import decode_full
from gui.canvas.surprise_bar import SurpriseBar
from gui.frame.label_choice import ANY_LABEL
from gui.state.resampling import NOTHING_SELECTED
from gui.studio import Studio
from gui.workers.kernel import KernelCompiler
from tests.gui.conftest import OpenStudio
from tests.gui.test_studio import middle_of, paint_at, settle
from tests.gui.test_surprise import with_prior
from tests.gui.tiny import TinyModel, library_of

Left = Qt.MouseButton.LeftButton


@pytest.fixture
def studio(qtbot: QtBot, open_studio: OpenStudio) -> Studio:
    studio = open_studio(library_of(with_prior()))
    settle(qtbot, studio)
    return studio


def press(qtbot: QtBot, studio: Studio, key: Qt.Key, held: Qt.KeyboardModifier | None = None) -> None:
    qtbot.keyClick(studio.paint.canvas, key, held or Qt.KeyboardModifier.NoModifier)


def select(qtbot: QtBot, studio: Studio) -> None:
    """Drag the select tool over rows 3 to 6, columns 4 to 8."""
    canvas, end = studio.paint.canvas, middle_of(studio, 6, 8)
    press(qtbot, studio, Qt.Key.Key_S)
    qtbot.mousePress(canvas, Left, pos=middle_of(studio, 3, 4))
    there = QPointF(canvas.mapToGlobal(end))
    move = QMouseEvent(
        QEvent.Type.MouseMove, QPointF(end), there, Qt.MouseButton.NoButton, Left, Qt.KeyboardModifier(0)
    )
    QApplication.sendEvent(canvas, move)
    qtbot.mouseRelease(canvas, Left, pos=end)
    assert np.count_nonzero(studio.painting.selection.mask) == 20


def resample(qtbot: QtBot, studio: Studio) -> None:
    press(qtbot, studio, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: studio.asking.resampling.is_open and not studio.asking.resampling.is_busy)


def test_a_variation_is_looked_at_by_arrow_and_accepted_by_return(qtbot: QtBot, studio: Studio) -> None:
    before, strip = studio.painting.codes.copy(), studio.paint.strip
    assert not strip.isVisible()
    select(qtbot, studio)
    inside = studio.painting.selection.mask
    resample(qtbot, studio)
    assert strip.isVisible()
    assert len(strip.thumbs) == 4
    press(qtbot, studio, Qt.Key.Key_Home)
    press(qtbot, studio, Qt.Key.Key_Right)
    assert [thumb.isChecked() for thumb in strip.thumbs] == [False, True, False, False]
    np.testing.assert_array_equal(studio.painting.codes, before)  # so far it is only looked at
    second = studio.asking.resampling.variations[1]
    press(qtbot, studio, Qt.Key.Key_Return)
    assert not strip.isVisible()
    after = studio.painting.codes.copy()
    np.testing.assert_array_equal(after[3:7, 4:9], second.parts[0].codes)
    np.testing.assert_array_equal(after[~inside], before[~inside])
    assert studio.painting.painting.history.steps == ("Resample",)
    settle(qtbot, studio)
    expected = decode_full(studio.session.decoder, studio.painting.painting.grid.levels)
    np.testing.assert_array_equal(studio.picture.pixels(), expected)
    press(qtbot, studio, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    np.testing.assert_array_equal(studio.painting.codes, before)
    assert not studio.painting.painting.history.can_undo


def test_the_canvas_shows_the_variation_in_its_place(qtbot: QtBot, studio: Studio) -> None:
    select(qtbot, studio)
    resample(qtbot, studio)

    def colour(row: int, column: int) -> tuple[int, ...]:
        image = studio.paint.canvas.grab().toImage()
        return image.pixelColor(middle_of(studio, row, column)).getRgb()[:3]

    for key in (Qt.Key.Key_Home, Qt.Key.Key_End):
        press(qtbot, studio, key)
        shown = studio.asking.resampling.shown
        assert shown is not None
        pixels = shown.pixels[4 * (5 - shown.box.top) + 2, 4 * (6 - shown.box.left) + 2]
        assert colour(5, 6) == tuple(pixels.tolist())
    before = studio.picture.pixels()[4 * 5 + 2, 4 * 6 + 2]
    press(qtbot, studio, Qt.Key.Key_Escape)
    assert colour(5, 6) == tuple(before.tolist())


def test_escape_and_undo_leave_the_painting_as_it_was(qtbot: QtBot, studio: Studio) -> None:
    paint_at(qtbot, studio, 4, 5)
    qtbot.waitUntil(lambda: not studio.asking.dreaming.is_busy)
    before = studio.painting.codes.copy()
    undo = studio.window.actions_table["edit.undo"]
    select(qtbot, studio)
    for leave in (Qt.Key.Key_Escape, Qt.Key.Key_Z):
        resample(qtbot, studio)
        assert undo.text() == "Drop the variations"
        held = Qt.KeyboardModifier.ControlModifier if leave == Qt.Key.Key_Z else None
        press(qtbot, studio, leave, held)
        assert not studio.paint.strip.isVisible()
        np.testing.assert_array_equal(studio.painting.codes, before)
        assert undo.text() == "Undo brush"
    press(qtbot, studio, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert not studio.painting.painting.history.can_undo


def test_painting_drops_the_variations(qtbot: QtBot, studio: Studio) -> None:
    select(qtbot, studio)
    resample(qtbot, studio)
    press(qtbot, studio, Qt.Key.Key_B)
    paint_at(qtbot, studio, 4, 5)
    assert not studio.paint.strip.isVisible()
    assert studio.painting.painting.history.steps == ("Brush",)


def test_with_nothing_selected_it_says_how_to_select(qtbot: QtBot, studio: Studio) -> None:
    press(qtbot, studio, Qt.Key.Key_R)
    assert studio.window.messages.text == NOTHING_SELECTED
    studio.window.messages._action.click()
    assert studio.brush.tool == "select"
    assert not studio.asking.resampling.is_open


def test_without_a_prior_it_says_so_and_offers_to_train_one(qtbot: QtBot, open_studio: OpenStudio) -> None:
    studio = open_studio()
    press(qtbot, studio, Qt.Key.Key_R)
    assert "tiny has no prior" in studio.window.messages.text
    studio.window.messages._action.click()
    assert studio.window.workspace == "train"


def test_a_model_with_a_prior_starts_compiling_the_sampler_and_closing_ends_it(
    qtbot: QtBot, open_studio: OpenStudio
) -> None:
    compiler = KernelCompiler((sys.executable, "-c", "import time; time.sleep(60)"), is_done=lambda: False)
    plain = TinyModel("plain", "1" * 64)
    studio = open_studio(library_of(plain, with_prior()), kernel=compiler)
    assert not compiler.is_running
    studio.session.open_model("tiny")
    qtbot.waitUntil(lambda: compiler.is_running)
    studio.close()
    assert not compiler.is_running


def test_heal_resamples_what_surprises(qtbot: QtBot, studio: Studio) -> None:
    heal = studio.window.actions_table["edit.heal"]
    assert not heal.isEnabled()
    studio.window.actions_table["view.surprise"].trigger()
    paint_at(qtbot, studio, 4, 5)
    paint_at(qtbot, studio, 7, 2)
    studio.asking.surprise.set_threshold(3.0)
    qtbot.waitUntil(lambda: studio.asking.surprise.bits is not None and not studio.asking.surprise.is_busy)
    assert studio.asking.surprise.surprising[4, 5]
    surprising = studio.asking.surprise.surprising
    assert np.count_nonzero(surprising) == 44  # the left border, both painted cells and what follows each
    press(qtbot, studio, Qt.Key.Key_U, Qt.KeyboardModifier.ShiftModifier)
    np.testing.assert_array_equal(studio.painting.selection.mask, surprising)
    qtbot.waitUntil(lambda: studio.asking.resampling.is_open and not studio.asking.resampling.is_busy)
    before = studio.painting.codes.copy()
    press(qtbot, studio, Qt.Key.Key_Return)
    changed = studio.painting.codes != before
    assert changed.any()
    assert not (changed & ~surprising).any()


def test_a_label_chosen_for_surprise_is_that_of_the_variations(qtbot: QtBot, open_studio: OpenStudio) -> None:
    model = with_prior()
    assert model.prior is not None
    model.prior.labels = ("cat", "dog")  # type: ignore[misc]  # a stand-in's
    studio = open_studio(library_of(model))
    settle(qtbot, studio)
    studio.window.actions_table["view.surprise"].trigger()
    bar = studio.paint.findChild(SurpriseBar)
    assert isinstance(bar, SurpriseBar)
    bar.label.setFocus()
    qtbot.keyClick(bar.label, Qt.Key.Key_End)
    qtbot.waitUntil(lambda: not studio.asking.surprise.is_busy)
    select(qtbot, studio)
    resample(qtbot, studio)
    controls = studio.paint.strip.controls
    assert controls.label.currentText() == "dog"
    assert controls.guidance.isEnabled()
    controls.label.setFocus()
    qtbot.keyClick(controls.label, Qt.Key.Key_Home)
    assert bar.label.currentText() == ANY_LABEL
    qtbot.waitUntil(lambda: not studio.asking.surprise.is_busy and not studio.asking.resampling.is_busy)
