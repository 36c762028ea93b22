"""The action that gets the Train workspace ready for a model's prior, from wherever one is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from engine.training.shelf import RunCard
from gui.studio import Studio
from gui.workers.reconstruct import Reconstructions
from tests.gui.tiny import TinyModel, card_of


def run_card(name: str, family: str = "vqvae", prior_of: str = "") -> RunCard:
    folder = Path("/runs") / name
    model = folder / "model.safetensors"
    return RunCard(name, folder, family, "emoji", 9, 9, "finished", {}, 0.0, (), "", model, prior_of)


def ask(studio: Studio) -> None:
    studio.window.actions_table["train.prior"].trigger()


def test_from_the_canvas_it_is_about_the_model_in_use(qtbot: QtBot, studio: Studio) -> None:
    ask(studio)
    assert studio.window.workspace == "train"
    settings = studio.train.settings
    assert (settings.family.key, settings.prior.combo.currentText()) == ("prior", "tiny")
    assert settings.name.text() == "tiny-prior"
    qtbot.waitUntil(settings.start.isEnabled, timeout=20_000)
    assert settings.request.prior_of == "tiny"
    assert settings.request.data == "emoji"


def test_a_model_without_codes_is_told_in_one_sentence(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(*_: object) -> Reconstructions:
        raise AssertionError("not asked for in this test")

    monkeypatch.setattr("gui.state.gallery.reconstruct", nothing)
    studio.window.show_workspace("train")
    monkeypatch.setattr(studio.gallery, "_card", replace(card_of(TinyModel("digits-vae")), levels=()))
    ask(studio)
    assert studio.window.messages.text.startswith("digits-vae has no codes that a prior could learn")
    assert studio.train.settings.family.key == "vqvae"


def test_models_of_runs_are_those_that_have_codes_and_rest(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = replace(run_card("busy"), status="training")
    runs = (run_card("cats"), run_card("faces", "vae"), busy, run_card("cats-prior", prior_of="cats"))
    monkeypatch.setattr(type(studio.training), "runs", property(lambda _: runs))
    models = studio.trained
    assert [model.name for model in models.with_codes] == ["tiny", "cats"]
    assert models.of_run(runs[0]) == models.of_run(runs[3])  # the prior's run has that model inside
    assert models.of_run(runs[1]) is models.of_run(busy) is None
    lonely = models.of_run(replace(runs[3], prior_of="gone"))
    assert lonely is not None
    assert lonely.place == str(runs[3].model)
