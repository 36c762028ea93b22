"""The line above the canvas while surprise is shown: whose label it is asked for, its threshold."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui.canvas.surprise_bar import SurpriseBar
from gui.frame.label_choice import ANY_LABEL
from gui.state.asked_label import AskedLabel
from gui.state.surprise import SurpriseState
from gui.theme import apply_theme
from gui.workers.job import Worker
from tests.fakes import TinyDecoder, TinyPrior
from tests.gui.painted import small_state


class Labelled(TinyPrior):
    """Nothing surprises it in a dog."""

    labels = ("cat", "dog")

    def surprise(self, codes, condition=None):  # type: ignore[no-untyped-def]
        found = super().surprise(codes, condition)
        if condition is not None and condition[1]:
            for level in found:
                level.bits[:] = 0.0
        return found


def decoder_with(prior: TinyPrior) -> TinyDecoder:
    decoder = TinyDecoder()
    decoder.prior = prior
    return decoder


@pytest.fixture
def surprise() -> Iterator[SurpriseState]:
    worker = Worker("test")
    made = SurpriseState(small_state(), worker, AskedLabel())
    made.set_decoder(decoder_with(Labelled()))
    yield made
    assert worker.stop(5)


@pytest.fixture
def bar(qtbot: QtBot, qapp: QApplication, surprise: SurpriseState) -> SurpriseBar:
    apply_theme(qapp)
    made = SurpriseBar(surprise)
    qtbot.addWidget(made)
    surprise.set_threshold(3.0)
    surprise.show(True)
    qtbot.waitUntil(lambda: not surprise.is_busy)
    assert made.isVisible()
    return made


def test_choosing_a_label_works_it_out_anew(qtbot: QtBot, bar: SurpriseBar, surprise: SurpriseState) -> None:
    assert [bar.label.itemText(place) for place in range(bar.label.count())] == [ANY_LABEL, "cat", "dog"]
    count = int(np.count_nonzero(surprise.surprising))
    assert bar._count.text() == f"{count} cells"
    assert count > 1
    bar.label.setFocus()
    QTest.keyClick(bar.label, Qt.Key.Key_End)
    assert surprise.asked.label == "dog"
    qtbot.waitUntil(lambda: not surprise.is_busy)
    assert bar._count.text() == "0 cells"
    assert not bar.select.isEnabled()
    surprise.asked.label = "cat"  # by the strip of variations
    assert bar.label.currentText() == "cat"
    qtbot.waitUntil(lambda: bar._count.text() == f"{count} cells")


def test_the_labels_are_those_of_the_prior(qtbot: QtBot, bar: SurpriseBar, surprise: SurpriseState) -> None:
    surprise.asked.label = "dog"
    surprise.set_decoder(decoder_with(TinyPrior()))
    assert bar.label.isHidden()
    qtbot.waitUntil(lambda: not surprise.is_busy)
    assert np.count_nonzero(surprise.surprising) > 1  # this one knows nothing of dogs
    surprise.set_decoder(decoder_with(Labelled()))
    assert bar.label.isVisible()
    assert bar.label.currentText() == "dog"
    qtbot.waitUntil(lambda: not surprise.is_busy)


def test_it_fits_beside_the_panels_of_a_small_window(
    qtbot: QtBot, bar: SurpriseBar, surprise: SurpriseState
) -> None:
    prior = Labelled()
    prior.labels = ("Animals & Nature and all the rest", "Smileys & Emotion")
    surprise.set_decoder(decoder_with(prior))
    qtbot.waitUntil(lambda: not surprise.is_busy)
    assert bar.minimumSizeHint().width() <= 813  # of 1280 px
