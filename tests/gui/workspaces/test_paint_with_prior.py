"""Surprise and suggestions in the Paint workspace, by real mouse and key events."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDoubleSpinBox, QLabel, QLineEdit, QSlider

from gui import theme
from gui.canvas.overlays import magma_words
from gui.canvas.surprise_bar import SurpriseBar
from gui.theme import apply_theme
from tests.fakes import TinyDecoder, TinyPrior
from tests.gui.workspaces.test_paint import Studio


@pytest.fixture
def studio(qtbot, qapp):
    apply_theme(qapp)
    made = Studio()
    qtbot.addWidget(made)
    decoder = TinyDecoder()
    decoder.prior = TinyPrior()
    for follower in (made.loop, made.asking):
        follower.set_decoder(decoder)
    made.decoder = decoder
    made.field = QLineEdit(made)
    made.layout().addWidget(made.field)
    made.resize(1200, 700)
    made.show()
    made.canvas.setFocus()
    qtbot.waitUntil(lambda: made.worker.pending == 0)
    yield made
    assert made.worker.stop(5)


def hover(studio: Studio, row: int, column: int) -> None:
    where = QPointF(studio.at(row, column))
    none, free = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    there = studio.canvas.mapToGlobal(where)
    QApplication.sendEvent(studio.canvas, QMouseEvent(QEvent.Type.MouseMove, where, there, none, none, free))


def suggest(studio: Studio, qtbot, row: int, column: int) -> None:
    hover(studio, row, column)
    with qtbot.waitSignal(studio.asking.suggesting.found):
        QTest.keyClick(studio.canvas, Qt.Key.Key_Tab)
    assert studio.workspace.popup.isVisible()


def colour_at(studio: Studio, row: int, column: int) -> tuple[int, ...]:
    return studio.canvas.grab().toImage().pixelColor(studio.at(row, column).toPoint()).getRgb()[:3]


def test_the_overlay_colours_cells_by_their_bits_and_follows_strokes(studio, qtbot) -> None:
    studio.action("view.surprise").trigger()
    qtbot.waitUntil(lambda: not studio.asking.surprise.is_busy)
    hover(studio, 0, 0)
    calm = colour_at(studio, 9, 9)
    assert sum(colour_at(studio, 9, 0)) > sum(calm)  # code 1 at the border, where 0 is expected
    studio.drag((9, 9), (9, 9))
    qtbot.waitUntil(lambda: not studio.asking.surprise.is_busy and studio.asking.surprise.at(9, 9).rank == 1)
    hover(studio, 0, 0)
    assert sum(colour_at(studio, 9, 9)) > sum(calm)
    studio.action("view.surprise").trigger()
    assert studio.asking.surprise.bits is None


def test_the_bar_shows_a_threshold_and_how_many_cells_lie_above(studio, qtbot) -> None:
    bar = studio.workspace.findChild(SurpriseBar)
    assert not bar.isVisible()
    studio.action("view.surprise").trigger()
    qtbot.waitUntil(lambda: not studio.asking.surprise.is_busy)
    assert bar.isVisible()
    bar.findChild(QSlider).setValue(40)
    assert bar.findChild(QDoubleSpinBox).value() == studio.asking.surprise.threshold == 4.0
    count = int(np.count_nonzero(TinyPrior().surprise([studio.state.codes])[0].bits > 4.0))
    assert 0 < count < studio.state.codes.size
    assert f"{count} cells" in [label.text() for label in bar.findChildren(QLabel)]
    QTest.mouseClick(bar.select, Qt.MouseButton.LeftButton)
    assert np.array_equal(studio.state.selection.mask, studio.asking.surprise.surprising)
    bar.findChild(QDoubleSpinBox).setValue(5.0)
    assert not bar.select.isEnabled()


def test_the_scale_runs_from_the_first_colour_of_magma_to_the_last_and_hides_what_is_unknown() -> None:
    words = magma_words(np.array([[0.0, 1.0, 2.0, np.nan]]), opacity=255)[0].tolist()
    first, last = (0xFF000000 | int(theme.MAGMA[end][1:], 16) for end in (0, -1))
    assert words == [first, last, last, 0]


def test_tab_over_a_cell_shows_what_could_stand_there_and_a_number_key_picks(studio, qtbot) -> None:
    suggest(studio, qtbot, 3, 4)
    popup = studio.workspace.popup
    assert len(popup.buttons) == 9
    assert popup.buttons[0].text() == "1   38 %"
    QTest.keyClick(popup, Qt.Key.Key_2)
    assert studio.state.codes[3, 4] == 0  # after that of its left neighbour comes the lowest number
    assert studio.state.painting.history.steps == ("Suggestion",)
    assert not popup.isVisible()
    assert studio.canvas.hasFocus()
    studio.action("edit.undo").trigger()
    assert studio.state.codes[3, 4] == 2


def test_suggestions_say_which_label_they_are_for(studio, qtbot) -> None:
    popup, asked = studio.workspace.popup, studio.asking.surprise.asked
    suggest(studio, qtbot, 3, 4)
    assert popup.about.isHidden()
    studio.decoder.prior.labels = ("cat", "dog")
    asked.label = "dog"
    assert not popup.isVisible()  # what it showed was for any
    suggest(studio, qtbot, 3, 4)
    assert popup.about.isVisible()
    assert popup.about.text() == "For dog"
    assert len(popup.buttons) == 9


def test_arrows_and_return_pick_a_click_picks_and_escape_closes(studio, qtbot) -> None:
    suggest(studio, qtbot, 3, 4)
    popup = studio.workspace.popup
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_Tab):
        QTest.keyClick(popup, key)
    assert popup.current == 3
    assert popup.buttons[3].isChecked()
    QTest.keyClick(popup, Qt.Key.Key_Return)
    assert studio.state.codes[3, 4] == 3
    suggest(studio, qtbot, 3, 4)
    QTest.mouseClick(popup.buttons[4], Qt.MouseButton.LeftButton)
    assert studio.state.codes[3, 4] == 4
    suggest(studio, qtbot, 3, 4)
    QTest.keyClick(popup, Qt.Key.Key_Escape)
    assert not popup.isVisible()
    assert studio.canvas.hasFocus()
    assert studio.state.codes[3, 4] == 4
    assert len(studio.state.painting.history.steps) == 2


def test_each_picture_is_the_cell_and_its_neighbours_decoded_with_that_code(studio, qtbot) -> None:
    hover(studio, 6, 8)
    with qtbot.waitSignal(studio.asking.suggesting.found) as found:
        QTest.keyClick(studio.canvas, Qt.Key.Key_Tab)
    from engine.decoding.decoder import to_pixels

    for choice in found.args[0].choices:
        codes = studio.state.codes.copy()
        codes[6, 8] = choice.code
        whole = to_pixels(TinyDecoder().decode([codes[None]]))[0]
        assert np.array_equal(choice.pixels, whole[5 * 4 : 8 * 4, 7 * 4 : 10 * 4])


def test_tab_moves_the_focus_when_the_pointer_is_elsewhere(studio, qtbot) -> None:
    hover(studio, 3, 4)
    QApplication.sendEvent(studio.canvas, QEvent(QEvent.Type.Leave))
    QTest.keyClick(studio.canvas, Qt.Key.Key_Tab)
    assert not studio.canvas.hasFocus()
    assert not studio.workspace.popup.isVisible()


def test_tab_moves_the_focus_where_there_is_no_prior(studio) -> None:
    studio.asking.suggesting.set_decoder(TinyDecoder())
    hover(studio, 3, 4)
    QTest.keyClick(studio.canvas, Qt.Key.Key_Tab)
    assert not studio.canvas.hasFocus()


def test_the_command_says_that_there_is_no_prior(studio, qtbot) -> None:
    studio.asking.suggesting.set_decoder(TinyDecoder())
    with qtbot.waitSignal(studio.asking.suggesting.lacking):
        studio.action("edit.suggest").trigger()


def test_what_is_open_closes_when_the_codes_change_or_the_view_moves(studio, qtbot) -> None:
    suggest(studio, qtbot, 3, 4)
    studio.cells.clear()
    assert not studio.workspace.popup.isVisible()
    suggest(studio, qtbot, 3, 4)
    studio.action("view.zoom_in").trigger()
    assert not studio.workspace.popup.isVisible()
