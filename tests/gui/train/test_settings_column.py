from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui import theme
from gui.state.expected_times import ExpectedTimes
from gui.state.start_request import StartRequest
from gui.state.trained_models import TrainedModel
from gui.train.settings_column import SettingsColumn
from gui.workers.job import Worker
from gui.workers.train_form import FormReader, TrainForm
from tests.gui.conftest import Answers
from tests.gui.train.forms import READER


@pytest.fixture
def labelled(tmp_path: Path) -> str:
    for label in ("cat", "dog"):
        (tmp_path / "pets" / label).mkdir(parents=True)
        for number in range(3):
            Image.new("RGB", (8, 8)).save(tmp_path / "pets" / label / f"{number}.png")
    return str(tmp_path / "pets")


@pytest.fixture
def column(qtbot: QtBot, qapp: QApplication, answers: Answers, labelled: str) -> Iterator[SettingsColumn]:
    """With labelled pictures and the form of a VQ-VAE."""
    theme.apply_theme(qapp)
    workers = desk, models, clock = Worker("desk"), Worker("models"), Worker("times")
    times = ExpectedTimes(READER.times, clock)
    column = SettingsColumn(desk, models, READER, times, answers)
    qtbot.addWidget(column)
    column.resize(320, 900)
    column.show()
    column.data.choose(labelled)
    column.begin()
    column.offer_name("vqvae-pets")
    _settle(qtbot, *workers)
    yield column
    for worker in workers:
        worker.stop()


def _settle(qtbot: QtBot, *workers: Worker) -> None:
    qtbot.waitUntil(lambda: all(worker.pending == 0 for worker in workers))


def _wait(qtbot: QtBot, column: SettingsColumn) -> None:
    _settle(qtbot, column.data._desk, column._models, column._times._worker)


def test_what_is_asked_for_is_what_the_form_says(qtbot: QtBot, column: SettingsColumn, labelled: str) -> None:
    asked = column.request
    assert asked == StartRequest("vqvae-pets", "vqvae", labelled, steps=400)
    column.form.put({"codes": 64, "seed": 5, "device": "cpu", "learning_rate": 0.01, "steps": 50})
    asked = column.request
    assert (asked.steps, asked.seed, asked.device) == (50, 5, "cpu")
    assert set(asked.settings) == {"codes=64", "learning_rate=0.01"}
    with qtbot.waitSignal(column.start_asked) as told:
        QTest.mouseClick(column.start, Qt.MouseButton.LeftButton)
    assert told.args == [asked]


def test_every_preset_says_its_time_and_sets_its_options(qtbot: QtBot, column: SettingsColumn) -> None:
    assert [card.line for card in column.preset.buttons.values()] == [
        "about 40 s",
        "about 5 min",
        "about 50 min",
    ]
    assert column.hint.text().endswith("about 40 s")
    column.form.put({"steps": 600})
    assert column.hint.text().endswith("about 1 min")
    QTest.mouseClick(column.preset.buttons["good"], Qt.MouseButton.LeftButton)
    asked = column.request
    assert asked.steps == 3000
    assert asked.settings == ("batch_size=32",)
    QTest.keyClick(column.preset.buttons["good"], Qt.Key.Key_Left)
    assert column.preset.key == "quick"
    assert column.request.settings == ()


def test_another_family_has_its_own_options_and_wants_another_name(
    qtbot: QtBot, column: SettingsColumn
) -> None:
    with qtbot.waitSignal(column.renamed):
        QTest.mouseClick(column.family.buttons["vae"], Qt.MouseButton.LeftButton)
    _wait(qtbot, column)
    assert "latent_dim" in column.form.fields
    assert column.request.family == "vae"
    column.offer_name("vae-pets")
    assert column.request.name == "vae-pets"


def test_a_name_that_was_typed_stays(qtbot: QtBot, column: SettingsColumn) -> None:
    column.name.selectAll()
    QTest.keyClicks(column.name, "my run")
    column.offer_name("vae-pets")
    assert column.request.name == "my run"
    column.forget_name()
    column.offer_name("vae-pets")
    assert column.request.name == "vae-pets"


@pytest.mark.parametrize("name", ["a/b", "   ", ".."])
def test_no_run_can_have_a_name_that_is_no_folder(column: SettingsColumn, name: str) -> None:
    column.name.selectAll()
    QTest.keyClicks(column.name, name)
    assert column.foot.name_fault.isVisible()
    assert not column.start.isEnabled()
    column.name.selectAll()
    QTest.keyClicks(column.name, "good")
    assert not column.foot.name_fault.isVisible()
    assert column.start.isEnabled()


