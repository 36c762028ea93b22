from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from gui.state.start_request import StartRequest
from gui.state.trained_models import TrainedModel
from gui.train.settings_column import SettingsColumn
from gui.workers.train_form import FormReader, TrainForm
from tests.gui.train.columns import EMOJI, choose_prior, wait
from tests.gui.train.forms import READER

SMALL = TrainedModel("small", "/runs/small/model.safetensors", "vqvae", "emoji")


def _start_from(qtbot: QtBot, column: SettingsColumn, name: str) -> None:
    """Choose it by keys."""
    combo = column.start_from.combo
    combo.setFocus()
    QTest.keyClick(combo, Qt.Key.Key_Home)
    for _ in range(combo.findText(name)):
        QTest.keyClick(combo, Qt.Key.Key_Down)
    wait(qtbot, column)


def test_weights_to_begin_with_bring_their_architecture(
    qtbot: QtBot, column: SettingsColumn, labelled: str
) -> None:
    choice, form = column.start_from, column.form
    column.offer_starts([])
    assert not choice.combo.isEnabled()
    assert "There is no trained VQ-VAE yet" in choice.combo.toolTip()
    form.put({"codes": 100, "learning_rate": 0.01})
    column.offer_starts([SMALL, EMOJI])
    offered = [choice.combo.itemText(place) for place in range(choice.combo.count())]
    assert offered == ["Random weights", "small", "emoji-vqvae"]
    assert not choice.note.isVisible()
    _start_from(qtbot, column, "small")
    assert choice.note.isVisible()
    assert not form.fields["codes"].isEnabled()
    assert "Comes with the weights" in form.fields["codes"].toolTip()
    form.put({"codes": 32})  # what cannot be changed by hand cannot be by a run's settings
    assert (form.values()["codes"], form.values()["decay"]) == (64, 0.5)
    assert form.fields["decay"].isEnabled()
    asked = column.request
    assert (asked.start_from, asked.start_name) == (SMALL.place, "small")
    assert asked.settings == ("learning_rate=0.01",)
    assert asked.arguments()[:2] == ["train", "--model=vqvae"]
    assert f"--start-from={SMALL.place}" in asked.arguments()
    _start_from(qtbot, column, "Random weights")
    assert form.fields["codes"].isEnabled()
    assert form.values()["codes"] == 512
    assert column.request == StartRequest("vqvae-pets", "vqvae", labelled, 400, settings=asked.settings)


def test_weights_of_another_family_are_not_kept(qtbot: QtBot, column: SettingsColumn) -> None:
    column.offer_starts([SMALL])
    _start_from(qtbot, column, "small")
    QTest.mouseClick(column.family.buttons["vae"], Qt.MouseButton.LeftButton)
    column.offer_starts([])
    wait(qtbot, column)
    assert column.request.start_from == ""
    assert column.start_from.combo.count() == 1
    assert column.start.isEnabled()


def test_weights_that_know_other_labels_are_refused(qtbot: QtBot, column: SettingsColumn) -> None:
    column.offer_starts([TrainedModel("trio", "three-labels", "cvae", "")])
    QTest.mouseClick(column.family.buttons["cvae"], Qt.MouseButton.LeftButton)
    _start_from(qtbot, column, "trio")
    assert not column.start.isEnabled()
    said = "trio knows 3 labels, pets has 2 labels: choose other data, or random weights"
    assert column.hint.text() == said
    _start_from(qtbot, column, "Random weights")
    assert column.start.isEnabled()


def test_weights_that_went_away_are_told_of(qtbot: QtBot, column: SettingsColumn) -> None:
    gone = TrainedModel("gone", "gone", "vqvae", "")
    column._reader = FormReader(lambda subject, _: TrainForm(subject, (), ()), READER.times)
    column.offer_starts([gone])
    _start_from(qtbot, column, "gone")
    assert column.start.isEnabled()
    column._reader = READER
    column.offer_starts([SMALL])
    wait(qtbot, column)
    assert not column.start.isEnabled()
    assert column.hint.text() == "gone: is no longer there to start from"
    _start_from(qtbot, column, "small")
    assert column.start.isEnabled()


def test_priors_begin_with_those_of_another_model(
    qtbot: QtBot, column: SettingsColumn, labelled: str
) -> None:
    choose_prior(qtbot, column, EMOJI)
    column.offer_starts([SMALL])
    _start_from(qtbot, column, "small")
    assert not column.form.fields["channels"].isEnabled()
    asked = column.request
    assert (asked.prior_of, asked.start_from) == ("emoji-vqvae", SMALL.place)
    assert asked.arguments()[:2] == ["train-prior", "emoji-vqvae"]
    column.fill(StartRequest("plain", "vqvae", labelled, 50))
    wait(qtbot, column)
    assert column.request == StartRequest("plain", "vqvae", labelled, 50)
    column.fill(asked)
    wait(qtbot, column)
    assert column.request == asked
