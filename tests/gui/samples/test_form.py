"""The form shows what the source can use, and sets the samples_state."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from gui.samples.form import SamplesForm
from gui.state.samples import SamplesState
from tests.gui.samples.models import Shelf
from tests.small import write_small_priors


@pytest.fixture
def form(qtbot: QtBot, samples_state: SamplesState, sample_models: Path) -> SamplesForm:
    made = SamplesForm(samples_state)
    qtbot.addWidget(made)
    made.model_chosen.connect(samples_state.choose_model)
    made.resize(320, 900)
    made.show()
    samples_state.choose_model(sample_models / "one.safetensors")
    made.offer_models(Shelf(sample_models).at_hand())
    return made


def numbers(form: SamplesForm) -> list[str]:
    return [name for name, row in form.numbers.items() if row.isVisible()]


def test_it_shows_what_the_source_uses(form: SamplesForm, samples_state: SamplesState) -> None:
    assert form.model.currentText() == "one"
    assert numbers(form) == [
        "count",
        "temperature",
        "falloff",
        "top_k",
        "top_p",
        "guidance",
        "candidates",
        "seed",
    ]
    form.source.buttons["uniform"].click()
    assert samples_state.source == "uniform"
    assert numbers(form) == ["count", "seed"]
    assert not form.label.isEnabled()
    form.compare.click()
    assert samples_state.compares
    assert "guidance" in numbers(form)


def test_guidance_waits_for_a_label(form: SamplesForm, samples_state: SamplesState) -> None:
    assert not form.numbers["guidance"].isEnabled()
    form.label.setCurrentIndex(2)
    form.label.activated.emit(2)
    assert samples_state.label == "odd"
    assert form.numbers["guidance"].isEnabled()
    assert form.numbers["candidates"].isEnabled()


def test_a_label_that_only_other_sources_know_is_nothing_to_a_prior(
    form: SamplesForm, samples_state: SamplesState, sample_models: Path
) -> None:
    samples_state.choose_model(
        write_small_priors(sample_models / "deaf.safetensors", sample_models / "bare.safetensors", labels=0)
    )
    samples_state.label, samples_state.compares = "odd", True
    assert "odd" in samples_state.labels
    assert not form.numbers["guidance"].isEnabled()
    assert not form.numbers["candidates"].isEnabled()


def test_falloff_is_for_what_is_drawn_level_by_level(
    form: SamplesForm, samples_state: SamplesState, sample_models: Path
) -> None:
    assert not form.numbers["falloff"].isEnabled()
    samples_state.choose_model(sample_models / "two.safetensors")
    assert form.numbers["falloff"].isEnabled()
    form.numbers["falloff"].number.setValue(0.25)
    assert samples_state.falloff == 0.25


def test_numbers_and_seed_are_set(form: SamplesForm, samples_state: SamplesState) -> None:
    form.numbers["count"].number.setValue(5)
    form.numbers["temperature"].number.setValue(0.5)
    form.numbers["seed"].number.setValue(77)
    assert (samples_state.count, samples_state.temperature, samples_state.seed) == (5, 0.5, 77)
    form.dice.click()
    assert samples_state.seed != 77
    assert form.numbers["seed"].number.value() == samples_state.seed
    samples_state.top_p = 0.5
    assert form.numbers["top_p"].number.value() == 0.5


def test_another_model_offers_its_own(qtbot: QtBot, form: SamplesForm, samples_state: SamplesState) -> None:
    place = form.model.findText("bare")
    form.model.setCurrentIndex(place)
    form.model.activated.emit(place)
    assert samples_state.card is not None
    assert samples_state.card.name == "bare"
    assert list(form.source.buttons) == ["unigram", "uniform"]
    assert form.no_prior.isVisible()
    with qtbot.waitSignal(form.prior_asked):
        QTest.mouseClick(form.no_prior.findChild(type(form.draw)), Qt.MouseButton.LeftButton)


def test_sample_becomes_cancel_while_it_draws(
    qtbot: QtBot, form: SamplesForm, samples_state: SamplesState
) -> None:
    QTest.mouseClick(form.draw, Qt.MouseButton.LeftButton)
    assert form.cancel.isVisible()
    assert not form.draw.isVisible()
    QTest.mouseClick(form.cancel, Qt.MouseButton.LeftButton)
    assert form.draw.isVisible()
    assert not samples_state.is_running


def test_a_model_that_is_not_offered_stays_chosen(form: SamplesForm, samples_state: SamplesState) -> None:
    form.offer_models({})
    assert form.model.currentText() == "one"
    assert samples_state.card is not None
    assert form.model.currentData() == samples_state.card.path


def test_a_file_that_cannot_be_read_leaves_the_model_as_it_was(
    form: SamplesForm, samples_state: SamplesState, tmp_path: Path
) -> None:
    torn = tmp_path / "torn.safetensors"
    torn.write_bytes(b"torn")
    form.offer_models({"torn": torn})
    form.model.setCurrentIndex(0)
    form.model.activated.emit(0)
    assert form.model.currentText() == "one"


def test_focus_goes_from_sample_to_cancel_and_back(
    qtbot: QtBot, form: SamplesForm, samples_state: SamplesState
) -> None:
    form.activateWindow()
    qtbot.waitUntil(form.isActiveWindow)
    form.draw.setFocus()
    QTest.keyClick(form.draw, Qt.Key.Key_Space)
    assert form.cancel.hasFocus()
    QTest.keyClick(form.cancel, Qt.Key.Key_Space)
    assert form.draw.hasFocus()


def test_a_model_of_one_source_leaves_it_open_beside_others(
    form: SamplesForm, samples_state: SamplesState, sample_models: Path
) -> None:
    samples_state.compares = True
    assert not form.source.isEnabled()
    samples_state.choose_model(sample_models / "vae.safetensors")
    assert form.source.isEnabled()
    assert not form.compare.isVisible()


def test_letters_typed_on_a_list_are_no_shortcuts(qtbot: QtBot, form: SamplesForm) -> None:
    pressed: list[None] = []
    shortcut = QShortcut(QKeySequence("M"), form)
    shortcut.activated.connect(lambda: pressed.append(None))
    form.activateWindow()
    qtbot.waitUntil(form.isActiveWindow)
    form.label.setFocus()
    QTest.keyClick(form.label, Qt.Key.Key_O)
    QTest.keyClick(form.label, Qt.Key.Key_M)
    assert form.label.currentText() == "odd"
    assert not pressed
    form.draw.setFocus()
    QTest.keyClick(form.draw, Qt.Key.Key_M)
    assert pressed
