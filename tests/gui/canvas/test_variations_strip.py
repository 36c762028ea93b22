"""The strip of variations: what it shows, what its keys, thumbs and numbers do."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QEnterEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.codes.selection import Selection
from gui.canvas.variations_strip import Thumb, VariationsStrip
from gui.frame.label_choice import ANY_LABEL
from gui.state.asked_label import AskedLabel
from gui.state.painting import PaintingState
from gui.state.resampling import Resampling
from gui.theme import apply_theme
from gui.workers.job import Worker
from tests.fakes import TinyDecoder, TinyPrior
from tests.gui.painted import small_state


class Labelled(TinyPrior):
    labels = ("cat", "dog")


@pytest.fixture
def state() -> PaintingState:
    made = small_state()
    mask = np.zeros(made.shape, np.bool_)
    mask[2:5, 3:6] = True
    made.set_selection(Selection(mask))
    return made


@pytest.fixture
def resampling(state: PaintingState) -> Iterator[Resampling]:
    worker = Worker("test")
    made = Resampling(state, worker, AskedLabel())
    decoder = TinyDecoder()
    decoder.prior = Labelled()
    made.set_decoder(decoder)
    yield made
    assert worker.stop(5)


@pytest.fixture
def strip(qtbot: QtBot, qapp: QApplication, resampling: Resampling) -> VariationsStrip:
    apply_theme(qapp)
    made = VariationsStrip(resampling)
    qtbot.addWidget(made)
    made.resize(1000, 160)
    resampling.start()
    qtbot.waitUntil(lambda: not resampling.is_busy)
    assert made.isVisible()
    return made


def hover(thumb: Thumb, enters: bool = True) -> None:
    at = QPointF(5, 5)
    event = QEnterEvent(at, at, at) if enters else QEvent(QEvent.Type.Leave)
    QApplication.sendEvent(thumb, event)


def test_thumbs_say_their_bits_and_stand_likeliest_first(
    strip: VariationsStrip, resampling: Resampling
) -> None:
    assert [thumb.variation for thumb in strip.thumbs] == list(resampling.variations)
    for thumb in strip.thumbs:
        assert thumb.text() == f"{thumb.variation.bits:.0f} bits"
        assert f"Variation {thumb.variation.number + 1}: {thumb.variation.bits:.1f} bits" in thumb.toolTip()
        assert not thumb.icon().isNull()
    xs = [thumb.x() for thumb in strip.thumbs]
    assert xs == sorted(xs)
    assert len(set(xs)) == 4


def test_arrows_choose_return_accepts(
    strip: VariationsStrip, resampling: Resampling, state: PaintingState
) -> None:
    for key, place in (
        (Qt.Key.Key_Home, 0),
        (Qt.Key.Key_Right, 1),
        (Qt.Key.Key_End, 3),
        (Qt.Key.Key_Left, 2),
    ):
        QTest.keyClick(strip, key)
        assert resampling.chosen is resampling.variations[place]
        assert [thumb.isChecked() for thumb in strip.thumbs].index(True) == place
    chosen = resampling.chosen
    QTest.keyClick(strip, Qt.Key.Key_Return)
    assert np.array_equal(state.codes[2:5, 3:6], chosen.parts[0].codes)
    assert not strip.isVisible()
    assert strip.thumbs == ()


def test_escape_and_cancel_drop(qtbot: QtBot, strip: VariationsStrip, resampling: Resampling) -> None:
    QTest.keyClick(strip, Qt.Key.Key_Escape)
    assert not resampling.is_open
    resampling.start()
    assert strip.isVisible()
    strip.cancel.click()
    assert not resampling.is_open
    assert not strip.isVisible()


def test_pointing_shows_a_click_chooses_a_double_click_accepts(
    strip: VariationsStrip, resampling: Resampling, state: PaintingState
) -> None:
    first, _, third, _ = strip.thumbs
    QTest.mouseClick(first, Qt.MouseButton.LeftButton)
    hover(first, enters=False)
    hover(third)
    assert resampling.shown is third.variation.picture
    assert resampling.chosen is first.variation
    hover(third, enters=False)
    assert resampling.shown is first.variation.picture
    hover(third)
    QTest.mouseClick(third, Qt.MouseButton.LeftButton)
    QTest.mouseDClick(third, Qt.MouseButton.LeftButton)
    assert np.array_equal(state.codes[2:5, 3:6], third.variation.parts[0].codes)
    assert state.painting.history.steps == ("Resample",)


def test_again_draws_with_the_next_seed(qtbot: QtBot, strip: VariationsStrip, resampling: Resampling) -> None:
    before = [variation.parts[0].codes for variation in resampling.variations]
    strip.again.click()
    assert strip.isVisible()
    assert not strip.accept.isEnabled()
    qtbot.waitUntil(lambda: not resampling.is_busy)
    assert strip.controls.seed.number.value() == resampling.options.seed == 1
    assert not any(np.array_equal(variation.parts[0].codes, before[0]) for variation in resampling.variations)


def test_numbers_and_label_are_those_of_the_state(
    qtbot: QtBot, strip: VariationsStrip, resampling: Resampling
) -> None:
    controls, options = strip.controls, resampling.options
    labels = [controls.label.itemText(place) for place in range(controls.label.count())]
    assert labels == [ANY_LABEL, "cat", "dog"]
    options.temperature, options.label = 0.5, "dog"
    assert controls.temperature.number.value() == 0.5
    assert controls.label.currentText() == "dog"
    controls.count.number.setValue(6)
    controls.top_p.number.setValue(0.25)
    assert (options.count, options.top_p) == (6, 0.25)
    qtbot.waitUntil(lambda: len(strip.thumbs) == 6)
    assert controls.count.number.maximum() == 16


def test_a_name_is_dragged_for_more_and_double_clicked_for_the_default(
    strip: VariationsStrip, resampling: Resampling
) -> None:
    name = strip.controls.temperature.name
    QTest.mousePress(name, Qt.MouseButton.LeftButton, pos=QPoint(10, 5))
    QTest.mouseMove(name, QPoint(31, 5))
    QTest.mouseRelease(name, Qt.MouseButton.LeftButton, pos=QPoint(31, 5))
    assert resampling.options.temperature == 1.2
    QTest.mouseDClick(name, Qt.MouseButton.LeftButton)
    assert resampling.options.temperature == 1.0


def test_return_in_a_number_ends_typing_and_accepts_nothing(
    qtbot: QtBot, strip: VariationsStrip, resampling: Resampling, state: PaintingState
) -> None:
    number = strip.controls.seed.number
    number.selectAll()
    with qtbot.waitSignal(strip.controls.done):
        QTest.keyClicks(number, "12")
        assert resampling.options.seed == 0  # the first digit is not meant yet
        QTest.keyClick(number, Qt.Key.Key_Return)
    assert resampling.options.seed == 12
    assert resampling.is_open
    assert state.painting.history.steps == ()


def test_without_labels_there_is_none_to_choose(strip: VariationsStrip, resampling: Resampling) -> None:
    decoder = TinyDecoder()
    decoder.prior = TinyPrior()
    resampling.set_decoder(decoder)
    assert strip.controls.label.isHidden()


def test_guidance_is_towards_a_label(qtbot: QtBot, strip: VariationsStrip, resampling: Resampling) -> None:
    controls, options = strip.controls, resampling.options
    assert not controls.guidance.isEnabled()
    assert "Choose a label first" in controls.guidance.number.toolTip()
    controls.label.setFocus()
    QTest.keyClick(controls.label, Qt.Key.Key_Down)
    assert options.label == "cat"
    assert controls.guidance.isEnabled()
    controls.guidance.number.setValue(2.5)
    assert options.guidance == 2.5
    options.guidance = 9
    assert controls.guidance.number.value() == 5
    QTest.keyClick(controls.label, Qt.Key.Key_Up)
    assert not controls.guidance.isEnabled()
    resampling.set_decoder(TinyDecoder())
    assert controls.guidance.isHidden()
    qtbot.waitUntil(lambda: not resampling.is_busy)


def test_the_options_fit_beside_the_panels_of_a_small_window(strip: VariationsStrip) -> None:
    strip.controls.show_labels(("Animals & Nature and all the rest", "Smileys & Emotion"))
    assert strip.minimumSizeHint().width() <= 813  # of 1280 px
