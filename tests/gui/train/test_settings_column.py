from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from gui.state.start_request import StartRequest
from gui.state.trained_models import TrainedModel
from gui.train.settings_column import SettingsColumn
from tests.gui.train.columns import EMOJI, choose_prior, wait


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
    wait(qtbot, column)
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
    wait(qtbot, column)
    assert not column.start.isEnabled()
    assert column.hint.text().startswith("CVAE needs labels")
    QTest.mouseClick(column.family.buttons["vae"], Qt.MouseButton.LeftButton)
    wait(qtbot, column)
    assert column.start.isEnabled()


def test_nothing_starts_on_data_that_cannot_be_read(
    qtbot: QtBot, column: SettingsColumn, tmp_path: Path
) -> None:
    column.data.choose(str(tmp_path / "nowhere"))
    wait(qtbot, column)
    assert not column.start.isEnabled()
    assert column.start.toolTip() == "Choose data that can be read first"


def test_why_there_is_no_form_is_said(qtbot: QtBot, column: SettingsColumn) -> None:
    column.data.name = "unreadable"
    QTest.mouseClick(column.family.buttons["ae"], Qt.MouseButton.LeftButton)
    wait(qtbot, column)
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
    wait(qtbot, column)
    assert column.request == request
    assert column.family.key == "vae"


def test_settings_of_a_run_on_other_data_open_it(
    qtbot: QtBot, column: SettingsColumn, tmp_path: Path
) -> None:
    (tmp_path / "plain").mkdir()
    Image.new("RGB", (8, 8)).save(tmp_path / "plain" / "one.png")
    request = StartRequest("again", "vqvae2", str(tmp_path / "plain"), 77, settings=("strides=4,2",))
    column.fill(request)
    wait(qtbot, column)
    assert column.request == request
    assert column.data.look is not None


def test_what_is_wrong_with_the_form_stays_said(qtbot: QtBot, column: SettingsColumn) -> None:
    column.data.name = "unreadable"
    QTest.mouseClick(column.family.buttons["ae"], Qt.MouseButton.LeftButton)
    wait(qtbot, column)
    column.follow_status("finished")  # as every word of a run does
    assert column.hint.text() == "this data has no form"


def test_nothing_starts_with_the_form_of_another_family(qtbot: QtBot, column: SettingsColumn) -> None:
    QTest.mouseClick(column.family.buttons["vae"], Qt.MouseButton.LeftButton)
    assert not column.start.isEnabled()
    assert column.hint.text() == "One moment"
    wait(qtbot, column)
    assert column.start.isEnabled()


def test_a_prior_is_asked_for_with_its_model_and_its_own_options(
    qtbot: QtBot, column: SettingsColumn, labelled: str
) -> None:
    assert not column.prior.isVisible()
    with qtbot.waitSignal(column.renamed):
        choose_prior(qtbot, column, EMOJI)
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
    choose_prior(qtbot, column, EMOJI, plain)
    assert column.data.name == labelled
    column.prior.combo.setFocus()
    with qtbot.waitSignal(column.renamed):
        QTest.keyClick(column.prior.combo, Qt.Key.Key_Down)
    wait(qtbot, column)
    assert column.data.name == str(tmp_path / "plain")
    assert (column.request.prior_of, column.request.family) == (plain.place, "vqvae2")
    column.data.choose(labelled)
    wait(qtbot, column)
    assert (column.request.prior_of, column.request.data) == (plain.place, labelled)


def test_without_a_model_that_has_codes_there_is_no_prior(qtbot: QtBot, column: SettingsColumn) -> None:
    choose_prior(qtbot, column)
    assert not column.prior.combo.isEnabled()
    assert not column.start.isEnabled()
    assert column.hint.text().startswith("A prior learns the codes of a model: train a VQ-VAE")


def test_settings_of_a_prior_fill_the_form(qtbot: QtBot, column: SettingsColumn, labelled: str) -> None:
    gone = "/runs/gone/model.safetensors"
    request = StartRequest(
        "again", "vqvae2", labelled, 9, settings=("channels=8",), prior_of=gone, prior_name="gone"
    )
    column.fill(request)
    wait(qtbot, column)
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
    wait(qtbot, column)


def test_a_long_time_fits_its_card(qtbot: QtBot, column: SettingsColumn) -> None:
    subject = column.subject
    assert subject is not None
    column._times._learn(subject, {"quick": 1000.0, "good": 10_200.0, "best": 94_000.0})
    lines = [card.line for card in column.preset.buttons.values()]
    assert lines == ["about 17 min", "2 h 50 min", "about 26 h"]