def test_labels_are_wanted_where_there_are_none(qtbot: QtBot, column: SettingsColumn, tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    Image.new("RGB", (8, 8)).save(tmp_path / "plain" / "one.png")
    column.data.choose(str(tmp_path / "plain"))
    QTest.mouseClick(column.family.buttons["cvae"], Qt.MouseButton.LeftButton)
    _wait(qtbot, column)
    assert not column.start.isEnabled()
    assert column.hint.text().startswith("CVAE needs labels")
    QTest.mouseClick(column.family.buttons["vae"], Qt.MouseButton.LeftButton)
    _wait(qtbot, column)
    assert column.start.isEnabled()


def test_nothing_starts_on_data_that_cannot_be_read(
    qtbot: QtBot, column: SettingsColumn, tmp_path: Path
) -> None:
    column.data.choose(str(tmp_path / "nowhere"))
    _wait(qtbot, column)
    assert not column.start.isEnabled()
    assert column.start.toolTip() == "Choose data that can be read first"


def test_why_there_is_no_form_is_said(qtbot: QtBot, column: SettingsColumn) -> None:
    column.data.name = "unreadable"
    QTest.mouseClick(column.family.buttons["ae"], Qt.MouseButton.LeftButton)
    _wait(qtbot, column)
    assert column.hint.text() == "this data has no form"
    assert not column.start.isEnabled()


def test_buttons_follow_the_run_on_show(qtbot: QtBot, column: SettingsColumn) -> None:
    def shown() -> tuple[bool, bool, bool]:
        return column.start.isVisible(), column.pause.isVisible(), column.stop.isVisible()

    assert shown() == (True, False, False)
    column.follow_status("training")
    assert shown() == (False, True, True)
    assert column.pause.text() == "Pause"
    for button, signal in ((column.pause, column.pause_asked), (column.stop, column.stop_asked)):
        with qtbot.waitSignal(signal):
            QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    column.follow_status("paused")
    assert column.pause.text() == "Resume"
    assert column.pause.property("role") == "primary"
    column.follow_status("stopping")
    assert not column.stop.isEnabled()
    for status in ("stopped", "finished", "failed", "interrupted", "idle"):
        column.follow_status(status)
        assert shown() == (True, False, False)


def test_settings_of_a_run_fill_the_form(qtbot: QtBot, column: SettingsColumn, labelled: str) -> None:
    request = StartRequest("again", "vae", labelled, 77, seed=3, settings=("latent_dim=8", "mixed=True"))
    column.fill(request)
    _wait(qtbot, column)
    assert column.request == request
    assert column.family.key == "vae"


def test_settings_of_a_run_on_other_data_open_it(
    qtbot: QtBot, column: SettingsColumn, tmp_path: Path
) -> None:
    (tmp_path / "plain").mkdir()
    Image.new("RGB", (8, 8)).save(tmp_path / "plain" / "one.png")
    request = StartRequest("again", "vqvae2", str(tmp_path / "plain"), 77, settings=("strides=4,2",))
    column.fill(request)
    _wait(qtbot, column)
    assert column.request == request
    assert column.data.look is not None


def test_what_is_wrong_with_the_form_stays_said(qtbot: QtBot, column: SettingsColumn) -> None:
    column.data.name = "unreadable"
    QTest.mouseClick(column.family.buttons["ae"], Qt.MouseButton.LeftButton)
    _wait(qtbot, column)
    column.follow_status("finished")  # as every word of a run does
    assert column.hint.text() == "this data has no form"


def test_nothing_starts_with_the_form_of_another_family(qtbot: QtBot, column: SettingsColumn) -> None:
    QTest.mouseClick(column.family.buttons["vae"], Qt.MouseButton.LeftButton)
    assert not column.start.isEnabled()
    assert column.hint.text() == "One moment"
    _wait(qtbot, column)
    assert column.start.isEnabled()


EMOJI = TrainedModel("emoji-vqvae", "emoji-vqvae", "vqvae", "")
"""Its data is not at hand, so that the pets stay."""


def _choose_prior(qtbot: QtBot, column: SettingsColumn, *models: TrainedModel) -> None:
    column.offer_models(models, models[0] if models else None)
    QTest.mouseClick(column.family.buttons["prior"], Qt.MouseButton.LeftButton)
    _wait(qtbot, column)


def test_a_prior_is_asked_for_with_its_model_and_its_own_options(
    qtbot: QtBot, column: SettingsColumn, labelled: str
) -> None:
    assert not column.prior.isVisible()
    with qtbot.waitSignal(column.renamed):
        _choose_prior(qtbot, column, EMOJI)
    assert column.prior.isVisible()
    assert "channels" in column.form.fields
    assert "codes" not in column.form.fields
    column.offer_name("emoji-vqvae-prior")
    column.form.put({"channels": 32, "steps": 20})
    asked = StartRequest(
        "emoji-vqvae-prior",
        "vqvae",
        labelled,
        20,
        settings=("channels=32",),
        prior_of="emoji-vqvae",
        prior_name="emoji-vqvae",
    )
    with qtbot.waitSignal(column.start_asked) as told:
        QTest.mouseClick(column.start, Qt.MouseButton.LeftButton)
    assert told.args == [asked]
    assert column.hint.text() == "Prior of emoji-vqvae on pets, about 4 s"


def test_the_data_of_a_prior_is_at_first_that_of_its_model(
    qtbot: QtBot, column: SettingsColumn, tmp_path: Path, labelled: str
) -> None:
    (tmp_path / "plain").mkdir()
    Image.new("RGB", (8, 8)).save(tmp_path / "plain" / "one.png")
    plain = TrainedModel("plain", str(tmp_path / "plain.safetensors"), "vqvae2", str(tmp_path / "plain"))
    _choose_prior(qtbot, column, EMOJI, plain)
    assert column.data.name == labelled
    column.prior.combo.setFocus()
    with qtbot.waitSignal(column.renamed):
        QTest.keyClick(column.prior.combo, Qt.Key.Key_Down)
    _wait(qtbot, column)
    assert column.data.name == str(tmp_path / "plain")
    assert (column.request.prior_of, column.request.family) == (plain.place, "vqvae2")
    column.data.choose(labelled)
    _wait(qtbot, column)
    assert (column.request.prior_of, column.request.data) == (plain.place, labelled)


def test_without_a_model_that_has_codes_there_is_no_prior(qtbot: QtBot, column: SettingsColumn) -> None:
    _choose_prior(qtbot, column)
    assert not column.prior.combo.isEnabled()
    assert not column.start.isEnabled()
    assert column.hint.text().startswith("A prior learns the codes of a model: train a VQ-VAE")


def test_settings_of_a_prior_fill_the_form(qtbot: QtBot, column: SettingsColumn, labelled: str) -> None:
    gone = "/runs/gone/model.safetensors"
    request = StartRequest(
        "again", "vqvae2", labelled, 9, settings=("channels=8",), prior_of=gone, prior_name="gone"
    )
    column.fill(request)
    _wait(qtbot, column)
    assert column.request == request
    assert column.family.key == "prior"
    assert column.prior.combo.currentText() == "gone"
    column.offer_models([EMOJI], EMOJI)
    assert column.request == request


def test_times_are_given_up_where_nobody_looks(qtbot: QtBot, column: SettingsColumn) -> None:
    asked = column._times.is_waiting_for
    column._times._known.clear()
    column._times.ask(column.subject)  # type: ignore[arg-type]  # there is one
    assert asked(column.subject)
    column.hide()
    assert not asked(column.subject)
    column.show()
    assert asked(column.subject)
    _wait(qtbot, column)


def test_a_long_time_fits_its_card(qtbot: QtBot, column: SettingsColumn) -> None:
    subject = column.subject
    assert subject is not None
    column._times._learn(subject, {"quick": 1000.0, "good": 10_200.0, "best": 94_000.0})
    lines = [card.line for card in column.preset.buttons.values()]
    assert lines == ["about 17 min", "2 h 50 min", "about 26 h"]


SMALL = TrainedModel("small", "/runs/small/model.safetensors", "vqvae", "emoji")


def _start_from(qtbot: QtBot, column: SettingsColumn, name: str) -> None:
    """Choose it by keys."""
    combo = column.start_from.combo
    combo.setFocus()
    QTest.keyClick(combo, Qt.Key.Key_Home)
    for _ in range(combo.findText(name)):
        QTest.keyClick(combo, Qt.Key.Key_Down)
    _wait(qtbot, column)


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
    _wait(qtbot, column)
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
    _wait(qtbot, column)
    assert not column.start.isEnabled()
    assert column.hint.text() == "gone: is no longer there to start from"
    _start_from(qtbot, column, "small")
    assert column.start.isEnabled()


def test_priors_begin_with_those_of_another_model(
    qtbot: QtBot, column: SettingsColumn, labelled: str
) -> None:
    _choose_prior(qtbot, column, EMOJI)
    column.offer_starts([SMALL])
    _start_from(qtbot, column, "small")
    assert not column.form.fields["channels"].isEnabled()
    asked = column.request
    assert (asked.prior_of, asked.start_from) == ("emoji-vqvae", SMALL.place)
    assert asked.arguments()[:2] == ["train-prior", "emoji-vqvae"]
    column.fill(StartRequest("plain", "vqvae", labelled, 50))
    _wait(qtbot, column)
    assert column.request == StartRequest("plain", "vqvae", labelled, 50)
    column.fill(asked)
    _wait(qtbot, column)
    assert column.request == asked
