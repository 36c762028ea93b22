"""Surprise in the whole window: its switch, the status line, and what a model without a prior does."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from gui.studio import Studio
from tests.fakes import TinyPrior
from tests.gui.conftest import OpenStudio
from tests.gui.test_studio import paint_at, point_at
from tests.gui.tiny import TinyModel, library_of


def with_prior() -> TinyModel:
    model = TinyModel("tiny")
    model.prior = TinyPrior()
    return model


def status(studio: Studio) -> str:
    return studio.window.status._surprise.text()


def test_the_status_line_says_what_the_prior_says_of_the_cell(qtbot: QtBot, open_studio: OpenStudio) -> None:
    studio = open_studio(library_of(with_prior()))
    point_at(qtbot, studio, 2, 3)
    assert status(studio) == ""
    assert not studio.window.actions_table["select.surprising"].isEnabled()
    studio.window.actions_table["view.surprise"].trigger()
    assert studio.window.actions_table["select.surprising"].isEnabled()
    qtbot.waitUntil(lambda: status(studio) == "1.4 bits, rank 0, entropy 3.5 bits")
    paint_at(qtbot, studio, 2, 3)
    qtbot.waitUntil(lambda: status(studio) == "4.6 bits, rank 1, entropy 3.5 bits")
    studio.window.actions_table["view.surprise"].trigger()
    assert status(studio) == ""


def test_without_a_prior_the_switch_says_so_and_leads_to_training(studio: Studio) -> None:
    action = studio.window.actions_table["view.surprise"]
    action.trigger()
    assert not action.isChecked()
    assert "tiny has no prior" in studio.window.messages.text
    studio.window.messages._action.click()
    assert studio.window.workspace == "train"
    settings = studio.train.settings
    assert (settings.family.key, settings.prior.combo.currentText()) == ("prior", "tiny")


def test_surprise_goes_off_with_a_model_that_has_no_prior(qtbot: QtBot, open_studio: OpenStudio) -> None:
    plain = TinyModel("plain", "1" * 64)
    studio = open_studio(library_of(with_prior(), plain))
    action = studio.window.actions_table["view.surprise"]
    action.trigger()
    qtbot.waitUntil(lambda: studio.asking.surprise.bits is not None and not studio.asking.surprise.is_busy)
    studio.session.open_model("plain")
    qtbot.waitUntil(lambda: studio.session.status == "ready" and studio.is_idle)
    assert not action.isChecked()
    assert studio.asking.surprise.bits is None
